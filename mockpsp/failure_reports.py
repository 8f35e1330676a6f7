"""What a universe went through, for the report of a test that failed in it: the last moments of its payments.

Reads only, within bounds, and never raises: a report must not fail because the server has.
"""

from collections.abc import Iterator
from typing import Any

from mockpsp.cli.histories import line_of
from mockpsp.sandbox_client import Sandbox

MOMENTS_MAX = 40
#: Of what is planned, so much is told: what a test misses may be to come.
PLANNED_MAX = 5
#: Of so many of the newest payments the moments are looked at.
PAYMENTS_MAX = 20
LINE_MAX = 160


def report(sandbox: Sandbox) -> str:
    """The universe, the last moments of its newest payments, oldest first, and what comes next; empty where nothing was
    paid."""
    try:
        moments = list(_moments(sandbox))
        agenda = sandbox.get("/sandbox/agenda")["agenda"]
    except Exception as error:  # whatever it is, it must not take the place of the test's own failure
        return _short(f"{sandbox.url} {sandbox.project_id}: what happened can't be read: {error}")
    if not moments:
        return ""
    # Stable: what happened at one moment stays in the order in which each payment tells it.
    moments.sort(key=lambda one: one[0]["at"])
    left_out = len(moments) - MOMENTS_MAX
    lines = [repr(sandbox)]
    lines += [f"({left_out} earlier moments are left out; mockpsp.timeline(id) has them)"] if left_out > 0 else []
    lines += [line for moment, payment in moments[-MOMENTS_MAX:] for line in _lines(moment, payment)]
    # Deliveries to come are among the moments.
    ahead = [one for one in agenda if one["kind"] == "effect"][:PLANNED_MAX]
    lines += [f"{one['at'].replace('T', ' ')[:19]}  {'planned':<12}  {one['what']} {one['id']}" for one in ahead]
    return "\n".join(map(_short, lines))


def _moments(sandbox: Sandbox) -> Iterator[tuple[dict[str, Any], str]]:
    """Each moment, and the payment's id where there are several."""
    newest = sandbox.get(f"/transactions?limit={PAYMENTS_MAX}")["transactions"]
    for transaction in reversed(newest):
        name = transaction["id"] if len(newest) > 1 else ""
        yield from ((moment, name) for moment in sandbox.timeline(transaction["id"])["moments"])


def _lines(moment: dict[str, Any], payment: str) -> Iterator[str]:
    line = line_of(moment)
    yield f"{line.at}  {line.kind:<12}  {line.what}{f'  {payment}' if payment and payment not in line.what else ''}"
    # What a refused call was told; rules and postings are for whoever asks for the timeline.
    if line.kind == "call":
        yield from (f"{'':19}  {'':<12}    {text}" for text in line.more)


def _short(line: str) -> str:
    return line if len(line) <= LINE_MAX else f"{line[: LINE_MAX - 1]}…"
