"""The edges of what a moment can be; spans and ordinary moments are in `test_times.py`."""

import pytest

from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS, parse_rfc3339, rfc3339


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_could_not_be_written_again_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years 0001 to 9999"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("at_ms", "text"), [(EARLIEST_MS, "0001-01-01T00:00:00Z"), (LATEST_MS, "9999-12-31T23:59:59.999Z")]
)
def test_the_first_and_the_last_moment_can_be_written(at_ms: int, text: str) -> None:
    assert (rfc3339(at_ms), parse_rfc3339(text)) == (text, at_ms)
