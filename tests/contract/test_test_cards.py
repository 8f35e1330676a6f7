"""The published test cards, one by one, as they are documented; those of 3-D Secure have tests of their own."""

from dataclasses import dataclass
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox


@dataclass(frozen=True)
class Paid:
    """A sale of 30.00 EUR with a test card, as it was answered and as it is shown now."""

    mockpsp: Sandbox
    invoice: str
    status: int
    answer: dict[str, Any]

    def now(self) -> dict[str, Any]:
        return dict(self.mockpsp.get(f"/invoices/{self.invoice}/transactions?expand=operations,card")["transaction"])


def new_invoice(mockpsp: Sandbox) -> str:
    body = {"name": "Order", "amount": "30.00", "currency": "EUR"}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def pay(mockpsp: Sandbox, source: str, verb: str = "capture", **body: object) -> Paid:
    if not source.startswith("tok_"):
        source = mockpsp.card(source)
    invoice = new_invoice(mockpsp)
    answer = mockpsp.call("POST", f"/invoices/{invoice}/{verb}", {"source": source, **body})
    return Paid(mockpsp, invoice, answer.status_code, answer.json())


def names(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


@pytest.mark.parametrize(
    ("number", "scheme", "co_scheme", "country"),
    [
        ("4242424242424242", "visa", None, "US"),
        ("5555555555554444", "mastercard", None, "US"),
        ("378282246310005", "american express", None, "US"),
        ("30123456789019", "diners club", None, "US"),
        ("3530111333300000", "jcb", None, "US"),
        ("6011111111111117", "discover", None, "US"),
        ("4977830000000001", "visa", None, "FR"),
        ("4360000001000005", "visa", "carte bancaire", "FR"),
        ("5130290000000009", "mastercard", "carte bancaire", "FR"),
        ("4556620000000005", "visa", "carte bancaire", "FR"),
        ("4658580000000008", "visa", None, "GB"),
        ("4571730000000003", "visa", None, "DK"),
        ("4023600000000002", "visa", None, "IT"),
        ("4338300000000009", "visa", None, "AR"),
        ("4835910000000003", "visa", None, "CN"),
    ],
)
def test_a_card_that_approves_pays(
    mockpsp: Sandbox, number: str, scheme: str, co_scheme: str | None, country: str
) -> None:
    shown = pay(mockpsp, number).now()

    card = shown["card"]
    assert (shown["status"], shown["captured_amount"], shown["error_code"]) == ("completed", "30", None)
    assert (card["scheme"], card["co_scheme"], card["country_code"]) == (scheme, co_scheme, country)
    assert (card["iin"], card["last_4_digits"]) == (number[:6], number[-4:])
    assert set(value for name, value in shown["card_checks"].items() if not name.endswith("reason")) == {"passed"}


@pytest.mark.parametrize("verb", ["authorize", "capture"])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000002180", "card.do-not-honor"),
        ("4000000000002198", "card.possible-fraud"),
        ("4000000000002206", "card.no-money"),
        ("4000000000002214", "card.expired"),
        ("4000000000002222", "card.stolen"),
        ("4000000000002230", "card.failed-cvc"),
        ("4000000000002248", "card.failed-avs"),
        ("4000000000002255", "card.not-authorized"),
        ("4000000000002263", "card.inactive"),
        ("4000000000002271", "card.lost"),
        ("4000000000002289", "card.region-not-authorized"),
        ("4127969420587632", "card.blacklisted"),
        ("4000000000000002", "card.declined"),  # no code is documented for this one
    ],
)
def test_a_card_that_declines_fails_with_its_code(mockpsp: Sandbox, number: str, code: str, verb: str) -> None:
    paid = pay(mockpsp, number, verb)

    assert (paid.status, paid.answer["success"], paid.answer["error_type"]) == (410, False, code)
    shown = paid.now()
    assert (shown["status"], shown["error_code"], shown["authorized_amount"]) == ("failed", code, "0")
    assert [(o["type"], o["is_attempt"], o["has_failed"], o["error_code"]) for o in shown["operations"]] == [
        ("request", False, False, None),
        ("authorization", True, False, code),
        ("authorization", False, True, code),
    ]
    assert (shown["recommendation_code"], shown["merchant_advice_code"]) == (None, None)
    assert names(mockpsp) == ["transaction.requested", "transaction.failed"]


