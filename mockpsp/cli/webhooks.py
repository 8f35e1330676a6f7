"""`mockpsp webhooks`: what was sent and what came back, read from the file; sending again is the server's work."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

import click

from mockpsp import wallclock
from mockpsp.cli import InputError
from mockpsp.cli.files import OpenProject, db_option, json_option, print_pieces, project_option, reading
from mockpsp.cli.naming import Choice, Group, meant
from mockpsp.cli.screen import BAD, GOOD, NAME, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.cli.servers import Caller, find
from mockpsp.domain.text import ids
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine import universes
from mockpsp.webhooks import dialects, records, signing
from mockpsp.webhooks.errors import MalformedSecret, VerificationError
from mockpsp.webhooks.records import Delivery, deliveries

_DELIVERY, _ENDPOINT = "wbk_", "wbe_"
_PAGE = 1_000
#: So many rows are laid out together.
_TABLE_MAX = 500
#: So many of the newest ids are held against one that is not there.
_LOOKED_AT_MAX = 300
_LOOKS = {"delivered": GOOD, "dead": BAD}
#: Wide enough for anything signed since 1970.
_ANY_AGE_S = 1 << 40


@click.group(cls=Group)
def webhooks() -> None:
    """Show webhook deliveries and their attempts, send one again, check a signature by hand."""


@webhooks.command("list")
@click.option("--state", type=Choice(("pending", "delivered", "dead")), help="Only deliveries in this state.")
@project_option
@db_option
@json_option
def list_(state: str | None, project_id: str | None, db: str | None, as_json: bool) -> None:
    """List deliveries, oldest first."""
    with reading(db, project_id) as found:
        shown = (_shape(found, item) for item in _all(found, state))
        if is_terminal() and not as_json:
            _show_lines(shown)
        else:
            print_pieces(_as_json(shown) if as_json else _as_lines(shown))


@webhooks.command()
@click.argument("delivery_id", metavar="ID")
@project_option
@db_option
@json_option
def show(delivery_id: str, project_id: str | None, db: str | None, as_json: bool) -> None:
    """Show one delivery with every attempt: what was sent (>) and the beginning of what came back (<)."""
    with reading(db, project_id) as found:
        item = _find(found, delivery_id)
        one = _shape(found, item)
        sent = records.sent(found.conn, found.project.no, item)
    for attempt, more in zip(one["attempts"], sent, strict=True):
        attempt |= more
    if as_json:
        click.echo(json.dumps({"delivery": one}))
        return
    if is_terminal():
        _show_in_full(one)
        return
    click.echo(_line(one))
    for attempt in one["attempts"]:
        click.echo(f"  {attempt['at']}  {attempt['status_code'] or ''} {attempt['error'] or ''}".rstrip())
        for mark, part in (("> ", "request"), ("< ", "response")):
            for text in (attempt[f"{part}_headers"], attempt[f"{part}_body"]):
                for line in text.splitlines():
                    click.echo(f"    {mark}{line}")
    if one["next_attempt_at"]:
        click.echo(f"  {one['next_attempt_at']}  next attempt")


@webhooks.command()
@click.argument("delivery_id", metavar="[ID]", required=False)
@click.option("--all-dead", is_flag=True, help="Every dead delivery whose endpoint is enabled.")
@project_option
@db_option
@json_option
def retry(delivery_id: str | None, all_dead: bool, project_id: str | None, db: str | None, as_json: bool) -> None:
    """Make a delivery due now, whatever became of it, or all that are dead; needs the running server."""
    if all_dead == (delivery_id is not None):
        raise InputError("say either the id of a delivery, or --all-dead")
    with reading(db, project_id) as found:
        path, project = found.path, found.project
    caller = Caller(find(None, path), project.id, project.secret)
    body = caller.post(f"/sandbox/deliveries/{'retry' if all_dead else f'{delivery_id}/retry'}")
    if all_dead:
        click.echo(json.dumps({"retried": body["retried"]}) if as_json else f"{body['retried']} deliveries")
    else:
        click.echo(json.dumps({"delivery": body["delivery"]}) if as_json else _line(body["delivery"]))


@webhooks.command()
@click.argument("body", type=click.File("rb"), metavar="FILE", default="-")
@click.option("--scheme", type=Choice(dialects.SCHEMES), default=dialects.STANDARD, show_default=True)
@click.option("--key", type=Choice(tuple(dialects.KEYS)), help="What a secret of the scheme standard is.")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header that came; one option each.")
@click.option("--id", "webhook_id", help="The webhook-id header.")
@click.option("--timestamp", help="The webhook-timestamp header.")
@click.option("--signature", help="The webhook-signature header.")
@click.option("--url", default="", help="Where the webhook came to, as the endpoint has it; only square signs it.")
@click.option("--secret", help="The endpoint's.  [default: the one it gets unless another is given]")
@click.option("--any-age", is_flag=True, help="Accept what was signed more than five minutes ago.")
@project_option
@db_option
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    body: BinaryIO,
    scheme: str,
    key: str | None,
    headers: tuple[str, ...],
    webhook_id: str | None,
    timestamp: str | None,
    signature: str | None,
    url: str,
    secret: str | None,
    any_age: bool,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Check the signature of a webhook whose exact body is in FILE (or on standard input)."""
    if key and scheme != dialects.STANDARD:
        raise InputError(f"--key is about the scheme standard; {scheme} has one form of secrets")
    if scheme == "none":
        raise InputError("none signs nothing: there is no signature to look at")
    if scheme == "square" and not url:
        raise InputError("square signs the address too: --url says where the webhook came to")
    given = _headers(headers)
    dialect = dialects.named(scheme, key)
    if secret is None:
        with reading(db, project_id) as found:
            secret = dialects.secret_of(dialect, universes.webhook_secret(found.project.seed))
    came = given | {
        name: value
        for name, value in (
            (signing.ID_HEADER, webhook_id),
            (signing.TIMESTAMP_HEADER, timestamp),
            (signing.SIGNATURE_HEADER, signature),
        )
        if value is not None
    }
    tolerance_s = _ANY_AGE_S if any_age else 300
    problem = None
    try:
        dialects.verify(dialect, secret, came, body.read(), url=url, now_s=wallclock.now_s(), tolerance_s=tolerance_s)
    except MalformedSecret as error:
        raise InputError(str(error)) from None
    except VerificationError as error:
        problem = str(error)
    if as_json:
        click.echo(json.dumps({"genuine": problem is None, "problem": problem}))
    else:
        click.echo("genuine" if problem is None else f"not genuine: {problem}")
    ctx.exit(0 if problem is None else 1)


