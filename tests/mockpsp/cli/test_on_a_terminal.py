"""What commands print on a terminal of 80 columns: nothing is wider, nothing is cut, and a pipe gets what it got."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import PROJECT, Run, Running, said

FORK = f"{PROJECT}-copy"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
WIDTH = 80


def on_terminal(folder: Path, *words: str) -> list[str]:
    """The lines that a command prints there, without their colours."""
    file, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "mockpsp", *words],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        text = b""
        with suppress(OSError):  # how a terminal ends
            while part := os.read(file, 65_536):
                text += part
        process.wait(timeout=60)
    os.close(file)
    return _COLOUR.sub("", text.decode()).replace("\r", "").splitlines()


@pytest.fixture
def differing(refunded: Running) -> Running:
    refunded.post("/sandbox/forks", {"as": FORK})
    invoice = refunded.post("/invoices", {"name": "Order", "amount": "7.00", "currency": "EUR"}, FORK)["invoice"]["id"]
    card = refunded.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}, FORK)["card"][
        "id"
    ]
    refunded.post(f"/invoices/{invoice}/capture", {"source": card}, FORK)
    return refunded


def test_diff_fits_and_says_what_each_side_has(differing: Running, file: Path, tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "diff", PROJECT, FORK, "--db", str(file))

    assert max(map(len, lines)) <= WIDTH
    assert [f"A  {PROJECT}", f"B  {FORK}"] == lines[:2]
    assert any("7.00" in line for line in lines)


def test_the_journal_fits_with_each_entry_s_postings_below_it(refunded: Running, file: Path, tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "ledger", "journal", "--project", PROJECT, "--db", str(file))

    assert max(map(len, lines)) <= WIDTH
    heads = [line for line in lines if line.startswith("2")]
    assert len(heads) >= 2 and "  captured  " in heads[0]
    assert re.fullmatch(r" +10\.00 EUR  \S+ <- \S+", lines[1].rstrip())


def test_balances_of_a_period_fit(refunded: Running, run: Run, file: Path, tmp_path: Path) -> None:
    day = refunded.get("/sandbox/clock")["clock"]["now"][:10]
    words = ("ledger", "balances", "--from", day, "--project", PROJECT, "--db", str(file))

    lines = on_terminal(tmp_path, *words)

    assert max(map(len, lines)) <= WIDTH
    assert lines[0].split() == ["account", "opened", "moved", "balance"]


def test_reconcile_fits_and_names_the_first_difference(refunded: Running, file: Path, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("transaction_id,kind,currency,amount\ntr_none,capture,EUR,5.00\n")

    lines = on_terminal(tmp_path, "reconcile", "--with", "own.csv", "--project", PROJECT, "--db", str(file))

    # What is said below the table is broken by the terminal itself, so that it is copied in one piece.
    assert max(map(len, lines[: lines.index("the first of them:")])) <= WIDTH
    assert lines[0].startswith("3 differences between 1 record and the books")


def test_deliveries_and_universes_fit(refunded: Running, run: Run, file: Path, tmp_path: Path) -> None:
    delivery = said(run("webhooks", "list", "--project", PROJECT, "--json"))["deliveries"][0]["id"]

    for words in (("webhooks", "list", "--project", PROJECT), ("universes", "list")):
        lines = on_terminal(tmp_path, *words, "--db", str(file))
        assert max(map(len, lines)) <= WIDTH and len(lines) > 1, words
    shown = on_terminal(tmp_path, "webhooks", "show", delivery, "--project", PROJECT, "--db", str(file))
    assert delivery in shown[0] and "host not allowed" in "\n".join(shown)


def test_stories_are_listed_within_the_width(tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "replay", "--list")

    assert max(map(len, lines)) <= WIDTH
    assert re.fullmatch(r"\d+ stories", lines[-1])


def test_a_comparison_says_how_far_it_has_come(tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "compare", "split-shipment", "--psp", "stripe,bnpl", "--jobs", "1")

    assert "0/2" in lines[0] and "2/2" in lines[0]


def test_a_misspelt_idle_is_answered_with_it(refunded: Running, run: Run) -> None:
    result = run("advance", "until", "idel", "--url", "http://127.0.0.1:9")

    assert result.exit_code == 2 and "did you mean 'idle'?" in result.output


def test_a_psp_in_full_has_its_sources_in_one_piece(tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "psps", "card-flexible")

    assert lines[:2] == ["card-flexible", "  modelled on Stripe, interchange-plus pricing"]
    assert max(len(line) for line in lines if line.startswith("  ") and not line.startswith(" " * 6)) <= WIDTH
    assert any(re.fullmatch(r"  amount_minimum +0\.50 USD, .*", line.rstrip()) for line in lines)
    assert any(line.startswith("      https://docs.stripe.com/") for line in lines)


def test_mistakes_in_stories_stand_below_their_places(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("format: 1\nname: A story\nstps: []\n")

    lines = on_terminal(tmp_path, "check", "bad.yaml")

    assert lines[2] == "bad.yaml:3:1  wrong"
    assert "nearest known: steps" in lines[3]
    assert lines[-1] == "1 file, 2 problems"


def test_a_backup_is_told(refunded: Running, file: Path, tmp_path: Path) -> None:
    lines = on_terminal(tmp_path, "backup", "copy.db", "--db", str(file))

    assert lines[0].startswith(f"copy.db is a copy of {file}: 1 universe, ")
