"""Random lives of a universe, over HTTP: after every step the books, the payments and what was told agree."""

from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from werkzeug.test import TestResponse

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.engine.universes import Credentials
from mockpsp.serving.app import create_app
from tests.contract.test_gateway_requests import request, written
from tests.mockpsp.worlds import flaws

pytestmark = pytest.mark.slow

GATEWAYS = st.sampled_from(
    "sandbox card-flexible card-async all-or-nothing bank-debit bank-redirect wallet bnpl".split()
)
#: What is paid there is paid by what the customer brings back.
NO_CARDS = {"bank-debit", "bank-redirect", "bnpl"}
CARDS = st.sampled_from(
    [
        "4242424242424242",
        "5555555555554444",
        "378282246310005",
        "4000000000000069",  # charged back
        "4000000000000077",  # refunds declined
        "4000000000000010",  # captures declined
        "4000000000002206",  # no money
        "4000000000000531",  # increments declined
    ]
)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
AMOUNTS = st.none() | st.sampled_from(["1", "3", "10", "40", "99", "100", "101", "112"])
SPANS = st.sampled_from(["0s", "1h", "1d", "3d", "8d", "40d"])
MOVES = st.sampled_from(
    "capture.settle authorization.expire retrieval_request.open fraud_notification.send chargeback.open "
    "chargeback.win chargeback.lose capture.confirm capture.fail".split()
)
SCRIPTS = st.sampled_from(["ok", "gateway.declined", {"fail_after": "1d"}, ["ok", "gateway.declined"]])
#: Accepted, its deliveries dead at once: hosts elsewhere are not allowed.
ELSEWHERE = "http://shop.example/hook"

_numbers = count(1)
_UNTOLD = """SELECT COUNT(*) FROM event e WHERE e.project_id = :no AND NOT EXISTS (
SELECT 1 FROM webhook_message m JOIN webhook_delivery d ON d.tenant_id = m.tenant_id AND d.message_seq = m.seq
WHERE m.tenant_id = :no AND m.seq = e.seq)"""


