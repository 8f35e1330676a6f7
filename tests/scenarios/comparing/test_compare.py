"""One flow at many PSPs: what is refused where, what is kept, and that two tellings are the same."""

import json
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from pathlib import Path

import pytest

from mockpsp.scenarios.comparing.compare import PspResult, available_psps, chosen_gateways, compare
from mockpsp.scenarios.comparing.report import as_json, draw, parts, table
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario

STORY = """\
format: 1
name: Half is captured, then a little refunded
psps:
  north: {like: sandbox, fees: {capture: {rate: "1%", fixed: "0.10 EUR"}}, settlement_delay: 3d}
  south: {like: sandbox, partial_capture: none}
  west: {like: sandbox, refund: none}
  away: {like: sandbox, currencies: [USD]}
steps:
  - {id: card, call: POST /cards, body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}, save: {c: card.id}}
  - {id: order, call: POST /invoices, body: {name: A, amount: "100.00", currency: EUR}, save: {iv: invoice.id}}
  - {id: hold, call: "POST /invoices/${iv}/authorize", body: {source: "${c}"}, save: {tr: transaction.id}}
  - {id: half, call: "POST /invoices/${iv}/capture", body: {capture_amount: "50.00", capture_type: final}}
  - {id: little, call: "POST /transactions/${tr}/refunds", body: {amount: "5.00"}}
  - {id: seen, call: "GET /transactions/${tr}", expect: {body: {transaction: {captured_amount: "1"}}}}
  - {id: end, end: {max: 1s}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    file = tmp_path / "half.yaml"
    file.write_text(STORY, encoding="utf-8")
    return load(file)


@pytest.fixture
def fates(mockpsp_server: str, scenario: Scenario) -> list[PspResult]:
    return compare(scenario, mockpsp_server, ["south", "away", "west", "north", "sandbox"])


def test_the_best_comes_first_and_the_furthest_of_the_refused(fates: list[PspResult]) -> None:
    assert [(fate.psp, fate.survived, fate.steps) for fate in fates] == [
        ("sandbox", True, 6),
        ("north", True, 6),
        ("west", False, 4),
        ("south", False, 3),
        ("away", False, 2),
    ]


def test_money_adds_up(fates: list[PspResult]) -> None:
    sandbox, north, west = (fate.money["EUR"] for fate in fates[:3])

    assert (sandbox.sales, sandbox.refunds, sandbox.keeps, sandbox.fees) == (50, 5, 45, {})
    assert (north.keeps, north.fees) == (Decimal("44.40"), {"processing": Decimal("0.60")})
    assert (west.sales, west.refunds, west.keeps) == (50, 0, 50)
    assert fates[3].money == {}


def test_a_refusal_says_where_and_why(fates: list[PspResult]) -> None:
    refusal = fates[3].refusal

    assert refusal is not None
    assert (refusal.step, refusal.status, refusal.line) == ("half", 400, 12)
    assert refusal.message.startswith("south cannot capture 50.00 EUR of 100.00 EUR (partial_capture: none)")


def test_money_arrives_when_it_settles(fates: list[PspResult]) -> None:
    assert [(fate.psp, fate.days) for fate in fates[:2]] == [("sandbox", 2), ("north", 3)]
    assert fates[3].arrives_at is None


OPEN = """\
format: 1
name: Paid out, then refunded, and another payment disputed
psps:
  north: {like: sandbox, refund_short_balance: wait, fees: {chargeback: {rate: "0%"}}}
  south: {like: sandbox, chargeback_answer_within: 9d, fees: {chargeback: {rate: "0%"}}}
