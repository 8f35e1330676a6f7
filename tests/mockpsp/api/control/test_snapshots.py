"""Snapshots: a moment is kept, forked later, and carried to another server in a file that may be hostile."""

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.engine import snapshot_files
from mockpsp.sandbox_client import Sandbox
from mockpsp.store.migrations import SCHEMA_VERSION
from tests.mockpsp.doctoring import packed, unpacked
from tests.mockpsp.everything import furnish, paid
from tests.mockpsp.worlds import serving

FILE = "/sandbox/snapshots/file"


def digest(world: Sandbox) -> str:
    return str(world.get("/sandbox/digest")["digest"])


def file_of(world: Sandbox) -> dict[str, Any]:
    """This moment as a file."""
    return world.get(f"/sandbox/snapshots/{world.snapshot('shop')}/file")


@pytest.fixture
def elsewhere() -> Iterator[Sandbox]:
    """A universe on another server."""
    settings = Settings(db=":memory:", clock="manual", seed=7)
    with serving(settings) as (url, _), closing(Sandbox(url, "test-proj_elsewhere", "key_test_b")) as world:
        yield world


# Kept.


def test_a_snapshot_changes_nothing_and_is_listed(mockpsp: Sandbox) -> None:
    paid(mockpsp)
    before = digest(mockpsp)

    first, second = mockpsp.snapshot("a"), mockpsp.snapshot()

    assert digest(mockpsp) == before
    listed = mockpsp.get("/sandbox/snapshots")["snapshots"]
    assert [(one["id"], one["name"]) for one in listed] == [(first, "a"), (second, "")]
    assert mockpsp.get(f"/sandbox/snapshots/{first}")["snapshot"]["now"] == "2026-01-01T00:00:00Z"


def test_a_fork_of_a_snapshot_is_the_moment_that_was_kept(mockpsp: Sandbox) -> None:
    furnish(mockpsp)
    before, kept = digest(mockpsp), mockpsp.snapshot()
    mockpsp.advance("30d")
    mockpsp.reset(seed=5)

    with mockpsp.fork(at=kept) as fork:
        assert digest(fork) == before


def test_a_deleted_snapshot_is_gone_and_its_forks_stay(mockpsp: Sandbox) -> None:
    kept = mockpsp.snapshot()
    with mockpsp.fork(at=kept) as fork:
        assert mockpsp.call("DELETE", f"/sandbox/snapshots/{kept}").status_code == 200

        assert mockpsp.call("POST", "/sandbox/forks", {"as": "test-proj_late", "from": kept}).status_code == 404
        assert mockpsp.call("DELETE", f"/sandbox/snapshots/{kept}").status_code == 404
        assert fork.get("/customers")["customers"] == []
    assert mockpsp.snapshot() != kept


def test_another_universe_neither_sees_nor_forks_it(mockpsp: Sandbox) -> None:
    kept = mockpsp.snapshot()
    with closing(Sandbox(mockpsp.url, f"{mockpsp.project_id}-other", "key_test_o")) as other:
        assert other.get("/sandbox/snapshots")["snapshots"] == []
        for path in (f"/sandbox/snapshots/{kept}", f"/sandbox/snapshots/{kept}/file"):
            assert other.call("GET", path).status_code == 404
        assert other.call("POST", "/sandbox/forks", {"as": "test-proj_x", "from": kept}).status_code == 404
        assert other.call("DELETE", f"/sandbox/snapshots/{kept}").status_code == 404


def test_a_universe_has_so_many_snapshots(mockpsp: Sandbox) -> None:
    for _ in range(100):
        mockpsp.snapshot()

    answer = mockpsp.call("POST", "/sandbox/snapshots", {})

    assert (answer.status_code, "at most 100 go; DELETE" in answer.json()["message"]) == (400, True)


# Carried.


def test_a_file_opens_on_another_server_as_the_same_world(mockpsp: Sandbox, elsewhere: Sandbox) -> None:
    furnish(mockpsp)
    file = file_of(mockpsp)

    opened = elsewhere.post(FILE, file)["snapshot"]

    assert opened["name"] == "shop"
    with elsewhere.fork(at=opened["id"]) as fork:
        assert digest(fork) == digest(mockpsp)
        assert fork.get("/events?limit=1")["events"][0]["project_id"] == fork.project_id.removeprefix("test-")
        fork.advance("30d")
        paid(fork)


