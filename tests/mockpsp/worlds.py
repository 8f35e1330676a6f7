"""What tests of time need: shops that answer webhooks as told, servers with settings of their own, an audit."""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mockpsp.api.wire.app_state import AppState
from mockpsp.catalog import load_catalog
from mockpsp.config import Settings
from mockpsp.domain.payments import debts
from mockpsp.domain.payments.apply import apply, fee_capture, fold_all
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.psps.tolerance import tolerated
from mockpsp.ledger import book, payout_items
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server
from mockpsp.store import payments

#: Nothing here takes that long; what does has gone wrong.
PATIENCE_S = 20


@dataclass(frozen=True)
class Hook:
    """One webhook as it came in."""

    event_id: str
    event_type: str
    webhook_id: str
    path: str


class Shop:
    """A receiver on loopback whose answer is a function; each request has a thread of its own.

    `stay` is set when the shop closes: an answer that hangs waits for it.
    """

    def __init__(self, answer: Callable[[Hook], int] = lambda hook: 200) -> None:
        self.answer = answer
        self.hooks: list[Hook] = []
        self.stay = threading.Event()
        self._came = threading.Condition()
        self._server = _Sink(("127.0.0.1", 0), _Handler)
        self._server.shop = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Shop":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing listens any more; answers that hang are let go."""
        self.stay.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hang(self, hook: Hook) -> int:
        """An answer that does not come while the shop is open."""
        self.stay.wait(PATIENCE_S)
        return 200

    def take(self, hook: Hook) -> int:
        """Keep what came in, then answer."""
        with self._came:
            self.hooks.append(hook)
            self._came.notify_all()
        return self.answer(hook)

    def names(self) -> list[str]:
        """The events told so far, attempts included."""
        return [hook.event_type for hook in self.hooks]

    def wait_for(self, count: int, event_type: str | None = None) -> bool:
        """Whether so many webhooks came, of this event or of any, before patience ended."""
        with self._came:
            return self._came.wait_for(
                lambda: sum(event_type in (None, hook.event_type) for hook in self.hooks) >= count, PATIENCE_S
            )


