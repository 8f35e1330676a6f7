"""Accounts as an ISO 20022 statement, camt.053.001.08: what banks send today, and bookkeeping programs read.

One `Stmt` per account, currency and period. Told by the PSP, each line is an entry, its fee in `Chrgs`, and each payout
the debit with which its money left: opening balance and entries add up to the closing balance, which is what is
available in the books, and a team can match entry by entry. What no payout has paid yet is in it too. Told by the
merchant's bank, each payout is one credit on the day it arrives.

References hold at most 35 characters: an id that is longer is written without its prefix, and in full in the entry's
additional information. The reference of a payout is the same on both sides. Bank transaction codes are proprietary for
what a PSP tells line by line, since ISO's set has none for that, and ISO's own at the bank.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger.settlement_report import AS_IT_IS, Instead, Piece, Report, ReportLine
from mockpsp.ledger.statements import BANK, Entry, Side, Statement, Told, psp_side

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_REFERENCE_MAX, _ACCOUNT_MAX, _NAME_MAX, _TEXT_MAX = 35, 34, 140, 140
_INDENT = "  "
#: A tag, and its text or the tags in it.
_Tag = tuple[str, "str | list[_Tag]"]
#: Type of an entry at the bank -> ISO's family and subfamily of payments; of credit transfers in euros, and of others.
_CODES = {
    "payout": ("RCDT", "ESCT", "DMCT"),
    "payout-returned": ("RCDT", "RRTN", "RRTN"),
    "top-up": ("ICDT", "ESCT", "DMCT"),
}
_ANY_CODE = ("MCOP", "OTHR", "OTHR")
#: Why a bank sends a payout back -> ISO's reason of a return.
_REASONS = {"account_closed": "AC04", "account_not_found": "AC01"}
#: No reason is given by the bank.
_NO_REASON = "MS03"


def render_report(report: Report, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The file of a report, as the PSPs tell it; balances and totals are of the report's own lines."""
    return render(psp_side(report), instead)


