"""`mockpsp compare`: which PSPs, which story, the chart, and what is wrong with a command line."""

from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import Run, said


def test_a_built_in_story_goes_by_its_name(run: Run) -> None:
    result = run("compare", "split-shipment", "--psp", "all-or-nothing,sandbox", "--json", on_file=False)

    assert result.exit_code == 0
    shown = said(result)
    assert shown["scenario"] == "An order is shipped in two parcels, paid as they leave"
    assert [(fate["psp"], fate["survived"]) for fate in shown["fates"]] == [
        ("sandbox", True),
        ("all-or-nothing", False),
    ]


def test_a_psp_goes_by_its_alias_and_is_shown_once(run: Run) -> None:
    result = run("compare", "split-shipment", "--psp", "adyen, card-async,paypal", "--json", on_file=False)

    assert {fate["psp"] for fate in said(result)["fates"]} == {"card-async", "wallet"}
    assert len(said(result)["fates"]) == 2


def test_a_chart_is_drawn_beside_the_table(run: Run, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"

    result = run("compare", "split-shipment", "--psp", "sandbox", "--chart", str(chart), on_file=False)

    assert "1 of 1 PSPs let the flow through" in result.stdout
    assert "<svg" in chart.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["split-shipment", "--psp", "stipe"], "there is no PSP 'stipe'; did you mean 'stripe'?"),
        (["split-shipment", "--psp", ""], "--psp: there is no PSP ''; known: sandbox, "),
        (["split-shipment", "--psp", "sandbox,,wallet"], "--psp: there is no PSP ''; known: sandbox, "),
        (["no-such-story"], "no-such-story"),
        (["split-shipment", "--chart", "chart.pdf"], "it must end in .svg or .png"),
        (["split-shipment", "--psp", "sandbox", "--chart", "/nowhere/chart.svg"], "No such file or directory"),
        (["refund-now-or-chargeback-later"], "its steps choose their PSP by `via`, so it can't be moved: pay-quick, "),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: list[str], wrong: str) -> None:
    result = run("compare", *arguments, on_file=False)

    assert (result.exit_code, result.stdout) == (2, "")
    assert wrong in result.stderr
