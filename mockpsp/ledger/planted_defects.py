"""Errors planted in a settlement file, one at a time, and the answer key that says what and where.

Totals and balances stay as the truth has them, so that each can be found. Where a defect goes depends on the lines
alone: of those it fits, the one in the middle. To add a defect: its row in `DEFECTS`, with a function for the lines it
fits and one for what stands in their place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from mockpsp.domain.time.moments import LATEST_MS
from mockpsp.ledger.settlement_report import AS_IT_IS, Instead, Piece, Render, Report, ReportLine, money

_HOUR_MS = 3_600_000


class CannotPlant(Exception):
    """No line that a defect fits is there."""


class Defect(NamedTuple):
    """A kind of error: what it is, the lines it fits, and what stands in such a line's place."""

    what: str
    needs: str
    fits: Callable[[ReportLine], bool]
    wrong: Callable[[Report, ReportLine], list[ReportLine]]


class Planted(NamedTuple):
    """A file with an error: what stands in the place of a line, and the answer key."""

    instead: Instead
    key: dict[str, Any]


def _missing(report: Report, line: ReportLine) -> list[ReportLine]:
    return []


def _twice(report: Report, line: ReportLine) -> list[ReportLine]:
    return [line, line]


def _has_fee(line: ReportLine) -> bool:
    return line.type == "fee" or line.fee_minor != 0


def _rounded(report: Report, line: ReportLine) -> list[ReportLine]:
    """One minor unit more taken: of a line that is nothing but a fee, its gross."""
    if line.type == "fee":
        return [line._replace(gross_minor=line.gross_minor - 1)]
    return [line._replace(fee_minor=line.fee_minor - 1)]


def _a_day_off(report: Report, line: ReportLine) -> list[ReportLine]:
    """A day late; a day early where there is no later one. A day on which clocks are put back has 25 hours."""
    right = report.day(line.gateway, line.value_ms)
    late = (line.value_ms + hours * _HOUR_MS for hours in (24, 25))
    later = (ms for ms in late if ms <= LATEST_MS and report.day(line.gateway, ms) != right)
    return [line._replace(value_ms=next(later, line.value_ms - 24 * _HOUR_MS))]


DEFECTS: Mapping[str, Defect] = {
    "missing-row": Defect(
        "a line is missing", "a line whose net isn't zero", lambda line: line.net_minor != 0, _missing
    ),
    "rounding-cent": Defect("a fee is one minor unit too high", "a line with a fee", _has_fee, _rounded),
    "duplicated-refund": Defect(
        "a refund is there twice",
        "a refund",
        lambda line: line.type == "refund" and line.gross_minor < 0,
        _twice,
    ),
    "wrong-value-date": Defect("a value date is a day off", "a line", lambda line: True, _a_day_off),
}


def plant(name: str, report: Report, render: Render) -> Planted:
    """Plant a defect in a line that a payout paid and the file shows; CannotPlant where it fits none."""
    defect = DEFECTS[name]
    shown = {piece.seq for piece in render(report, AS_IT_IS)}
    fitting = [line for line in report.lines.by_payout() if line.seq in shown and defect.fits(line)]
    if not fitting:
        raise CannotPlant(f"{name} needs {defect.needs} in a payout; there is none")
    true = fitting[len(fitting) // 2]
    wrong = defect.wrong(report, true)
    instead = {true.seq: wrong}
    at, should = next(_places(render(report, AS_IT_IS), true.seq))
    says = [text for _, text in islice(_places(render(report, instead), true.seq), len(wrong))]
    if len(wrong) > 1:
        # The first stands where it should; what is wrong comes after it.
        at, should, says = at + len(should), [], says[1:]
    key = {
        "defect": name,
        "what": defect.what,
        "payout_id": true.payout_id,
        "item_id": true.item_id,
        "transaction_id": true.transaction_id,
        "changes": _changes(report, true, wrong[0]) if len(wrong) == 1 else [],
        "line": at,
        "should_say": should,
        "says": [line for text in says for line in text],
    }
    return Planted(instead, key)


def _places(pieces: Iterable[Piece], seq: int) -> Iterator[tuple[int, list[str]]]:
    """(line number from 1, lines of text) of each piece that shows a line of the report."""
    number = 1
    for piece in pieces:
        text = piece.text.splitlines()
        if piece.seq == seq:
            yield number, text
        number += len(text)


def _changes(report: Report, true: ReportLine, wrong: ReportLine) -> list[dict[str, str]]:
    should = money(true) | {"value_date": report.day(true.gateway, true.value_ms)}
    says = money(wrong) | {"value_date": report.day(wrong.gateway, wrong.value_ms)}
    return [
        {"field": name, "should_say": text, "says": says[name]} for name, text in should.items() if says[name] != text
    ]
