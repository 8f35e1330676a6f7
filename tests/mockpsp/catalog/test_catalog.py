"""The packaged data, and that a PSP is one file."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.catalog.overview import profiles_table
from mockpsp.catalog.profile_sheet import profile_json, profile_sheet
from mockpsp.domain.psps.profiles import Demand, Fee, PartialCapture, PspProfile, RefundOutcome, ThreeDSCard

CATALOG = load_catalog()


def test_all_55_test_cards_are_known_by_number_and_kept_without_it() -> None:
    assert len(CATALOG.cards) == 55
    assert CATALOG.card_key("4242424242424242") == "4242424242"
    assert CATALOG.card_key("4111111111111111") is None


@pytest.mark.parametrize(
    ("number", "fact", "value"),
    [
        ("4000000000000069", "then", "chargeback"),
        ("4000000000000077", "refund_error", "gateway.declined"),
        ("4000000000002206", "authorize_error", "card.no-money"),
        ("4000000000003303", "increment_error", "card.no-money"),
        ("4000000000006009", "next_authorize_error", "card.no-money"),
        ("4360000001000005", "co_scheme", "carte bancaire"),
        ("4000000000000101", "three_d_s", ThreeDSCard((1, 2), Demand.ALWAYS)),
    ],
)
def test_a_test_card_brings_what_is_published(number: str, fact: str, value: str) -> None:
    key = CATALOG.card_key(number)
    assert key is not None

    assert getattr(CATALOG.behaviour(key), fact) == value


def test_all_158_decline_codes_say_something() -> None:
    assert len(CATALOG.declines) == 158
    assert sum(code.is_hard for code in CATALOG.declines.values()) == 9
    assert all(code.message.endswith(".") for code in CATALOG.declines.values())


def test_codes_that_cards_decline_with_are_known() -> None:
    errors = {
        getattr(card, name)
        for card in CATALOG.cards.values()
        for name in ("authorize_error", "capture_error", "refund_error", "increment_error", "next_authorize_error")
    }

    assert errors - {None} <= set(CATALOG.declines)


def test_the_default_comes_first_and_aliases_are_found() -> None:
    assert next(iter(CATALOG.profiles)) == "sandbox"
    found = CATALOG.find("stripe")
    assert found is not None
    assert found.name == "card-standard"


@pytest.mark.parametrize("profile", CATALOG.profiles.values(), ids=lambda profile: profile.name)
def test_each_figure_of_a_built_in_profile_says_where_it_comes_from_and_when_that_was_read(profile: PspProfile) -> None:
    file = resources.files("mockpsp.catalog") / "psps" / f"{profile.name}.toml"
    facts = tomllib.loads(file.read_text(encoding="utf-8"))
    figures = facts.keys() - {"models", "aliases", "fees", "sources"}
    assert figures | {f"fees.{kind}" for kind in facts.get("fees", ())} <= profile.sources.keys()
    for key, source in profile.sources.items():
        assert source.startswith(("http://", "https://", "choice: ")), key
        assert len(re.findall(r"https?://\S+ \(read 20[0-9]{2}-[01][0-9][;)]", source)) == source.count("://"), key


def test_a_new_psp_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "eleventh.toml").write_text(
        'partial_capture = "once"\nfees.capture = {rate = "1.25%", fixed = "0.10 EUR"}\n'
    )

    profile = load_catalog(str(tmp_path)).profiles["eleventh"]

    assert profile.partial_capture is PartialCapture.ONCE
    assert profile.capture_fee == Fee(12_500, {"EUR": 10})


def test_a_derived_profile_keeps_what_it_does_not_override() -> None:
    north = CATALOG.derive("north", {"like": "card-flexible", "fees": {"capture": {"rate": "1.4%"}}, "void": "false"})

    assert north.capture_fee.rate_ppm == 14_000
    assert north.capture_fee.fixed_minor["EUR"] == 30
    assert north.chargeback_fee.fixed_minor["EUR"] == 2_000
    assert not north.void
    assert north.captures_max == 50


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"like": "nobody"}, "there is no PSP 'nobody'"),
        ({"partial_captures": "many"}, "did you mean 'partial_capture'"),
        ({"partial_capture": "some"}, "known: none, once, many"),
        ({"refund_delay": 5}, "must be a span of time as text"),
        ({"refund_delay": "5 days"}, "no span of time"),
        ({"fees": {"captures": {}}}, "did you mean 'capture'"),
        ({"fees": {"capture": {"rate": "1,4%"}}}, 'such as "1.4%"'),
        ({"fees": {"capture": {"fixed": "0.255 EUR"}}}, "EUR has 2"),
        ({"fees": {"capture": {"fixed": "0.25"}}}, 'such as "0.25 EUR"'),
        ({"fees": {"capture": {"fixed": 0.25}}}, "fees.capture"),
        ({"fees": []}, "must be a table"),
        ({"void": 1}, "true or false"),
        ({"void": []}, "true or false"),
        ({"currencies": ["EURO"]}, "not an ISO 4217"),
        ({"captures_max": -1}, "whole number"),
        ({"methods": "card"}, "list of words"),
        ({"methods": 3}, "methods"),
        ({"like": ["x"]}, "there is no PSP"),
    ],
)
def test_a_fact_that_makes_no_sense_is_named(facts: dict[str, object], says: str) -> None:
    with pytest.raises(CatalogError, match="own") as error:
        CATALOG.derive("own", facts)

    assert says in str(error.value)


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("partial_capture = \n")

    with pytest.raises(CatalogError, match=r"bad\.toml"):
        load_catalog(str(tmp_path))


def test_every_outcome_can_be_named_in_a_profile() -> None:
    for outcome in RefundOutcome:
        assert CATALOG.derive("own", {"refund_outcome": outcome.value}).refund_outcome is outcome


def test_profiles_are_shown_to_people_and_programs() -> None:
    profile = CATALOG.profiles["card-flexible"]

    assert "card-flexible" in profiles_table(CATALOG.profiles.values())
    assert "https://docs.stripe.com/payments/multicapture" in profile_sheet(profile)
    shown = profile_json(profile)
    assert set(shown) >= {"name", "models", "aliases", "can", "fees", "delays", "sources"}
    assert shown["fees"]["capture"] == {"rate": "2.9%", "fixed": {**shown["fees"]["capture"]["fixed"], "EUR": "0.30"}}
    assert shown["delays"]["authorization_lifetime"] == "7d"
