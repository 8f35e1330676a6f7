"""What payouts of older files kept in reserve comes back, whatever was taken from the reserve since."""

from collections.abc import Iterator

import pytest

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.engine.universes import Credentials
from mockpsp.ledger import book
from mockpsp.ledger.chart import Posting
from mockpsp.sandbox_client import Sandbox
from mockpsp.store import payouts
from mockpsp.store.payouts import ItemRow, PayoutRow
from tests.mockpsp.worlds import serving

WHO = ("test-proj_reserves", "key_test_reserves")
NORTH = {"like": "sandbox", "settlement_delay": "0s", "reserve": "10%", "reserve_period": "30d"}
DAY_MS = 86_400_000
RESERVE, AVAILABLE = "assets:psp:north:reserve", "assets:psp:north:available"
_PLANNED = """INSERT INTO effect (project_id, due_at_ms, seq, command, payment_seq, body)
VALUES (?, ?, ?, 'reserve.release', 0, ?)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, AppState]]:
    with serving(Settings(db=str(tmp_path_factory.mktemp("reserves") / "older.db"), clock="manual")) as running:
        yield running


@pytest.fixture
def world(server: tuple[str, AppState]) -> Iterator[Sandbox]:
    with Sandbox(server[0], *WHO) as sandbox:
        sandbox.reset()
        sandbox.put("/sandbox/psps/north", NORTH)
        sandbox.put("/sandbox/routing", {"default": "north"})
        yield sandbox


def paid_out_by_an_older_version(app: AppState, reserve_minor: int) -> str:
    """A payout of 100.00 that kept so much of it, and its release on the agenda thirty days on, as it was written."""
    with app.universes.writing(Credentials(*WHO)) as tx:
        conn, no, paid_minor = tx.conn, tx.project.no, 10_000 - reserve_minor
        seqs = [tx.mint.next() for _ in range(4)]
        lines = [("adjustment", 10_000), ("reserve", -reserve_minor)]
        rows = [
            ItemRow(seq, "north", "EUR", seqs[2], None, kind, minor, 0, tx.now_ms)
            for seq, (kind, minor) in zip(seqs, lines, strict=False)
        ]
        payouts.insert_items(conn, no, rows)
        body = {
            "sums": {kind: [1, minor, 0] for kind, minor in lines},
            "created_at_ms": tx.now_ms,
            "settled_at_ms": tx.now_ms,
            "reserve_minor": reserve_minor,
        }
        payouts.insert(conn, no, PayoutRow(seqs[2], "north", "EUR", "received", paid_minor, body))
        postings = [
            Posting(AVAILABLE, "assets:bank", "EUR", 10_000),
            Posting("assets:bank", AVAILABLE, "EUR", paid_minor),
            Posting(RESERVE, AVAILABLE, "EUR", reserve_minor),
        ]
        book.append(conn, no, [book.Entry(seqs[2], seqs[2], "payout-sent", tx.now_ms, postings)])
        conn.execute(_PLANNED, (no, tx.now_ms + 30 * DAY_MS, seqs[3], f'{{"payout_seq":{seqs[2]}}}'))
        return tx.id("payt_", seqs[2])


def sale(world: Sandbox, amount: str) -> str:
    invoice = world.post("/invoices", {"name": "A", "amount": amount, "currency": "EUR"})["invoice"]["id"]
    paid = world.post(f"/invoices/{invoice}/capture", {"source": world.card()})
    world.advance("0s")
    return str(paid["transaction"]["id"])


def has(world: Sandbox) -> tuple[str, str]:
    balances = world.balances()
    return balances[RESERVE]["EUR"], balances[AVAILABLE]["EUR"]


def test_it_comes_back_after_its_time(server: tuple[str, AppState], world: Sandbox) -> None:
    paid_out_by_an_older_version(server[1], 1_000)
    assert has(world) == ("10.00", "0.00")

    world.advance("30d")

    assert has(world) == ("0.00", "10.00")


def test_it_comes_back_by_hand_once(server: tuple[str, AppState], world: Sandbox) -> None:
    payout = paid_out_by_an_older_version(server[1], 1_000)

    world.simulate("reserve.release", payout)
    again = world.call("POST", "/sandbox/simulate", {"what": "reserve.release", "on": payout})
    steps = world.advance("30d")

    assert (again.status_code, "was released before" in again.json()["message"]) == (400, True)
    assert [(step["what"], step["result"]) for step in steps] == [("reserve.release", "moot")]
    assert has(world) == ("0.00", "10.00")


def test_beside_what_is_kept_of_sales_all_of_it_comes_back_in_the_end(
    server: tuple[str, AppState], world: Sandbox
) -> None:
    paid_out_by_an_older_version(server[1], 1_000)
    world.advance("1d")
    transaction = sale(world, "50.00")
    assert has(world) == ("15.00", "45.00")

    world.post(f"/transactions/{transaction}/refunds", {"amount": "12.00"})
    assert has(world) == ("3.00", "45.00")
    world.advance("29d")
    assert has(world) == ("0.00", "48.00")
    world.advance("1d")
    assert has(world) == ("0.00", "48.00")
