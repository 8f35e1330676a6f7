"""An object is the same wherever it is shown: in lists, fetched by itself, and expanded on others, however deep.

And what the tables of objects call a constant is one, in a world in which each kind of thing has happened.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from mockpsp.api.described.objects import ObjectTable, objects
from mockpsp.api.shapes.expansions import RELATIONS
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import furnish
from tests.mockpsp.everything_said import say_everything

pytestmark = pytest.mark.slow

#: Kind of object -> where one is fetched by itself.
PATHS = {
    "project": "/projects/{id}",
    "invoice": "/invoices/{id}",
    "transaction": "/transactions/{id}",
    "refund": "/transactions/{transaction_id}/refunds/{id}",
    "customer": "/customers/{id}",
    "token": "/customers/{customer_id}/tokens/{id}",
    "card": "/cards/{id}",
    "product": "/products/{id}",
    "event": "/events/{id}",
    "gateway_configuration": "/gateway-configurations/{id}",
    "gateway": "/gateways/{id}",
    "payout": "/payouts/{id}",
}
#: Kind of object -> the lists it is in; `{}` stands for each object of the kind beside it.
LISTS = {
    "invoice": ("/invoices", None),
    "transaction": ("/transactions", None),
    "customer": ("/customers", None),
    "card": ("/cards", None),
    "product": ("/products", None),
    "event": ("/events", None),
    "gateway_configuration": ("/gateway-configurations", None),
    "gateway": ("/gateways", None),
    "payout": ("/payouts", None),
    "refund": ("/transactions/{}/refunds", "transaction"),
    "token": ("/customers/{}/tokens", "customer"),
    "webhook": ("/events/{}/webhooks", "event"),
    "payout_item": ("/payouts/{}/items", "payout"),
}
#: What the answers of an object's own routes have beside it: drawn for one invoice alone, or expanded unasked.
OWN_ROUTES = {"invoice": {"url_qrcode"}, "token": {"card"}, "payout": {"gateway_configuration"}}


class World:
    """The furnished universe; what was asked once is remembered."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._known: dict[str, dict[str, Any]] = {}

    def ask(self, path: str) -> dict[str, Any]:
        """The answer to a GET."""
        if path not in self._known:
            self._known[path] = self.sandbox.call("GET", path).json()
        return self._known[path]

    def fetch(self, kind: str, shown: dict[str, Any], expand: str = "") -> dict[str, Any] | None:
        """The object by itself; None where nothing of its kind can be fetched, or it is gone."""
        if kind not in PATHS:
            return None
        answer = self.ask(PATHS[kind].format(**shown) + (f"?expand={expand}" if expand else ""))
        return answer[kind] if answer["success"] else None

    def all(self, kind: str, expand: str = "") -> list[dict[str, Any]]:
        """Every object of a kind that some list shows, as lists show it."""
        if kind not in LISTS:
            return []
        path, of = LISTS[kind]
        paths = [path] if of is None else [path.format(one["id"]) for one in self.all(of)]
        return [shown for path in paths for shown in self._walk(path, expand)]

    def _walk(self, path: str, expand: str) -> Iterator[dict[str, Any]]:
        after, key = "", path.rsplit("/", 1)[1].replace("-", "_")
        while True:
            answer = self.ask(f"{path}?limit=100&start_after={after}&expand={expand}")
            assert answer["success"], answer
            yield from answer[key]
            if not answer["has_more"]:
                return
            after = answer[key][-1]["id"]


@pytest.fixture(scope="module")
def world(mockpsp_server: str) -> Iterator[World]:
    with Sandbox(mockpsp_server, "test-proj_everything", "key_sandbox_everything") as sandbox:
        say_everything(sandbox)
        furnish(sandbox)
        yield World(sandbox)


def bare(kind: str, shown: dict[str, Any] | None, *, but: str = "") -> dict[str, Any] | None:
    """The object without what only its own routes add, unless that was asked for."""
    beside = OWN_ROUTES.get(kind, set()) - {but}
    return None if shown is None else {name: value for name, value in shown.items() if name not in beside}


def related(shown: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = shown[name]
    return value if isinstance(value, list) else [] if value is None else [value]


def test_there_is_some_of_every_kind(world: World) -> None:
    assert [kind for kind in LISTS if not world.all(kind)] == []


@pytest.mark.parametrize("kind", [kind for kind in LISTS if kind in PATHS])
def test_lists_show_what_is_fetched(world: World, kind: str) -> None:
    for shown in world.all(kind):
        assert bare(kind, world.fetch(kind, shown)) == bare(kind, shown)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in LISTS for name in RELATIONS[kind]])
