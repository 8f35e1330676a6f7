"""What a profile file may not say, and that a source never vouches for a figure it did not give."""

import contextlib
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.catalog import CatalogError, behaviour_of, load_catalog
from mockpsp.catalog.profile_files import _FEES, FACTS, profile_of
from mockpsp.domain.psps.fees import FEES, fee_of

CATALOG = load_catalog()
FILES = [file for file in (resources.files("mockpsp.catalog") / "psps").iterdir() if file.name.endswith(".toml")]
#: What the file is called and modelled on needs no source.
UNSOURCED = {"models", "aliases", "sources", "fees"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_fact_of_a_built_in_file_has_a_source(file: Traversable) -> None:
    facts = tomllib.loads(file.read_text())

    stated = (set(facts) - UNSOURCED) | {f"fees.{kind}" for kind in facts.get("fees", {})}

    assert stated - set(facts["sources"]) == set()


@pytest.mark.parametrize("currency", ["USD", "EUR", "GBP", "JPY", "KWD", "INR"])
def test_amounts_of_built_in_fees_are_given_in_six_currencies_where_they_are_taken(currency: str) -> None:
    takers = [psp for psp in CATALOG.profiles.values() if psp.currencies is None or currency in psp.currencies]
    fees = [fee_of(kind, psp) for psp in takers for kind in FEES]

    assert takers
    assert all(currency in fee.fixed_minor for fee in fees if fee.fixed_minor)


def test_an_overridden_fee_drops_the_source_of_the_old_figure() -> None:
    north = CATALOG.derive("north", {"like": "card-flexible", "fees": {"capture": {"rate": "1.4%"}}})

    assert "fees.capture" not in north.sources
    assert "fees.chargeback" in north.sources


def test_an_overridden_fact_drops_its_old_source() -> None:
    north = CATALOG.derive("north", {"like": "card-flexible", "captures_max": "2"})

    assert "captures_max" not in north.sources


def test_a_source_given_with_an_override_joins_the_others() -> None:
    own = {"like": "card-flexible", "captures_max": "2", "sources": {"captures_max": "choice: two are enough"}}

    north = CATALOG.derive("north", own)

    assert north.sources["captures_max"] == "choice: two are enough"
    assert north.sources["void"] == CATALOG.profiles["card-flexible"].sources["void"]


def test_a_derived_profile_answers_to_its_own_name_only() -> None:
    assert CATALOG.derive("north", {"like": "card-flexible"}).aliases == ()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"fees": {"capture": {"fixed": [5]}}}, 'such as "0.25 EUR"'),
        ({"fees": {"capture": {"fixed": None}}}, 'such as "0.25 EUR"'),
        ({"fees": {"capture": {"fixed": {"EUR": 0.25}}}}, 'such as "0.25 EUR"'),
        ({"fees": {"capture": {"fixed": "0.25  EUR"}}}, 'such as "0.25 EUR"'),
        ({"fees": {"capture": {"fixed": ["0.25 EUR", "0.30 EUR"]}}}, "names EUR twice"),
        ({"fees": {"capture": {"fixed": {"eur": "0.25", "EUR": "0.30"}}}}, "names EUR twice"),
        ({"fees": {"capture": {"rat": "1%"}}}, "fees.capture.rat: no such part; did you mean 'rate'?"),
        ({"fees": {1: {}}}, "fees.1: no such fee"),
        ({"fees": {"capture": {"rate": {"EUR": "1.4"}}}}, "rate is '1.4'"),
        ({"fees": {"capture": {"rate": {"eur": "1%", "EUR": "2%"}}}}, "names a currency twice"),
        ({"fees": {"capture": {"rate": {"EURO": "1%"}}}}, "not an ISO 4217"),
        ({"fees": {"capture": {"minimum": "0.255 EUR"}}}, "EUR has 2"),
        ({"fees": {"payout": {"minimum": "2.00 EUR", "cap": "1.00 EUR"}}}, "2.00 EUR exceeds the cap of 1.00 EUR"),
        ({"fees": {"refund": {"cap": "-1.00 EUR"}}}, "plain decimal digits"),
        ({"fees": {"chargeback": {"free_under": 30}}}, "free_under is 30"),
        ({"fees": {"retrievals": {}}}, "did you mean 'retrieval'?"),
        ({"rounding": "bankers"}, "known: half_up, half_down, half_even, up, down"),
        ({"processing_fee_on_refund": "return"}, "keep_all, return_all, return_variable_keep_fixed, pro_rata"),
        ({1: "2"}, "1: no such fact"),
        ({"increments_max": "٣"}, "whole number"),
        ({"increments_max": "²"}, "whole number"),
        ({"methods": None}, "list of words"),
        ({"sources": {"refund_window_": "choice: x"}}, "did you mean 'refund_window'?"),
        ({"settlement_delay": "99999d"}, "more than ten years"),
    ],
)
def test_a_value_of_the_wrong_shape_is_named(facts: dict[Any, Any], says: str) -> None:
    with pytest.raises(CatalogError) as error:
        profile_of("north", facts)

    assert str(error.value).startswith("north: ")
    assert says in str(error.value)


def test_an_alias_of_two_profiles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "east.toml").write_text('aliases = ["acme"]\n')
    (tmp_path / "west.toml").write_text('aliases = ["acme"]\n')

    with pytest.raises(CatalogError, match=r"west\.toml: aliases: 'acme' already means east"):
        load_catalog(str(tmp_path))


def test_an_alias_that_is_another_profiles_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "east.toml").write_text('aliases = ["west"]\n')
    (tmp_path / "west.toml").write_text("void = false\n")

    with pytest.raises(CatalogError, match=r"east\.toml: aliases: 'west' already means west"):
        load_catalog(str(tmp_path))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            {"scheme": "visa", "refund_eror": "gateway.declined"},
            "refund_eror: no such fact; did you mean 'refund_error'?",
        ),
        ({"scheme": "visa", "refund_error": "gateway.decline"}, "did you mean 'gateway.declined'?"),
        ({"refund_error": "gateway.declined"}, "at least a scheme"),
        ("visa", "must be a table"),
    ],
)
def test_a_line_of_the_cards_that_makes_no_sense_is_named(row: object, says: str) -> None:
    with pytest.raises(CatalogError) as error:
        behaviour_of("4000000000000077", row, CATALOG.declines)

    assert str(error.value).startswith("cards.toml: card ending in 0077: ")
    assert says in str(error.value)


def test_no_message_or_error_carries_a_whole_card_number() -> None:
    with pytest.raises(CatalogError) as error:
        behaviour_of("4000000000000077", {}, CATALOG.declines)

    assert "4000000000000077" not in str(error.value)


#: What TOML, YAML and JSON can hold.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=8), parts, max_size=3),
    max_leaves=6,
)
KEYS = [*FACTS, "fees", "like"]


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=10), ANYTHING, max_size=4))
def test_whatever_a_file_holds_it_is_read_or_refused(facts: dict[str, Any]) -> None:
    with contextlib.suppress(CatalogError):
        CATALOG.derive("north", facts)


@given(
    st.dictionaries(
        st.sampled_from(sorted(_FEES)),
        st.dictionaries(st.sampled_from(["rate", "fixed", "minimum", "cap", "free_under"]), ANYTHING, max_size=3),
        max_size=3,
    )
)
def test_whatever_fees_a_file_holds_they_are_read_or_refused(fees: dict[str, Any]) -> None:
    with contextlib.suppress(CatalogError):
        CATALOG.derive("north", {"like": "card-flexible", "fees": fees})
