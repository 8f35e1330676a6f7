"""A universe from the outside, for tests: credentials, requests, and the control plane's moves as methods.

Talks HTTP only, so what works here works against any server. The official SDK does the paying; this moves the world.
"""

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.adapters import HTTPAdapter

from mockpsp.own_machine import is_here, proxies_of, waits_for_this_thread

if TYPE_CHECKING:
    from mockpsp.scenarios.replaying.receiver import Received, Receiver

_TIMEOUT_S = 60
#: Looking at a sandbox waits no longer than this for its clock.
_GLANCE_S = 2
#: So much of an id leaves room for a fork's number.
_NUMBERED_MAX = 68


class SandboxError(AssertionError):
    """The server refused a request that the test needed to succeed; says which and why."""


class _StraightThrough(HTTPAdapter):
    """Sends as it did when this was imported: whoever replaces `send` for a test means the calls of an application."""

    send = HTTPAdapter.send


class _OwnSession(requests.Session):
    """Sends and finds its adapters as it did when this was imported, for the same reason."""

    send = requests.Session.send
    get_adapter = requests.Session.get_adapter


class Sandbox:
    """One universe on a running server. `url`, `project_id` and `secret` are what an SDK needs."""

    def __init__(self, url: str, project_id: str, secret: str) -> None:
        self.url = url.rstrip("/")
        self.project_id = project_id
        self.secret = secret
        self._proxies = proxies_of(self.url)
        self._sessions: dict[tuple[int, type[socket.socket]], requests.Session] = {}
        self._receivers: list[Receiver] = []
        self._forks: list[Sandbox] = []
        #: Of a fork: a receiver of the original -> its own.
        self._twins: dict[Receiver, Receiver] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<Sandbox {self.url} {self.project_id} {'closed' if self._is_closed else self._glance()}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the receivers and connections, those of forks too; a second time ends nothing more."""
        for fork in self._forks:
            fork.close()
        for receiver in self._receivers:
            receiver.close()
        self._forks, self._receivers = [], []
        self._session.close()
        self._is_closed = True

    @property
    def now(self) -> datetime:
        """The universe's moment, in UTC."""
        return datetime.fromisoformat(self.get("/sandbox/clock")["clock"]["now"])

    @property
    def _session(self) -> requests.Session:
        """The connections of this process, made by the sockets there are now.

        A forked child that used its parent's would read its parent's answers, and whoever read from a socket older than
        gevent's patch would keep everything else from running, receivers that are to answer meanwhile too.
        """
        made_of = (os.getpid(), socket.socket)
        session = self._sessions.get(made_of)
        if session is None:
            session = _OwnSession()
            session.auth = (self.project_id, self.secret)
            # The environment has no say on this machine, and reading it takes a fifth of a call. For https it may name
            # certificates.
            session.trust_env = self._proxies is None or self.url.startswith("https:")
            for scheme in ("http://", "https://"):
                session.mount(scheme, _StraightThrough())
            self._sessions = {made_of: session}
        return session

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Any request with this universe's credentials; header names with underscores: `idempotency_key="a"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(
            method, self.url + path, json=body, headers=named, timeout=_TIMEOUT_S, proxies=self._proxies
        )

    def get(self, path: str) -> dict[str, Any]:
        """The body of a GET that must succeed."""
        __tracebackhide__ = True
        return self._expect(self.call("GET", path))

    def post(self, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The body of a POST that must succeed."""
        __tracebackhide__ = True
        return self._expect(self.call("POST", path, {} if body is None else body, **headers))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """The body of a PUT that must succeed."""
        __tracebackhide__ = True
        return self._expect(self.call("PUT", path, body))

    def reset(self, **how: Any) -> None:
        """Empty the universe: `seed`, `clock` and `mode` may be given."""
        self.post("/sandbox/reset", how)

    def delete(self) -> None:
        """Nothing of the universe is left on the server; a call that comes afterwards opens an empty one."""
        self._expect(self.call("DELETE", "/sandbox"))

    def snapshot(self, name: str = "") -> str:
        """This moment is kept: the id of the snapshot, which `fork(at=...)` takes."""
        return str(self.post("/sandbox/snapshots", {"name": name})["snapshot"]["id"])

    def fork(self, project_id: str | None = None, *, at: str | None = None) -> "Sandbox":
        """A copy of this universe, or of a snapshot, which goes its own way: `with shop.fork() as future: ...`.

        Ids, clock and what is due are the same. Each receiver that `webhooks` made has a twin there, with answers and
        requests so far: `future.twin(receiver)`. Without an id it is this one's with a number; a fork of an earlier run
        under that id is overwritten.
        """
        taken = project_id or f"{self.project_id[:_NUMBERED_MAX]}-{len(self._forks) + 1}"
        fork = Sandbox(self.url, taken, self.secret)
        self._forks.append(fork)
        fork._twins = {one: one.twin() for one in self._receivers}
        fork._receivers = list(fork._twins.values())
        body = {"as": taken, "again": project_id is None, **({} if at is None else {"from": at})}
        twins = {one.url: twin.url for one, twin in fork._twins.items()}
        self.post("/sandbox/forks", {**body, "endpoints": twins})
        return fork

    def twin(self, receiver: "Receiver") -> "Receiver":
        """The receiver of this fork that stands where that one of the original stood."""
        return self._twins[receiver]

    def advance(
        self, by: str | None = None, *, to: str | datetime | None = None, until: Any = None, **how: Any
    ) -> list[Any]:
        """Move time by a span ("3d"), to a moment, or until "idle" or {"event": NAME}; answers what ran.

        SandboxError if the event did not come within `max` (30 days unless given).
        """
        self._guard_loop("advance")
        return self._advance(by, to=to, until=until, **how)

    async def aadvance(self, by: str | None = None, **how: Any) -> list[Any]:
        """`advance` for a test that runs on an event loop, which goes on meanwhile and may answer webhooks."""
        return await asyncio.to_thread(self._advance, by, **how)

    def settle(self, **how: Any) -> list[Any]:
        """Send what is due and wait until the receivers' calls have ended; answers what ran."""
        self._guard_loop("settle")
        return self._settle(**how)

    async def asettle(self, **how: Any) -> list[Any]:
        """`settle` for a test that runs on an event loop, which goes on meanwhile and may answer webhooks."""
        return await asyncio.to_thread(self._settle, **how)

    def _advance(self, by: str | None, *, to: str | datetime | None = None, until: Any = None, **how: Any) -> list[Any]:
        if isinstance(to, datetime):
            to = to.isoformat()
        given = {"by": by, "to": to, "until": until, **how}
        body = {name: value for name, value in given.items() if value is not None}
        answer = self.post("/sandbox/clock/advance", body)
        if answer.get("reached") is False:
            ran = ", ".join(step["what"] for step in answer["ran"][-5:]) or "nothing"
            raise SandboxError(
                f"{until['event']} did not come until {answer['clock']['now']}; what ran at last: {ran}. "
                "GET /sandbox/agenda lists what is due; max=... waits longer"
            )
        return list(answer["ran"])

    def _settle(self, **how: Any) -> list[Any]:
        return list(self.post("/sandbox/settle", how)["ran"])

    def _guard_loop(self, name: str) -> None:
        """Refuse what would wait for a webhook's answer on the thread that has to give it."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        mine = {receiver.url for receiver in self._receivers}
        endpoints = [one["url"] for one in self.get("/sandbox/webhook-endpoints")["webhook_endpoints"]]
        for url in endpoints:
            if url not in mine and waits_for_this_thread(url):
                raise SandboxError(
                    f"{name}() waits for {url} to answer, and the event loop that would answer runs in this very "
                    f"thread: write `await mockpsp.a{name}(...)`, or let the application run in another thread"
                )

    def together(self, label: str, *calls: tuple[Any, ...]) -> list[requests.Response]:
        """Calls that happen at once, each `(method, path, body)`; in which order they go in, the seed draws.

        A fourth part of a call is its idempotency key.
        """

        def ask(number: int, method: str, path: str, body: Any = None, key: str | None = None) -> requests.Response:
            named = {} if key is None else {"idempotency_key": key}
            return self.call(method, path, body, mockpsp_together=f"{label} {number}/{len(calls)}", **named)

        with ThreadPoolExecutor(len(calls)) as pool:
            asked = [pool.submit(ask, number, *call) for number, call in enumerate(calls, start=1)]
            return [answer.result() for answer in asked]

    def simulate(self, what: str, on: str, *, after: str | None = None, **details: Any) -> dict[str, Any]:
        """Make the world move: `simulate("refund.fail", refund_id, reason="account_closed", after="3d")`."""
        __tracebackhide__ = True
        body: dict[str, Any] = {"what": what, "on": on}
        if after is not None:
            body["after"] = after
        if details:
            body["with"] = details
        return dict(self.post("/sandbox/simulate", body)["simulated"])

    def script(self, on: str, outcome: Any, *, times: int | None = None, **match: Any) -> dict[str, Any]:
        """Set an outcome beforehand: `script("refund", {"fail_after": "3d"})`."""
        __tracebackhide__ = True
        body = {"match": {"on": on, **match}, "outcome": outcome, **({"times": times} if times else {})}
        return dict(self.post("/sandbox/rules", body)["rule"])

    def fault(
        self,
        match: str,
        do: str,
        when: str | None = None,
        *,
        key: str | None = None,
        gateway: str | None = None,
        nth: int = 1,
        times: int = 1,
    ) -> dict[str, Any]:
        """Let calls to come meet a fault: `fault("POST /transactions/*/refunds", "reset", "after_commit")`."""
        given = {"match": match, "do": do, "when": when, "key": key, "gateway": gateway, "nth": nth, "times": times}
        body = {name: value for name, value in given.items() if value is not None}
        return dict(self.post("/sandbox/faults", body)["fault"])

    def faults(self) -> list[dict[str, Any]]:
        """The faults there are, each with the calls it has hit."""
        return list(self.get("/sandbox/faults")["faults"])

    def deliver(
        self, *do: str, event: str | None = None, endpoint: str | None = None, times: int | None = None
    ) -> list[Any]:
        """Have webhooks misbehave: `deliver("early")`, `deliver("stale", "duplicate", event=..., times=1)`; an endpoint
        by its URL. It replaces what was asked for before; `deliver("normal")` ends it. Answers the rules.
        """
        match = {name: value for name, value in (("event", event), ("endpoint", endpoint)) if value is not None}
        rule = {"match": match, "do": list(do), **({} if times is None else {"times": times})}
        rules = [] if do == ("normal",) else [rule]
        return list(self.put("/sandbox/delivery", {"rules": rules})["delivery"]["rules"])

    def webhooks(
        self, answers: tuple[int, ...] = (200,), topics: list[str] | None = None, **endpoint: Any
    ) -> "Receiver":
        """A receiver for this universe's webhooks, listening from now on; `received()` says what arrived.

        Its endpoint may have more: `webhooks(scheme="stripe", body="dialect", schedule="adyen", reserializable=False)`.
        """
        from mockpsp.scenarios.replaying.receiver import Receiver

        if not is_here(self.url):
            raise SandboxError(
                f"the server at {self.url} is another machine, which does not reach a receiver on this one's loopback; "
                "register an address that it reaches: mockpsp.post('/sandbox/webhook-endpoints', {'url': ...})"
            )
        receiver = Receiver(answers, scheme=endpoint.get("scheme"), key=endpoint.get("key"))
        self._receivers.append(receiver)
        body = {"url": receiver.url, **({"topics": topics} if topics else {}), **endpoint}
        receiver.secret = self.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]["secret"]
        return receiver

    def received(self, event: str | None = None) -> list["Received"]:
        """What this universe's receivers got, one receiver after the other; of one event, whatever the dialect."""
        found = [one for receiver in self._receivers for one in receiver.received()]
        if event is None:
            return found
        ids = {one["event_id"] for one in self.deliveries(event=event)}
        return [one for one in found if one.webhook_id in ids]

    def deliveries(self, *, event: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
        """The deliveries there are, oldest first: of one event, in one state (pending, delivered, dead)."""
        from mockpsp.domain.events import unknown_event

        if event is not None and (wrong := unknown_event(event)):
            raise SandboxError(wrong)
        found: list[dict[str, Any]] = []
        query, after, has_more = f"state={state or ''}", "", True
        while has_more:
            page = self.get(f"/sandbox/deliveries?{query}{after}")
            found += page["deliveries"]
            has_more = page["has_more"]
            after = f"&start_after={found[-1]['id']}" if has_more else ""
        return [one for one in found if event in (None, one["event_type"])]

    def timeline(self, subject_id: str) -> dict[str, Any]:
        """One payment's history, found by any id that leads to it: `moments`, what is `ahead`, and `moves`."""
        return dict(self.get(f"/sandbox/timeline/{subject_id}")["timeline"])

    def balances(self) -> dict[str, dict[str, str]]:
        """The merchant's books: account -> currency -> amount, debits positive."""
        return dict(self.get("/sandbox/ledger/balances")["balances"])

    def reconcile(self, records: "str | list[dict[str, Any]]", *, key: str = "transaction_id") -> None:
        """Hold your own records against the books; AssertionError names the first place where they part.

        `records`: rows of reference, kind, amount and currency, or where they are: a CSV file, or "shop.db:SELECT ...".
        """
        from mockpsp.ledger.reconciliation import report_text
        from mockpsp.ledger.records import raw_rows

        rows = raw_rows(records) if isinstance(records, str) else records
        report = self.post("/sandbox/reconcile", {"key": key, "records": rows})["reconciliation"]
        if not report["agrees"]:
            raise AssertionError(report_text(report))

    def card(self, number: str = "4242424242424242") -> str:
        """The id of a new test card."""
        body = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
        return str(self.post("/cards", body)["card"]["id"])

    def token(self, number: str = "4242424242424242", customer_id: str | None = None) -> str:
        """The id of a customer's token for a new test card, which pays any number of times; the customer may be new."""
        customer_id = customer_id or str(self.post("/customers")["customer"]["id"])
        made = self.post(f"/customers/{customer_id}/tokens", {"source": self.card(number)})
        return str(made["token"]["id"])

    def _glance(self) -> str:
        """The universe's moment, as far as that can be told at once."""
        try:
            answer = self._session.get(f"{self.url}/sandbox/clock", timeout=_GLANCE_S)
            return f"at {answer.json()['clock']['now']}"
        except (requests.RequestException, ValueError, KeyError, RuntimeError) as error:
            return f"its clock can't be read: {type(error).__name__}"

    def _expect(self, response: requests.Response) -> dict[str, Any]:
        __tracebackhide__ = True
        body: dict[str, Any] = response.json()
        if not body.get("success"):
            what = f"{response.request.method} {response.request.path_url}"
            raise SandboxError(f"{what}: {response.status_code} {body.get('error_type')}: {body.get('message')}")
        return body
