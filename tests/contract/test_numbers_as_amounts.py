"""Amounts as numbers of JSON: every place takes one at its exact value, and none of one that is no amount.

The API's amounts are text; its JavaScript client sends a number. Java writes ten million as 1.0E7.
"""

import json
from collections.abc import Iterator
from typing import Any

import marshmallow
import pytest
import requests
from flask import Flask

from mockpsp.api.control.moves import MOVES
from mockpsp.api.described import openapi
from mockpsp.api.requests.invoices import Percent
from mockpsp.api.wire.fields import AmountText
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app

INVOICE = '{"name": "Order", "currency": "EUR", '
LINE = INVOICE + '"amount": "10", "details": [{"name": "Tea", '
SPLIT = '{"provider_recipient_reference": "r1", "type": "PURCHASE", "currency": "EUR", "amount": %s}'
#: Place -> (path, body with %s where the amount stands); `iv`, `tr` and `held` are made before.
PLACES = {
    "invoice": ("/invoices", INVOICE + '"amount": %s}'),
    "line": ("/invoices", LINE + '"amount": %s}]}'),
    "discount": ("/invoices", LINE + '"amount": "10.00", "discount_amount": %s}]}'),
    "tax": ("/invoices", INVOICE + '"amount": "10", "tax": {"amount": %s, "rate": "19"}}'),
    "tax rate": ("/invoices", INVOICE + '"amount": "99", "tax": {"amount": "1", "rate": %s}}'),
    "shipping": ("/invoices", INVOICE + '"amount": "10", "shipping": {"amount": %s}}'),
    "split": ("/invoices", INVOICE + '"amount": "99", "split_allocations": [' + SPLIT + "]}"),
    "product": ("/products", INVOICE + '"amount": %s}'),
    "balance": ("/customers", '{"currency": "EUR", "balance": %s}'),
    "capture": ("/invoices/{held}/capture", '{"capture_amount": %s}'),
    "void": ("/invoices/{held}/void", '{"amount": %s}'),
    "increment": ("/invoices/{held}/increment_authorization", '{"amount": %s}'),
    "refund": ("/transactions/{tr}/refunds", '{"amount": %s}'),
    "refund of an invoice": ("/invoices/{iv}/refunds", '{"amount": %s}'),
    "move": ("/sandbox/simulate", '{"what": "refund.make", "on": "{tr}", "with": {"amount": %s}}'),
    "dispute": ("/sandbox/simulate", '{"what": "chargeback.open", "on": "{tr}", "with": {"amount": %s}}'),
    "deposit": (
        "/sandbox/simulate",
        '{"what": "balance.add", "on": "sandbox", "with": {"currency": "EUR", "amount": %s}}',
    ),
    "scripted": ("/sandbox/rules", '{"match": {"on": "refund", "amount": %s}, "outcome": "ok"}'),
    "records": (
        "/sandbox/reconcile",
        '{"records": [{"reference": "r", "kind": "fee", "currency": "EUR", "amount": %s}]}',
    ),
}
TEN = ("10", "10.0", "10.00000000", "1e1", "1.0E1", "100e-1", '"10"', '"10.00"')
#: What a float makes of 0.1 + 0.2, and what no amount has.
NO_AMOUNT = ("0.30000000000000004", "-5", "1e13", "1e40", "1e400", "12345678901234567890123", '"1e1"', '"ten"', "true")
#: Nothing at all, which a tax or a balance may be.
NOTHING = ("-0", "-0.0", "0", '"0.00"')
MAY_BE_NOTHING = ("line", "discount", "tax", "tax rate", "shipping", "split", "balance", "scripted", "records")


def ask(mockpsp: Sandbox, place: str, number: str) -> requests.Response:
    path, body = PLACES[place]
    made = {name: "" for name in ("iv", "tr", "held")}
    for name in made:
        if f"{{{name}}}" in path + body:
            invoice = mockpsp.post("/invoices", {"name": "O", "amount": "99.00", "currency": "EUR"})["invoice"]["id"]
            action = "authorize" if name == "held" else "capture"
            paid = mockpsp.post(f"/invoices/{invoice}/{action}", {"source": mockpsp.card(), "incremental": True})[
                "transaction"
            ]["id"]
            made[name] = paid if name == "tr" else invoice
    for name, value in made.items():
        path, body = path.replace(f"{{{name}}}", value), body.replace(f"{{{name}}}", value)
    return requests.post(
        mockpsp.url + path,
        data=body % number,
        auth=(mockpsp.project_id, mockpsp.secret),
        headers={"content-type": "application/json"},
        timeout=10,
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_number_is_its_exact_value_however_it_is_written(mockpsp: Sandbox, place: str) -> None:
    kept = set()
    for number in TEN:
        mockpsp.reset()
        answer = ask(mockpsp, place, number)
        assert answer.status_code == 200, (number, answer.text)
        kept.add(mockpsp.get("/sandbox/digest")["digest"])

    assert len(kept) == 1


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_amount_is_refused_and_moves_nothing(mockpsp: Sandbox, place: str) -> None:
    below_zero = ("-5",) if place == "records" else ()  # what was taken back
    wrong = [*(one for one in NO_AMOUNT if one not in below_zero), *(() if place in MAY_BE_NOTHING else NOTHING)]

    answers = {number: ask(mockpsp, place, number) for number in wrong}

    assert {number: one.text for number, one in answers.items() if one.status_code != 400} == {}


@pytest.mark.parametrize("place", MAY_BE_NOTHING)
def test_nothing_is_nothing_with_a_sign_too(mockpsp: Sandbox, place: str) -> None:
    assert [ask(mockpsp, place, number).status_code for number in NOTHING] == [200] * len(NOTHING)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    yield app
    app.extensions["mockpsp"].close()


def amounts(schema: marshmallow.Schema, path: str) -> Iterator[tuple[str, Any]]:
    for name, field in schema.fields.items():
        inner = getattr(field, "inner", field)
        if isinstance(inner, marshmallow.fields.Nested):
            yield from amounts(inner.schema, f"{path}.{name}")
        elif name.endswith("amount") or name in ("balance", "rate"):
            yield f"{path}.{name}", field


def test_no_route_reads_an_amount_its_own_way(app: Flask) -> None:
    given = [app.view_functions[rule.endpoint].__dict__.get("request_schema") for rule, _ in openapi.routes(app)]
    bodies = {type(one): one for one in [*given, *(move.details for move in MOVES.values())]}
    read = [
        pair for of, one in bodies.items() if isinstance(one, marshmallow.Schema) for pair in amounts(one, of.__name__)
    ]

    assert len(read) > 15
    assert [path for path, field in read if not isinstance(field, AmountText | Percent)] == []


def test_a_column_of_sqlite_that_holds_numbers_is_read_the_same(mockpsp: Sandbox) -> None:
    rows = [{"reference": "r", "kind": "fee", "currency": "JPY", "amount": 1e7}]

    found = mockpsp.post("/sandbox/reconcile", json.loads(json.dumps({"records": rows})))["reconciliation"]

    assert found["divergences"][0]["recorded"] == "10000000"
