"""What must be true once everything is over: each delivery was made or given up, none was lost, none was doubled.

It holds the sender's file against what the receivers wrote down, which nobody could kill.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

#: An attempt and twelve more, as ProcessOut promises.
ATTEMPTS = 13

# A scan: the file has one universe, and all of it is looked at.
_DELIVERIES = """SELECT e.url, m.webhook_id, m.body, d.state, d.attempts FROM webhook_delivery d
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq"""


class Heard(NamedTuple):
    """An attempt as a receiver wrote it down."""

    path: str
    webhook_id: str
    event_id: str
    checksum: str
    answered: int


class Sums(NamedTuple):
    """What came of all of them."""

    deliveries: int
    delivered: int
    dead: int
    attempts: int
    #: Attempts that a receiver answered with anything but a success.
    failed: int
    #: Attempts at what had been taken before: the sender was killed before it had written so down.
    repeated: int


def judge(db: Path, log: Path, *, expected: int) -> tuple[Sums, list[str]]:
    """The sums, and everything that is wrong."""
    heard: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    ids_by_event: dict[str, set[str]] = defaultdict(set)
    bodies_by_id: dict[str, set[str]] = defaultdict(set)
    for one in _read(log):
        heard[one.path, one.webhook_id].append(one)
        ids_by_event[one.event_id].add(one.webhook_id)
        bodies_by_id[one.webhook_id].add(one.checksum)
    wrong = [
        f"event {event} came under {len(ids)} ids: {sorted(ids)}" for event, ids in ids_by_event.items() if len(ids) > 1
    ]
    wrong += [
        f"{webhook_id} came with {len(sums)} bodies" for webhook_id, sums in bodies_by_id.items() if len(sums) > 1
    ]
    states: dict[str, int] = defaultdict(int)
    kept: set[tuple[str, str]] = set()
    events: set[str] = set()
    with closing(sqlite3.connect(db)) as conn:
        for url, webhook_id, body, state, attempts in conn.execute(_DELIVERIES):
            key = (urlsplit(url).path, webhook_id)
            kept.add(key)
            events.add(json.loads(body)["event_id"])
            states[state] += 1
            wrong += _wrong_with(key, state, attempts, [one.answered for one in heard[key]])
    wrong += [f"{key} came, and nothing of the kind was to be sent" for key in heard if key not in kept]
    if len(kept) != expected:
        wrong.append(f"{expected:,} deliveries were due, {len(kept):,} are kept")
    all_heard = [one for found in heard.values() for one in found]
    sums = Sums(
        deliveries=len(kept),
        delivered=states["delivered"],
        dead=states["dead"],
        attempts=len(all_heard),
        failed=sum(not 200 <= one.answered < 300 for one in all_heard),
        repeated=sum(_repeats([one.answered for one in found]) for found in heard.values()),
    )
    return sums, wrong


def _wrong_with(key: tuple[str, str], state: str, attempts: int, answered: list[int]) -> Iterator[str]:
    is_taken = any(200 <= status < 300 for status in answered)
    if state == "delivered" and not is_taken:
        yield f"{key} is said to be delivered, and no receiver took it: {answered}"
    elif state == "dead" and (attempts < ATTEMPTS or len(answered) < ATTEMPTS):
        yield f"{key} was given up after {attempts} attempts, of which {len(answered)} arrived"
    elif state not in ("delivered", "dead"):
        yield f"{key} is {state}, and nothing is due any more"


def _repeats(answered: list[int]) -> int:
    first = next((number for number, status in enumerate(answered) if 200 <= status < 300), len(answered))
    return max(len(answered) - first - 1, 0)


def _read(log: Path) -> Iterator[Heard]:
    with log.open() as lines:
        for line in lines:
            path, webhook_id, event_id, checksum, answered = line.split()
            yield Heard(path, webhook_id, event_id, checksum, int(answered))