def test_a_file_holds_neither_the_secret_key_nor_receivers_answers_nor_other_universes(mockpsp: Sandbox) -> None:
    with closing(Sandbox(mockpsp.url, f"{mockpsp.project_id}-other", "key_test_other")) as other:
        other.post("/customers", {"first_name": "Somebodyelse"})
        furnish(mockpsp)

        text = json.dumps(unpacked(file_of(mockpsp)))

    assert [word for word in (mockpsp.secret, "key_test_other", "Somebodyelse") if word in text] == []
    attempts = json.loads(text)["tables"]["webhook_attempt"]
    places = [attempts["columns"].index(name) for name in ("response_body", "response_headers")]
    assert attempts["rows"]
    assert {row[place] for row in attempts["rows"] for place in places} == {""}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ('{"captures":[[4009,3000,0,2950,true,1767225600000]],"authorized_at_ms":1767225600000}', False),
        ('{"number":"4242 4242 4242 4242"}', True),
        ('{"number":4242424242424242}', True),
        ('[{"4242424242424242":1}]', True),
        ("no JSON: 4242-4242-4242-4242", True),
    ],
)
def test_amounts_and_moments_side_by_side_are_no_card_number(text: str, is_one: bool) -> None:
    """One payment in some hundred passed the check digit, and its file was refused."""
    assert snapshot_files._holds_card_number(text) is is_one


Spoil = Callable[[Any], Any]


def changed(*path: Any, to: Any) -> Spoil:
    """A content in which one value is another."""

    def spoil(world: Any) -> Any:
        at = world
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = to
        return world

    return spoil


def deep(levels: int) -> Any:
    """An object within an object, so many times."""
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"in": found}
    return found


#: What is wrong with it -> the content, made of a good one, and what is said.
SPOILED: dict[str, tuple[Spoil, str]] = {
    "no object": (lambda world: [], "the data is no object of project"),
    "more keys": (lambda world: {**world, "more": 1}, "the data is no object of project"),
    "no tables": (changed("tables", to={}), "tables is no object of each table"),
    "a table more": (changed("tables", "project", to={"columns": [], "rows": []}), "tables is no object"),
    "other columns": (changed("tables", "card", "columns", 0, to="x"), "tables.card has other columns than seq"),
    "rows of no list": (changed("tables", "card", "rows", to={}), "tables.card has other columns"),
    "a short row": (changed("tables", "card", "rows", 0, to=[1]), "tables.card.rows[0] has not the"),
    "a list in a row": (changed("tables", "card", "rows", 0, 1, to=[]), "holds neither text nor a whole number"),
    "a truth in a row": (changed("tables", "card", "rows", 0, 1, to=True), "holds neither text nor a whole number"),
    "a number too long": (changed("tables", "card", "rows", 0, 3, to=1 << 70), "rows[0].anonymised_at_ms: 118"),
    "nothing for a text": (changed("tables", "card", "rows", 0, 1, to=None), "test_card: nothing is not a test card"),
    "a text for a number": (
        changed("tables", "event", "rows", 0, 5, to="x"),
        "event.rows[0].at_ms: 'x' is not a moment",
    ),
    "a lone surrogate": (changed("tables", "webhook_message", "rows", 0, 3, to="\ud800"), "doesn't fit its table"),
    "a number never given": (changed("tables", "card", "rows", 0, 0, to=10**9), "is no number that the universe has"),
    "no JSON in a body": (
        changed("tables", "card", "rows", 0, 2, to="{"),
        "tables.card.rows[0].body: '{' is not a JSON object",
    ),
    "a number as a body": (
        changed("tables", "card", "rows", 0, 2, to=1),
        "tables.card.rows[0].body: 1 is not a JSON object",
    ),
    "a card number": (changed("tables", "card", "rows", 0, 2, to='{"n":"4242424242424242"}'), "like a card number"),
    "a negative clock": (changed("project", "clock_ms", to=-(10**18)), "project.clock_ms is no whole number"),
    "a fraction": (changed("project", "seed", to=1.5), "is no whole number"),
    "no number at all": (changed("project", "seed", to=float("nan")), "is no whole number"),
    "an odd mode": (changed("project", "clock_mode", to="sundial"), "neither manual nor wall"),
    "deep settings": (changed("project", "settings", to=deep(100)), "project.settings nests deeper than 40"),
    "a clock out of time": (
        lambda world: {**world, "project": {**world["project"], "clock_mode": "wall", "offset_ms": 3 * 10**14}},
        "takes the clock out of the years",
    ),
    "settings of no object": (changed("project", "settings", to=[]), "project.settings is no object"),
    "an unknown setting": (changed("project", "settings", "colour", to="red"), "settings.colour is no setting"),
    "another's id": (changed("project", "id", to='"'), "project.id is no id of a universe"),
    "odd delivery rules": (changed("project", "settings", to={"delivery": {"rules": [1]}}), "settings.delivery"),
    "an odd profile": (changed("project", "settings", to={"psps": {"a": {"like": "nothing"}}}), "settings.psps"),
    "no profile": (changed("project", "settings", to={"psps": [1]}), "settings.psps"),
    "a folder of no list": (changed("project", "settings", to={"from_folder": 1}), "settings.from_folder"),
    "a profile of a folder": (changed("project", "settings", to={"from_folder": ["north"]}), "uses the PSP north"),
    "no JSON": (lambda world: b"{", "what is packed in the data is no JSON"),
    "deep nesting": (lambda world: b"[" * 100_000, "what is packed in the data is no JSON"),
    "no text": (lambda world: b"\xff\xfe", "what is packed in the data is no JSON"),
}


