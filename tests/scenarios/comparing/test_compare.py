"""One flow at many PSPs: what is refused where, what is kept, and that two tellings are the same."""

import json
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.scenarios.comparing.arrival import days_between
from mockpsp.scenarios.comparing.compare import PspResult, available_psps, chosen_gateways, compare
from mockpsp.scenarios.comparing.report import as_json, draw, parts, table
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application

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
    came = [(fate.psp, fate.arrivals["EUR"]) for fate in fates[:2]]
    assert [(psp, one.half.days, one.whole.days, one.is_paid_out) for psp, one in came] == [
        ("sandbox", 2, 2, False),
        ("north", 3, 3, False),
    ]
    assert fates[3].arrivals == {}


OPEN = """\
format: 1
name: Paid out, then refunded, and another payment disputed
psps:
  north: {like: sandbox, refund_short_balance: wait, fees: {chargeback: {fixed: "3.00 EUR"}}}
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
    assert (north.keeps, north.refunds, north.at_risk, north.is_open) == (0, 80, 20, {"to be refunded": 80})
    assert (north.owed_to_psp, north.owed_to_customers, north.certain) == (0, 3, -3)
    assert (south.keeps, south.refunds, south.losses, south.is_open) == (80, 80, 20, {})
    assert (south.owed_to_psp, south.certain) == (80, 0)
    # The chart's bars are as long as the sales, less what is owed, which lies below zero.
    nothing = {"kept": 0, "fees": 0, "lost": 0, "refunded": 80, "paid on": 0, "at risk": 0, "owed": 0}
    assert parts(north) == {**nothing, "fees": 3, "at risk": 20, "owed": -3}
    assert parts(south) == {**nothing, "kept": 80, "lost": 20, "owed": -80}
    shown = table("Open", list(fates.values()))
    assert shown.count("still open:") == 1
    assert "still open: 80.00 EUR to be refunded" in shown


def test_it_is_told_the_same_twice(mockpsp_server: str, scenario: Scenario, fates: list[PspResult]) -> None:
    again = compare(scenario, mockpsp_server, ["north", "south", "west", "away", "sandbox"])

    assert as_json("story", again) == as_json("story", fates)


def test_every_psp_is_on_offer(mockpsp_server: str, scenario: Scenario) -> None:
    assert {"sandbox", "bank-debit", "north", "away"} <= set(available_psps(scenario, mockpsp_server))


def test_the_table_is_for_people(fates: list[PspResult]) -> None:
    lines = table("Half", fates).splitlines()

    assert lines[2].split() == ["certain", "sales", "kept", "processing", "refunded", "half", "all"]
    assert lines[4].split() == ["north", "EUR", "44.40", "50.00", "44.40", "0.60", "5.00", "3", "d*", "3", "d*"]
    assert "refused at half (3 of 6 steps): south cannot capture" in lines[8]
    assert lines[-1] == "2 of 5 PSPs let the flow through"


def test_the_document_is_for_programs(fates: list[PspResult]) -> None:
    shown = json.loads(as_json("Half", fates))["fates"]

    assert shown[1]["money"]["EUR"] == {
        "sales": "50.00",
        "certain": "44.40",
        "keeps": "44.40",
        "fees": {"processing": "0.60"},
        "refunds": "5.00",
        "paid_on": "0",
        "lost": "0",
        "at_risk": "0",
        "owed_to_psp": "0",
        "owed_to_customers": "0",
        "open": {},
    }
    came = {"at": "2026-01-04T00:00:00Z", "days": 3}
    assert shown[1]["arrives"] == {"EUR": {"half": came, "all": came, "is_paid_out": False}}
    assert shown[1]["strategy"] is None
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


STRATEGIES = """\
format: 1
name: Sold on two days, one of two ways
psps:
  daily:
    like: sandbox
    settlement_delay: 1d
    settlement_cut_off: "17:00"
    time_zone: Asia/Tokyo
    payout_schedule: daily
  whole: {like: sandbox, partial_capture: none}
