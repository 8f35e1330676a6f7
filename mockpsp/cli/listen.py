"""`mockpsp listen`: webhooks reach one's own handler, or are shown, for as long as it runs."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import json_option
from mockpsp.cli.keys import single_keys
from mockpsp.cli.own_receiver import OwnReceiver
from mockpsp.cli.screen import BAD, GOOD, LOUD, NAME, QUIET, Cell, is_terminal, say
from mockpsp.cli.servers import Caller, calls_server
from mockpsp.cli.signals import until_ended
from mockpsp.domain.events import unknown_event
from mockpsp.domain.text import ids

_LOOK_S = 0.3
#: Of so many deliveries that wait for another attempt the state is asked for, the newest first.
_WAITING_MAX = 50
_PORT = re.compile(r"(?P<port>[0-9]{1,5})(?P<path>/.*)?")
_KEYS = "r resends the last one, d shows it"


@click.command()
@click.argument("target", metavar="[PORT[/PATH]|URL]", required=False)
@click.option("--print", "is_printed", is_flag=True, help="Take the webhooks itself, and show them whole.")
@click.option("--forward-to", metavar="URL", help="Take the webhooks itself, and post them on, signatures and all.")
@click.option("--event", "events", multiple=True, metavar="NAME", help="Only this event; one option each.")
@json_option
@calls_server
def listen(
    caller: Caller,
    target: str | None,
    is_printed: bool,
    forward_to: str | None,
    events: tuple[str, ...],
    as_json: bool,
) -> None:
    """Send webhooks to your handler at PORT or URL, and follow each attempt until Ctrl-C.

    The secret that signs them is printed first; the endpoint is removed at the end. One that is there already is
    followed, and stays. With --print or --forward-to nothing else needs to listen, and PORT may be left out. --json
    prints one attempt a line.
    """
    for event in events:
        if wrong := unknown_event(event):
            raise click.UsageError(f"--event: {wrong}")
    is_own = is_printed or forward_to is not None
    if target is None and not is_own:
        raise click.UsageError("where does your handler listen? say its PORT or URL, or --print, or --forward-to URL")
    url = None if target is None else _url(target)
    receiver = _receiver(url, is_printed, _onward(forward_to)) if is_own else None
    try:
        _follow(caller, receiver.url if receiver is not None else str(url), events, as_json)
    finally:
        if receiver is not None:
            receiver.close()


def _follow(caller: Caller, url: str, events: tuple[str, ...], as_json: bool) -> None:
    body = {"url": url, **({"topics": list(events)} if events else {})}
    there = None if events else _endpoint_at(caller, url)
    made = caller.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]
    if there is not None:  # another would get everything twice: ours was made to know where its deliveries begin
        _remove(caller, made["id"])
    try:
        with until_ended(), single_keys() as keys:
            follower = _Follower(caller, (there or made)["id"], made["id"], as_json)
            _begin(caller, there or made, as_json)
            while True:
                follower.look()
                follower.press(keys.wait(_LOOK_S))
    finally:
        if there is None:
            _remove(caller, made["id"])


def _endpoint_at(caller: Caller, url: str) -> dict[str, Any] | None:
    """The endpoint of that address that gets every event, if there is one."""
    found = caller.get("/sandbox/webhook-endpoints")["webhook_endpoints"]
    return next((one for one in found if one["url"] == url and one["state"] == "enabled" and not one["topics"]), None)


def _remove(caller: Caller, endpoint_id: str) -> None:
    with suppress(click.ClickException):  # the server may have ended before we do
        caller.ask("DELETE", f"/sandbox/webhook-endpoints/{endpoint_id}")


def _begin(caller: Caller, endpoint: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"webhook_endpoint": endpoint}))
        return
    say("webhooks of ", Cell(caller.project_id, NAME), " go to ", Cell(endpoint["url"], LOUD))
    if endpoint["secret"]:
        say("secret  ", Cell(str(endpoint["secret"]), LOUD))
    else:
        say("an endpoint before this, which stays: signed with the secret told when it was made  ", endpoint["id"])
    if caller.get("/sandbox/clock")["clock"]["mode"] == "manual":
        say(Cell("this universe's time stands still: webhooks go out by mockpsp settle or mockpsp advance", QUIET))
    keys = f"{_KEYS}, " if is_terminal() else ""
    say(Cell(f"{keys}Ctrl-C ends it; make one: mockpsp pay, mockpsp trigger EVENT", QUIET))


class _Follower:
    """Follows the deliveries to one endpoint."""

    def __init__(self, caller: Caller, endpoint_id: str, since_id: str, as_json: bool) -> None:
        self._caller, self._endpoint_id, self._as_json = caller, endpoint_id, as_json
        key = ids.key_for(caller.get("/sandbox")["universe"]["seed"])
        seq = ids.decode(key, "wbe_", since_id)
        assert seq is not None
        #: What is delivered from now on has greater numbers than the endpoint made last.
        self._after = ids.encode(key, "wbk_", seq)
        #: Deliveries that wait for another attempt -> the attempts that were told.
        self._told: dict[str, int] = {}
        self._last: str | None = None

    def look(self) -> None:
        """Tell the attempts since the last look."""
        waiting = [self._caller.get(f"/sandbox/deliveries/{one}")["delivery"] for one in self._waiting()]
        listed = self._caller.get(f"/sandbox/deliveries?start_after={self._after}")["deliveries"]
        for delivery in [*waiting, *listed]:
            if delivery["endpoint_id"] == self._endpoint_id:
                self._tell(delivery)
        if listed:
            self._after = listed[-1]["id"]

    def press(self, key: str) -> None:
        """What a key asks for."""
        if key not in ("r", "d"):
            return
        if self._last is None:
            say(Cell("nothing was sent yet", QUIET))
        elif key == "r":
            told = _made(self._shown(self._last))
            try:
                self._caller.post(f"/sandbox/deliveries/{self._last}/retry")
            except InputError as error:
                say(Cell(error.message, BAD))
                return
            self._told.setdefault(self._last, told)
            say(Cell(f"{self._last} is due again", QUIET))
        else:
            _show(self._shown(self._last))

    def _waiting(self) -> list[str]:
        return list(reversed(self._told))[:_WAITING_MAX]

    def _shown(self, delivery_id: str) -> dict[str, Any]:
        return dict(self._caller.get(f"/sandbox/deliveries/{delivery_id}")["delivery"])

    def _tell(self, delivery: Mapping[str, Any]) -> None:
        told = self._told.pop(delivery["id"], 0)
        for attempt in [one for one in delivery["attempts"] if one["n"] > told]:
            self._last = delivery["id"]
            if self._as_json:
                about = {name: delivery[name] for name in ("id", "event_id", "event_type", "state")}
                click.echo(json.dumps({**about, **attempt}))
            else:
                _say_attempt(delivery, attempt["n"], attempt)
        if delivery["state"] == "pending":
            self._told[delivery["id"]] = _made(delivery)
        elif not delivery["attempts"]:
            say(f"{delivery['event_type']}  ", Cell(f"not sent: {delivery['error']}", BAD), f"  {delivery['id']}")


def _say_attempt(delivery: Mapping[str, Any], n: int, attempt: Mapping[str, Any]) -> None:
    status = attempt["status_code"]
    is_good = status is not None and 200 <= status < 300
    came = str(status) if status is not None else str(attempt["error"])
    say(
        Cell(attempt["at"][11:19], QUIET),
        "  ",
        Cell(came, GOOD if is_good else BAD),
        f"  {delivery['event_type']}  ",
        Cell(delivery["id"] + (f"  attempt {n}" if n > 1 else ""), QUIET),
    )


def _made(delivery: Mapping[str, Any]) -> int:
    """How many attempts there were; of very many the oldest are not kept."""
    return int(delivery["attempts"][-1]["n"]) if delivery["attempts"] else 0


def _show(delivery: Mapping[str, Any]) -> None:
    """The last attempt in full: what was sent, and the beginning of what came back."""
    attempt = delivery["attempts"][-1]
    came = str(attempt["status_code"] or attempt["error"])
    for mark, part, first in (("> ", "request", f"POST {delivery['url']}"), ("< ", "response", came)):
        body = (attempt[f"{part}_body"] or "").splitlines()
        for line in (first, *(attempt[f"{part}_headers"] or "").splitlines(), *(("", *body) if body else ())):
            say(Cell(mark, NAME), line, indent=2)


def _url(target: str) -> str:
    """Where the handler is: a port of this machine, or an address."""
    found = _PORT.fullmatch(target)
    if found is not None:
        if not 0 < int(found["port"]) < 65_536:
            raise InputError(f"there is no port {target}; ports end at 65535")
        return f"http://127.0.0.1:{found['port']}{found['path'] or '/'}"
    return _onward(target if "://" in target else f"http://{target}") or ""


def _onward(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        raise InputError(f"{url[:80]!r} is no address; say a port such as 9000, or http://127.0.0.1:9000/webhooks")
    return url


def _receiver(url: str | None, is_printed: bool, forward_to: str | None) -> OwnReceiver:
    parts = urlsplit(url or "http://127.0.0.1:0/")
    if parts.hostname not in ("127.0.0.1", "localhost"):
        raise InputError(f"{url} is not on this machine; leave it out, or say a PORT to listen on")
    try:
        return OwnReceiver(parts.port or 0, parts.path or "/", forward_to=forward_to, is_shown=is_printed)
    except OSError as error:
        hint = "; say another port, or none" if forward_to else "; without --print your handler there gets the webhooks"
        raise InputError(f"can't listen on port {parts.port}: {error.strerror}{hint}") from None
