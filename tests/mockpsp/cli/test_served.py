"""Commands that ask a running server instead of its file: the same books and files, and what the server refuses."""

import json

import pytest

from tests.mockpsp.cli.conftest import PROJECT, SECRET, Run, Running
from tests.mockpsp.cli.test_payouts import paid_out

__all__ = ["paid_out"]

PERIOD = ("--from", "2026-01-01", "--to", "2026-01-01")


def address(running: Running, project: str = PROJECT, secret: str = SECRET) -> str:
    return running.server.url.replace("//", f"//{project}:{secret}@")


@pytest.mark.parametrize(
    "command",
    [
        "ledger balances",
        "ledger balances --format csv",
        "ledger balances --format hledger",
        "ledger journal",
        "ledger journal --format csv",
        "ledger export",
        "ledger export --format beancount",
        "payouts export",
        "payouts export --format camt053",
        "payouts export --gateway stripe-interchange-plus",
        "payouts statement",
        "payouts statement --side bank --format camt053",
        "payouts statement --side bank --daily",
    ],
)
@pytest.mark.parametrize("period", [(), PERIOD])
def test_a_server_tells_what_its_file_holds(paid_out: Running, run: Run, command: str, period: tuple[str, ...]) -> None:
    arguments = (*command.split(), *period)

    asked = run(*arguments, "--url", address(paid_out), on_file=False)

    assert (asked.exit_code, asked.stderr) == (0, "")
    assert asked.stdout_bytes == run(*arguments).stdout_bytes
    assert asked.stdout_bytes


@pytest.mark.parametrize("command", ["ledger balances", "ledger journal", "payouts export", "payouts statement"])
@pytest.mark.parametrize("period", [(), PERIOD])
def test_in_json_it_says_that_all_went_well_too(
    paid_out: Running, run: Run, command: str, period: tuple[str, ...]
) -> None:
    arguments = (*command.split(), *period, "--json")

    asked = json.loads(run(*arguments, "--url", address(paid_out), on_file=False).stdout)

    assert asked == json.loads(run(*arguments).stdout) | {"success": True}


@pytest.mark.parametrize("more", [(), ("--gateway", "stripe-interchange-plus"), ("--json",)])
def test_a_list_of_payouts(paid_out: Running, run: Run, more: tuple[str, ...]) -> None:
    asked = run("payouts", "list", *more, "--url", address(paid_out), on_file=False)

    assert (asked.exit_code, asked.stderr) == (0, "")
    assert asked.stdout == run("payouts", "list", *more).stdout
    assert "payt_" in asked.stdout


def test_no_proxy_is_told_of_a_server_on_this_machine(
    paid_out: Running, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    assert run("ledger", "balances", "--url", address(paid_out), on_file=False).exit_code == 0


def test_one_payout(paid_out: Running, run: Run) -> None:
    payout = paid_out.get("/payouts")["payouts"][0]["id"]

    asked = run("payouts", "export", "--payout", payout, "--url", address(paid_out), on_file=False)

    assert asked.stdout_bytes == run("payouts", "export", "--payout", payout).stdout_bytes


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("ledger balances --to 2026-01-02", "to 2026-01-02 is still to come: in test-proj_books it is 2026-01-01"),
        ("ledger export --from 2026-1-1", "must be a day such as 2026-01-31"),
        ("payouts export --payout payt_x", "test-proj_books has no payout payt_x"),
        ("payouts export --gateway moon", "there is no gateway 'moon'"),
        ("payouts statement --gateway sandbx", "there is no gateway 'sandbx'; did you mean 'sandbox'?"),
        ("payouts export --psps .", "--url and --psps don't go together"),
        ("payouts export --defect missing-row", "--url and --defect don't go together"),
        (
            "ledger journal --project test-proj_a",
            "--url names the project test-proj_books and --project test-proj_a; leave one of them out",
        ),
    ],
)
def test_what_is_refused(paid_out: Running, run: Run, arguments: str, why: str) -> None:
    result = run(*arguments.split(), "--url", address(paid_out), on_file=False)

    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr


@pytest.mark.parametrize(
    "url",
    ["http://test-proj_a@127.0.0.1:8765", "http://a:b@[", "ftp://a:b@c", "http://a:b@c/path", "http://a:b@c:x", "a b"],
)
def test_an_address_that_is_none(run: Run, url: str) -> None:
    result = run("ledger", "balances", "--url", url, on_file=False)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "it must be a server's address, such as http://127.0.0.1:8765" in result.stderr


def test_another_secret_is_told_so(paid_out: Running, run: Run) -> None:
    result = run("payouts", "export", "--url", address(paid_out, secret="key_test_other"), on_file=False)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "the secret key is not the one that opened test-proj_books" in result.stderr


def test_no_server(run: Run) -> None:
    result = run("ledger", "balances", "--url", "http://test-proj_a:key_test_a@127.0.0.1:9", on_file=False)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "no server answers at http://127.0.0.1:9" in result.stderr


def test_project_and_key_may_stand_beside_the_address(paid_out: Running, run: Run) -> None:
    asked = run(
        *("ledger", "balances", "--url", paid_out.server.url, "--project", PROJECT, "--key", SECRET), on_file=False
    )

    assert (asked.exit_code, asked.stdout) == (0, run("ledger", "balances").stdout)


def test_a_project_that_a_variable_names_gives_way_to_the_address(
    paid_out: Running, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCKPSP_PROJECT", "test-proj_another")

    assert run("payouts", "export", "--url", address(paid_out), on_file=False).exit_code == 0
