"""One universe during one run: calls, and what the run remembers of it between steps.

How calls travel is lines.py's. What the control plane answers is read defensively: anything but the documented shape
raises `ReplayError`, which fails the step and names the route.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from mockpsp.scenarios.language.capabilities import Facts
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, dig, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.replaying.lines import Answer, Line
from mockpsp.scenarios.replaying.receiver import Received, Receiver

PAGE_LIMIT = 100
PAGES_MAX = 100
#: As many calls as the server shows.
REQUESTS_MAX = 1_000
AUDIT = "/sandbox/audit"
JOURNAL = "/sandbox/ledger/journal?format=json"
#: What the audit lists -> the keys of each item.
_AUDITED: Mapping[str, frozenset[str]] = {
    "unbalanced": frozenset({"book", "currency", "total"}),
    "unlike_postings": frozenset({"account", "currency", "balance", "posted"}),
    "beyond": frozenset({"id"}),
}

#: What a story needs that it was not given.
NO_APP = "the story needs your own application: replay it with --against URL"

T = TypeVar("T")

#: Account and currency -> balance; debits positive.
Balances = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the journal."""

    debit: str
    credit: str
    amount: Decimal
    currency: str


class Exchange(NamedTuple):
    """A call that a story made, and its answer; `base_url` where it went to the user's own application."""

    method: str
    path: str
    body: Json
    headers: Mapping[str, str]
    answer: Answer
    base_url: str = ""


