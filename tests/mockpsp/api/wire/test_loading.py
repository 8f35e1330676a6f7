"""Bodies are loaded as their marshmallow schemas load them: the same values in the same order, the same errors."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from mockpsp.api.wire import loading
from mockpsp.api.wire.fields import Body, Email, Flag, Name, StrictBody
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

TEXTS = "a 10.00 EUR true 2026-01-05T09:00:00Z http://shop/ a@b.example FR +33 1.2.3.4".split()
OTHERS = [0, 1, 2**70, True, False, [], ["a"], [{}], {}, {"a": "b"}, {"name": "a", "amount": "1"}, None]
VALUES = st.sampled_from([*TEXTS, "x" * 300, *OTHERS])


def schemas() -> list[Schema]:
    app: Flask = create_app(Settings(db=":memory:"))
    app.extensions["mockpsp"].close()
    found = [app.view_functions[rule.endpoint].__dict__.get("request_schema") for rule in app.url_map.iter_rules()]
    ours = {schema for schema in found if isinstance(schema, Schema)}
    return sorted(ours, key=lambda schema: type(schema).__name__)


SCHEMAS = schemas()


def outcome(load: Any) -> Any:
    try:
        return list(load().items())
    except ValidationError as error:
        return error.messages


@settings(deadline=None)
@given(st.data())
def test_every_schema_of_every_route(data: st.DataObject) -> None:
    schema = data.draw(st.sampled_from(SCHEMAS))
    required = {name: data.draw(VALUES) for name, field in schema.fields.items() if field.required}
    more = data.draw(st.dictionaries(st.sampled_from([*schema.fields, "nobody-knows"]), VALUES, max_size=5))
    raw = {**more, **required} if data.draw(st.booleans()) else more

    assert outcome(lambda: loading.load(schema, raw)) == outcome(lambda: schema.load(raw))


class Order(Body):
    """A body with a field that must be there, and one with a default."""

    name = Name(80, required=True)
    flag = Flag(load_default=False)
    email = Email()


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"name": "A"},
        {"email": "x", "more": 1},
        {"more": 1, "name": "A"},
        {"flag": "True", "name": "A", "email": "a@b.example"},
        {"name": "A", "flag": "none"},
    ],
)
def test_a_body(raw: dict[str, Any]) -> None:
    schema = Order()

    assert outcome(lambda: loading.load(schema, raw)) == outcome(lambda: schema.load(raw))


def test_a_strict_body_still_refuses_what_it_does_not_know() -> None:
    class Strict(StrictBody):
        """A strict body."""

        name = Name(80)

    with pytest.raises(ValidationError):
        loading.load(Strict(), {"other": 1})
