"""One universe during one run: calls over HTTP, and what the run remembers of it between steps.

The only file here that speaks HTTP to the server. What the control plane answers is read defensively: anything but the
documented shape raises `ReplayError`, which fails the step and names the route.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import requests

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, Found, dig, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.replaying.receiver import Received, Receiver

#: Real seconds; an advance over many deliveries to a slow receiver takes the longest.
ANSWER_TIMEOUT_S = 120
PAGE_LIMIT = 100
PAGES_MAX = 100

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a call; `status` None when nothing did."""

    status: int | None
    body: Found = MISSING
    headers: Mapping[str, str] = field(default_factory=dict)
    #: One of expect_reader.TRANSPORTS.
    transport: str = "ok"


def parsed(content: bytes) -> Found:
    """The JSON value in a body, or nothing when it holds none; numbers with a point become decimals."""
    try:
        value: Json = json.loads(content, parse_float=Decimal)
    except ValueError:
        return MISSING
    return value


class World:
    """A session with one universe, and the cursors of what was already looked at."""

    def __init__(self, base_url: str, project_id: str, secret: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        # Proxies and netrc files of the machine have no say in a replay.
        self._session.trust_env = False
        # What OpenSSL trusts on this machine, or what SSL_CERT_FILE says instead.
        self._session.verify = ssl.get_default_verify_paths().cafile or True
        self._session.auth = (project_id, secret)
        self.names: dict[str, Json] = {}
        self.receivers: dict[str, Receiver] = {}
        self._seen_by_receiver: dict[str, int] = {}
        self._last_event_id: str | None = None

    def close(self) -> None:
        """The session and all receivers are gone."""
        self._session.close()
        for receiver in self.receivers.values():
            receiver.close()

    def call(self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Answer:
        """The server's answer, whatever its status; a broken connection is an answer too."""
        payload = None if body is None else json.dumps(body, default=str).encode()
        sent = {"accept": "application/json", **({"content-type": "application/json"} if payload is not None else {})}
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                data=payload,
                headers={**sent, **(headers or {})},
                timeout=ANSWER_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.Timeout:
            return Answer(None, transport="timeout")
        except requests.exceptions.ChunkedEncodingError:
            return Answer(None, transport="truncated")
        except requests.ConnectionError as error:
            return Answer(None, transport="refused" if "refused" in str(error) else "reset")
        except requests.RequestException as error:
            raise ReplayError(f"{method} {self._base_url}{path}: {error}") from error
        return Answer(response.status_code, parsed(response.content), response.headers)

    def control(self, method: str, path: str, body: Json = None) -> Json:
        """The body of an answer that must be a success, or `ReplayError`."""
        answer = self.call(method, path, body)
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
        route = "/sandbox/ledger/journal?format=json"
        entries = _at(self.control("GET", route), "journal", list, route)
        try:
            return [
                Posting(line["debit"], line["credit"], _decimal(line["amount"], route), line["currency"])
                for entry in entries
                for line in entry["postings"]
            ]
        except (KeyError, TypeError) as error:
            raise ReplayError(f"GET {route}: an entry without {error}") from error

    def transactions(self) -> list[dict[str, Json]]:
        """All transactions of the universe, oldest first."""
        return self._pages("/transactions", "transactions", after=None)

    def new_events(self) -> list[dict[str, Json]]:
        """Events fired since this was last asked, oldest first."""
        events = self._pages("/events", "events", after=self._last_event_id)
        if events:
            self._last_event_id = str(events[-1]["id"])
        return events

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
