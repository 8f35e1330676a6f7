"""Accounts at PSPs as an ISO 20022 statement, camt.053.001.08: what banks send today, and bookkeeping programs read.

One `Stmt` per account and currency, told by the PSP and not by the bank: each line is an entry, its fee in `Chrgs`, and
each payout is the debit with which its money left. The bank would show one credit a payout, which says nothing that the
payout's amount doesn't; here opening balance and entries add up to the closing balance, which is what is available in
the books, and a team can match entry by entry. What no payout has paid yet is in it too.

References hold at most 35 characters: an id that is longer is written without its prefix, and in full in the entry's
additional information. Bank transaction codes are proprietary, by the line's type: ISO's set has none for what a PSP
tells line by line.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_exact
from mockpsp.ledger.settlement_report import Piece, Report, ReportLine, ReportPayout

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_REFERENCE_MAX, _ACCOUNT_MAX = 35, 34
_INDENT = "  "
#: A tag, and its text or the tags in it.
_Tag = tuple[str, "str | list[_Tag]"]


class _Entry(NamedTuple):
    """An entry of a statement: a line, or a payout's debit."""

    seq: int
    #: The id without its prefix: with it, it is too long for a reference.
    reference: str
    gateway: str
    currency: str
    type: str
    amount_minor: int
    at_ms: int
    value_ms: int
    line: ReportLine | None
    about: str