class Universe(RuleBasedStateMachine):
    """One universe, driven by its API and its control plane."""

    invoices = Bundle("invoices")
    refunds = Bundle("refunds")
    app = create_app(Settings(db=":memory:", clock="manual"))

    def __init__(self) -> None:
        super().__init__()
        self.client: FlaskClient = self.app.test_client()
        self.who = (f"test-proj_machine-{next(_numbers)}", "key_test_machine")
        self.now = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """An answer in the envelope; a refusal is fine, a fault of ours is not."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.open(path, method=method, json=body, auth=self.who, headers=named)
        told: dict[str, Any] = answer.get_json()
        assert answer.status_code in (200, 400, 410), answer.text
        assert told["success"] is (answer.status_code == 200)
        assert answer.status_code == 200 or (told["error_type"] and told["message"])
        return answer

    @initialize(target=invoices, card=CARDS, gateway=GATEWAYS)
    def begin(self, card: str, gateway: str) -> str:
        assert self.call("POST", "/sandbox/webhook-endpoints", {"url": ELSEWHERE}).status_code == 200
        return str(self.sale("100", "EUR", card, gateway))

    @rule(target=invoices, amount=st.sampled_from(["100", "7"]), currency=CURRENCIES, card=CARDS, gateway=GATEWAYS)
    def sale(self, amount: str, currency: str, card: str, gateway: str) -> str:
        made = str(self.invoice(amount, currency))
        self.pay(made, "capture", card, gateway)
        return made

    @rule(target=invoices, amount=st.sampled_from(["100", "7"]), currency=CURRENCIES)
    def invoice(self, amount: str, currency: str) -> str:
        body = {"name": "Order", "amount": amount, "currency": currency}
        return str(self.call("POST", "/invoices", body).get_json()["invoice"]["id"])

    @rule(invoice=invoices, verb=st.sampled_from(["authorize", "capture"]), card=CARDS, gateway=GATEWAYS)
    def pay(self, invoice: str, verb: str, card: str, gateway: str) -> None:
        body = {"number": card, "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
        source = self.call("POST", "/cards", body).get_json()["card"]["id"]
        if gateway in NO_CARDS:
            found = self.call("GET", f"/gateways/{gateway}/gateway-configurations").get_json()
            source = written(request("test-valid", gateway_configuration_id=found["gateway_configurations"][0]["id"]))
        paying = {"source": source, "incremental": True}
        self.call("POST", f"/invoices/{invoice}/{verb}", paying, Mockpsp_Gateway=gateway)

    @rule(invoice=invoices, amount=AMOUNTS, kind=st.sampled_from([None, "final", "non-final"]))
    def capture(self, invoice: str, amount: str | None, kind: str | None) -> None:
        self.call("POST", f"/invoices/{invoice}/capture", {"capture_amount": amount, "capture_type": kind})

    @rule(invoice=invoices, amount=AMOUNTS)
    def void(self, invoice: str, amount: str | None) -> None:
        self.call("POST", f"/invoices/{invoice}/void", {"amount": amount})

    @rule(invoice=invoices, amount=AMOUNTS)
    def increment(self, invoice: str, amount: str | None) -> None:
        self.call("POST", f"/invoices/{invoice}/increment_authorization", {"amount": amount})

    @rule(target=refunds, invoice=invoices, amount=AMOUNTS)
    def refund(self, invoice: str, amount: str | None) -> Any:
        answer = self.call("POST", f"/invoices/{invoice}/refunds", {"amount": amount})
        return str(answer.get_json()["refund"]["id"]) if answer.status_code == 200 else multiple()

    @rule(target=refunds, invoice=invoices, amount=AMOUNTS, key=st.sampled_from("abc"))
    def refund_under_a_key(self, invoice: str, amount: str | None, key: str) -> Any:
        body = {"amount": amount}
        first = self.call("POST", f"/invoices/{invoice}/refunds", body, Idempotency_Key=key)
        second = self.call("POST", f"/invoices/{invoice}/refunds", body, Idempotency_Key=key)
        assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
        return str(first.get_json()["refund"]["id"]) if first.status_code == 200 else multiple()

    @rule(invoice=invoices, what=MOVES, after=st.none() | SPANS)
    def move_a_payment(self, invoice: str, what: str, after: str | None) -> None:
        body = {"what": what, "on": invoice}
        self.call("POST", "/sandbox/simulate", body if after is None else {**body, "after": after})

    @rule(
        refund=refunds, what=st.sampled_from(["refund.settle", "refund.fail", "refund.cancel"]), after=st.none() | SPANS
    )
    def move_a_refund(self, refund: str, what: str, after: str | None) -> None:
        body = {"what": what, "on": refund}
        self.call("POST", "/sandbox/simulate", body if after is None else {**body, "after": after})

    @rule(gateway=GATEWAYS, amount=st.sampled_from(["1", "100"]), currency=CURRENCIES)
    def add_to_balance(self, gateway: str, amount: str, currency: str) -> None:
        body = {"what": "balance.add", "on": gateway, "with": {"amount": amount, "currency": currency}}
        self.call("POST", "/sandbox/simulate", body)  # refused in a currency that the PSP does not take

    @rule(outcome=SCRIPTS)
    def script_refunds(self, outcome: Any) -> None:
        self.call("POST", "/sandbox/rules", {"match": {"on": "refund"}, "outcome": outcome})

    @rule(by=SPANS)
    def advance(self, by: str) -> None:
        assert self.call("POST", "/sandbox/clock/advance", {"by": by}).status_code == 200

    @rule()
    def settle(self) -> None:
        assert self.call("POST", "/sandbox/settle", {}).get_json()["more"] is False

    @invariant()
    def the_books_and_the_payments_agree(self) -> None:
        state: AppState = self.app.extensions["mockpsp"]
        with state.universes.reading(Credentials(*self.who)) as tx:
            assert flaws(tx.conn, tx.project.no) == []
            assert tx.conn.execute(_UNTOLD, {"no": tx.project.no}).fetchone() == (0,)

    @invariant()
    def time_never_goes_back(self) -> None:
        now = str(self.call("GET", "/sandbox/clock").get_json()["clock"]["now"])
        assert now.rstrip("Z") >= self.now
        self.now = now.rstrip("Z")


TestUniverse = Universe.TestCase
TestUniverse.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