def test_card_7168_fails_and_recommends_not_to_try_again(mockpsp: Sandbox) -> None:
    token = mockpsp.token("5337480000007168")
    paid = pay(mockpsp, token)
    shown = paid.now()

    assert (paid.status, shown["status"]) == (410, "failed")
    assert shown["recommendation_code"] == shown["operations"][-1]["recommendation_code"] == "do-not-retry"
    assert shown["merchant_advice_code"] == "03"
    assert shown["recommendation_reason"] and shown["merchant_advice_reason"]


def test_an_advice_not_to_try_again_blocks_the_same_payment_for_thirty_days(mockpsp: Sandbox) -> None:
    token = mockpsp.token("5337480000007168")
    codes = []
    for days in ("0s", "29d", "2d"):
        mockpsp.advance(days)
        codes.append(pay(mockpsp, token).answer["error_type"])

    assert codes == ["card.declined", "request.transaction-blocked", "card.declined"]


@pytest.mark.parametrize(
    ("number", "failed", "cvc", "avs"),
    [
        ("4000000000000028", {"cvc_check"}, "failed", "passed"),
        ("4000000000000036", {"avs_check", "avs_postal_check", "avs_street_check"}, "passed", "failed"),
        ("4000000000000044", {"cvc_check", "avs_check", "avs_postal_check", "avs_street_check"}, "failed", "failed"),
        ("4000000000000085", {"avs_postal_check"}, "passed", "failed-postal-passed-address"),
        ("4000000000000093", {"avs_street_check"}, "passed", "failed-address-passed-postal"),
    ],
)
@pytest.mark.parametrize("verb", ["authorize", "capture"])
def test_a_card_whose_checks_fail_pays_and_shows_them(
    mockpsp: Sandbox, number: str, failed: set[str], cvc: str, avs: str, verb: str
) -> None:
    paid = pay(mockpsp, number, verb)
    shown = paid.now()

    assert (paid.status, shown["status"]) == (200, {"authorize": "authorized", "capture": "completed"}[verb])
    assert (shown["cvc_check"], shown["avs_check"]) == (cvc, avs)
    assert {name for name, value in shown["card_checks"].items() if value == "failed"} == failed
    assert (shown["card"]["cvc_check"], shown["card"]["avs_check"]) == (cvc, avs)
    held = next(o for o in shown["operations"] if o["type"] == "authorization" and not o["is_attempt"])
    assert shown["card"]["checks"] == shown["card_checks"] == held["card_checks"]


@pytest.mark.parametrize(
    ("number", "failed"), [("4000000000002230", {"cvc_check"}), ("4000000000002248", {"avs_check"})]
)
def test_a_decline_for_a_check_shows_the_check_failed(mockpsp: Sandbox, number: str, failed: set[str]) -> None:
    shown = pay(mockpsp, number).now()

    assert {name for name in ("cvc_check", "avs_check") if shown["card_checks"][name] == "failed"} == failed


def test_card_0010_is_authorized_and_never_captured(mockpsp: Sandbox) -> None:
    held, sold = pay(mockpsp, "4000000000000010", "authorize"), pay(mockpsp, "4000000000000010")
    captures = [
        mockpsp.call("POST", f"/invoices/{held.invoice}/capture", body) for body in ({}, {"capture_amount": "1"})
    ]

    assert (held.status, sold.status) == (200, 410)
    assert [answer.status_code for answer in captures] == [410, 410]
    for shown in (held.now(), sold.now()):
        assert (shown["authorized_amount"], shown["captured_amount"], shown["error_code"]) == (
            "30",
            "0",
            "card.declined",
        )
        assert [o["has_failed"] for o in shown["operations"] if o["type"] == "capture"][-1] is True


def test_card_0069_is_charged_back_once_paid(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "4000000000000069")
    assert paid.now()["status"] == "completed"

    mockpsp.settle()

    shown = paid.now()
    assert (shown["status"], shown["chargedback"]) == ("chargeback-initiated", True)
    assert names(mockpsp)[-1] == "transaction.chargeback.created"


def test_card_0077_pays_and_declines_its_refunds(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "4000000000000077")
    refund = mockpsp.call("POST", f"/invoices/{paid.invoice}/refunds", {"amount": "1"})

    assert (paid.status, refund.status_code) == (200, 410)
    shown = paid.now()
    assert (shown["status"], shown["refunded_amount"], shown["available_amount"]) == ("completed", "0", "30")
    assert [(o["is_attempt"], o["has_failed"]) for o in shown["operations"] if o["type"] == "refund"] == [
        (True, False),
        (False, True),
    ]


