"""The patterns of `$match`: what they mean, what they leave out, and how their cost is bounded beforehand."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.scenarios.language.matching import compare
from mockpsp.scenarios.language.patterns import (
    CLASSES_MAX,
    LENGTH_MAX,
    PLACES_MAX,
    TEXT_MAX,
    PatternError,
    check_pattern,
    compile_pattern,
)
from tests.rules.sources import shipped

ATOMS = st.sampled_from(["a", "b", ".", r"\.", "-", "[ab]", "[^a]", r"\d", r"\w", "(ab)", "(?:a|-)", "(a|b|)"])
REPEATS = st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{1,}", "{,2}", "*?", "+?"])
PARTS = st.lists(st.tuples(ATOMS, REPEATS).map("".join), max_size=4).map("".join)


@given(
    pattern=st.lists(PARTS, min_size=1, max_size=3).map("|".join),
    texts=st.lists(st.text("ab.-1\n", max_size=6), min_size=1, max_size=10),
)
def test_a_pattern_means_what_it_means_in_python(pattern: str, texts: list[str]) -> None:
    compiled = compile_pattern(pattern)

    assert [compiled.matches(text) for text in texts] == [re.fullmatch(pattern, text) is not None for text in texts]


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        ("tr_[A-Za-z0-9]{32}", "tr_" + "aB3d" * 8, True),
        ("tr_[A-Za-z0-9]{32}", "tr_" + "aB3d" * 7, False),
        ("^refund of .* exceeds .*$", "refund of 12.00 EUR exceeds the 10.00 EUR", True),
        ("(?i)INSUFFICIENT.*", "insufficient funds", True),
        (".*", "one\ntwo", False),
        ("(?s).*", "one\ntwo", True),
        (r"[\]\-a]+", "]-a", True),
        ("{name}", "{name}", True),
        ("a{,}", "a{,}", True),
        ("(?P<id>x)y", "xy", True),
        (r"\u00e9\x41", "éA", True),
        ("", "", True),
        ("", "a", False),
        ("a?", "", True),
    ],
)
def test_what_a_pattern_takes(pattern: str, text: str, is_match: bool) -> None:
    assert compile_pattern(pattern).matches(text) is is_match


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "groups that look ahead or back"),
        (r"(a)\1", "this escape is not known here"),
        (r"\ba", "this escape is not known here"),
        ("(a", r"a ( without its ) (at character 1, '(a')"),
        ("a)", r"a ) without its ( (at character 2, ')')"),
        ("[a", "a [ without its ]"),
        ("a]", "a ] without its [; write \\]"),
        ("[z-a]", "bad character range z-a"),
        ("*", "nothing to repeat"),
        ("a{3,2}", "no repeat: {2}, {2,} or {2,5} go"),
        ("a{2}{2}", "a repeat of a repeat; put the first into ( )"),
        ("a++", "a repeat of a repeat"),
        ("a$b", "$ goes at the end alone"),
        ("a^", "^ goes at the beginning alone"),
        ("x" * (LENGTH_MAX + 1), f"has {LENGTH_MAX + 1} characters; at most {LENGTH_MAX} go"),
        ("(a{100}){100}", f"repeats make 10,000 characters of it; at most {PLACES_MAX} go"),
        ("(" * 21 + "a" + ")" * 21, "groups nest deeper than 20"),
        ("".join(f"[{letter}x]" for letter in "abcdefghijk"), f"more than {CLASSES_MAX} different classes"),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_place(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as checked:
        check_pattern(pattern)
    with pytest.raises(PatternError):
        compile_pattern(pattern)

    assert why in str(checked.value)


def test_a_text_is_read_once_whatever_the_pattern() -> None:
    # What may follow is a set of places: with ten places there can't be more of them than this remembers, and each
    # character of the text is one step.
    pattern = compile_pattern("(a|b){4}(ab?)*")

    assert pattern.matches("ab" * 5_000)
    assert not pattern.matches("ab" * 5_000 + "c")
    assert len(pattern._after) < 20


def test_longer_texts_than_the_limit_are_told_from_others() -> None:
    found = compare({"$match": "a*"}, "a" * (TEXT_MAX + 1), "body.name", {})

    assert f"in a text of at most {TEXT_MAX} characters" in found[0].expected
    assert compare({"$match": "a*"}, "a" * TEXT_MAX, "body.name", {}) == []


def test_a_pattern_that_a_name_made_none_matches_nothing() -> None:
    assert len(compare({"$match": "a(b"}, "a(b", "body.name", {})) == 1


def test_no_pattern_of_somebody_else_reaches_pythons_own_engine() -> None:
    """Its time may double with each letter; ours are written in the code, and this is the one that reads a class."""
    functions = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
    found = [
        (source.path, ast.unparse(call.args[0]))
        for source in shipped()
        for call in source.nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in functions
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "re"
        if not isinstance(call.args[0], ast.Constant)
    ]

    assert found == [
        ("mockpsp/domain/text/card_numbers.py", "'|'.join(parts)"),
        ("scenarios/language/patterns.py", "text"),
    ]
