"""JSON by orjson is what the standard library writes and reads, for everything that is stored or answered."""

import json
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockpsp.domain.text.json_text import dump_bytes, dump_text, load, load_exactly

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
STORED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Word(StrEnum):
    ONE = "one"


def by_standard_library(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@settings(deadline=None)
@given(VALUES)
def test_it_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    assert dump_text(value) == by_standard_library(value)
    assert dump_bytes(value).decode() == by_standard_library(value)


@settings(deadline=None)
@given(STORED)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert load(dump_text(value)) == value == load(dump_bytes(value))


@settings(deadline=None)
@given(VALUES | st.floats(allow_nan=False, allow_infinity=False))
@example({"a": [2**64, -(2**63) - 1, 10**40, 1e300, -0.0, 9007199254740993]})
@example({"id": "1234567890123456789", "half": "\ud800"})
def test_what_a_client_sent_is_read_back_to_the_last_digit(value: Any) -> None:
    text = json.dumps(value)

    assert load_exactly(text) == json.loads(text)
    assert repr(load_exactly(text)) == repr(json.loads(text))


@pytest.mark.parametrize("value", [{"a": (1, 2)}, {"a": Word.ONE}, {1: "a", None: 2}, 2**64, [2**200]])
def test_what_orjson_will_not_write_is_written_all_the_same(value: Any) -> None:
    assert dump_text(value) == by_standard_library(value) == dump_bytes(value).decode()


def test_half_a_character_is_written_as_an_escape() -> None:
    assert dump_bytes({"a": "\ud800"}) == rb'{"a":"\ud800"}'


@pytest.mark.parametrize("value", [Decimal(1), b"bytes", {1, 2}, object()])
def test_what_has_no_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        dump_text(value)
    with pytest.raises(TypeError):
        dump_bytes(value)
