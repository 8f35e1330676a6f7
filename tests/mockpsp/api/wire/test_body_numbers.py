"""However a body is read, its numbers and texts are those that were written."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpsp.api.wire.bodies import parse_json
from mockpsp.domain.text.codes import Refused

NUMBERS = (
    st.integers()
    | st.integers(-(10**25), 10**25)
    | st.decimals(allow_nan=False, allow_infinity=False).map(lambda value: Decimal(str(value)))
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | NUMBERS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def written(value: Any) -> str:
    """JSON of a value with its decimals as they are."""
    if isinstance(value, Decimal):
        text = str(value)
        return text if set(text) & set(".E") else f"{text}.0"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)} : {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " , ".join(written(item) for item in value) + "]"
    return json.dumps(value)


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES))
def test_a_body_is_read_as_the_standard_library_reads_it(body: dict[str, Any]) -> None:
    text = written(body)

    found = parse_json(text.encode())

    assert repr(found) == repr(json.loads(text, parse_float=Decimal))


@pytest.mark.parametrize("name", ["amount", 'a\\"b', "\\u0061", "é"])
@pytest.mark.parametrize("values", [("1", "2"), ('"1"', "null"), ("{}", "[]"), ("1.5", '"x"')])
@pytest.mark.parametrize("around", ["%s", '{"a": [1, %s], "amount": "\\""}'])
def test_a_name_twice_in_one_object_is_refused_however_it_is_read(
    name: str, values: tuple[str, str], around: str
) -> None:
    twice = "{" + ",".join(f'"{name}": {value}' for value in values) + "}"

    with pytest.raises(Refused, match="twice"):
        parse_json((around % twice).encode())


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES, min_size=1), st.sampled_from([None, "", 0, {}, "x"]))
def test_no_name_goes_twice(body: dict[str, Any], value: Any) -> None:
    name = next(iter(body))

    with pytest.raises(Refused, match="twice"):
        parse_json(f"{{{json.dumps(name)}: {json.dumps(value)}, {written(body)[1:]}".encode())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('{"a":0.1}', Decimal("0.1")),
        ('{"a": [1e2]}', [Decimal("1e2")]),
        ('{"a":[1,-2.50]}', [1, Decimal("-2.50")]),
        ('{"a":9223372036854775808}', 2**63),
        ('{"a": -123456789012345678901234567890}', -123456789012345678901234567890),
    ],
)
def test_no_number_is_rounded(text: str, number: Any) -> None:
    assert repr(parse_json(text.encode())["a"]) == repr(number)
