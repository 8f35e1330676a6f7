"""`mockpsp psps`, and profiles of a user's own folder on every command that runs payments."""

from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import Run, said

NORTH = 'like = "card-flexible"\naliases = ["nord"]\nrefund = "none"\n'
STORY = """
format: 1
name: North refunds nothing
seed: 1
steps:
  - id: card
    call: POST /cards
    body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}
    save: {card: card.id}
  - {id: iv, call: POST /invoices, body: {name: Order, amount: "10.00", currency: EUR}, save: {iv: invoice.id}}
  - id: pay
    call: POST /invoices/${iv}/capture
    via: nord
    body: {source: "${card}"}
    save: {tr: transaction.id}
  - id: refund
    call: POST /transactions/${tr}/refunds
    body: {amount: "10.00"}
    expect: {status: 4xx}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "psps"
    made.mkdir()
    (made / "north.toml").write_text(NORTH)
    return made


def test_own_profiles_stand_below_the_built_in_ones(run: Run, folder: Path) -> None:
    lines = run("psps", "--psps", str(folder), on_file=False).stdout.splitlines()

    assert lines[0].startswith("PSP  ")
    assert lines[14].split()[0] == "north"


def test_an_own_profile_is_shown_in_full_by_its_alias(run: Run, folder: Path) -> None:
    sheet = run("psps", "nord", "--psps", str(folder), on_file=False).stdout

    assert sheet.startswith("north\n  modelled on Stripe")
    assert "  refund                         none\n" in sheet


def test_the_folder_may_come_by_a_variable(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKPSP_PSPS", str(folder))

    assert said(run("psps", "north", "--json", on_file=False))["psp"]["can"]["refund"] == "none"


def test_a_mistyped_name_meets_the_nearest_one(run: Run) -> None:
    result = run("psps", "strpie", on_file=False)

    assert result.exit_code == 2
    assert "there is no PSP 'strpie'; did you mean 'stripe'?" in result.stderr


def test_stories_are_replayed_at_own_profiles(run: Run, folder: Path, tmp_path: Path) -> None:
    story = tmp_path / "north.yaml"
    story.write_text(STORY)

    assert run("replay", str(story), "--psps", str(folder), on_file=False).exit_code == 0
    assert run("replay", str(story), on_file=False).exit_code == 2


def test_a_story_is_compared_at_own_profiles_too(run: Run, folder: Path) -> None:
    result = run("compare", "split-shipment", "--psp", "north", "--psps", str(folder), "--json", on_file=False)

    assert [fate["psp"] for fate in said(result)["fates"]] == ["north"]


@pytest.mark.parametrize(
    "arguments", [["psps"], ["replay"], ["compare", "split-shipment"], ["serve", "--port", "0", "--db", ":memory:"]]
)
def test_a_wrong_file_stops_the_start_and_is_named(run: Run, folder: Path, arguments: list[str]) -> None:
    (folder / "south.toml").write_text('like = "card-flexible"\nvoids = true\n')

    result = run(*arguments, "--psps", str(folder), on_file=False)

    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{folder}/south.toml: voids: no such fact; did you mean 'void'?" in result.stderr


def test_a_server_that_runs_already_takes_no_folder(run: Run, folder: Path) -> None:
    result = run("replay", "--url", "http://127.0.0.1:1", "--psps", str(folder), on_file=False)

    assert result.exit_code == 2
    assert "--psps is for a server of our own" in result.stderr