def _headers(lines: Iterable[str]) -> dict[str, str]:
    """The headers as they were given: a name, a colon, a value."""
    parts = [line.partition(":") for line in lines]
    if nameless := [line for line, (name, colon, _) in zip(lines, parts, strict=True) if not (name and colon)]:
        raise InputError(f"--header is NAME:VALUE, such as 'Stripe-Signature: t=...', not {nameless[0]!r}")
    return {name.strip(): value.strip() for name, _, value in parts}


def _all(found: OpenProject, state: str | None) -> Iterable[Delivery]:
    after_seq = 0
    while page := deliveries(found.conn, found.project.no, state=state, after_seq=after_seq, limit=_PAGE):
        yield from page
        after_seq = page[-1].seq


def _as_json(shown: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The list as one object, made as it is printed."""
    yield '{"deliveries": ['
    for place, one in enumerate(shown):
        yield (", " if place else "") + json.dumps(one)
    yield "]}\n"


def _as_lines(shown: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line each, and how many there are."""
    count = 0
    for one in shown:
        count += 1
        yield f"{_line(one)}\n"
    yield f"{count} deliveries\n"


def _show_lines(shown: Iterable[dict[str, Any]]) -> None:
    """The same as tables, so many at a time: there may be many."""
    columns = (
        Column("delivery", NAME, is_whole=False),
        Column("state"),
        Column("attempts", is_right=True),
        Column("event", is_whole=False),
        Column("to", is_whole=False),
        Column("", QUIET, is_whole=False),
    )
    count, rest = 0, iter(shown)
    while some := list(islice(rest, _TABLE_MAX)):
        count += len(some)
        table(columns, [_row(one) for one in some])
    say(f"{count} deliveries")


def _row(one: Mapping[str, Any]) -> tuple[str | Cell, ...]:
    state = Cell(one["state"], _LOOKS.get(one["state"], ""))
    return (one["id"], state, str(_count(one)), one["event_type"], one["url"] or "deleted", _more(one).strip())


def _show_in_full(one: Mapping[str, Any]) -> None:
    """A delivery and its attempts; the terminal breaks long lines, so that they are copied in one piece."""
    before, state, after = _line(one).partition(f"  {one['state']}")
    say(Cell(before, NAME), Cell(state, _LOOKS.get(one["state"], "")), f"  {'  '.join(after.split())}")
    for attempt in one["attempts"]:
        came = f"{attempt['status_code'] or ''} {attempt['error'] or ''}".strip()
        say(Cell(attempt["at"], QUIET), "  ", Cell(came, BAD if attempt["error"] else GOOD), indent=2)
        for mark, part in (("> ", "request"), ("< ", "response")):
            for text in (attempt[f"{part}_headers"], attempt[f"{part}_body"]):
                for line in text.splitlines():
                    say(Cell(mark, NAME), line, indent=4)
    if one["next_attempt_at"]:
        say(Cell(f"{one['next_attempt_at']}  next attempt", QUIET), indent=2)


def _find(found: OpenProject, delivery_id: str) -> Delivery:
    seq = ids.decode(found.key, _DELIVERY, delivery_id)
    page = [] if seq is None else deliveries(found.conn, found.project.no, after_seq=seq - 1, limit=1)
    if not page or page[0].seq != seq:
        newest = records.newest(found.conn, found.project.no, before_seq=1 << 62, limit=_LOOKED_AT_MAX)
        known = [ids.encode(found.key, _DELIVERY, told.delivery.seq) for told in newest]
        if not delivery_id.startswith(_DELIVERY):
            why = f"; a delivery's id begins with {_DELIVERY}: mockpsp webhooks list has them"
        else:
            why = meant(delivery_id, known) or ids.cut(delivery_id)
        raise InputError(f"{found.project.id} has no delivery {delivery_id}{why}")
    return page[0]


def _shape(found: OpenProject, item: Delivery) -> dict[str, Any]:
    """A delivery as `/sandbox/deliveries` shows it."""
    return {
        "id": ids.encode(found.key, _DELIVERY, item.seq),
        "event_id": item.webhook_id,
        "event_type": item.topic,
        "endpoint_id": ids.encode(found.key, _ENDPOINT, item.endpoint_seq),
        "url": item.url,
        "state": item.state,
        "due_at": None if item.due_at_ms is None else rfc3339(item.due_at_ms),
        "next_attempt_at": rfc3339(item.due_at_ms) if item.due_at_ms is not None and item.state == "pending" else None,
        "error": item.last_error,
        "misbehaves": item.misbehaves.split() if item.misbehaves else [],
        "attempts": [
            {"n": a.n, "at": rfc3339(a.at_ms), "status_code": a.status_code, "error": a.error} for a in item.attempts
        ],
    }


def _line(one: Mapping[str, Any]) -> str:
    count = _count(one)
    attempts = f"{count} attempt" if count == 1 else f"{count} attempts"
    more = _more(one)
    return f"{one['id']}  {one['state']:9}  {attempts:11}  {one['event_type']:40}  {one['url'] or 'deleted'}{more}"


def _count(one: Mapping[str, Any]) -> int:
    """How many attempts there were; of very many the oldest are not kept."""
    return int(one["attempts"][-1]["n"]) if one["attempts"] else 0


def _more(one: Mapping[str, Any]) -> str:
    more = f"  ({one['error']})" if one["error"] else ""
    more += f"  [{', '.join(one['misbehaves'])}]" if one["misbehaves"] else ""
    return more + (f"  next {one['next_attempt_at']}" if one["next_attempt_at"] else "")