@pytest.mark.parametrize("wrong", SPOILED)
def test_a_file_that_is_not_what_it_says_is_refused_and_leaves_nothing(mockpsp: Sandbox, wrong: str) -> None:
    mockpsp.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/hooks"})
    paid(mockpsp)
    file, (spoil, said) = file_of(mockpsp), SPOILED[wrong]
    spoiled = packed(file, spoil(unpacked(file)))

    answer = mockpsp.call("POST", FILE, spoiled)

    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.json()
    assert len(mockpsp.get("/sandbox/snapshots")["snapshots"]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "which reads format 1"),
        ({"schema": SCHEMA_VERSION + 1}, f"here they are of version {SCHEMA_VERSION}"),
        ({"data": "no base64 !"}, "it was damaged on its way"),
        ({"data": "QUJD"}, "it was damaged on its way"),
        ({"data": base64.b64encode(zlib.compress(b"{}")[:-3]).decode()}, "was cut"),
        ({"data": base64.b64encode(zlib.compress(b"{}") + b"more").decode()}, "more was put behind it"),
    ],
)
def test_a_file_of_another_kind_is_refused(mockpsp: Sandbox, change: dict[str, Any], said: str) -> None:
    file = file_of(mockpsp)

    answer = mockpsp.call("POST", FILE, {"snapshot_file": {**file["snapshot_file"], **change}})

    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.json()


def test_what_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked(mockpsp: Sandbox) -> None:
    file = packed(file_of(mockpsp), b" " * (40 * 1024 * 1024))

    answer = mockpsp.call("POST", FILE, file)

    assert (answer.status_code, answer.json()["error_type"]) == (413, "request.too-much")


@pytest.mark.parametrize("column", ["message_seq", "endpoint_seq"])
def test_a_delivery_that_could_never_be_sent_is_refused(mockpsp: Sandbox, column: str) -> None:
    """It would be found due for ever, and a fork of it keep the server busy."""
    mockpsp.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/hooks"})
    paid(mockpsp)
    file = file_of(mockpsp)
    world = unpacked(file)
    deliveries = world["tables"]["webhook_delivery"]
    deliveries["rows"][0][deliveries["columns"].index(column)] = 0

    answer = mockpsp.call("POST", FILE, packed(file, world))

    assert answer.status_code == 400
    assert f"tables.webhook_delivery.rows[0].{column}: " in answer.json()["message"]