def render(report: Report, lines: Sequence[ReportLine]) -> Iterator[Piece]:
    """The file; balances and totals are of the report's own lines."""
    yield Piece(None, f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns={quoteattr(NAMESPACE)}>\n')
    yield Piece(None, f"{_INDENT}<BkToCstmrStmt>\n")
    header: _Tag = ("GrpHdr", [("MsgId", report.reference), ("CreDtTm", rfc3339(report.at_ms))])
    yield Piece(None, _xml(header, 2))
    shown = dict(_statements(report.payouts, lines))
    for number, (account, true) in enumerate(_statements(report.payouts, report.lines), start=1):
        yield from _statement(report, number, true, shown.get(account, []))
    yield Piece(None, f"{_INDENT}</BkToCstmrStmt>\n</Document>\n")


def _statements(
    payouts: Iterable[ReportPayout], lines: Iterable[ReportLine]
) -> Iterator[tuple[tuple[str, str], list[_Entry]]]:
    """(gateway, currency) -> its entries, oldest first."""
    entries = [*map(_of_line, lines), *map(_of_payout, payouts)]
    account = attrgetter("gateway", "currency")
    # Sorting keeps a line that is there twice beside itself.
    for key, found in groupby(sorted(entries, key=attrgetter("gateway", "currency", "seq")), account):
        yield key, list(found)


def _of_line(line: ReportLine) -> _Entry:
    about = f"{line.type} {line.item_id}"
    about += f" of transaction {line.transaction_id}" if line.transaction_id else ""
    about += f", in payout {line.payout_id}" if line.payout_id else ", not paid out yet"
    account = (line.gateway, line.currency)
    moments = (line.at_ms, line.value_ms)
    return _Entry(line.seq, _bare(line.item_id), *account, line.type, line.net_minor, *moments, line, about)


def _of_payout(payout: ReportPayout) -> _Entry:
    about = f"payout {payout.payout_id} to the merchant's bank ({payout.status})"
    account = (payout.gateway, payout.currency)
    moments = (payout.at_ms, payout.settled_ms)
    return _Entry(payout.seq, _bare(payout.payout_id), *account, "payout", -payout.amount_minor, *moments, None, about)


def _statement(report: Report, number: int, true: list[_Entry], shown: list[_Entry]) -> Iterator[Piece]:
    gateway, currency = true[0].gateway, true[0].currency
    closing_minor = sum(entry.amount_minor for entry in true)
    period: list[_Tag] = [("FrDtTm", rfc3339(true[0].at_ms)), ("ToDtTm", rfc3339(report.at_ms))]
    tags: list[_Tag] = [
        ("Id", f"{report.reference}-{number}"),
        ("CreDtTm", rfc3339(report.at_ms)),
        ("FrToDt", period),
        ("Acct", _account(report.owner, gateway, currency)),
        ("Bal", _balance("OPBD", 0, currency, report.day(gateway, true[0].at_ms))),
        ("Bal", _balance("CLBD", closing_minor, currency, report.day(gateway, report.at_ms))),
        ("TxsSummry", _summary(true)),
    ]
    yield Piece(None, f"{_INDENT * 2}<Stmt>\n" + "".join(_xml(tag, 3) for tag in tags))
    for entry in shown:
        yield Piece(None if entry.line is None else entry.seq, _xml(("Ntry", _entry(report, entry)), 3))
    yield Piece(None, f"{_INDENT * 2}</Stmt>\n")


def _account(owner: str, gateway: str, currency: str) -> list[_Tag]:
    return [
        ("Id", [("Othr", [("Id", _short(gateway, _ACCOUNT_MAX)), ("SchmeNm", [("Prtry", "gateway")])])]),
        ("Ccy", currency),
        ("Nm", gateway),
        ("Ownr", [("Nm", owner[:140])]),
        ("Svcr", [("FinInstnId", [("Nm", gateway)])]),
    ]


def _balance(code: str, minor: int, currency: str, day: str) -> list[_Tag]:
    kind: _Tag = ("Tp", [("CdOrPrtry", [("Cd", code)])])
    return [kind, *_amount(minor, currency), ("Dt", [("Dt", day)])]


def _summary(entries: Sequence[_Entry]) -> list[_Tag]:
    currency = entries[0].currency

    def total(minors: Sequence[int]) -> list[_Tag]:
        return [("NbOfNtries", str(len(minors))), ("Sum", format_exact(sum(map(abs, minors)), currency))]

    minors = [entry.amount_minor for entry in entries]
    net = sum(minors)
    net_tags: list[_Tag] = [("Amt", format_exact(abs(net), currency)), ("CdtDbtInd", _direction(net))]
    return [
        ("TtlNtries", [*total(minors), ("TtlNetNtry", net_tags)]),
        ("TtlCdtNtries", total([minor for minor in minors if minor >= 0])),
        ("TtlDbtNtries", total([minor for minor in minors if minor < 0])),
    ]


def _entry(report: Report, entry: _Entry) -> list[_Tag]:
    code: _Tag = ("BkTxCd", [("Prtry", [("Cd", entry.type), ("Issr", _short(entry.gateway, _REFERENCE_MAX))])])
    return [
        ("NtryRef", entry.reference),
        *_amount(entry.amount_minor, entry.currency),
        ("Sts", [("Cd", "BOOK")]),
        ("BookgDt", [("Dt", report.day(entry.gateway, entry.at_ms))]),
        ("ValDt", [("Dt", report.day(entry.gateway, entry.value_ms))]),
        ("AcctSvcrRef", entry.reference),
        code,
        ("NtryDtls", [("TxDtls", _transaction(entry))]),
        ("AddtlNtryInf", entry.about),
    ]


def _transaction(entry: _Entry) -> list[_Tag]:
    refs: list[_Tag] = [("AcctSvcrRef", entry.reference)]
    amounts = _amount(entry.amount_minor, entry.currency)
    line = entry.line
    if line is None:
        return [("Refs", refs), *amounts]
    if line.transaction_id is not None:
        refs.append(("EndToEndId", line.transaction_id))
    if line.payout_id is not None:
        refs.append(("Prtry", [("Tp", "payout"), ("Ref", _bare(line.payout_id))]))
    # Before fees.
    gross: _Tag = ("AmtDtls", [("InstdAmt", [_amount(line.gross_minor, line.currency)[0]])])
    return [("Refs", refs), *amounts, gross, *_charges(line)]


def _charges(line: ReportLine) -> list[_Tag]:
    if not line.fee_minor:
        return []
    amount, direction = _amount(line.fee_minor, line.currency)
    return [("Chrgs", [("Rcrd", [amount, direction, ("ChrgInclInd", "true")])])]


def _amount(minor: int, currency: str) -> list[_Tag]:
    """An amount is never below zero; its direction is a tag of its own."""
    return [(f"Amt Ccy={quoteattr(currency)}", format_exact(abs(minor), currency)), ("CdtDbtInd", _direction(minor))]


def _direction(minor: int) -> str:
    return "CRDT" if minor >= 0 else "DBIT"


def _bare(public_id: str) -> str:
    return public_id.rpartition("_")[2]


def _short(name: str, length_max: int) -> str:
    """A name that fits: a long one is cut, and told from its likes by a digest."""
    if len(name) <= length_max:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{name[: length_max - len(digest) - 1]}-{digest}"


def _xml(tag: _Tag, depth: int) -> str:
    """A tag and what is in it, each on a line of its own."""
    start, content = tag
    end, indent = start.split(" ")[0], _INDENT * depth
    if isinstance(content, str):
        return f"{indent}<{start}>{escape(content)}</{end}>\n"
    inner = "".join(_xml(one, depth + 1) for one in content)
    return f"{indent}<{start}>\n{inner}{indent}</{end}>\n"