def test_card_0200_is_charged_back_and_the_merchant_wins(mockpsp: Sandbox) -> None:
    paid = pay(mockpsp, "4000000000000200")
    mockpsp.settle()

    shown = paid.now()
    assert (shown["status"], shown["chargedback"], shown["available_amount"]) == ("solved", True, "30")
    assert names(mockpsp)[-2:] == ["transaction.chargeback.created", "transaction.chargeback.won"]


@pytest.mark.parametrize(
    ("number", "status", "flag"),
    [
        ("4000000000000309", "retrieval-request", "received_retrieval_request"),
        ("4000000000004004", "fraud-notification", "received_fraud_notification"),
    ],
)
def test_a_card_that_is_asked_about_says_so_once_paid(mockpsp: Sandbox, number: str, status: str, flag: str) -> None:
    paid = pay(mockpsp, number)
    assert (paid.now()["status"], paid.now()[flag]) == ("completed", False)

    mockpsp.settle()

    assert (paid.now()["status"], paid.now()[flag]) == (status, True)
    assert names(mockpsp)[-1] == f"transaction.chargeback.{status}"


def test_nothing_comes_after_a_hold_that_is_not_captured(mockpsp: Sandbox) -> None:
    for number in ("4000000000000069", "4000000000000200", "4000000000000309", "4000000000004004"):
        pay(mockpsp, number, "authorize")
    mockpsp.advance("5d")

    assert set(names(mockpsp)) == {"transaction.requested", "transaction.authorized"}


def test_card_1216_passes_verification_and_no_payment(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    body = {"source": mockpsp.card("4000000000001216"), "verify": True}
    token = mockpsp.post(f"/customers/{customer}/tokens", body)["token"]
    assert (token["verification_status"], token["is_chargeable"]) == ("success", True)

    assert [pay(mockpsp, source).status for source in (token["id"], "4000000000001216")] == [410, 410]


def test_card_6223_pays_in_full_and_not_in_part(mockpsp: Sandbox) -> None:
    whole, held = pay(mockpsp, "4000000000006223"), pay(mockpsp, "4000000000006223", "authorize")
    part = mockpsp.call(
        "POST", f"/invoices/{held.invoice}/capture", {"capture_amount": "10", "capture_type": "non-final"}
    )
    sold = pay(mockpsp, "4000000000006223", capture_amount="10")

    assert (whole.status, part.status_code, sold.status) == (200, 410, 410)
    assert held.now()["captured_amount"] == "0"
    rest = mockpsp.call("POST", f"/invoices/{held.invoice}/capture", {})
    assert (rest.status_code, held.now()["captured_amount"]) == (200, "30")


@pytest.mark.parametrize(
    ("number", "code"), [("4000000000000531", "card.declined"), ("4000000000003303", "card.no-money")]
)
def test_a_card_whose_hold_cannot_be_raised_declines_the_increment(mockpsp: Sandbox, number: str, code: str) -> None:
    held = pay(mockpsp, number, "authorize", incremental=True)
    raised = mockpsp.call("POST", f"/invoices/{held.invoice}/increment_authorization", {"amount": "5"})

    assert (held.status, raised.status_code, raised.json()["error_type"]) == (200, 410, code)
    shown = held.now()
    assert (shown["status"], shown["amount"], shown["authorized_amount"]) == ("authorized", "30", "30")
    assert [(o["is_attempt"], o["has_failed"], o["error_code"]) for o in shown["operations"]][-2:] == [
        (True, False, code),
        (False, True, code),
    ]
    assert mockpsp.call("POST", f"/invoices/{held.invoice}/capture", {}).status_code == 200


@pytest.mark.parametrize(
    ("number", "code"), [("4000000000006009", "card.no-money"), ("4000000000004301", "card.expired")]
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_card_that_passes_once_declines_every_later_authorization(
    mockpsp: Sandbox, number: str, code: str, verify: bool
) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    body = {"source": mockpsp.card(number), "verify": verify}
    token = mockpsp.post(f"/customers/{customer}/tokens", body)["token"]["id"]
    first = [] if verify else [pay(mockpsp, token).status]

    later = [pay(mockpsp, token) for _ in "ab"]

    assert first == ([] if verify else [200])
    assert [(paid.status, paid.answer["error_type"]) for paid in later] == [(410, code)] * 2
