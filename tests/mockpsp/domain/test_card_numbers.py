"""Card numbers are found in every likely spelling, and what only looks like one passes."""

import tomllib

import pytest

from mockpsp.domain.text.card_numbers import HIDDEN, hide_card_numbers, is_card_number, may_hold_number
from tests.rules.sources import ROOT

#: Passes the check digit and is nobody's card.
NUMBER = "4539578763621486"


def grouped(between: str) -> str:
    return between.join(NUMBER[start : start + 4] for start in range(0, 16, 4))


SPELLINGS = {
    "bare": NUMBER,
    "blanks": grouped(" "),
    "two blanks": grouped("  "),
    "dashes": grouped("-"),
    "dots": grouped("."),
    "slashes": grouped("/"),
    "underscores": grouped("_"),
    "tabs": grouped("\t"),
    "line ends": grouped("\r\n"),
    "no-break blanks": grouped("\u00a0"),
    "zero-width blanks": grouped("\u200b"),
    "zero-width joiner within": NUMBER[:2] + "\u200d" + NUMBER[2:],
    "soft hyphens": grouped("\u00ad"),
    "long dashes": grouped("\u2013"),
    "digit by digit": " ".join(NUMBER),
    "full-width digits": "".join(chr(ord("\uff10") + int(digit)) for digit in NUMBER),
    "full-width digits with ellipses": grouped("\u2026").translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "arabic digits": "".join(chr(0x660 + int(digit)) for digit in NUMBER),
    "circled digits and keycaps": "".join(f"{digit}\ufe0f\u20e3" for digit in NUMBER),
    "with its code": f"{NUMBER} 123",
    "with its date": f"{NUMBER} 12/30",
    "after an order": f"order 77 {NUMBER}",
    "grouped, with its code": f"{grouped(' ')} 123",
    "among letters": f"card{NUMBER}exp1230",
    "in an address": f"https://shop.example/pay?pan={NUMBER}&exp=1230",
    "escaped in an address": f"https://shop.example/pay?pan={grouped('%20')}",
    "escaped twice": grouped("%2520"),
    "escaped digits": "".join(f"%{ord(digit):02x}" for digit in NUMBER),
    "after a moment": f"2026-01-05 09:00:00 {NUMBER}",
    "after a UUID": f"6c44c7e4-eb4d-470b-8e9a-8061bf0ec720 {NUMBER}",
    "after an IBAN": f"FI21 1234 5600 0007 85 {NUMBER}",
    "after a plus": f"+{NUMBER}",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_every_likely_spelling_is_found(text: str) -> None:
    assert is_card_number(text)
    assert may_hold_number(text)


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_hidden_and_the_rest_stays(text: str) -> None:
    hidden = hide_card_numbers(f"Paid by {text}. Thanks")

    assert hidden.startswith("Paid by ") and hidden.endswith(". Thanks")
    assert HIDDEN in hidden
    assert not is_card_number(hidden)


def test_numbers_spelled_differently_in_one_text_are_all_hidden() -> None:
    text = f"{NUMBER}, {SPELLINGS['full-width digits']} or {SPELLINGS['escaped digits']}"

    assert hide_card_numbers(text) == f"{HIDDEN}, {HIDDEN} or {HIDDEN}"


@pytest.mark.parametrize(
    ("network", "number"),
    [
        ("Visa of 13 digits", "4222222222222"),
        ("Visa of 19 digits", "4000000000000000006"),
        ("Mastercard", "5105105105105100"),
        ("Mastercard's second range", "2223003122003222"),
        ("American Express", "371449635398431"),
        ("Diners Club", "30569309025904"),
        ("Discover", "6011000990139424"),
        ("JCB", "3530111333300000"),
        ("UnionPay of 19 digits", "6200000000000000000"),
        ("Maestro of 12 digits", "501800000009"),
        ("Maestro of 16 digits", "6759649826438453"),
        ("Maestro's other ranges", "5000550000000029"),
        ("Maestro of 18 digits", "675900000000000000"),
        ("Maestro of 19 digits", "6799990100000000019"),
    ],
)
def test_each_network_counts(network: str, number: str) -> None:
    assert is_card_number(f"a {number} b")


def test_every_test_card_is_found() -> None:
    numbers = list(tomllib.loads((ROOT / "mockpsp/catalog/cards.toml").read_text()))

    assert len(numbers) > 50
    assert [number for number in numbers if not is_card_number(number)] == []


@pytest.mark.parametrize(
    "text",
    [
        "tr_d0g5vI9r2A43d835tuTOc6GTS7lMNAcY",
        "2026-01-05T09:36:00.123456+02:00",
        "2026-01-30 09:00:00.123456",
        "1700000000000",
        "0033612345678",
        "+4915123456780",
        "1234567890123.45",
        "FI21 1234 5600 0007 85",
        "FI2112345600000785",
        "DE89 3704 0044 0532 0130 00",
        "BE68539007547034",
        "6c44c7e4-eb4d-470b-8e9a-8061bf0ec720",
        "98cb38290f505f24fda23e0c1b461b96d759934f5f6acb5e791cde73d3dff21d",
        "ORD-2026-004512",
        "305-1234567-1234567",
        f"{NUMBER[:-1]}7",
        f"{NUMBER}2",
        NUMBER.replace("7", "A", 1),
        f"1{NUMBER}",
        "1699999999999995",
        "",
    ],
)
def test_other_long_numbers_pass_and_stay(text: str) -> None:
    assert not is_card_number(text)
    assert hide_card_numbers(text) == text


def test_a_lookalike_that_would_count_without_its_own_check_passes() -> None:
    # The first is an IBAN by its own check digits and could be a card by its last; the other is no IBAN.
    iban, other = "FI5690106012127733", "SE5690106012127733"

    assert not is_card_number(iban)
    assert is_card_number(other)


@pytest.mark.parametrize("text", ["4 " * 20_000, "4" * 40_000, "4-4" * 10_000, "\u0664" * 20_000, "%34" * 10_000])
def test_long_texts_are_looked_through_once(text: str) -> None:
    # In linear time these take milliseconds; looked at anew from each place, hours.
    assert hide_card_numbers(text)