def test_an_expanded_object_is_that_object(world: World, kind: str, name: str) -> None:
    other = RELATIONS[kind][name].kind
    for plain, shown in zip(world.all(kind), world.all(kind, name), strict=True):
        beside = {name, "payout_summary"}
        assert {key: value for key, value in shown.items() if key not in beside} == {
            key: value for key, value in plain.items() if key not in beside
        }
        alone = world.fetch(kind, plain, name)
        assert alone is None or bare(kind, alone, but=name) == bare(kind, shown, but=name)
        for one in related(shown, name):
            fetched = world.fetch(other, one)
            assert fetched is None or bare(other, fetched) == bare(other, one)
        if f"{name}_id" in plain and shown[name] is not None:
            assert shown[name]["id"] == plain[f"{name}_id"] or name == "gateway"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in LISTS for name in RELATIONS[kind]])
def test_what_is_expanded_on_the_expanded_is_the_same_too(world: World, kind: str, name: str) -> None:
    other = RELATIONS[kind][name].kind
    for deeper in RELATIONS[other]:
        for shown in world.all(kind, f"{name}.{deeper}"):
            for one in related(shown, name):
                assert deeper in one
                fetched = world.fetch(other, one, deeper)
                assert fetched is None or bare(other, fetched, but=deeper) == bare(other, one, but=deeper)


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("customer", "tokens", "/customers/{id}/tokens"),
        ("customer", "transactions", "/customers/{id}/transactions"),
        ("event", "webhooks", "/events/{id}/webhooks"),
    ],
)
def test_an_expanded_list_is_the_list_of_its_own_route(world: World, kind: str, name: str, path: str) -> None:
    for shown in world.all(kind, name):
        listed = world.ask(f"{path.format(**shown)}?limit=100")
        assert shown[name] == listed[name]


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("transaction", "refunds", "/transactions/{id}/refunds"),
        ("payout", "items", "/payouts/{id}/items"),
    ],
)
def test_refunds_and_items_are_expanded_oldest_first(world: World, kind: str, name: str, path: str) -> None:
    for shown in world.all(kind, name):
        listed = world.ask(f"{path.format(**shown)}?limit=100&order=asc")
        assert shown[name] == listed[name]


#: "always WORD" of a table -> what is then seen.
CONSTANTS: dict[str, Any] = {
    "null": None,
    "empty": ({}, [], ""),
    "zero": "0",
    "false": False,
    "api": "api",
    "POST": "POST",
}


@pytest.fixture(scope="module")
def seen(world: World) -> dict[tuple[str, str], list[Any]]:
    """(object, field) -> every value it was shown with."""
    seen: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for kind in LISTS:
        name = "".join(word.title() for word in kind.split("_"))
        for shown in world.all(kind, ",".join(RELATIONS[kind])):
            _collect(seen, objects()[name], shown)
    return seen


def test_what_is_told_to_be_constant_is(seen: dict[tuple[str, str], list[Any]]) -> None:
    told = {
        (table.name, field.name): found[1]
        for table in objects().values()
        for field in table.fields
        if (found := re.match(r"always (\w+)", field.partly))
    }
    assert len(told) > 30
    for where, word in told.items():
        allowed = CONSTANTS[word] if isinstance(CONSTANTS[word], tuple) else (CONSTANTS[word],)
        assert [value for value in seen[where] if value not in allowed] == [], where


#: What the lists of this universe leave empty: drawn or expanded elsewhere, and tried by tests of their own.
ELSEWHERE = frozenset(
    {
        "Invoice.url_qrcode",
        "Payout.refunds_fees",
        "Payout.refunds_volume",
        "Project.gateway_configurations",
        "Token.gateway_configuration_sub_account",
        "Transaction.merchant_account_id",
        "Transaction.routing_tags",
        "TransactionOperation.merchant_account_id",
        "Webhook.response_body",
    }
)


def test_nothing_else_is_empty_whatever_happens(seen: dict[tuple[str, str], list[Any]]) -> None:
    fields = {(table.name, field.name): field for table in objects().values() for field in table.fields}
    always_empty = {
        ".".join(where)
        for where, values in seen.items()
        if not fields[where].partly and all(value in (None, "", "0", [], {}) for value in values)
    }
    assert sorted(always_empty - ELSEWHERE) == []


def _collect(seen: dict[tuple[str, str], list[Any]], table: ObjectTable, shown: dict[str, Any]) -> None:
    """Every value of every field, objects within objects included."""
    for field in table.fields:
        if field.name not in shown:
            continue
        value = shown[field.name]
        seen[table.name, field.name].append(value)
        inner = objects().get(field.type.strip("[]"))
        for one in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(one, dict):
                _collect(seen, inner, one)
