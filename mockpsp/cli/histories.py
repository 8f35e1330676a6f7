"""The history of one payment as commands print it, from GET /sandbox/timeline."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from mockpsp.cli.screen import BAD, GOOD, LOUD, NAME, QUIET, Cell, Column, say, table

_AMOUNTS = ("authorized", "captured", "voided", "refunded")
_COLUMNS = (Column("", QUIET), Column("", NAME), Column("", is_whole=False))
#: Words of decisions that say that something came to nothing.
_BAD_WORDS = ("declined", "failed", "returned", "lost", "expired")


class Line(NamedTuple):
    """Something that happened: when, of what kind, and what; further lines tell more of it."""

    at: str
    kind: str
    what: str
    style: str = ""
    more: Sequence[str] = ()


def show(timeline: dict[str, Any]) -> None:
    """Print all of a payment's history, what is to come, and which moves can be made."""
    heading(timeline["payment"])
    if timeline["is_cut"]:
        say(Cell("  older moments are left out", QUIET))
    moments(timeline["moments"])
    if timeline["ahead"]:
        say(Cell("to come", LOUD))
        table(_COLUMNS, [(_when(one["at"]), "planned", f"{one['what']} on {one['on']}") for one in timeline["ahead"]])
    if timeline["moves"]:
        say(Cell("moves", LOUD), Cell("  mockpsp simulate MOVE ID", QUIET))
        table(
            (Column("", NAME), Column(""), Column("", QUIET, is_whole=False)),
            [(one["what"], one["on"], ", ".join(one["details"])) for one in timeline["moves"]],
            indent=2,
        )


def heading(payment: dict[str, Any]) -> None:
    """Print what a payment is, and where it stands."""
    currency = payment["currency"]
    said: list[str | Cell] = [Cell(payment["name"], LOUD), f"  {payment['amount']} {currency}  "]
    say(*said, Cell(payment["status"], status_style(payment["status"])), f"  at {payment['gateway'] or 'no PSP yet'}")
    say(f"{payment['transaction_id']}  {payment['invoice_id']}")
    moved = [f"{name} {payment[f'{name}_amount']}" for name in _AMOUNTS if float(payment[f"{name}_amount"])]
    failed = payment["failed_refunds_amount"]
    bad = ([f"{failed} refund failed"] if failed else []) + ([payment["error_code"]] if payment["error_code"] else [])
    if moved or bad:
        say(", ".join(moved), Cell(f"  {', '.join(bad)}" if bad else "", BAD))


def moments(found: Iterable[dict[str, Any]]) -> None:
    """Print what happened, a line each and more below it; a moment is told where it is another one."""
    rows: list[tuple[str | Cell, str | Cell, str | Cell]] = []
    last = ""
    for line in map(line_of, found):
        rows.append(("" if line.at == last else line.at, line.kind, Cell(line.what, line.style)))
        rows += [("", "", Cell(f"  {text}", QUIET)) for text in line.more]
        last = line.at
    table(_COLUMNS, rows)


def line_of(moment: dict[str, Any]) -> Line:
    """A moment in words."""
    return Line(_when(moment["at"]), moment["kind"], *_WORDS[moment["kind"]](moment))


def status_style(status: str) -> str:
    """How a payment's status looks."""
    if status in ("completed", "authorized"):
        return GOOD
    return BAD if status in ("failed", "voided", "reversed", "chargeback-initiated") else LOUD


def _when(at: str) -> str:
    return at.replace("T", " ").removesuffix("Z")[:19]


def _call(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    status = moment["status"]
    fault = f"  [{moment['fault']}]" if moment.get("fault") else ""
    style = BAD if status is None or status >= 400 else ""
    answer = moment["answer"] or {}
    said = [str(answer["message"])] if not answer.get("success", True) and answer.get("message") else []
    return f"{moment['method']} {moment['path']}  {status or 'no answer'}{fault}", style, said


def _decision(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    currency = moment["currency"]
    words = [moment["what"].replace("_", " ")]
    words += [f"{moment['amount']} {currency}"] if moment["amount"] else []
    words += [f"fee {moment['fee']}"] if moment["fee"] else []
    words += [text for text in (moment["error_code"], moment["reason"], moment["refund_id"]) if text]
    style = BAD if any(word in moment["what"] for word in _BAD_WORDS) else LOUD
    return "  ".join(words), style, list(_rules(moment["rules"]))


def _rules(rules: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in rules:
        if one["value"] is not None:
            yield f"{one['psp']}: {one['name']} is {_value(one['value'])}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(item)}" for key, item in value.items() if item is not None) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(_value, value[:8])) + (" and more" if len(value) > 8 else "") or "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _posting(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    lines = [f"{one['debit']} / {one['credit']}  {one['amount']} {one['currency']}" for one in moment["postings"]]
    return lines[0] if lines else moment["what"], QUIET, lines[1:]


def _event(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    return f"{moment['what']}  {moment['id']}", "magenta", []


def _attempt(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    came = moment["status_code"] or moment["error"] or "nothing came back"
    is_good = moment["status_code"] is not None and 200 <= moment["status_code"] < 300
    what = f"{moment['n']}. {moment['what']} to {moment['url'] or 'a deleted endpoint'}: {came}"
    return what, GOOD if is_good else BAD, [f"{moment['id']}"]


def _next_attempt(moment: dict[str, Any]) -> tuple[str, str, list[str]]:
    return f"{moment['n']}. {moment['what']} to {moment['url'] or 'a deleted endpoint'}", QUIET, [f"{moment['id']}"]


#: Kind of a moment -> its words, how they look, and what is told below them.
_WORDS = {
    "call": _call,
    "decision": _decision,
    "posting": _posting,
    "event": _event,
    "attempt": _attempt,
    "next-attempt": _next_attempt,
}
