"""The stories that the page of the books explains: figures in its words, and the same by bean-check and by hledger."""

import csv
import io
import re
import shutil
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from beancount.loader import load_string

from tests.docs.pages import FOLDER
from tests.docs.statements import TOLD, books

pytestmark = pytest.mark.slow

PAGE = FOLDER / "books.md"
_AMOUNT = re.compile(r"(?<![\d.])\d+\.\d\d\b")
_ROOTS = ("assets", "liabilities", "income", "expenses")


def test_every_amount_of_the_explanations_is_in_what_they_explain() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Three stories as statements")[2].partition("\n## ")[0]
    parts = re.split(r"<!-- table: told-[a-z]+ -->|\*\*[A-Z][^*]+\*\*", text)[1:]

    # Of each story: what it is about, its sheets, and what they say.
    stories = list(zip(parts[::2], parts[1::2], strict=True))
    assert len(stories) == len(TOLD)
    for about, rest in stories:
        shown, _, words = rest.partition("<!-- end -->")
        told = set(_AMOUNT.findall(shown))
        # What the sheets say of two accounts together.
        amounts = [Decimal(text) for text in told]
        told |= {f"{one - other:.2f}" for one in amounts for other in amounts if one > other}
        assert set(_AMOUNT.findall(about + words)) <= told


@pytest.mark.parametrize("story", TOLD)
def test_other_programs_find_nothing_wrong_and_the_same_figures(story: str, tmp_path: Path) -> None:
    journals, balances = books(story, tmp_path)
    expected = {account: Decimal(amounts["EUR"]) for account, amounts in balances.items()}

    assert load_string(journals["beancount"])[1] == []
    program = shutil.which("hledger")
    if program is not None:
        file = tmp_path / "shop.journal"
        file.write_text(journals["hledger"], encoding="utf-8")
        subprocess.run([program, "check", "--strict", "-f", str(file)], check=True, timeout=60)
        found = by_hledger(program, file)
        # A balance below zero at a PSP is a debt to it, which the books have on one account.
        for account in [name for name in found if name.startswith("liabilities:psp:")]:
            found[f"assets:psp:{account.rpartition(':')[2]}:available"] += found.pop(account)
        wanted = {name: amount for name, amount in expected.items() if amount and name.startswith(_ROOTS)}
        assert {name: amount for name, amount in found.items() if amount} == wanted


def by_hledger(program: str, file: Path) -> defaultdict[str, Decimal]:
    """Every account of its balance sheet and its income statement, debits positive."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for what in ("balancesheet", "incomestatement"):
        command = [program, what, "-f", str(file), "-O", "csv", "--flat"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        for name, *amounts in csv.reader(io.StringIO(done.stdout)):
            if name.startswith(_ROOTS) and ":" in name:
                # Statements show debts and income without their sign.
                sign = -1 if name.startswith(("liabilities", "income")) else 1
                found[name] += sign * Decimal(amounts[-1].split()[0])
    return found
