"""One world of random commands: every answer is an answer, the books balance and agree with the payments after each.

What a merchant calls, what the world does and how time passes are rows of `_COMMANDS`, drawn by weight.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from flask import Flask

from mockpsp.api.control.moves import MOVES
from mockpsp.catalog import load_catalog
from mockpsp.domain.deciders.refund import FAILURE_REASONS
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.engine.universes import Credentials
from mockpsp.ledger import book
from mockpsp.store.tx import load
from tests.fuzz import debts, payouts, profiles, schedules
from tests.fuzz.network import Network
from tests.fuzz.payout_lines import to_minor
from tests.fuzz.payouts import Books
from tests.mockpsp.worlds import built_in, flaws

CARDS = (
    *("4242424242424242",) * 6,
    *("4000000000000002", "4000000000000069", "4000000000000077", "5555555555554444", "4000000000000101"),
)
_SPANS = ("0s", "1h", "1d", "3d", "8d", "40d", "1bd", "4bd")
_PAYOUTS_EVERY, _SECRET = 25, "key_sandbox_fuzz"
# Those that wait for money, those that fail later for want of it, and those of a hold that ran out: none took anything.
_WAITING = """SELECT coalesce(sum(r.amount_minor), 0) FROM refund r
JOIN payment p ON p.project_id = r.project_id AND p.seq = r.payment_seq
WHERE r.project_id = ? AND p.currency = ? AND ((r.state = 'pending' AND r.body ->> 'parts' = '[]')
  OR (r.state <> 'failed' AND r.body ->> '$.parts[0][0]' = 0))"""
#: Payments kept in hand: older ones are left to what is planned for them.
_IN_HAND = 12
_OF_PAYMENTS = (
    *("three_d_s.authenticate", "three_d_s.fail", "three_d_s.abandon", "three_d_s.expire"),
    *("payment.confirm", "payment.fail", "capture.settle", "capture.confirm", "capture.fail", "authorization.expire"),
    "capture.succeed",
    *("chargeback.open", "retrieval_request.open", "refund.release"),
)
_OF_REFUNDS = ("refund.settle", "refund.fail", "refund.fall_back", "refund.cancel")
_OF_DISPUTES = ("contest", "accept", "expire", "win", "lose")
_ON_DISPUTES = ("chargeback.", "pre_arbitration.")
#: What a move is likely to be followed by: by chance alone few would find what they move.
_NEXT = {
    "chargeback.open": ("chargeback.open", *(f"chargeback.{what}" for what in _OF_DISPUTES)),
    "chargeback.contest": ("chargeback.win", "chargeback.lose"),
    "chargeback.win": ("chargeback.open", "pre_arbitration.open"),
    "chargeback.lose": ("chargeback.win", "chargeback.open"),
    "pre_arbitration.open": ("chargeback.open", *(f"chargeback.{what}" for what in _OF_DISPUTES)),
    "retrieval_request.open": ("retrieval_request.answer", "retrieval_request.expire"),
    "capture.fail": ("capture.succeed",),
    "capture.succeed": ("capture.fail",),
    "settlement.run": ("payout.run", "payout.run", "reserve.release"),
    "balance.add": ("settlement.run", "payout.run"),
    "payout.run": ("payout.arrive", "payout.fail"),
}


class Broken(AssertionError):
    """Something that must always hold does not; says what, after which command, in which world."""


class World:
    """A universe with three random PSPs, and what is known of it."""

    def __init__(self, app: Flask, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.app = app
        self.project_id = f"test-proj_fuzz-{seed}"
        self.statuses: Counter[int] = Counter()
        self.commands = 0
        self.moved: Counter[str] = Counter()
        authorization = b64encode(f"{self.project_id}:{_SECRET}".encode()).decode()
        self._network = Network(app, {"Authorization": f"Basic {authorization}"}, seed)
        self._last = ""
        self.invoices: list[tuple[str, str, int]] = []
        self.transactions: list[tuple[str, str]] = []
        self.refunds: list[str] = []
        self.payouts: list[str] = []
        self.disputes: dict[str, list[str]] = {}
        self.paid_by_hand: set[str] = set()
        self._profiles: dict[str, PspProfile] = {}
        self.likely: list[tuple[str, str]] = []
        self.call("POST", "/sandbox/reset", {"seed": seed, "mode": "manual"})
        self.psps = [name for name in ("red", "green", "blue") if self._make_psp(name)]
        listed = self.call("GET", "/gateway-configurations?limit=100")["gateway_configurations"]
        self.configurations = {one["name"]: one["id"] for one in listed}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The body of an answer of ours: never a failure of the server, and `success` says what the status says."""
        self._last = f"{method} {path} {json.dumps(body)}"
        answer = self._network.send(method, path, body, self.hold)
        self.statuses[answer.status_code] += 1
        self.hold(answer.status_code < 500, f"answered {answer.status_code}: {answer.text[:500]}")
        shown: dict[str, Any] = answer.get_json()
        self.hold(
            shown["success"] == (answer.status_code < 300), f"{answer.status_code} with success {shown['success']}"
        )
        return shown

    def hold(self, holds: bool, what: str) -> None:
        """Broken unless it holds."""
        if not holds:
            raise Broken(f"seed {self.seed}, command {self.commands}, {self._last}: {what}")

    def run(self, commands: int) -> None:
        """So many commands, each followed by a look at the books; at the end all that is planned happens."""
        names = list(_COMMANDS)
        weights = [weight for weight, _ in _COMMANDS.values()]
        for _ in range(commands):
            self.commands += 1
            _COMMANDS[self.random.choices(names, weights)[0]][1](self)
            self.check_books()
            if self.commands % _PAYOUTS_EVERY == 0:
                self.check_payouts()
        self.check_payments()
        self.check_payouts()
        self.call("POST", "/sandbox/clock/advance", {"until": "idle", "max": "900d"})
        self.check_books()
        self.check_payments()
        self.check_payouts(is_at_rest=True)

    def check_books(self) -> None:
        """Debits equal credits on and off the balance sheet, so that what is kept, fees, losses and refunds are sales;
        each balance is the sum of its postings."""
        with self.app.extensions["mockpsp"].database.reading() as conn:
            project = load(conn, self.project_id)
            assert project is not None
            found = book.problems(conn, project.no)
            memo = [
                sum(net for account, nets in balances.items() if account.startswith("memo:") for net in nets.values())
                for balances in [book.balances(conn, project.no)]
            ]
        self.hold(found == [], "; ".join(found))
        self.hold(memo == [0], f"memo accounts add up to {memo}")

    def check_payments(self) -> None:
        """What the payments say was captured, refunded and is held is what the books say, in every currency."""
        captured: Counter[str] = Counter()
        refunded: Counter[str] = Counter()
        for one in self._transactions():
            # A payout to a card is shown as a capture below zero, and booked apart.
            captured[one["currency"]] += max(0, self._minor(one, "captured_amount"))
            refunded[one["currency"]] += self._minor(one, "refunded_amount")
        with self.app.extensions["mockpsp"].database.reading() as conn:
            project = load(conn, self.project_id)
            assert project is not None
            found = flaws(conn, project.no, lambda name: self._profiles.get(name) or built_in(name))
        books = self.call("GET", "/sandbox/ledger/balances")["balances"]
        for currency in profiles.CURRENCIES:
            sales = -self._booked(books, "income:sales", currency)
            self.hold(sales == captured[currency], f"captured {captured[currency]} {currency}, sold {sales}")
            booked = {name: self._booked(books, name, currency) for name in books}
            found += debts.broken(booked)
            in_flight = [minor for name, minor in booked.items() if name.endswith(":refunds-in-flight")]
            given = booked.get("income:refunds", 0) + sum(in_flight) + self._sum(_WAITING, currency)
            given -= debts.came_back(booked) + self._sum(debts.PAID_BY_DISPUTES, currency)
            self.hold(given == refunded[currency], f"refunded {refunded[currency]} {currency}, given back {given}")
        self.hold(found == [], "; ".join(found[:3]))

    def check_payouts(self, *, is_at_rest: bool = False) -> None:
        """Payouts, their items and what transactions show of them agree with the journal, to the minor unit."""
        books = Books(self.call, self.hold)
        self.payouts = [one["id"] for one in books.payouts][-_IN_HAND:]
        with self.app.extensions["mockpsp"].universes.reading(Credentials(self.project_id, _SECRET)) as tx:
            unpaid = payouts.unpaid_lines(tx)
            schedules.check_schedules(tx, self.psps, books, self.paid_by_hand)
            payouts.check_shares(tx, books)
        payouts.check_payouts(books, unpaid)
        if is_at_rest:
            payouts.check_at_rest(books, unpaid)

    def amount(self, currency: str, most_minor: int) -> str:
        """A random amount from one minor unit to a little above the most that would do."""
        whole = self.random.random() < 0.2
        return format_exact(most_minor if whole else self.random.randint(1, max(1, most_minor * 6 // 5)), currency)

    def expect(self, moves: tuple[str, ...], on: str) -> None:
        """These moves are likely to find something to move now."""
        self.likely = [*self.likely, *((what, on) for what in moves)][-2 * _IN_HAND :]

    def _make_psp(self, name: str) -> bool:
        """A PSP that the catalog takes; contradictions are refused, and drawn again."""
        for _ in range(20):
            drawn = profiles.draw(self.random)
            if self.call("PUT", f"/sandbox/psps/{name}", drawn)["success"]:
                self._profiles[name] = load_catalog().derive(name, drawn)
                return True
        return False

    def _sum(self, statement: str, currency: str) -> int:
        with self.app.extensions["mockpsp"].database.reading() as conn:
            project = load(conn, self.project_id)
            assert project is not None
            return int(conn.execute(statement, (project.no, currency)).fetchone()[0])

    def _transactions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.call("GET", f"/transactions?limit=100&order=asc{after}")
            found += page["transactions"]
            if not page["has_more"]:
                return found
            after = f"&start_after={found[-1]['id']}"

    @staticmethod
    def _minor(shown: dict[str, Any], name: str) -> int:
        return to_minor(shown[name], shown["currency"])

    @staticmethod
    def _booked(books: dict[str, dict[str, str]], account: str, currency: str) -> int:
        return to_minor(books.get(account, {}).get(currency, "0"), currency)


def _order(world: World) -> None:
    """A new invoice, and at once a first attempt to have it paid."""
    currency = world.random.choice(profiles.CURRENCIES)
    minor = world.random.choice((1, 3, 99, 1_000, 123_456))
    body = {
        "name": "Order",
        "amount": format_exact(minor, currency),
        "currency": currency,
        "metadata": {"mockpsp_gateway": world.random.choice(world.psps)},
    }
    invoice = world.call("POST", "/invoices", body)["invoice"]["id"]
    world.invoices = [*world.invoices, (invoice, currency, minor)][-_IN_HAND:]
    _pay(world)


def _pay(world: World) -> None:
    """Authorize or capture an invoice with a card."""
    if not world.invoices:
        return
    invoice, currency, minor = world.invoices[-1]
    body: dict[str, Any] = {"source": _source(world)}
    action = world.random.choice(("authorize", "capture", "capture"))
    if action == "capture" and world.random.random() < 0.3:
        body["capture_amount"] = world.amount(currency, minor)
    if action == "authorize" and world.random.random() < 0.5:
        body["incremental"] = True
    world.call("POST", f"/invoices/{invoice}/{action}", body)
    transaction = world.call("GET", f"/invoices/{invoice}")["invoice"].get("transaction_id")
    if transaction and (transaction, currency) not in world.transactions:
        world.transactions = [*world.transactions, (transaction, currency)][-_IN_HAND:]
        world.expect(tuple(world.random.sample(_OF_PAYMENTS, 4)), transaction)


def _source(world: World) -> str:
    """A new card, or another method of one of the PSPs, whose answer may come later."""
    if world.random.random() < 0.25:
        token = world.random.choice(("test-valid", "test-valid", "test-pending"))
        asked = {
            "gateway_configuration_id": world.configurations[world.random.choice(world.psps)],
            "method": "POST",
            "url": f"https://shop.example?token={token}",
            "headers": {},
            "body": str(world.commands),
        }
        return "gway_req_" + b64encode(json.dumps(asked).encode()).decode()
    number = world.random.choice(CARDS)
    made = world.call("POST", "/cards", {"number": number, "exp_month": 12, "exp_year": 2030, "cvc2": "123"})
    return str(made["card"]["id"])


def _on_hold(world: World) -> None:
    """Capture some more, release or raise what is held."""
    if not world.invoices:
        return
    invoice, currency, minor = world.random.choice(world.invoices)
    action = world.random.choice(("capture", "capture", "void", "increment_authorization"))
    key = {"capture": "capture_amount"}.get(action, "amount")
    body: dict[str, Any] = {}
    if action == "increment_authorization" or world.random.random() < 0.8:
        body[key] = world.amount(currency, minor)
    if action == "capture":
        body["capture_type"] = world.random.choice(("final", "non-final"))
    world.call("POST", f"/invoices/{invoice}/{action}", body)


def _refund(world: World) -> None:
    if not world.transactions:
        return
    transaction, currency = world.random.choice(world.transactions)
    body: dict[str, Any] = {} if world.random.random() < 0.2 else {"amount": world.amount(currency, 1_000)}
    if world.random.random() < 0.2:
        body["metadata"] = {"mockpsp_refund_speed": "instant"}
    answer = world.call("POST", f"/transactions/{transaction}/refunds", body)
    if answer["success"]:
        world.refunds = [*world.refunds, answer["refund"]["id"]][-_IN_HAND:]
        world.expect(_OF_REFUNDS, answer["refund"]["id"])


def _move(world: World) -> None:
    """The world moves: any move, on anything it is for."""
    what = world.random.choice(list(MOVES))
    on = {
        "refund": world.refunds,
        "payment": [transaction for transaction, _ in world.transactions],
        "gateway": world.psps,
        "payout": world.payouts,
    }.get(MOVES[what].on, [])
    if on:
        _make(world, what, world.random.choice(on))


def _go_on(world: World) -> None:
    """The world goes on with something that happened lately."""
    if world.likely:
        what, on = world.likely.pop(-world.random.randint(1, min(6, len(world.likely))))
        _make(world, what, on)


def _make(world: World, what: str, on: str) -> None:
    details: dict[str, Any] = {}
    if what == "refund.fail":
        details["reason"] = world.random.choice(FAILURE_REASONS)
    if what == "payment.fail" and world.random.random() < 0.5:
        details["reason"] = world.random.choice(("AM04", "MD06", "R01"))
    if what == "payout.run" and world.random.random() < 0.3:
        details = {"currency": world.random.choice(profiles.CURRENCIES)}
    if what == "balance.add":
        details = {"amount": world.random.choice(("10", "2000")), "currency": world.random.choice(profiles.CURRENCIES)}
    if what in ("chargeback.open", "chargeback.win", "refund.make") and world.random.random() < 0.5:
        details["amount"] = "1"
    if what.startswith(_ON_DISPUTES) and world.random.random() < 0.3 and world.disputes.get(on):
        details["dispute"] = world.random.choice(world.disputes[on])
    if what == "chargeback.open" and world.random.random() < 0.2:
        details["dispute"] = "new"
    if what == "chargeback.contest":
        details["outcome"] = world.random.choice(("won", "lost"))
    body: dict[str, Any] = {"what": what, "on": on, "with": details}
    if MOVES[what].act is None and world.random.random() < 0.2:
        body["after"] = world.random.choice(_SPANS[1:])
    answer = world.call("POST", "/sandbox/simulate", body)
    if not answer["success"] or "after" in body:
        return
    world.moved[what] += 1
    made = answer["simulated"].get("ids", [])
    if began := answer["simulated"].get("dispute"):
        world.disputes[on] = [*(one for one in world.disputes.get(on, []) if one != began), began]
    if what == "refund.make":
        world.refunds = [*world.refunds, *made][-_IN_HAND:]
    if what == "payout.run":
        world.payouts = [*world.payouts, *made][-_IN_HAND:]
        world.paid_by_hand |= set(made)
    for subject in made if what == "payout.run" else [on]:
        world.expect(_NEXT.get(what, ()), subject)


def _pay_a_card(world: World) -> None:
    """Money the other way: an invoice paid out to a card."""
    currency = world.random.choice(profiles.CURRENCIES)
    body = {
        "name": "Prize",
        "amount": world.amount(currency, 200),
        "currency": currency,
        "metadata": {"mockpsp_gateway": world.random.choice(world.psps)},
    }
    invoice = world.call("POST", "/invoices", body)["invoice"]["id"]
    made = world.call("POST", "/cards", {"number": CARDS[0], "exp_month": 12, "exp_year": 2030, "cvc2": "123"})
    world.call("POST", f"/invoices/{invoice}/payout", {"source": made["card"]["id"]})


def _script(world: World) -> None:
    """The next operation of a kind ends as told."""
    on = world.random.choice(("authorize", "capture", "void", "refund"))
    outcomes: tuple[Any, ...] = ("ok", "card.declined", "gateway.declined")
    if on == "refund":
        outcomes += ({"fail_after": "2d", "reason": "account_closed"},)
    if on == "capture":
        outcomes += ({"fail_after": "1d"}, {"fail_after": "4bd", "reason": "AC04"})
    world.call("POST", "/sandbox/rules", {"match": {"on": on}, "outcome": world.random.choice(outcomes), "times": 1})


def _wait(world: World) -> None:
    world.call("POST", "/sandbox/clock/advance", {"by": world.random.choice(_SPANS)})


#: Command -> how often it is drawn, and what it does.
_COMMANDS: dict[str, tuple[int, Callable[[World], None]]] = {
    "order": (6, _order),
    "pay again": (1, _pay),
    "on hold": (6, _on_hold),
    "refund": (6, _refund),
    "pay a card": (1, _pay_a_card),
    "move": (5, _move),
    "go on": (24, _go_on),
    "script": (1, _script),
    "wait": (4, _wait),
}