matrix: {psp: [sandbox], strategy: [part, all]}
clock: "2026-03-02T14:30:00Z"
steps:
  - {id: a, call: POST /invoices, body: {name: A, amount: "100.00", currency: EUR}, save: {a: invoice.id}}
  - {id: hold, call: "POST /invoices/${a}/authorize", body: {source: "${source}"}, save: {tr: transaction.id}}
  - id: part
    call: POST /invoices/${a}/capture
    body: {capture_amount: "40.00", capture_type: final}
    only: {strategy: part}
  - {id: all, call: "POST /invoices/${a}/capture", only: {strategy: all}}
  - {id: days, advance: {by: 3d}}
  - {id: rest, call: "POST /transactions/${tr}/refunds", body: {amount: "60.00"}, only: {strategy: all}}
  - {id: b, call: POST /invoices, body: {name: B, amount: "10.00", currency: EUR}, save: {b: invoice.id}}
  - {id: sale, call: "POST /invoices/${b}/capture", body: {source: "${source}"}}
"""


@pytest.fixture
def both_ways(mockpsp_server: str, tmp_path: Path) -> list[PspResult]:
    file = tmp_path / "strategies.yaml"
    file.write_text(STRATEGIES, encoding="utf-8")
    return compare(load(file), mockpsp_server, ["whole", "daily"])


def test_strategies_are_told_side_by_side(both_ways: list[PspResult]) -> None:
    told = [(one.psp, one.strategy, one.survived) for one in both_ways]
    assert told == [("daily", "part", True), ("daily", "all", True), ("whole", "all", True), ("whole", "part", False)]
    assert [one.money["EUR"].certain for one in both_ways[:3]] == [50, 50, 50]
    assert table("Ways", both_ways).splitlines()[-3:] == [
        "2 of 2 PSPs let the flow through",
        "all is best at 1: whole",
        "all the same at 1: daily",
    ]


def test_days_are_counted_from_each_sale_by_the_psps_own_clock_and_rounded_up(both_ways: list[PspResult]) -> None:
    part, whole = (one.arrivals["EUR"] for one in both_ways[:2])
    # Sold on 2 March at 23:30 in Tokyo, in the batch of the 3rd, there on the 5th at midnight; the sale of the 5th on
    # the 8th. Each is two days and half an hour later, whatever the day is in Greenwich.
    assert (part.is_paid_out, part.half.days, part.whole.days) == (True, 3, 3)
    assert part.half.at == "2026-03-04T15:00:00Z"
    assert part.whole.at == "2026-03-07T15:00:00Z"
    # What was sold after a refund from an empty balance pays for that.
    assert (whole.half.days, whole.whole.days) == (3, None)


@pytest.mark.parametrize(
    ("start", "end", "zone", "days"),
    [
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z", "UTC", 0),
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:01Z", "UTC", 1),
        ("2026-03-02T12:00:00Z", "2026-03-04T12:00:00Z", "UTC", 2),
        # The clocks go forward on 29 March: from midnight to midnight it is 23 hours, and a day.
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin", 1),
        ("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin", 2),
        # And back on 25 October: 25 hours.
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "Europe/Berlin", 1),
    ],
)
def test_a_day_is_as_long_as_the_psps_clock_makes_it(start: str, end: str, zone: str, days: int) -> None:
    assert days_between(start, end, ZoneInfo(zone)) == days


def test_of_every_built_in_story_the_parts_add_up_to_the_sales(application: Application) -> None:
    told = 0
    for path in library_paths():
        story = load(path)
        if story.app_place is not None or chosen_gateways(story) or "compare" not in story.tags:
            continue
        for fate in compare(story, application, list(load_catalog().profiles)):
            for money in fate.money.values():
                shown = parts(money)
                assert sum(shown.values()) == money.sales, (story.slug, fate.psp, money)
                assert money.keeps >= 0, (story.slug, fate.psp, money)
                told += 1
    assert told > 80
