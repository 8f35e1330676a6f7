"""A replay's results as a table, as JSON and as JUnit XML."""

import json
from dataclasses import replace
from xml.etree import ElementTree

from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.matching import Difference
from mockpsp.scenarios.replaying.report import as_json, junit, table
from mockpsp.scenarios.replaying.runner import RunResult, StepResult

GOOD = RunResult(
    name="A refund settles",
    path="library/a.yaml",
    cell={"psp": "bank-debit"},
    steps=(StepResult("pay", "POST /invoices", 5),),
    steps_count=1,
    digest="0123456789abcdef",
    elapsed_ms=12,
)
BAD = RunResult(
    name="A refund <fails>",
    path="library/b.yaml",
    cell={},
    steps=(
        StepResult("pay", "POST /invoices", 5),
        StepResult(
            "refund", "POST /refunds", 9, (Difference("status", "2xx", "400"), Difference("body", "a", "\x00b"))
        ),
    ),
    steps_count=4,
    digest=None,
    elapsed_ms=1234,
)


def test_the_table_shows_each_run_and_under_a_failing_one_its_step_and_differences() -> None:
    assert table([GOOD, BAD]).splitlines() == [
        "ok    A refund settles [bank-debit]      1/1  0123456789ab  12 ms",
        "FAIL  A refund <fails>                   1/4  -             1234 ms",
        "      library/b.yaml:9: refund: POST /refunds",
        "        status",
        "          expected  2xx",
        "          got       400",
        "        body",
        "          expected  a",
        "          got       \x00b",
        "2 runs, 1 differed",
    ]


def test_the_table_of_good_runs_says_so() -> None:
    assert table([GOOD]).splitlines()[-1] == "1 run, all as expected"


def test_the_json_says_whether_all_is_well() -> None:
    assert [json.loads(as_json(results))["ok"] for results in ([GOOD], [GOOD, BAD])] == [True, False]


def test_the_json_holds_the_differences_of_each_step() -> None:
    document = json.loads(as_json([BAD]))

    assert document["runs"][0]["steps"][1]["differences"][0] == {"where": "status", "expected": "2xx", "actual": "400"}


def test_junit_has_a_suite_a_file_and_counts_failures() -> None:
    root = ElementTree.fromstring(junit([GOOD, BAD]))

    assert [(suite.get("name"), suite.get("failures")) for suite in root] == [
        ("library/a.yaml", "0"),
        ("library/b.yaml", "1"),
    ]


def test_junit_names_built_in_stories_by_their_place_in_the_library_and_says_when() -> None:
    path = library_paths()[0]
    root = ElementTree.fromstring(junit([replace(GOOD, path=str(path))], "2026-01-05T09:00:00"))

    place = f"library/{path.parent.name}/{path.name}"
    assert [(suite.get("name"), suite.get("timestamp")) for suite in root] == [(place, "2026-01-05T09:00:00")]
    assert [case.get("classname") for case in root.iter("testcase")] == [place]
    assert root.get("timestamp") == "2026-01-05T09:00:00"
    assert ElementTree.fromstring(junit([GOOD])).get("timestamp") is None


def test_junit_tells_the_first_difference_and_replaces_what_xml_cannot_hold() -> None:
    failure = ElementTree.fromstring(junit([BAD])).find(".//failure")

    assert failure is not None
    assert failure.get("message") == "refund: status: expected 2xx, got 400"
    assert "got       \N{REPLACEMENT CHARACTER}b" in (failure.text or "")
