"""A doctored file of a snapshot: refused with the place, or a universe that goes on like any other."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.engine.snapshot_columns import COLUMNS
from mockpsp.engine.snapshot_settings import _SETTINGS
from mockpsp.sandbox_client import Sandbox
from mockpsp.store import universe_rows
from mockpsp.store.db import Database
from mockpsp.store.migrations import migrate
from tests.mockpsp.doctoring import Doctored, changed, columns, doctored, doctored_settings, packed, unpacked
from tests.mockpsp.everything import furnish, paid
from tests.mockpsp.sweeping import unanswered
from tests.mockpsp.worlds import serving

pytestmark = pytest.mark.slow

FILE = "/sandbox/snapshots/file"
#: Of each column so many doctored values are drawn, the same in every run.
DRAWN = 2


@dataclass(frozen=True)
class Lab:
    """A file of a universe with all there is, and who opens it."""

    url: str
    file: dict[str, Any]
    world: Any
    owner: Sandbox

    def trouble(self, one: Doctored) -> list[str]:
        """What is wrong with how a doctored file is answered, or with the fork of it."""
        answer = self.owner.call("POST", FILE, packed(self.file, one.world))
        if answer.status_code == 400:
            return [] if one.place in answer.json()["message"] else [f"it says {answer.json()['message']}"]
        if answer.status_code != 200:
            return [f"{answer.status_code} {answer.text[:200]}"]
        snapshot = answer.json()["snapshot"]["id"]
        self.owner.post("/sandbox/forks", {"as": "test-proj_fork", "from": snapshot, "again": True})
        self.owner.call("DELETE", f"/sandbox/snapshots/{snapshot}")
        with closing(Sandbox(self.url, "test-proj_fork", self.owner.secret)) as fork:
            found = unanswered(fork, each=3)
            moved = fork.call("POST", "/sandbox/clock/advance", {"by": "365d"})
            if moved.status_code >= 500:
                return [*found, f"a year: {moved.text[:200]}"]
            audit = fork.get("/sandbox/audit")["audit"]
            return [*found, *unanswered(fork, each=1), *[f"{name}: {of}" for name, of in audit.items() if of]]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    settings = Settings(db=":memory:", clock="manual", seed=7, receiver_timeout_ms=200)
    with (
        serving(settings) as (url, _),
        closing(Sandbox(url, "test-proj_source", "key_test_b")) as source,
        closing(Sandbox(url, "test-proj_lab", "key_test_b")) as owner,
    ):
        furnish(source)
        _set(source)
        file = source.get(f"/sandbox/snapshots/{source.snapshot()}/file")
        yield Lab(url, file, unpacked(file), owner)


def _set(source: Sandbox) -> None:
    """Whatever has a setting or a row that nothing that happens brings."""
    source.fault("POST /transactions/*/refunds", "delay 1ms..2ms", nth=2, times=3)
    source.deliver("delay 5m", event="transaction.captured", times=2)
    source.script("refund", [{"fail_after": "3d"}, "ok"])
    source.put("/sandbox/routing", {"default": "card-flexible", "rules": []})
    source.put("/sandbox", {"refund_failed_event": "off", "rate_limit": {"primary": 900_000}})
    source.put(f"/projects/{source.project_id}", {"name": "Shop"})
    source.post("/invoices", {"name": "a", "amount": "1", "currency": "EUR"}, idempotency_key="k1")
    for _ in range(3):
        paid(source)


def test_the_file_as_it_is_opens_and_goes_on(lab: Lab) -> None:
    assert lab.trouble(Doctored("nothing", "", lab.world)) == []


def test_every_column_that_a_file_holds_has_a_rule() -> None:
    with closing(Database(":memory:")) as database:
        migrate(database)
        with database.reading() as conn:
            held = {
                table: {one.name for one in universe_rows.columns_of(conn, table)} - {owner}
                for table, owner in universe_rows.OWNER_BY_TABLE.items()
            }

    assert {table: set(rules) for table, rules in COLUMNS.items()} == held


def test_every_setting_that_is_kept_is_known(lab: Lab) -> None:
    assert lab.world["project"]["settings"].keys() <= _SETTINGS.keys()


@pytest.mark.parametrize("table", COLUMNS)
def test_a_doctored_value_is_refused_or_harmless(lab: Lab, table: str) -> None:
    draw = random.Random(table)
    troubles = {}
    for name, place in columns(lab.world, table):
        at = draw.randrange(len(lab.world["tables"][table]["rows"]))
        every = list(doctored(lab.world, table, place, at))
        for one in draw.sample(every, min(DRAWN, len(every))):
            if found := lab.trouble(one):
                troubles[f"{name}: {one.what}"] = found

    assert troubles == {}


def test_a_doctored_setting_is_refused_or_harmless(lab: Lab) -> None:
    every = list(doctored_settings(lab.world))
    drawn = random.Random("settings").sample(every, 30)

    assert {one.what: found for one in drawn if (found := lab.trouble(one))} == {}


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("effect", "command", "world.end", "'world.end' is not a command that waits"),
        ("effect", "payment_seq", 0, "there is no payment 0"),
        ("fact", "kind", "forgotten", "'forgotten' is not a kind of fact"),
        ("fact", "kind", "hold-expired", "is not what the payment's facts make of it"),
        ("invoice", "body", "{}", "it can't be read (KeyError"),
        ("invoice", "currency", "JPY", "is not what the payment's facts make of it"),
        ("payment", "currency", "ZZZ", "'ZZZ' is not a currency"),
        ("payment", "captured_minor", 1, "captured_minor is not what the payment's facts make of it"),
        ("posting", "currency", "JPY", "and its postings make"),
        ("posting", "currency", "ZZZ", "'ZZZ' is not a currency"),
        ("posting", "amount_minor", 1, "and its postings make"),
        ("account_balance", "currency", "USD", "and its postings make"),
        ("refund", "amount_minor", 1, "and its facts say otherwise"),
        ("webhook_endpoint", "schedule", "never", "'never' is not a schedule"),
        ("webhook_endpoint", "secret", "guess me", "it can't be read (MalformedSecret"),
        ("webhook_message", "webhook_id", "one\ttwo", "is not an id in printable letters"),
        ("webhook_delivery", "attempts", 0, "and there was attempt"),
        ("payout", "body", '{"sums":{},"created_at_ms":1,"settled_at_ms":null,"repaid_by":1}', "is no later payout"),
    ],
)
def test_what_is_refused_is_named_with_its_place(lab: Lab, table: str, column: str, value: Any, said: str) -> None:
    answer = lab.owner.call("POST", FILE, packed(lab.file, changed(lab.world, table, column, value)))

    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.json()
    assert "tables." in answer.json()["message"]
    assert lab.owner.get("/sandbox/snapshots")["snapshots"] == []
