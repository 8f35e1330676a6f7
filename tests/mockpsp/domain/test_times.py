"""Spans and moments as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.time.moments import parse_rfc3339, rfc3339
from mockpsp.domain.time.spans import BusinessDays, format_span, parse_span


@pytest.mark.parametrize(
    ("text", "span_ms"),
    [("0s", 0), ("3d", 259_200_000), ("1d12h", 129_600_000), ("2w", 1_209_600_000), ("90m", 5_400_000)],
)
def test_spans_are_read(text: str, span_ms: int) -> None:
    assert parse_span(text) == span_ms


@pytest.mark.parametrize("text", ["", "3", "d", "3 d", "-3d", "1.5d", "3d3d", "4000d", "٣d", "3D", "999999999w"])
def test_what_is_no_span_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"span|unit|ten years"):
        parse_span(text)


@given(st.integers(0, 300_000_000))
def test_spans_round_trip(seconds: int) -> None:
    assert parse_span(format_span(seconds * 1000)) == seconds * 1000


@given(st.integers(0, 253_402_300_799_999))
def test_moments_round_trip(at_ms: int) -> None:
    assert parse_rfc3339(rfc3339(at_ms)) == at_ms


def test_offsets_and_fractions_are_understood() -> None:
    assert parse_rfc3339("2026-01-05T10:00:00.1239+01:00") == parse_rfc3339("2026-01-05T09:00:00.123Z")


@pytest.mark.parametrize(
    "text", ["2026-01-05", "2026-13-05T09:00:00Z", "2026-01-05T09:00:00", "now", "2026-02-30T00:00:00Z"]
)
def test_what_is_no_moment_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no moment"):
        parse_rfc3339(text)


def test_business_days_are_read_shown_and_compared() -> None:
    span = parse_span("2bd")

    assert isinstance(span, BusinessDays)
    assert (span.count, format_span(span)) == (2, "2bd")
    assert parse_span("1d") < span < parse_span("3d")


@pytest.mark.parametrize("text", ["2bd3h", "1d2bd", "bd", "2BD", "2b", "9999bd", "-2bd"])
def test_business_days_stand_alone(text: str) -> None:
    with pytest.raises(ValueError, match=r"business days|ten years"):
        parse_span(text)


def test_business_days_are_never_added_to_a_moment() -> None:
    span = parse_span("2bd")

    for mistake in (lambda: 1_000 + span, lambda: span + 1_000, lambda: 1_000 - span, lambda: span - 1_000):
        with pytest.raises(TypeError, match="2bd is counted on a calendar"):
            mistake()
