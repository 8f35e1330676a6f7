"""Schema fields on their own: what they take, keep and refuse."""

import pytest

from mockpsp.api.wire.fields import (
    Body,
    Country,
    Email,
    Flag,
    IpAddress,
    Moment,
    Name,
    ValidationError,
)
from mockpsp.api.wire.phones import PhoneNumber, as_text


class Everything(Body):
    """One field of each kind."""

    name = Name(80)
    email = Email()
    country = Country()
    ip = IpAddress()
    at = Moment()
    auto = Moment(drops_offset=True)
    phone = PhoneNumber()
    flag = Flag()


SCHEMA = Everything()


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("name", "Ann_Lee", "Ann Lee"),
        ("name", "Zoë 🎉€ Łuk", "Zoë  Łuk"),
        ("name", "Tab\tber\u200d\x00", "Tabber"),
        ("name", "\U0001f44d\U0001f3fd Bob", "Bob"),
        ("name", "田中 さくら", "田中 さくら"),
        ("country", "fr", "FR"),
        ("ip", "::1", "::1"),
        ("at", "2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00.000Z"),
        ("at", "Mon, 05 Jan 2026 09:00:00 GMT", "2026-01-05T09:00:00.000Z"),
        ("at", "2026-01-05", "2026-01-05T00:00:00.000Z"),
        ("at", 1767603600, "2026-01-05T09:00:00.000Z"),
        ("auto", "2026-01-05T09:00:00+05:00", "2026-01-05T09:00:00.000Z"),
        ("phone", "+33684758495", {"number": "684758495", "dialing_code": "0033"}),
        ("phone", "0016505550100", {"number": "6505550100", "dialing_code": "001"}),
        ("phone", "+353 1 555 0100", {"number": "15550100", "dialing_code": "00353"}),
        ("phone", "0684758495", {"number": "0684758495", "dialing_code": None}),
        ("phone", {"number": "684 75 84 95", "dialing_code": "+33"}, {"number": "684758495", "dialing_code": "0033"}),
        ("phone", {"number": 684758495, "dialing_code": "33"}, {"number": "684758495", "dialing_code": "0033"}),
        ("flag", "True", True),
        ("flag", "0", False),
    ],
)
def test_what_is_kept(field: str, given: object, kept: object) -> None:
    assert SCHEMA.load({field: given}) == {field: kept}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", ["x"]),
        ("email", "nobody"),
        ("country", "XX"),
        ("country", "FRA"),
        ("country", "ſi"),
        ("ip", "1.2.3"),
        ("at", "soon"),
        ("at", "2026-02-30"),
        ("at", "9" * 13),
        ("phone", "+336847584951234567"),
        ("phone", "call me"),
        ("phone", True),
        ("phone", {"number": "1" * 15}),
        ("phone", {"number": "1", "dialing_code": "x"}),
        ("phone", {"number": {}}),
        ("flag", "maybe"),
    ],
)
def test_what_is_refused(field: str, given: object) -> None:
    with pytest.raises(ValidationError):
        SCHEMA.load({field: given})


def test_the_older_text_of_a_phone_is_its_parts_in_one() -> None:
    assert as_text({"number": "684758495", "dialing_code": "0033"}) == "0033684758495"


def test_a_flag_that_says_none_is_absent() -> None:
    assert SCHEMA.load({"flag": "None"}) == {}
