"""Advancing the clock to a moment as people say it."""

import pytest

from mockpsp.sandbox_client import Sandbox


def test_time_moves_to_a_day_of_the_week_in_a_zone(mockpsp: Sandbox) -> None:
    # It is Thursday, the first of January 2026.
    moved = mockpsp.post("/sandbox/clock/advance", {"to": "next thursday 17:00 Europe/Berlin"})

    assert moved["clock"]["now"] == "2026-01-08T16:00:00Z"


def test_the_longest_zone_there_is_fits(mockpsp: Sandbox) -> None:
    moved = mockpsp.post("/sandbox/clock/advance", {"to": "next wednesday 17:00:00 America/Argentina/ComodRivadavia"})

    assert moved["clock"]["now"] == "2026-01-07T20:00:00Z"


@pytest.mark.parametrize(
    ("to", "wrong"),
    [
        ("friday 17:00 Europe/Berlni", "to: 'Europe/Berlni' is no time zone"),
        ("fryday 17:00 Europe/Berlin", "there is no day 'fryday'"),
        ("2025-12-01 09:00 Europe/Berlin", "is before now, 2026-01-01T00:00:00Z; time never goes back"),
    ],
)
def test_what_is_no_moment_is_refused(mockpsp: Sandbox, to: str, wrong: str) -> None:
    refused = mockpsp.call("POST", "/sandbox/clock/advance", {"to": to})

    assert refused.status_code == 400
    assert wrong in refused.json()["message"]
