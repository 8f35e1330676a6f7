"""Books, payouts and statements over HTTP, by period: what is refused, whose they are, and how they are sent."""

import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.ledger import settlement_rows, statement_rows
from mockpsp.sandbox_client import Sandbox
from tests.contract import judge
from tests.mockpsp.worlds import serving

REPORTS = ("/sandbox/payouts/export", "/sandbox/payouts/statement")
BOOKS = ("/sandbox/ledger/balances", "/sandbox/ledger/journal")


def pay_out(shop: Sandbox, amount: str = "20.00") -> str:
    """Pay, settle and pay out; the payout's id."""
    order = shop.post("/invoices", {"name": "Order 1", "amount": amount, "currency": "EUR"})["invoice"]["id"]
    shop.post(f"/invoices/{order}/capture", {"source": shop.card()})
    shop.post("/sandbox/simulate", {"what": "settlement.run", "on": "sandbox"})
    made = shop.post("/sandbox/simulate", {"what": "payout.run", "on": "sandbox"})["simulated"]["ids"]
    return str(made[0])


@pytest.mark.parametrize(
    ("path", "field", "why"),
    [
        ("/sandbox/payouts/export?format=cvs", "format", "format is 'cvs'; did you mean 'csv'?"),
        ("/sandbox/payouts/export?format=hledger", "format", "format is 'hledger'; known: json, csv, camt053"),
        ("/sandbox/ledger/balances?format=hledger", "format", "format is 'hledger'; known: json, csv, text"),
        ("/sandbox/payouts/statement?side=banks", "side", "side is 'banks'; did you mean 'bank'?"),
        ("/sandbox/payouts/statement?daily=2", "daily", "daily is '2'; it must be true or false"),
        ("/sandbox/payouts/statement?currency=XYZ", "currency", "'XYZ' is not an ISO 4217 payment currency"),
        ("/sandbox/payouts/statement?side=bank&gateway=sandbox", "gateway", "gateway goes with side=psp"),
        ("/sandbox/payouts/export?gateway=sandbx", "gateway", "there is no gateway 'sandbx'; did you mean 'sandbox'?"),
        ("/sandbox/payouts/export?payout=payt_x", "payout", "has no payout payt_x"),
        ("/sandbox/payouts/export?payout=payt_x&to=2026-01-05", "payout", "leave out from and to"),
        ("/sandbox/payouts/export?form=csv", "form", "did you mean 'format'?"),
        *(
            (f"{path}?{query}", field, why)
            for path in (*REPORTS, *BOOKS)
            for query, field, why in (
                ("from=2026-02-30", "from", "from is '2026-02-30'; it must be a day such as 2026-01-31"),
                ("to=", "to", "to is ''; it must be a day"),
                ("from=%D9%A2026-01-01", "from", "it must be a day"),
                ("from=2026-01-05&to=2026-01-04", "from", "from 2026-01-05 comes after to 2026-01-04"),
                ("until=2026-01-05", "until", "is no parameter of"),
            )
        ),
        *(
            (f"{path}?{name}=2026-01-06", name, f"{name} 2026-01-06 is still to come: in test-proj_")
            for path in (*REPORTS, "/sandbox/ledger/balances")
            for name in ("from", "to")
        ),
    ],
)
def test_what_is_refused(mockpsp: Sandbox, path: str, field: str, why: str) -> None:
    answer = mockpsp.call("GET", path)

    assert answer.status_code == 400
    assert why in answer.json()["message"]
    assert [one["name"] for one in answer.json()["invalid_fields"]] == [field]


@pytest.mark.parametrize("path", REPORTS)
def test_before_anything_settled_a_table_is_its_head_alone(mockpsp: Sandbox, path: str) -> None:
    columns = settlement_rows.COLUMNS if path.endswith("export") else statement_rows.COLUMNS

    table = mockpsp.call("GET", f"{path}?format=csv&gateway=stripe")

    assert (table.headers["content-type"], table.text) == ("text/csv; charset=utf-8", ",".join(columns) + "\r\n")
    assert mockpsp.get(path) == {"rows": [], "success": True}
    assert mockpsp.call("GET", f"{path}?format=camt053").status_code == 400


def test_each_form_is_sent_as_what_it_is(mockpsp: Sandbox) -> None:
    pay_out(mockpsp)

    types = {
        form: mockpsp.call("GET", f"/sandbox/payouts/export?format={form}").headers["content-type"]
        for form in ("json", "csv", "camt053")
    }

    assert types == {"json": "application/json", "csv": "text/csv; charset=utf-8", "camt053": "application/xml"}