def render(told: Told, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The file of one side; balances and totals are of the lines as they are."""
    report = told.report
    yield Piece(None, f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns={quoteattr(NAMESPACE)}>\n')
    yield Piece(None, f"{_INDENT}<BkToCstmrStmt>\n")
    header: _Tag = ("GrpHdr", [("MsgId", report.reference), ("CreDtTm", rfc3339(report.at_ms))])
    yield Piece(None, _xml(header, 2))
    for number, (statement, entries) in enumerate(told.statements(instead), start=1):
        yield Piece(None, f"{_INDENT * 2}<Stmt>\n" + _head(told, number, statement))
        for entry in entries:
            yield Piece(None if entry.line is None else entry.seq, _entry(told, entry))
        yield Piece(None, f"{_INDENT * 2}</Stmt>\n")
    yield Piece(None, f"{_INDENT}</BkToCstmrStmt>\n</Document>\n")


def has_accounts(report: Report) -> bool:
    """Whether there is an account to tell of: without one there is no statement that ISO's schema takes."""
    return next(psp_side(report).statements(), None) is not None


def account_id(name: str, currency: str) -> str:
    """What an account is known by: one a currency, whatever the PSP is called."""
    return f"{_short(name, _ACCOUNT_MAX - 1 - len(currency))}-{currency}"


def bare(public_id: str) -> str:
    """An id without its prefix: with it, it is too long for a reference."""
    return public_id.rpartition("_")[2]


def _head(told: Told, number: int, statement: Statement) -> str:
    report, currency = told.report, statement.currency
    tags: list[_Tag] = [("Id", f"{report.reference}-{number}")]
    if statement.number is not None:
        tags += [("ElctrncSeqNb", str(statement.number))]
    tags += [
        ("CreDtTm", rfc3339(report.at_ms)),
        ("FrToDt", _period(report, statement)),
        ("Acct", _account(told, statement)),
        ("Bal", _balance("OPBD", statement.opening_minor, currency, statement.first.isoformat())),
        ("Bal", _balance("CLBD", statement.closing_minor, currency, statement.last.isoformat())),
        ("TxsSummry", _summary(statement)),
    ]
    return "".join(_xml(tag, 3) for tag in tags)


def _period(report: Report, statement: Statement) -> list[_Tag]:
    """Days are those where the account is, so their moments are in its own time."""
    first, last = f"{statement.first.isoformat()}T00:00:00", f"{statement.last.isoformat()}T23:59:59"
    if statement.number is None and report.period.last is None:
        last = rfc3339(report.at_ms)
    if report.period.first is None and statement.since_ms is not None:
        first = rfc3339(statement.since_ms)
    return [("FrDtTm", first), ("ToDtTm", last)]


def _account(told: Told, statement: Statement) -> list[_Tag]:
    name, currency = statement.name, statement.currency
    scheme = "gateway" if told.side is Side.PSP else BANK
    return [
        ("Id", [("Othr", [("Id", account_id(name, currency)), ("SchmeNm", [("Prtry", scheme)])])]),
        ("Ccy", currency),
        ("Nm", name),
        ("Ownr", [("Nm", told.report.owner[:_NAME_MAX])]),
        # Some readers look for an id of the bank and take none of its name.
        ("Svcr", [("FinInstnId", [("Nm", name), ("Othr", [("Id", _short(name, _ACCOUNT_MAX))])])]),
    ]


def _balance(code: str, minor: int, currency: str, day: str) -> list[_Tag]:
    kind: _Tag = ("Tp", [("CdOrPrtry", [("Cd", code)])])
    amount: _Tag = (f"Amt Ccy={quoteattr(currency)}", format_exact(abs(minor), currency))
    return [kind, amount, ("CdtDbtInd", _direction(minor)), ("Dt", [("Dt", day)])]


def _summary(statement: Statement) -> list[_Tag]:
    currency, moved = statement.currency, statement.moved

    def total(count: int, minor: int) -> list[_Tag]:
        return [("NbOfNtries", str(count)), ("Sum", format_exact(minor, currency))]

    net_tags: list[_Tag] = [("Amt", format_exact(abs(moved.minor), currency)), ("CdtDbtInd", _direction(moved.minor))]
    count = moved.credits_count + moved.debits_count
    all_of_it = total(count, moved.credits_minor + moved.debits_minor)
    return [
        ("TtlNtries", [*all_of_it, ("TtlNetNtry", net_tags)]),
        ("TtlCdtNtries", total(moved.credits_count, moved.credits_minor)),
        ("TtlDbtNtries", total(moved.debits_count, moved.debits_minor)),
    ]


def _entry(told: Told, entry: Entry) -> str:
    """Written as it stands: there may be a hundred thousand of them."""
    report, reference = told.report, bare(entry.reference)
    amount = f'<Amt Ccy="{entry.currency}">{format_exact(abs(entry.amount_minor), entry.currency)}</Amt>'
    direction = f"<CdtDbtInd>{_direction(entry.amount_minor)}</CdtDbtInd>"
    about = _bank_details(entry) if told.side is Side.BANK else _details(report, entry)
    own = reference if told.side is Side.PSP else str(entry.seq)
    return (
        "      <Ntry>\n"
        f"        <NtryRef>{reference}</NtryRef>\n"
        f"        {amount}\n"
        f"        {direction}\n"
        "        <Sts>\n          <Cd>BOOK</Cd>\n        </Sts>\n"
        f"        <BookgDt>\n          <Dt>{report.day(entry.gateway, entry.at_ms)}</Dt>\n        </BookgDt>\n"
        f"        <ValDt>\n          <Dt>{report.day(entry.gateway, entry.value_ms)}</Dt>\n        </ValDt>\n"
        f"        <AcctSvcrRef>{own}</AcctSvcrRef>\n"
        f"{_code(told.side, entry.gateway, entry.type, entry.currency)}"
        "        <NtryDtls>\n          <TxDtls>\n"
        f"{about[0]}"
        f"            {amount}\n"
        f"            {direction}\n"
        f"{about[1]}"
        "          </TxDtls>\n        </NtryDtls>\n"
        f"        <AddtlNtryInf>{escape(about[2])}</AddtlNtryInf>\n"
        "      </Ntry>\n"
    )


@lru_cache(maxsize=1_024)
def _code(side: Side, gateway: str, type_name: str, currency: str) -> str:
    if side is Side.PSP:
        issuer = _short(gateway, _REFERENCE_MAX)
        return _xml(("BkTxCd", [("Prtry", [("Cd", type_name), ("Issr", issuer)])]), 4)
    family, in_euros, otherwise = _CODES.get(type_name, _ANY_CODE)
    sub = in_euros if currency == "EUR" else otherwise
    return _xml(("BkTxCd", [("Domn", [("Cd", "PMNT"), ("Fmly", [("Cd", family), ("SubFmlyCd", sub)])])]), 4)


def _details(report: Report, entry: Entry) -> tuple[str, str, str]:
    """References, what follows the amount, and in words what a PSP's entry is about."""
    line, reference = entry.line, bare(entry.reference)
    if line is None:
        status = "" if entry.payout is None else f" ({entry.payout.status})"
        refs = _xml(("Refs", [("AcctSvcrRef", reference)]), 6)
        about = f"payout {entry.reference} to the merchant's bank{status}"
        return refs, _in_words(about), about
    found = [("AcctSvcrRef", reference)]
    about = f"{line.type} {line.item_id}"
    proprietary = ""
    if line.transaction_id is not None:
        found.append(("EndToEndId", line.transaction_id))
        about += f" of transaction {line.transaction_id}"
    for kind, text in (("invoice", line.invoice_id), ("payout", line.payout_id and bare(line.payout_id))):
        if text is not None:
            proprietary += _LINE_REFERENCE.format(kind, text)
    about += f", in payout {line.payout_id}" if line.payout_id else ", not paid out yet"
    simple = "".join(f"              <{name}>{text}</{name}>\n" for name, text in found)
    words = _in_words(about if line.order is None else f"order {line.order}")
    after = _gross_and_fee(line) + words + _dates(report, line)
    return f"            <Refs>\n{simple}{proprietary}            </Refs>\n", after, about


_LINE_REFERENCE = (
    "              <Prtry>\n                <Tp>{}</Tp>\n                <Ref>{}</Ref>\n              </Prtry>\n"
)


def _gross_and_fee(line: ReportLine) -> str:
    """Before fees, and what the fees took."""
    gross = f'<Amt Ccy="{line.currency}">{format_exact(abs(line.gross_minor), line.currency)}</Amt>'
    text = (
        "            <AmtDtls>\n              <InstdAmt>\n"
        f"                {gross}\n"
        "              </InstdAmt>\n            </AmtDtls>\n"
    )
    if not line.fee_minor:
        return text
    fee = format_exact(abs(line.fee_minor), line.currency)
    return text + (
        "            <Chrgs>\n              <Rcrd>\n"
        f'                <Amt Ccy="{line.currency}">{fee}</Amt>\n'
        f"                <CdtDbtInd>{_direction(line.fee_minor)}</CdtDbtInd>\n"
        "                <ChrgInclInd>true</ChrgInclInd>\n"
        "              </Rcrd>\n            </Chrgs>\n"
    )


def _in_words(text: str) -> str:
    """Where bookkeeping programs look for what an entry is about, and many of them nowhere else."""
    return f"            <RmtInf>\n              <Ustrd>{escape(text[:_TEXT_MAX])}</Ustrd>\n            </RmtInf>\n"


def _dates(report: Report, line: ReportLine) -> str:
    """When it happened, and when its money was captured."""
    made_ms = line.at_ms if line.made_ms is None else line.made_ms
    dates = f"              <TxDtTm>{rfc3339(made_ms)}</TxDtTm>\n"
    if line.captured_ms is not None:
        dates += (
            "              <Prtry>\n                <Tp>captured</Tp>\n                <Dt>\n"
            f"                  <Dt>{report.day(line.gateway, line.captured_ms)}</Dt>\n"
            "                </Dt>\n              </Prtry>\n"
        )
    return f"            <RltdDts>\n{dates}            </RltdDts>\n"


def _bank_details(entry: Entry) -> tuple[str, str, str]:
    """The same of an entry at the bank."""
    refs = _xml(("Refs", [("AcctSvcrRef", str(entry.seq)), ("EndToEndId", bare(entry.reference))]), 6)
    party = "Cdtr" if entry.type == "top-up" else "Dbtr"
    about = f"{entry.type.replace('-', ' ')} {entry.reference} {'to' if party == 'Cdtr' else 'of'} {entry.gateway}"
    tags: list[_Tag] = [
        ("RltdPties", [(party, [("Pty", [("Nm", entry.gateway[:_NAME_MAX])])])]),
        ("RmtInf", [("Ustrd", about[:_TEXT_MAX])]),
    ]
    if entry.reason is not None:
        reason: list[_Tag] = [("Rsn", [("Cd", _REASONS.get(entry.reason, _NO_REASON))])]
        tags.append(("RtrInf", [*reason, ("AddtlInf", entry.reason)]))
    return refs, "".join(_xml(tag, 6) for tag in tags), about


def _direction(minor: int) -> str:
    return "CRDT" if minor >= 0 else "DBIT"


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
