"""What a run shows: aims and figures side by side, blanks for what was not measured."""

import dataclasses
from typing import Any

import pytest

from tests.bench import kinds, recorded, report
from tests.bench.aims import AIMS, seen
from tests.bench.interpreter import build
from tests.bench.rates import Rate


def figures(*, capture: float = 210.0, cpu_us: float = 800.0, **run: Any) -> dict[str, Any]:
    """Of a run in which charges were answered 500 times a second; `run`: parts of it."""

    def rates(kind: str, per_second: float, cpu_us: float) -> list[dict[str, Any]]:
        return [dataclasses.asdict(Rate(kind, n, [per_second], cpu_us, 2.0, 7.0, 0.3)) for n in kinds.CONNECTIONS]

    interpreter = {"version": "CPython 3.11.7", "built": "without PGO"}
    return {
        "date": "2026-01-05",
        "version": "0.1.0",
        "is_quick": False,
        "stored": None,
        "machine": {"model": "A Processor", "cores": 2, "memory_gb": 4, "system": "Linux 6", "load_before": 0.1},
        "peer": {"name": "peer", "version": "1.0", "node": "v20"},
        "peer_rates": rates(kinds.CHARGE, 500.0, 300.0),
        "runs": [{"interpreter": interpreter, "rates": rates(kinds.CAPTURE, capture, cpu_us), **run}],
        "seconds": 10.0,
    }


def row(of: dict[str, Any], start: str) -> tuple[str, ...]:
    """The cells of the aim that begins so, after its name."""
    return next(tuple(cells[1:]) for cells in report.tables(of)[0].rows if cells[0].startswith(start))


def test_an_aim_stands_beside_its_figure() -> None:
    assert row(figures(capture=210.0), "capture, of the peer") == ("0.42 / 0.42", "0.38 / 0.38", "0.42 / 0.37", "met")


def test_an_aim_is_missed_when_one_of_its_numbers_is() -> None:
    assert row(figures(capture=200.0), "capture, of the peer")[-1] == "missed"


def test_a_rate_that_others_disturbed_may_be_met_by_processor_time() -> None:
    of = figures(capture=200.0, cpu_us=500.0)

    assert row(of, "capture, of the peer") == ("0.40 / 0.40", "0.60 / 0.60", "0.42 / 0.37", "met by CPU")


def test_an_upper_bound_is_met_from_below() -> None:
    memory = {"start_mb": 40.0, "loaded_mb": 90.4}

    assert row(figures(memory=memory), "resident") == ("90 MB", "-", "at most 90 MB", "met")
    assert row(figures(memory={**memory, "loaded_mb": 90.6}), "resident")[-1] == "missed"


def test_what_was_not_measured_is_left_blank() -> None:
    assert row(figures(starts=None), "first answer") == ("-", "-", "at most 1.50", "not measured")


def test_a_second_interpreter_stands_beside_the_first() -> None:
    one = figures()
    beside = figures(capture=250.0)["runs"][0] | {"interpreter": {"version": "CPython 3.13.0", "built": "with PGO"}}

    both = {**one, "runs": [*one["runs"], beside]}

    assert report.tables(both)[0].head[-1] == "CPython 3.13.0, with PGO"
    assert row(both, "capture, of the peer")[-1] == "0.50 / 0.50"


def test_steps_of_growth_say_what_became_of_them() -> None:
    step = {"what": "", "seconds": 1.0, "is_over": False, "last_to_first": None, "problem": ""}
    growth = {
        "count": 1_000,
        "limit_s": 20,
        "steps": [
            {**step, "last_to_first": 4.2},
            {**step, "seconds": 20, "is_over": True},
            {**step, "seconds": None},
            {**step, "problem": "was answered 400"},
        ],
    }

    table = next(one for one in report.tables(figures(growth=growth)) if one.title == "Many of a thing")

    assert [tuple(cells[1:]) for cells in table.rows] == [("1.00", "4.2"), ("over 20", ""), ("-", ""), ("refused", "")]


def test_a_text_shows_every_table_that_has_rows() -> None:
    text = report.text(figures())

    assert all(table.title in text for table in report.tables(figures()) if table.rows)
    assert "Many of a thing" not in text


def test_a_busy_load_generator_is_told() -> None:
    of = figures()
    of["peer_rates"][0]["busy"] = 0.9

    assert report.setting(of)[-1] == (
        "Load generator: busy for 90% of a processor at most: the fastest rates may be its own"
    )


def test_the_run_that_was_kept_is_a_whole_one() -> None:
    kept = recorded.run()
    first = seen(kept)[0]

    assert not kept["is_quick"]
    # What could not begin has no figure, such as a step of growth after one that took too long.
    late = ("settling 1,000 captures of one payment",)
    assert [aim.what for aim in AIMS if aim.figure(first) is None and aim.what not in late] == []


@pytest.mark.parametrize(
    ("options", "flag", "is_debian", "expected"),
    [
        ("'--enable-optimizations' '--with-lto'", "-fprofile-use", False, "with PGO and LTO"),
        ("'--prefix=/usr'", "", True, "with PGO, as Debian builds it"),
        ("'--enable-shared'", "-fprofile-use", False, "without PGO"),
        (None, None, False, "build unknown"),
    ],
)
def test_an_interpreter_says_how_it_was_built(
    options: str | None, flag: str | None, is_debian: bool, expected: str
) -> None:
    assert build({"CONFIG_ARGS": options, "PGO_PROF_USE_FLAG": flag}, is_debian=is_debian) == expected