matrix: {psp: [north, south]}
steps:
  - {id: card, call: POST /cards, body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}, save: {c: card.id}}
  - {id: order, call: POST /invoices, body: {name: A, amount: "80.00", currency: EUR}, save: {iv: invoice.id}}
  - {id: sale, call: "POST /invoices/${iv}/capture", body: {source: "${c}"}, save: {tr: transaction.id}}
  - {id: other, call: POST /cards, body: {number: "4242424242424242", exp_month: 1, exp_year: 2030}, save: {b: card.id}}
  - {id: order-b, call: POST /invoices, body: {name: B, amount: "20.00", currency: EUR}, save: {iv_b: invoice.id}}
  - {id: sale-b, call: "POST /invoices/${iv_b}/capture", body: {source: "${b}"}, save: {tr_b: transaction.id}}
  - {id: settled, advance: {by: 9d}}
  - {id: dispute, simulate: chargeback.open, on: "${tr_b}"}
  - {id: paid, simulate: payout.run, on: "${psp}"}
  - {id: refund, call: "POST /transactions/${tr}/refunds", body: {amount: "80.00"}}
  - {id: end, end: {max: 1s}}
"""


def test_what_nothing_ended_is_told_and_refunds_that_wait_are_not_kept(mockpsp_server: str, tmp_path: Path) -> None:
    file = tmp_path / "open.yaml"
    file.write_text(OPEN, encoding="utf-8")

    fates = {fate.psp: fate for fate in compare(load(file), mockpsp_server, ["north", "south"])}

    north, south = (fates[psp].money["EUR"] for psp in ("north", "south"))
    assert (north.keeps, north.refunds, north.is_open) == (20, 0, {"to be refunded": 80, "disputed": 20})
    assert (south.keeps, south.refunds, south.losses, south.is_open) == (0, 80, 20, {})
    # The chart's bars are as long as the sales.
    assert parts(north) == {"kept": 20, "fees": 0, "lost": 0, "refunded": 80}
    assert parts(south) == {"kept": 0, "fees": 0, "lost": 20, "refunded": 80}
    shown = table("Open", list(fates.values()))
    assert shown.count("still open:") == 1
    assert "still open: 80.00 EUR to be refunded, 20.00 EUR disputed" in shown


def test_it_is_told_the_same_twice(mockpsp_server: str, scenario: Scenario, fates: list[PspResult]) -> None:
    again = compare(scenario, mockpsp_server, ["north", "south", "west", "away", "sandbox"])

    assert as_json("story", again) == as_json("story", fates)


def test_every_psp_is_on_offer(mockpsp_server: str, scenario: Scenario) -> None:
    assert {"sandbox", "bank-debit", "north", "away"} <= set(available_psps(scenario, mockpsp_server))


def test_the_table_is_for_people(fates: list[PspResult]) -> None:
    lines = table("Half", fates).splitlines()

    assert lines[2].split() == ["keeps", "processing", "fee", "lost", "money", "arrives"]
    assert lines[4].split()[:4] == ["north", "44.40", "EUR", "0.60"]
    assert "refused at half (3 of 6 steps): south cannot capture" in lines[8]
    assert lines[-1] == "2 of 5 PSPs let the flow through"


def test_the_document_is_for_programs(fates: list[PspResult]) -> None:
    shown = json.loads(as_json("Half", fates))["fates"]

    assert shown[1]["money"]["EUR"] == {
        "sales": "50.00",
        "refunds": "5.00",
        "lost": "0",
        "fees": {"processing": "0.60"},
        "keeps": "44.40",
        "open": {},
    }
    assert shown[0]["refused"] is None
    assert shown[3]["refused"]["error_type"] == "request.gateway.operation-not-supported"


def test_a_story_that_chooses_its_psp_is_known(tmp_path: Path) -> None:
    file = tmp_path / "via.yaml"
    file.write_text(STORY.replace("id: half,", "id: half, via: north,"), encoding="utf-8")

    assert chosen_gateways(load(file)) == ["half"]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_chart_is_the_same_each_time_and_says_who_was_refused(
    fates: list[PspResult], tmp_path: Path, suffix: str
) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for path in (first, second):
        draw("Half is captured", fates, path)

    assert first.read_bytes() == second.read_bytes()
    if suffix == ".svg":
        texts = [node.text for node in ElementTree.parse(first).iter() if node.tag.endswith("text")]
        assert {"Half is captured", "44.40 kept", "refused at half", "north", "EUR"} <= set(texts)
    else:
        assert first.read_bytes().startswith(b"\x89PNG")
