"""`mockpsp logs`: the calls that the API got, and what it answered."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import click

from mockpsp.cli.files import json_option
from mockpsp.cli.screen import BAD, GOOD, NAME, QUIET, Cell, say
from mockpsp.cli.servers import Caller, calls_server
from mockpsp.cli.signals import until_ended

#: How often a server is asked for what is new, and how many calls it gives out at once.
LOOK_S = 0.3
_PAGE = 1_000


@click.command()
@click.option("-f", "--follow", "is_followed", is_flag=True, help="Go on until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(1, _PAGE), default=20, show_default=True, help="How many, at most.")
@click.option("--status", metavar="STATUS", help="Only answers with this status: 404, or 4xx for all like it.")
@click.option("--payment", "payment_id", metavar="ID", help="Only calls about this payment, by any of its ids.")
@json_option
@calls_server
def logs(
    caller: Caller, is_followed: bool, lines: int, status: str | None, payment_id: str | None, as_json: bool
) -> None:
    """Show the API's last calls with their answers, oldest first; those of the control plane are left out.

    The server keeps its last 2,000 in memory: a restart forgets them. --json prints one call a line.
    """
    with until_ended() if is_followed else nullcontext():
        wanted = _Wanted(caller, _checked(status), payment_id)
        answer = caller.get(f"/sandbox/requests?limit={_PAGE}")
        for one in list(filter(wanted.has, answer["requests"]))[-lines:]:
            _print(one, as_json)
        for one in filter(wanted.has, _coming(caller, answer["last"])) if is_followed else ():
            _print(one, as_json)


class _Wanted:
    """Which calls are asked for."""

    def __init__(self, caller: Caller, status: str | None, payment_id: str | None) -> None:
        self._status = status
        self._names: tuple[str, ...] = ()
        if payment_id is not None:
            found = caller.get(f"/sandbox/timeline/{payment_id}")["timeline"]["payment"]
            self._names = (payment_id, found["invoice_id"], found["transaction_id"])

    def has(self, one: Mapping[str, Any]) -> bool:
        """Whether this call is one of them."""
        if self._status is not None and not _is_like(one["status"], self._status):
            return False
        if not self._names:
            return True
        text = one["path"] + (json.dumps(one["answer"]) if one["method"] != "GET" else "")
        return any(name in text for name in self._names)


def _coming(caller: Caller, last: int) -> Iterator[Mapping[str, Any]]:
    """Calls as they come, until nobody wants more."""
    never = threading.Event()
    while True:
        answer = caller.get(f"/sandbox/requests?limit={_PAGE}&start_after={last}")
        yield from answer["requests"]
        # A server that was started anew counts from one again.
        last = answer["last"] if answer["last"] >= last else 0
        if not answer["requests"]:
            never.wait(LOOK_S)


def _print(one: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(one))
        return
    status = one["status"]
    style = BAD if status is None or status >= 400 else GOOD
    say(
        Cell(one["at"].replace("T", " ").removesuffix("Z")[:19], QUIET),
        "  ",
        Cell(str(status or "lost"), style),
        f"  {one['method']:6} {one['path']}",
        Cell("".join(f"  {part}" for part in _said(one)), NAME if style == GOOD else BAD),
    )


def _said(one: Mapping[str, Any]) -> Iterable[str]:
    """What of the answer a reader looks for first."""
    answer = one["answer"] or {}
    if one.get("fault"):
        yield f"[{one['fault']}]"
    if not answer.get("success", True):
        yield f"{answer.get('error_type')}: {answer.get('message')}"
    for kind in ("invoice", "transaction", "refund", "card", "customer", "token", "product"):
        found = answer.get(kind)
        if isinstance(found, dict):
            yield " ".join(str(found[name]) for name in ("name", "amount", "currency", "status") if found.get(name))
            if one["method"] == "POST" and found.get("id") and str(found["id"]) not in one["path"]:
                yield str(found["id"])
            return


def _checked(status: str | None) -> str | None:
    text = None if status is None else status.lower()
    if text is not None and not (len(text) == 3 and text[0] in "12345" and (text[1:] == "xx" or text[1:].isdigit())):
        raise click.UsageError(f"--status is {status!r}; it must be a status such as 404, or 4xx for all like it")
    return text


def _is_like(status: int | None, wanted: str) -> bool:
    return status is not None and (str(status) == wanted or (wanted.endswith("xx") and str(status)[0] == wanted[0]))
