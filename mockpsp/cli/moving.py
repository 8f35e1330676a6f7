"""`mockpsp simulate`, `advance` and `settle`: the world moves, and what came of it is told."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import json_option
from mockpsp.cli.naming import hint
from mockpsp.cli.newest import consequences, movable, newest_card, newest_payment, newest_payout, newest_refund
from mockpsp.cli.progress import working
from mockpsp.cli.screen import BAD, GOOD, NAME, QUIET, Cell, Column, say, table
from mockpsp.cli.servers import Caller, calls_server
from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.time.spans import parse_span
from mockpsp.domain.time.zoned import parse_said
from mockpsp.scenarios.language import known

#: What moves are about that are not about a payment.
ABOUT: Mapping[str, str] = {
    **dict.fromkeys(("refund.settle", "refund.fail", "refund.fall_back", "refund.cancel"), "refund"),
    **dict.fromkeys(("settlement.run", "balance.add", "payout.run", "reserve.release"), "gateway"),
    **dict.fromkeys(("payout.arrive", "payout.fail"), "payout"),
    "card.expire": "card",
    "token.revoke": "token",
}
#: What a move is about -> the newest one.
_NEWEST: Mapping[str, Callable[[Caller], str]] = {
    "payment": lambda caller: newest_payment(caller, is_paid=True),
    "refund": newest_refund,
    "payout": newest_payout,
    "card": newest_card,
    "gateway": lambda caller: str(caller.get("/sandbox")["universe"]["gateway"]),
}
#: Ids that lead to a payment's history.
_IN_HISTORIES = ("tr_", "iv_", "refd_")
_COLUMNS = (
    Column("at", QUIET),
    Column(""),
    Column("what", is_whole=False),
    Column("on", NAME, is_whole=False),
    Column("result", is_whole=False),
)
_RESULTS = {"done": "", "delivered": GOOD, "failed": BAD, "dead": BAD, "moot": QUIET}


@click.command()
@click.argument("move", metavar="MOVE")
@click.argument("subject_id", metavar="[ID]", required=False)
@click.option("--with", "details", multiple=True, metavar="NAME=VALUE", help="A detail of the move; one option each.")
@click.option("--after", metavar="SPAN", help="Not now, but after a span such as 3d.")
@json_option
@calls_server
def simulate(
    caller: Caller, move: str, subject_id: str | None, details: tuple[str, ...], after: str | None, as_json: bool
) -> None:
    """Have something happen that an application can't bring about: MOVE, such as chargeback.open or refund.fail.

    ID says of which payment, refund, payout, card, token or gateway; the newest one unless given. The page on the
    control plane lists the moves, and `mockpsp show` those that can be made.
    """
    moves = known.moves()
    if move not in moves:
        raise click.UsageError(f"there is no move {move[:60]!r}{hint(move, moves, shown=60)}")
    given = _details(move, details, moves[move])
    subject = subject_id or newest_of(caller, move)
    is_silent = as_json or not subject.startswith(_IN_HISTORIES)
    with consequences(caller, subject, is_silent=is_silent):
        answer = make_move(caller, move, subject, given, after)
    if as_json:
        click.echo(json.dumps({"simulated": answer}))
    elif is_silent or after:
        ids = "".join(f"  {one}" for one in answer.get("ids", ()))
        say(f"{answer['what']} on {answer['on']}", Cell(f"  at {answer['due_at']}", QUIET), Cell(ids, NAME))


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="SPAN|MOMENT|until EVENT|until idle")
@click.option("--max", "most", metavar="SPAN", help="How far to go at most until it comes.  [default: 30d]")
@json_option
@calls_server
def advance(caller: Caller, words: tuple[str, ...], most: str | None, as_json: bool) -> None:
    """Move time forward: by a span (3d, 2bd, 6mo), to a moment (friday 17:00 Europe/Berlin), or until something comes.

    What falls due runs, deliveries included. Exit code 1: the event did not come.
    """
    how_far = _how_far(words, most)
    with working("moving time"):
        answer = caller.post("/sandbox/clock/advance", how_far)
    is_reached = answer.get("reached") is not False
    if as_json:
        click.echo(json.dumps({"advance": {name: answer[name] for name in answer if name != "success"}}))
    else:
        _tell(answer["ran"], answer["clock"], is_more=answer["more"])
        if not is_reached:
            say(Cell(f"{words[-1]} did not come; --max goes further", BAD), _next_planned(caller))
    if not is_reached:
        raise SystemExit(1)


@click.command()
@click.option("--quiet-ms", type=click.IntRange(0, 10_000), help="Wait until receivers made no call for so long.")
@json_option
@calls_server
def settle(caller: Caller, quiet_ms: int | None, as_json: bool) -> None:
    """Deliver what is due, and wait until the calls that receivers made meanwhile have ended.

    Exit code 1: it does not come to an end.
    """
    body = {} if quiet_ms is None else {"quiet_ms": quiet_ms}
    with working("delivering what is due"):
        answer = caller.ask("POST", "/sandbox/settle", body, may_fail=True)
    if as_json:
        click.echo(json.dumps({"settle": {name: answer[name] for name in answer if name != "success"}}))
    else:
        _tell(answer["ran"], answer["clock"], is_more=answer["more"])
        for call in answer["calls"]:
            say(f"  {call['method']} {call['path']}  {call['status'] or 'no answer'}")
        if not answer["success"]:
            say(Cell(str(answer["message"]), BAD))
    if not answer["success"]:
        raise SystemExit(1)


def make_move(
    caller: Caller, move: str, subject: str, details: Mapping[str, str] | None = None, after: str | None = None
) -> dict[str, Any]:
    """What a move touched or made."""
    body: dict[str, Any] = {"what": move, "on": subject}
    body |= {"with": dict(details)} if details else {}
    body |= {"after": after} if after is not None else {}
    with working(move):
        answer = caller.ask("POST", "/sandbox/simulate", body, may_decline=True)
    if not answer["success"]:
        raise click.ClickException(f"{answer['error_type']}: {answer['message']}")
    return dict(answer["simulated"])


def newest_of(caller: Caller, move: str) -> str:
    """What a move is about when nobody says so: the newest that it can be made of, else the newest."""
    kind = ABOUT.get(move, "payment")
    if kind in ("payment", "refund") and (found := movable(caller, move)) is not None:
        return found
    find = _NEWEST.get(kind)
    if find is None:
        raise InputError(f"{move} is about a {kind}; say its id")
    return find(caller)


def _details(move: str, details: Iterable[str], keys: Mapping[str, Any] | None) -> dict[str, str]:
    known_keys = dict(keys or {})
    found = {}
    for text in details:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--with is NAME=VALUE, such as reason=fraud, not {text[:60]!r}")
        if name not in known_keys:
            wrong = hint(name, known_keys) if known_keys else "; it has none"
            raise click.UsageError(f"--with: {move} has no detail {name[:60]!r}{wrong}")
        allowed = known_keys[name]
        if isinstance(allowed, list) and value not in allowed:
            raise click.UsageError(f"--with: {name} can't be {value[:60]!r}{hint(value, allowed)}")
        found[name] = value
    return found


def _how_far(words: tuple[str, ...], most: str | None) -> dict[str, Any]:
    text = " ".join(words)
    if words[0] == "until":
        if len(words) != 2:
            raise click.UsageError("until what? an event such as transaction.refunded, or idle")
        limit = {} if most is None else {"max": most}
        if wrong := unknown_event(words[1], [*sorted(FIRED_EVENTS), "idle"]):
            raise click.UsageError(wrong)
        return {"until": words[1] if words[1] == "idle" else {"event": words[1]}, **limit}
    if most is not None:
        raise click.UsageError("--max goes with until")
    try:
        parse_span(text)
    except ValueError:
        return {"to": _moment(text)}
    return {"by": text}


def _moment(text: str) -> str:
    """A moment as it was said; which one it is, the server knows, whose now is its own."""
    try:
        parse_said(text, 0)
    except ValueError as error:
        raise click.UsageError(f"{error}, and no span such as 3d, 36h, 2bd or 6mo; time goes forward alone") from None
    return text


def _next_planned(caller: Caller) -> str:
    """What the world does next of its own, which may be what was waited for."""
    ahead = [one for one in caller.get("/sandbox/agenda")["agenda"] if one["kind"] == "effect"]
    return f"; next is {ahead[0]['what']} at {ahead[0]['at']}" if ahead else "; nothing is planned"


def _tell(steps: Iterable[Mapping[str, Any]], clock: Mapping[str, Any], *, is_more: bool) -> None:
    rows = [
        (
            one["at"].replace("T", " ").removesuffix("Z")[:19],
            one["kind"],
            one["what"],
            one["id"],
            Cell(one["result"] + (f": {one['why']}" if one.get("why") else ""), _RESULTS.get(one["result"], "")),
        )
        for one in steps
    ]
    if rows:
        table(_COLUMNS, rows)
    say("nothing was due; " if not rows else "", f"it is {clock['now']}", "; more is due, ask again" if is_more else "")