class _Sink(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    shop: Shop

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that gave up on us is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert isinstance(self.server, _Sink)
        hook = Hook(body["event_id"], body["event_type"], self.headers["webhook-id"], self.path)
        self.send_response(self.server.shop.take(hook))
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def holds_soon(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true before patience ends, for what nobody tells us of."""
    never = threading.Event()
    return any(condition() or never.wait(0.002) for _ in range(int(PATIENCE_S / 0.002)))


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, AppState]]:
    """The URL of a server on these settings, and what its application owns."""
    app = create_app(settings)
    server = Server(app, replace(settings, port=0))
    server.start()
    state: AppState = app.extensions["mockpsp"]
    try:
        yield server.url, state
    finally:
        state.stop_moving()
        server.stop()
        state.close()


def built_in(name: str) -> PspProfile:
    """A built-in PSP; a universe's own ones are not looked up: theirs tolerate nothing in most tests."""
    return load_catalog().find(name) or PspProfile("none")


def flaws(conn: sqlite3.Connection, no: int, profile_of: Callable[[str], PspProfile] = built_in) -> list[str]:
    """What is wrong in universe `no`: books against payments, payments against their facts and refunds."""
    found = list(book.problems(conn, no))
    expected: Counter[tuple[str, str]] = Counter()
    kept: Counter[str] = Counter()
    for (seq,) in conn.execute("SELECT seq FROM payment WHERE project_id = ? ORDER BY seq", (no,)).fetchall():
        loaded = payments.load_payment(conn, no, seq)
        assert loaded is not None
        found += [f"payment {seq}: {flaw}" for flaw in _payment_flaws(conn, no, loaded[0], profile_of)]
        _add_expected(expected, kept, loaded[0])
    return found + _book_flaws(conn, no, expected, kept) + _payout_flaws(conn, no) + _queue_flaws(conn, no)


def _payment_flaws(
    conn: sqlite3.Connection, no: int, payment: Payment, profile_of: Callable[[str], PspProfile]
) -> Iterator[str]:
    status, amount_minor = conn.execute(
        """SELECT p.status, i.amount_minor FROM payment p JOIN invoice i ON i.project_id = p.project_id
        AND i.seq = p.invoice_seq WHERE p.project_id = ? AND p.seq = ?""",
        (no, payment.seq),
    ).fetchone()
    blank = Payment(
        payment.seq, payment.invoice_seq, payment.customer_seq, payment.currency, amount_minor, payment.created_at_ms
    )
    facts = payments.load_facts(conn, no, payment.seq)
    if fold_all(blank, facts) != payment:
        yield "row and facts differ"
    for fact in facts:
        if fact.kind is Kind.CAPTURE_SETTLED and fact.capture_seq is not None:
            lines = lines_by_whole_fold(blank, [f for f in facts if f.seq < fact.seq], fact.capture_seq)
            if _lines_after(conn, no, fact.seq, len(lines)) != lines:
                yield f"the lines of capture {fact.capture_seq} are not those of its whole story"
    if status != payment.status:
        yield f"status is {status}, the totals say {payment.status}"
    profile = profile_of(payment.gateway or "")
    held_minor = payment.authorized_minor - payment.voided_minor
    if payment.captured_minor > held_minor + tolerated(profile.over_capture, held_minor, payment.currency):
        yield "more captured and voided than was authorized"
    # What came back after it looked final had been captured, and refunded perhaps.
    once_minor = payment.captured_minor + payment.returned_minor
    if payment.is_hold_expired and not once_minor:
        once_minor = payment.voided_minor
    beyond_minor = tolerated(profile.over_refund, once_minor, payment.currency)
    if not 0 <= payment.refund_pending_minor <= payment.refunded_minor <= once_minor + beyond_minor:
        yield "more refunded than was captured"
    refunds = payments.load_refunds(conn, no, payment.seq)
    if sum(row.amount_minor for row in refunds if row.state != "failed") != payment.refunded_minor:
        yield "refunds and refunded amount differ"
    if sum(row.amount_minor for row in refunds if row.state == "pending") != payment.refund_pending_minor:
        yield "pending refunds and their amount differ"


def _lines_after(conn: sqlite3.Connection, no: int, fact_seq: int, count: int) -> list[payout_items.Line]:
    """The lines that the engine wrote for a settlement: they have the numbers after it."""
    found = conn.execute(
        """SELECT type, amount_minor, fees_minor FROM payout_item
        WHERE project_id = ? AND seq > ? AND seq <= ? ORDER BY seq""",
        (no, fact_seq, fact_seq + count),
    )
    return [payout_items.Line(*row, 0, None) for row in found]


def lines_by_whole_fold(payment: Payment, facts: Iterable[Fact], capture_seq: int) -> list[payout_items.Line]:
    """What moved between each two states of the payment: slow, and right by looking at it."""
    found = []
    for fact in facts:
        after = apply(payment, fact)
        moved_minor = sum(
            sign * capture.unsettled_minor
            for sign, state in ((1, after), (-1, payment))
            for capture in state.captures
            if capture.seq == capture_seq
        )
        payer = fact.seq if fact.kind is Kind.CAPTURED else getattr(fee_capture(payment, fact), "seq", None)
        fees_minor = -fact.charged_minor if payer == capture_seq else 0
        if moved_minor or fees_minor:
            amount_minor = moved_minor - fees_minor
            kind = payout_items.TYPES[fact.kind] if amount_minor else "fee"
            amounts = (amount_minor, fees_minor) if amount_minor else (fees_minor, 0)
            found.append(payout_items.Line(kind, *amounts, 0, None))
        payment = after
    return found


def paid_by_disputes(payment: Payment) -> int:
    """What the customer was owed since refunds came back, and has by disputes that were lost."""
    return debts.by_disputes_minor(payment)


def _add_expected(expected: Counter[tuple[str, str]], kept: Counter[str], payment: Payment) -> None:
    """What this payment should have left in the accounts; `kept` is what is the merchant's, or was spent."""
    disputed_minor = paid_by_disputes(payment)
    place = f"assets:psp:{payment.gateway}"
    if payment.is_hold_expired and not payment.captures:
        # A hold that ran out and was given back was never the merchant's.
        payment = payment._replace(refunded_minor=0, refund_pending_minor=0)
    refunded_minor = payment.refunded_minor + debts.owed_minor(payment) + disputed_minor
    amounts_by_account = {
        "income:sales": -payment.captured_minor,
        "income:refunds": refunded_minor - payment.refund_pending_minor,
        "expenses:sellers": payment.paid_out_minor,
        "liabilities:customers": -debts.owed_minor(payment),
        f"{place}:refunds-in-flight": payment.refund_pending_minor - payment.refund_waiting_minor,
        f"{place}:pending": sum(capture.unsettled_minor for capture in payment.captures),
        f"memo:authorized:{payment.gateway}": payment.held_minor,
        "memo:customers": -payment.held_minor,
    }
    for account, amount_minor in amounts_by_account.items():
        expected[account, payment.currency] += amount_minor
    kept[payment.currency] += payment.captured_minor
    kept[payment.currency] -= payment.refunded_minor + disputed_minor - payment.refund_waiting_minor


def _payout_flaws(conn: sqlite3.Connection, no: int) -> list[str]:
    """What is available at each gateway is what no payout has paid yet, line by line."""
    unpaid = Counter(
        {
            (f"assets:psp:{gateway}:available", currency): net_minor
            for gateway, currency, net_minor in conn.execute(
                """SELECT gateway, currency, sum(amount_minor + fees_minor) FROM payout_item
                WHERE project_id = ? AND payout_seq IS NULL GROUP BY gateway, currency""",
                (no,),
            )
        }
    )
    booked = Counter(
        {
            (account, currency): minor
            for account, by_currency in book.balances(conn, no).items()
            for currency, minor in by_currency.items()
            if account.endswith(":available")
        }
    )
    return [
        f"{account} {currency}: {booked[account, currency]} booked, unpaid lines make {unpaid[account, currency]}"
        for account, currency in sorted({*unpaid, *booked})
        if booked[account, currency] != unpaid[account, currency]
    ]


def _queue_flaws(conn: sqlite3.Connection, no: int) -> list[str]:
    """Who waits for money is pending and taken from no capture, and the universe knows how many wait."""
    queued = {seq for (seq,) in conn.execute("SELECT seq FROM waiting_refund WHERE project_id = ?", (no,))}
    waiting = {
        seq
        for seq, body in conn.execute("SELECT seq, body FROM refund WHERE project_id = ? AND state = 'pending'", (no,))
        if not json.loads(body)["parts"]
    }
    settings = conn.execute("SELECT settings FROM project WHERE no = ?", (no,)).fetchone()
    counted = json.loads(settings[0]).get("waiting_refunds", 0) if settings else 0
    found = [] if queued <= waiting else [f"refunds {queued - waiting} are queued, but wait no more"]
    return found if len(queued) == counted else [*found, f"{len(queued)} refunds are queued, {counted} counted"]


def _book_flaws(conn: sqlite3.Connection, no: int, expected: Counter[tuple[str, str]], kept: Counter[str]) -> list[str]:
    balances = book.balances(conn, no)
    found = [
        f"{account} {currency}: {balances.get(account, {}).get(currency, 0)} booked, payments say {amount_minor}"
        for (account, currency), amount_minor in expected.items()
        if balances.get(account, {}).get(currency, 0) != amount_minor
    ]
    for currency, amount_minor in kept.items():
        booked = sum(
            by_currency.get(currency, 0)
            for account, by_currency in balances.items()
            if account.startswith(("assets:", "expenses:")) and not account.endswith("refunds-in-flight")
        )
        if booked != amount_minor:
            found.append(f"{currency}: kept, fees and losses make {booked}, sales less refunds {amount_minor}")
    return found
