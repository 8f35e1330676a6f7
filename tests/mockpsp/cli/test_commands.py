"""The command line as a whole: its commands, `--json` everywhere, and imports only when needed."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from mockpsp.catalog import load_catalog
from mockpsp.cli import mockpsp as command
from tests.mockpsp.cli.conftest import Run, said


def leaves(group: click.Group, path: str = "mockpsp") -> Iterator[tuple[str, click.Command]]:
    """(its words, command) of everything that can be run."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from leaves(found, f"{path} {name}")
        else:
            yield f"{path} {name}", found


def imported_by(*arguments: str) -> set[str]:
    """The modules in memory after a command line has run in a process of its own."""
    code = "import sys, atexit; atexit.register(lambda: print(*sys.modules)); from mockpsp.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    return set(done.stdout.split())


def test_the_commands_are_the_documented_ones() -> None:
    assert [words.removeprefix("mockpsp ") for words, _ in leaves(command)] == [
        "serve",
        "listen",
        "pay",
        "refund",
        "simulate",
        "trigger",
        "advance",
        "settle",
        "show",
        "logs",
        "replay",
        "compare",
        "check",
        "new",
        "init",
        "schema",
        "coverage",
        "psps",
        "ledger",
        "payouts export",
        "payouts list",
        "payouts statement",
        "universes delete",
        "universes list",
        "diff",
        "reconcile",
        "backup",
        "webhooks list",
        "webhooks retry",
        "webhooks show",
        "webhooks verify",
        "completion",
    ]


@pytest.mark.parametrize(("words", "leaf"), list(leaves(command)), ids=lambda value: value if str(value) else "")
def test_every_command_takes_json(words: str, leaf: click.Command) -> None:
    assert "--json" in {option for parameter in leaf.params for option in parameter.opts}, words


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("srve", "there is no command 'srve'; did you mean 'serve'?"),
        ("webhooks lst", "there is no command 'lst'; did you mean 'list'?"),
        ("ledger balance", "'balance' is none of balances, journal, export; did you mean 'balances'?"),
        ("webhooks list --state ded", "did you mean 'dead'?"),
        ("replay --tag refnds", "no story matches; did you mean 'refunds'?"),
        ("replay -k split-shipmnt", "no story matches; did you mean 'split-shipment'?"),
        ("payouts export --format cvs", "did you mean 'csv'?"),
        ("compare split-shipment --psp strip", "there is no PSP 'strip'; did you mean 'stripe'?"),
        ("ledger balances --frmat csv", "there is no option '--frmat'; did you mean '--format'?"),
        ("pay --amount 5", "--amount is no option: AMOUNT is said by itself, without a name before it"),
        ("refund --id tr_1", "--id is no option: ID is said by itself, without a name before it"),
        ("pay --amt 5", "there is no option '--amt'; known: --psp, --card, "),
        ("refund --full", "there is no option '--full'; known: --reason, "),
        ("trigger transaction.paid", "did you mean 'transaction.captured'?"),
        ("psps worldpay", "there is no PSP 'worldpay'; known: "),
        ("qqq", "there is no command 'qqq'; known: serve, "),
    ],
)
def test_what_is_misspelt_exits_with_2_and_names_what_was_meant(words: str, meant: str) -> None:
    result = CliRunner().invoke(command, words.split())

    assert result.exit_code == 2
    assert meant in result.stderr


def test_help_imports_no_command() -> None:
    assert imported_by("--help") & {"flask", "yaml", "requests", "rich", "mockpsp.serving.app"} == set()


def test_serve_does_not_wait_for_what_only_others_need() -> None:
    modules = imported_by("serve", "--port", "-1")

    assert "mockpsp.serving.app" in modules
    assert modules & {"requests", "rich", "yaml", "sqlite_utils", "markdown_it", "mockpsp.scenarios"} == set()


def test_all_profiles_are_in_the_table(run: Run) -> None:
    short, whole = run("psps", on_file=False).stdout, run("psps", "--all", on_file=False).stdout

    for table in (short, whole):
        assert all(name in table for name in load_catalog().profiles)
    assert len(whole) > 4 * len(short)


def test_the_first_look_at_the_profiles_is_short_and_says_what_to_do_next(run: Run) -> None:
    lines = run("psps", on_file=False).stdout.splitlines()

    assert max(map(len, lines)) <= 80 and len(lines) < 25
    assert lines[0].split() == ["PSP", "modelled", "on", "captures", "refunds", "may", "fail", "fee"]
    assert next(line for line in lines if line.startswith("card-async")).split()[1:] == (
        ["Adyen", "one", "parts", "40bd", "1%", "+", "0.10"]
    )
    assert [line.split()[:3] for line in lines if line.startswith("  mockpsp")] == [
        ["mockpsp", "psps", "wallet"],
        ["mockpsp", "psps", "--all"],
        ["mockpsp", "pay", "10"],
    ]


def test_all_is_not_about_one(run: Run) -> None:
    assert run("psps", "wallet", "--all", on_file=False).exit_code == 2


def test_a_profile_is_found_by_its_alias(run: Run) -> None:
    assert said(run("psps", "stripe", "--json", on_file=False))["psp"]["name"] == "card-standard"


def test_a_profile_in_full_says_where_its_figures_come_from(run: Run) -> None:
    assert "https://" in run("psps", "card-flexible", on_file=False).stdout


def test_an_unknown_profile_is_an_error_that_names_the_known_ones(run: Run) -> None:
    result = run("psps", "card-flexibel", on_file=False)

    assert result.exit_code == 2
    assert "card-flexible" in result.stderr
