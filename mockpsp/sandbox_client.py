"""A universe from the outside, for tests: credentials, requests, and the control plane's moves as methods.

Talks HTTP only, so what works here works against any server. The official SDK does the paying; this moves the world.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from mockpsp.scenarios.replaying.receiver import Receiver

_TIMEOUT_S = 60
#: So much of an id leaves room for a fork's number.
_NUMBERED_MAX = 68


class SandboxError(AssertionError):
    """The server refused a request that the test needed to succeed; says which and why."""


class Sandbox:
    """One universe on a running server. `url`, `project_id` and `secret` are what an SDK needs."""

    def __init__(self, url: str, project_id: str, secret: str) -> None:
        self.url = url.rstrip("/")
        self.project_id = project_id
        self.secret = secret
        self._sessions: dict[int, requests.Session] = {}
        self._receivers: list[Receiver] = []
        self._forks: list[Sandbox] = []
        #: Of a fork: a receiver of the original -> its own.
        self._twins: dict[Receiver, Receiver] = {}

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

    @property
    def _session(self) -> requests.Session:
        """The connections of this process: a forked child that used its parent's would read its parent's answers."""
        session = self._sessions.get(os.getpid())
        if session is None:
            session = requests.Session()
            session.auth = (self.project_id, self.secret)
            self._sessions = {os.getpid(): session}
        return session

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Any request with this universe's credentials; header names with underscores: `idempotency_key="a"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(method, self.url + path, json=body, headers=named, timeout=_TIMEOUT_S)

    def get(self, path: str) -> dict[str, Any]:
        """The body of a GET that must succeed."""
        return self._expect(self.call("GET", path))

    def post(self, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The body of a POST that must succeed."""
        return self._expect(self.call("POST", path, {} if body is None else body, **headers))

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """The body of a PUT that must succeed."""
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

    def advance(self, by: str | None = None, *, to: str | None = None, until: Any = None, **how: Any) -> list[Any]:
        """Move time by a span ("3d"), to a moment, or until "idle" or {"event": NAME}; answers what ran.

        SandboxError if the event did not come within `max` (30 days unless given).
        """
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

    def settle(self, **how: Any) -> list[Any]:
        """Send what is due and wait until the receivers' calls have ended; answers what ran."""
        return list(self.post("/sandbox/settle", how)["ran"])

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
        body: dict[str, Any] = {"what": what, "on": on}
        if after is not None:
            body["after"] = after
        if details:
            body["with"] = details
        return dict(self.post("/sandbox/simulate", body)["simulated"])

    def script(self, on: str, outcome: Any, *, times: int | None = None, **match: Any) -> dict[str, Any]:
        """Set an outcome beforehand: `script("refund", {"fail_after": "3d"})`."""
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

        receiver = Receiver(answers, scheme=endpoint.get("scheme"), key=endpoint.get("key"))
        self._receivers.append(receiver)
        body = {"url": receiver.url, **({"topics": topics} if topics else {}), **endpoint}
        receiver.secret = self.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]["secret"]
        return receiver

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

    def _expect(self, response: requests.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        if not body.get("success"):
            what = f"{response.request.method} {response.request.path_url}"
            raise SandboxError(f"{what}: {response.status_code} {body.get('error_type')}: {body.get('message')}")
        return body