def test_a_universe_tells_of_its_own_alone(mockpsp: Sandbox) -> None:
    payout = pay_out(mockpsp)
    other = Sandbox(mockpsp.url, f"{mockpsp.project_id}_other", "key_test_other")
    stranger = Sandbox(mockpsp.url, mockpsp.project_id, "key_test_other")

    assert mockpsp.get("/sandbox/payouts/export")["rows"]
    for path in REPORTS:
        assert other.get(path)["rows"] == []
        assert stranger.call("GET", path).status_code == 401
    assert other.call("GET", f"/sandbox/payouts/export?payout={payout}").status_code == 400
    assert other.get("/sandbox/ledger/balances?from=2026-01-01")["balances"] == {}
    other.close()
    stranger.close()


def test_a_reset_ends_a_journal_by_period_and_leaves_nothing_to_tell_of(mockpsp: Sandbox) -> None:
    pay_out(mockpsp)

    mockpsp.reset()

    assert mockpsp.get("/sandbox/payouts/statement?side=bank")["rows"] == []
    assert mockpsp.get("/sandbox/ledger/journal?from=2026-01-01") == {"journal": [], "success": True}


def test_a_psp_of_ones_own_and_a_gateway_made_since_are_known(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox"})
    mockpsp.post("/gateways/north/gateway-configurations", {"name": "Second"})

    for name in ("north", "second"):
        assert mockpsp.get(f"/sandbox/payouts/statement?gateway={name}")["rows"] == []


def _rows(conn: sqlite3.Connection, count: int) -> None:
    """Lines that no payout has paid yet, of one payment without an invoice."""
    rows = [(1, 1_000 + n, "sandbox", "EUR", "sale", 100, -3, 1_000_000 * (n // 100)) for n in range(count)]
    conn.executemany(
        "INSERT INTO payout_item (project_id, seq, gateway, currency, type, amount_minor, fees_minor, at_ms) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


@pytest.mark.slow
def test_a_long_statement_needs_no_memory_for_its_length(tmp_path: Path) -> None:
    with serving(Settings(db=str(tmp_path / "long.db"), clock="manual")) as (url, state):
        shop = Sandbox(url, "test-proj_long", "key_test_long")
        shop.get("/sandbox/clock")
        peaks = [_peak(state, shop, count) for count in (2_000, 20_000)]
        shop.close()

    assert peaks[1][1] > 8 * peaks[0][1] > 8_000_000
    assert peaks[1][0] < peaks[0][0] + 3_000_000, peaks


def _peak(state: AppState, shop: Sandbox, count: int) -> tuple[int, int]:
    """(bytes held at most while a statement of so many lines was sent, its own bytes)."""
    with state.database.writing() as conn:
        conn.execute("DELETE FROM payout_item")
        _rows(conn, count)
    length = 0
    tracemalloc.start()
    with shop._session.get(f"{shop.url}/sandbox/payouts/statement?format=camt053", stream=True, timeout=60) as answer:
        for block in answer.iter_content(1 << 16):
            length += len(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, length


def test_the_document_tells_what_they_are_asked_and_how_they_answer() -> None:
    paths: dict[str, Any] = judge.document()["paths"]

    for path in (*REPORTS, *BOOKS):
        told = paths[path]["get"]
        named = {one["name"]: one for one in told["parameters"]}
        forms = named["format"]["schema"]["enum"]
        assert {"from", "to"} <= set(named)
        assert named["from"]["schema"] == {"type": "string", "format": "date"}
        assert forms[0] == named["format"]["schema"]["default"] == "json"
        assert len(told["responses"]["200"]["content"]) == len(
            {"text" if form in ("hledger", "beancount") else form for form in forms}
        )
    assert set(paths["/sandbox/payouts/statement"]["get"]["responses"]["200"]["content"]) == {
        "application/json",
        "application/xml",
        "text/csv",
    }


def test_every_parameter_that_a_route_of_the_control_plane_knows_is_told_of() -> None:
    for path, verbs in judge.document()["paths"].items():
        for told in verbs.values() if path.startswith("/sandbox") else ():
            for one in told.get("parameters", ()):
                assert one["in"] == "path" or one["description"], (path, one)
