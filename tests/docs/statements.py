"""Balance sheets and income statements of built-in stories, as beancount's own queries make them of our export."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from mockpsp.ledger import exports
from mockpsp.scenarios.language.loader import library_paths
from mockpsp.store import tx as projects
from mockpsp.store.db import Database
from tests.docs.examples import said

#: What is told, and which accounts tell of it.
SHEETS = {"balance sheet": "Assets|Liabilities", "income statement": "Income|Expenses"}
#: Story -> the step that it is told up to; all of it.
TOLD = {
    "refund-now-or-chargeback-later": "",
    "balance-below-zero-until-sales-cover-it": "disputed",
    "refund-that-came-back-is-owed-until-paid-or-released": "comes-back",
}
_QUERY = "SELECT account, sum(position) AS balance WHERE account ~ '^({})' GROUP BY 1 ORDER BY 1"
#: What sales went to -> how the accounts of it begin, and which sign counts for it.
_PARTS = {
    "kept": (("assets:", "liabilities:psp:"), 1),
    "fees": (("expenses:psp:",), 1),
    "losses": (("expenses:chargebacks",), 1),
    "refunds": (("income:refunds",), 1),
    "owed": (("liabilities:customers",), -1),
}


def told(story: str) -> Callable[[], list[str]]:
    """Both sheets of a story, as far as it is told, and what its sales went to."""

    def lines() -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            journals, balances = books(story, Path(folder))
            file = Path(folder) / "shop.beancount"
            file.write_text(journals["beancount"], encoding="utf-8")
            shown = ["```console"]
            for accounts in SHEETS.values():
                query = _QUERY.format(accounts)
                command = [sys.executable, "-m", "beanquery", str(file), query]
                done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
                shown += [f'$ bean-query shop.beancount "{query}"', *map(str.rstrip, done.stdout.splitlines()), ""]
        return [*shown[:-1], "```", "", sum_of(balances)]

    return lines


def books(story: str, folder: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """A story replayed as far as it is told: its journal for other programs, and its balances.

    Of a story with a matrix, the first cell's.
    """
    until = TOLD[story]
    db = folder / "shop.db"
    path = next(path for path in library_paths() if path.stem == story)
    said("replay", str(path), "--db", str(db), *(("--until", until) if until else ()))
    with closing(Database(str(db), read_only=True)) as database, database.reading() as conn:
        no = min(projects.all_nos(conn))
        journals = {form: "".join(exports.render(conn, no, "export", form)) for form in ("beancount", "hledger")}
        return journals, exports.balances_json(conn, no)


def sum_of(balances: dict[str, dict[str, str]]) -> str:
    """What the sales went to, as one line; it adds up, or this fails."""
    minor = {account: Decimal(amounts["EUR"]) for account, amounts in balances.items() if "EUR" in amounts}
    sales = -minor["income:sales"]
    parts = {
        name: sign * sum(amount for account, amount in minor.items() if account.startswith(starts))
        for name, (starts, sign) in _PARTS.items()
    }
    assert sales == sum(amount for name, amount in parts.items() if name != "owed") - parts["owed"], balances
    return (
        f"Sales {sales} = kept {parts['kept']:.2f} + fees {parts['fees']:.2f} + losses {parts['losses']:.2f} + refunds "
        f"{parts['refunds']:.2f} - owed {parts['owed']:.2f}."
    )