class World:
    """A session with one universe, and the cursors of what was already looked at."""

    def __init__(self, line: Line, app: Line | None = None) -> None:
        self._line = line
        #: The way to the user's own application.
        self.app = app
        #: What went wrong in handlers, which nobody waits for; the step under way fails.
        self.troubles: list[str] = []
        self.names: dict[str, Json] = {}
        #: The last call of the story itself, and whose credentials it had; no secret of the user's is kept.
        self.last: Exchange | None = None
        self.url = self.project_id = self.secret = ""
        #: The step that is being performed.
        self.step_id = ""
        self.receivers: dict[str, Receiver] = {}
        #: Where calls go that name no PSP, and whether `${source}` is made for them: not where a story saves its own.
        self.gateway = "sandbox"
        self.makes_sources = False
        #: What that PSP can do, where the story asks for it.
        self.facts: Facts | None = None
        #: The books after steps that later ones compare them with.
        self.balances_after: dict[str, Balances] = {}
        #: How futures of this universe are played, and what those of the last branch came to (futures.py).
        self.stage: Any = None
        self.outcomes: dict[str, Any] = {}
        self._seen_by_receiver: dict[str, int] = {}
        self._last_event_id: str | None = None
        #: Calls of the API that the replay itself made since requests were last asked for, and how many were seen.
        self._own_calls: list[tuple[str, str]] = []
        self._requests_seen = 0

    def twin(self, line: Line) -> "World":
        """What the run remembers, for a copy of the universe; its receivers are to be made."""
        found = World(line)
        found.names = dict(self.names)
        found.balances_after = dict(self.balances_after)
        found.gateway, found.makes_sources, found.facts = self.gateway, self.makes_sources, self.facts
        found.last, found.url, found.secret = self.last, self.url, self.secret
        found._seen_by_receiver, found._last_event_id = dict(self._seen_by_receiver), self._last_event_id
        return found

    def close(self) -> None:
        """The session and all receivers are gone."""
        self._line.close()
        if self.app is not None:
            self.app.close()
        for receiver in self.receivers.values():
            receiver.close()

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        *,
        is_own: bool = True,
    ) -> Answer:
        """The server's answer, whatever its status; a broken connection is an answer too. What an application does, or
        a handler in its place, is not the replay's own."""
        if is_own:
            self._note_own(method, path)
        answer = self._line.ask(method, path, _payload(body), headers or {})
        self.last = Exchange(method, path, body, headers or {}, answer)
        return answer

    def call_app(self, method: str, path: str, body: Json, headers: Mapping[str, str]) -> Answer:
        """The answer of the user's own application."""
        if self.app is None:
            raise ReplayError(NO_APP)
        answer = self.app.ask(method, path, _payload(body), headers)
        self.last = Exchange(method, path, body, headers, answer, base_url=str(self.names["app"]))
        return answer

    def look(self, method: str, path: str, body: Json = None) -> Answer:
        """The answer to what the replay asks for itself, which is no part of the story."""
        self._note_own(method, path)
        return self._line.ask(method, path, _payload(body), {})

    def control(self, method: str, path: str, body: Json = None) -> Json:
        """The body of an answer that must be a success, or `ReplayError`."""
        answer = self.look(method, path, body)
        if answer.status is None:
            raise ReplayError(f"{method} {path}: no answer ({answer.transport})")
        if not 200 <= answer.status < 300 or answer.body is MISSING:
            raise ReplayError(f"{method} {path}: {answer.status} {show(answer.body)}")
        return answer.body

    def balances(self) -> Balances:
        """All balances of the books."""
        listed = _at(self.control("GET", "/sandbox/ledger/balances"), "balances", dict, "/sandbox/ledger/balances")
        return {
            (account, currency): _decimal(amount, "/sandbox/ledger/balances")
            for account, by_currency in listed.items()
            for currency, amount in by_currency.items()
        }

    def postings(self) -> list[Posting]:
        """All postings of the journal, oldest first."""
        try:
            return [
                Posting(line["debit"], line["credit"], _decimal(line["amount"], JOURNAL), line["currency"])
                for entry in self.journal()
                for line in entry["postings"]
            ]
        except (KeyError, TypeError) as error:
            raise ReplayError(f"GET {JOURNAL}: an entry without {error}") from error

    def journal(self) -> list[dict[str, Any]]:
        """All entries of the journal, oldest first."""
        return _at(self.control("GET", JOURNAL), "journal", list, JOURNAL)

    def audit(self) -> dict[str, list[dict[str, Any]]]:
        """What doesn't hold in books and transactions: three lists, empty when all is well."""
        found = _at(self.control("GET", AUDIT), "audit", dict, AUDIT)
        listed = {name: _at(found, name, list, AUDIT) for name in _AUDITED}
        for name, keys in _AUDITED.items():
            for one in listed[name]:
                if not isinstance(one, dict) or not one.keys() >= keys:
                    raise ReplayError(f"GET {AUDIT}: {name} without {', '.join(sorted(keys))} in {show(one)}")
        return listed

    def transactions(self) -> list[dict[str, Json]]:
        """All transactions of the universe, oldest first."""
        return self.pages("/transactions", "transactions")

    def pages(self, path: str, key: str) -> list[dict[str, Json]]:
        """All that a list of the API has, oldest first."""
        return self._pages(path, key, after=None)

    def new_events(self) -> list[dict[str, Json]]:
        """Events fired since this was last asked, oldest first."""
        events = self._pages("/events", "events", after=self._last_event_id)
        if events:
            self._last_event_id = str(events[-1]["id"])
        return events

    def payouts(self, *, with_items: bool) -> list[Json]:
        """All payouts of the universe, oldest first; what they are made of only where it is asked for."""
        found: list[Json] = []
        for payout in self._pages("/payouts", "payouts", after=None):
            items = self._pages(f"/payouts/{payout['id']}/items", "items", after=None) if with_items else None
            found.append({**payout, "items": None if items is None else list(items)})
        return found

    def new_requests(self) -> list[tuple[str, str]]:
        """Method and path of the calls of the API that an application made since this was last asked."""
        route = f"/sandbox/requests?limit={REQUESTS_MAX}"
        listed = _at(self.control("GET", route), "requests", list, route)
        if len(listed) >= REQUESTS_MAX or len(listed) < self._requests_seen:
            raise ReplayError(f"GET {route}: more calls were made than the server shows; which were new can't be told")
        left, self._own_calls = Counter(self._own_calls), []
        new: list[tuple[str, str]] = []
        for one in listed[self._requests_seen :]:
            made = (str(dig(one, "method")), str(dig(one, "path")).partition("?")[0])
            if left[made]:
                left[made] -= 1
            else:
                new.append(made)
        self._requests_seen = len(listed)
        return new

    def new_deliveries(self, receiver_name: str) -> tuple[Received, ...]:
        """Requests that reached a receiver since this was last asked, in the order they arrived."""
        received = self.receivers[receiver_name].received()
        seen = self._seen_by_receiver.get(receiver_name, 0)
        self._seen_by_receiver[receiver_name] = len(received)
        return received[seen:]

    def clock(self) -> dict[str, Json]:
        """The universe's clock."""
        return _at(self.control("GET", "/sandbox/clock"), "clock", dict, "/sandbox/clock")

    def digest(self) -> str:
        """The hash of the universe's state."""
        return _at(self.control("GET", "/sandbox/digest"), "digest", str, "/sandbox/digest")

    def _note_own(self, method: str, path: str) -> None:
        if not path.startswith("/sandbox"):
            self._own_calls.append((method, unquote(path.partition("?")[0])))

    def _pages(self, path: str, key: str, *, after: str | None) -> list[dict[str, Json]]:
        found: list[dict[str, Json]] = []
        for _ in range(PAGES_MAX):
            cursor = f"&start_after={after}" if after else ""
            route = f"{path}?order=asc&limit={PAGE_LIMIT}{cursor}"
            page = self.control("GET", route)
            listed = _at(page, key, list, route)
            found.extend(listed)
            if not listed or dig(page, "has_more") is not True:
                return found
            after = str(listed[-1]["id"])
        raise ReplayError(f"GET {path}: more than {PAGES_MAX} pages")


def _payload(body: Json) -> bytes | None:
    return None if body is None else json.dumps(body, default=str).encode()


def _decimal(text: Json, route: str) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise ReplayError(f"GET {route}: {text!r} isn't an amount") from None


def _at(body: Json, key: str, kind: type[T], route: str) -> T:
    found = dig(body, key)
    if not isinstance(found, kind):
        raise ReplayError(f"GET {route}: no {key} in {show(body)}")
    return found
