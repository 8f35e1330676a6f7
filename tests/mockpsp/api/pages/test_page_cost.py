"""The page of a universe with thousands of payments costs what that of one with dozens does, in counts.

Rows are copied by SQL, since what is counted is looking at them: a list reads a page's worth of them, and a search no
more than it is allowed to, however many there are.
"""

from collections.abc import Iterator

import pytest

from mockpsp.api.pages.session import UI
from mockpsp.store import browsing
from tests.growth.counting import Cost, counting
from tests.mockpsp.api.pages.looking import Looker, receiving, serving

pytestmark = pytest.mark.slow

#: Made by the API, and then copied so often.
MADE, COPIES = 60, 200
#: What chance adds: a page of the file more, a row that is longer.
SLACK = 1.25
#: (tables, the columns that are numbers of other rows, what one copy adds to every number)
TABLES = {
    "invoice": ("seq", "payment_seq"),
    "payment": ("seq", "invoice_seq"),
    "event": ("seq", "payment_seq", "fact_seq"),
    "fact": ("seq", "payment_seq"),
    "journal_entry": ("seq", "payment_seq"),
    "posting": ("entry_seq",),
    "webhook_message": ("seq",),
    "webhook_delivery": ("seq", "message_seq"),
    "webhook_attempt": ("delivery_seq",),
}
LISTS = {
    "payments": "",
    "a search that finds none": "?q=nothing",
    "a state that none is in": "?status=voided",
    "webhooks": "/webhooks",
    "dead webhooks, of which there are none": "/webhooks?state=dead",
    "a search among webhooks": "/webhooks?q=nothing",
    "the clock": "/clock",
    "the books": "/books",
    "an account": "/books?account=income:sales",
    "an account that little happens on": "/books?account=income:refunds",
    "one payment": "/payments/{payment}",
    "the webhooks of one payment": "/webhooks?payment={payment}",
    "one webhook": "/webhooks/{webhook}",
    "payouts": "/payouts",
    "requests": "/requests",
}


@pytest.fixture(scope="module")
def looker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looker]:
    with serving(str(tmp_path_factory.mktemp("page") / "page.db")) as app, receiving(200) as url:
        looker = Looker(app)
        first = looker.pay("refunded")
        looker.call("POST", f"/transactions/{first}/refunds", {"amount": "5"})
        looker.listen(url)
        for n in range(MADE):
            looker.pay(f"Order {n}")
        looker.call("POST", "/sandbox/settle", {})
        yield looker


def grow(looker: Looker) -> None:
    """Everything is there so many times more."""
    database = looker.app.extensions["mockpsp"].database
    with database.writing() as conn:
        (step,) = conn.execute("SELECT next_seq FROM project WHERE id = ?", (looker.project,)).fetchone()
        for table, numbers in TABLES.items():
            columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            taken = ", ".join(f"{one} + {step} * copies.times" if one in numbers else one for one in columns)
            conn.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) WITH RECURSIVE copies(times) AS "
                f"(SELECT 1 UNION ALL SELECT times + 1 FROM copies WHERE times < {COPIES}) "
                f"SELECT {taken} FROM {table}, copies"
            )
        conn.execute("UPDATE project SET next_seq = next_seq * ? WHERE id = ?", (COPIES + 2, looker.project))


def cost(looker: Looker, path: str) -> Cost:
    looker.look(path)  # what is learned once is counted for nobody
    with counting(looker) as found:  # type: ignore[arg-type]
        looker.look(path)
    return found


def test_many_cost_no_more_than_few(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    # So that the few are as many as a search looks at.
    monkeypatch.setattr(browsing, "LOOKED_MAX", MADE // 2)
    # The first one: what comes soon behind it is there already.
    payment = looker.call("GET", "/transactions?order=asc&limit=1")["transactions"][0]["id"]
    webhook = looker.call("GET", "/sandbox/deliveries")["deliveries"][-1]["id"]
    paths = {what: path.format(payment=payment, webhook=webhook) for what, path in LISTS.items()}
    few = {what: cost(looker, path) for what, path in paths.items()}

    grow(looker)
    many = {what: cost(looker, path) for what, path in paths.items()}

    with looker.app.extensions["mockpsp"].database.reading() as conn:
        rows = [conn.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ("payment", "webhook_delivery")]
    assert rows[0] > 10_000 and rows[1] > 30_000
    grown = {
        what: (few[what], many[what])
        for what in paths
        if many[what].statements > few[what].statements
        or many[what].database_steps > few[what].database_steps * SLACK + 200
        or many[what].lines > few[what].lines * SLACK + 50
    }
    assert grown == {}, UI
