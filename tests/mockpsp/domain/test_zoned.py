"""Moments as people say them: days of the week, zones, hours that are left out or come twice."""

import pytest

from mockpsp.domain.time.moments import parse_rfc3339, rfc3339
from mockpsp.domain.time.zoned import parse_said

#: A Thursday, 11:00 in Berlin.
NOW = "2026-01-08T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-09T10:00:00Z", "2026-01-09T10:00:00Z"),
        ("2026-01-09T10:00:00+02:00", "2026-01-09T08:00:00Z"),
        ("2026-07-09 10:00 Europe/Berlin", "2026-07-09T08:00:00Z"),
        ("2026-01-09 10:00:30 America/New_York", "2026-01-09T15:00:30Z"),
        ("friday 17:00 Europe/Berlin", "2026-01-09T16:00:00Z"),
        ("Friday 17:00 Europe/Berlin", "2026-01-09T16:00:00Z"),
        ("next friday 17:00 Europe/Berlin", "2026-01-09T16:00:00Z"),
        # Today while the hour is ahead, else in a week; with next never today.
        ("thursday 11:01 Europe/Berlin", "2026-01-08T10:01:00Z"),
        ("thursday 11:00 Europe/Berlin", "2026-01-15T10:00:00Z"),
        ("next thursday 11:01 Europe/Berlin", "2026-01-15T10:01:00Z"),
        ("wednesday 09:00 UTC", "2026-01-14T09:00:00Z"),
        ("11:01 Europe/Berlin", "2026-01-08T10:01:00Z"),
        ("11:00 Europe/Berlin", "2026-01-09T10:00:00Z"),
        # It is Thursday evening in Tokyo already, and still Wednesday night in Honolulu.
        ("thursday 18:00 Asia/Tokyo", "2026-01-15T09:00:00Z"),
        ("thursday 01:00 Pacific/Honolulu", "2026-01-08T11:00:00Z"),
        # The clocks go from 02:00 to 03:00, and in autumn from 03:00 to 02:00.
        ("2026-03-29 02:30 Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("2026-10-25 02:30 Europe/Berlin", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_moment_is_what_its_words_mean(text: str, moment: str) -> None:
    assert rfc3339(parse_said(text, parse_rfc3339(NOW))) == moment


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("friday", "'friday' is no moment such as"),
        ("friday 17:00", "'friday 17:00' is no moment such as"),
        ("friday 17:00 Europe/Berlni", "'Europe/Berlni' is no time zone such as"),
        ("fryday 17:00 Europe/Berlin", "in full; did you mean 'friday'?"),
        ("friday 25:00 Europe/Berlin", "is no moment: hour must be in 0..23"),
        ("2026-02-30 10:00 Europe/Berlin", "is no moment: day is out of range for month"),
        ("0001-01-01 00:00 Asia/Tokyo", "is no moment in the years 0001 to 9999"),
        ("9999-12-31 23:59 America/New_York", "is no moment in the years 0001 to 9999"),
        ("tomorrow 10:00 UTC", "there is no day 'tomorrow'"),
        ("next 10:00 UTC", "is no moment such as"),
        ("", "is no moment such as"),
    ],
)
def test_what_is_none_says_why(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_said(text, parse_rfc3339(NOW))

    assert wrong in str(caught.value)


def test_without_a_now_only_what_says_its_day_is_a_moment() -> None:
    assert rfc3339(parse_said("2026-01-05 09:00 Europe/Berlin", None)) == "2026-01-05T08:00:00Z"
    for text in ("friday 17:00 Europe/Berlin", "17:00 Europe/Berlin"):
        with pytest.raises(ValueError, match="says no day"):
            parse_said(text, None)
