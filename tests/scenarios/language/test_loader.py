"""The strict reading of scenario files: what is refused, where, and with which hint."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import discover, load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.language.nodes import SIZE_MAX_BYTES
from mockpsp.scenarios.language.verbs import Call

Find = Callable[[str | bytes], list[str]]
Make = Callable[..., Scenario]

HEAD = "format: 1\nname: A story\n"
CALL = "- call: POST /invoices\n"
#: What takes any body.
ANY = "- call: DELETE /invoices/a\n"


#: Plain scalars that are something else than their text to some version of YAML.
SURPRISES = [
    *("NO", "no", "y", "On", "TRUE", "Null", "~", "=", ".inf", ".NaN", "2026-01-05", "2026-01-05T09:00:00Z"),
    *("1e3", "1.50", ".5", "0x1F", "017", "1_000", "+1", "12:30:45"),
]


def steps(text: str, head: str = "") -> str:
    return f"{HEAD}{head}steps:\n{text}"


def test_a_good_file_has_no_problem(problems: Find) -> None:
    assert problems(steps("- {call: GET /invoices}\n")) == []


def test_an_unknown_key_is_named_with_its_place_and_the_nearest_known_name(problems: Find) -> None:
    source = steps(CALL + "  expekt: {status: 200}\n")

    assert problems(source) == [
        "5:3: unknown key 'expekt' in a step that does call (nearest known: expect)",
    ]


def test_all_problems_of_a_file_are_told_at_once(problems: Find) -> None:
    source = "format: 2\nnam: x\nsteps:\n- {call: GET /cards, only: {psp: a}}\n- {end: {maks: 3d}}\n"

    assert problems(source) == [
        "1:1: a scenario needs name",
        "1:9: format 1 is the only one there is",
        "2:1: unknown key 'nam' in a scenario (nearest known: name)",
        "4:29: unknown key 'psp' in only",
        "5:10: unknown key 'maks' in end (nearest known: max)",
    ]


def test_a_duplicate_key_names_the_line_of_the_first(problems: Find) -> None:
    assert problems(steps(CALL + "  key: a\n  key: b\n")) == [
        "6:3: the key 'key' stands here twice (first on line 5)",
    ]


@pytest.mark.parametrize("value", SURPRISES)
def test_a_plain_scalar_that_yaml_may_read_otherwise_is_refused(problems: Find, value: str) -> None:
    found = problems(steps(ANY + f"  body:\n    country_code: {value}\n"))

    assert len(found) == 1
    assert found[0].startswith("6:19: ")


def test_a_key_with_nothing_behind_it_is_refused(problems: Find) -> None:
    source = steps(ANY + "  body: {zip: }\n")

    assert problems(source) == ['5:14: an empty value: nothing stands here; write null or ""']


def test_the_same_scalar_in_quotes_is_a_text(story: Make) -> None:
    scenario = story('- {call: DELETE /invoices/a, body: {country_code: "NO", exponent: "1e3"}}')

    assert scenario.steps[0].action == Call("DELETE", "/invoices/a", body={"country_code": "NO", "exponent": "1e3"})


def test_true_null_and_whole_numbers_are_json(story: Make) -> None:
    scenario = story("- {call: DELETE /invoices/a, body: {is_used: true, zip: null, exp_year: 2030}}")

    assert scenario.steps[0].action.body == {"is_used": True, "zip": None, "exp_year": 2030}


def test_a_whole_number_under_a_money_key_is_unquoted_money(problems: Find) -> None:
    assert problems(steps(CALL + "  body: {amount: 100}\n")) == [
        '5:18: unquoted money; money is a quoted string: amount: "100"',
    ]


def test_the_bound_of_a_matcher_on_money_is_money(problems: Find) -> None:
    source = steps(CALL + "  expect: {body: {invoice: {amount: {$gt: 100}}}}\n")

    assert problems(source) == [
        '5:43: unquoted money; money is a quoted string: amount: "100"',
    ]


def test_an_amount_in_the_books_needs_its_currency(problems: Find) -> None:
    source = steps(CALL + '  expect: {ledger: {balances: {"income:sales": "98.35"}}}\n')

    assert problems(source) == [
        "5:48: an amount with its currency, such as 98.35 EUR, is wanted here, not '98.35'",
    ]


def test_a_name_used_before_it_is_saved_is_refused_with_the_nearest_one(problems: Find) -> None:
    source = steps(
        "- {call: POST /cards, save: {card: card.id}}\n"
        '- {call: DELETE /invoices/a, body: {source: "${cart}", other: "${card}"}}\n'
    )

    assert problems(source) == ["5:45: ${cart} is not saved before this (nearest known: card)"]


def test_a_name_saved_only_in_other_cells_is_refused(problems: Find) -> None:
    source = steps(
        "- {call: POST /cards, save: {card: card.id}, only: {psp: bnpl}}\n- {call: 'GET /cards/${card}'}\n",
        "matrix: {psp: [bnpl, card-async]}\n",
    )

    assert problems(source) == ["6:10: ${card} is not saved before this"]


def test_a_saved_name_nobody_uses_is_warned_of(story: Make) -> None:
    scenario = story("- {call: POST /cards, save: {card: card.id}}")

    assert [str(one) for one in scenario.warnings] == ["a-story.yaml:5:30: warning: card is saved but never used"]


def test_a_name_saved_by_a_matcher_counts_as_saved(problems: Find) -> None:
    source = steps(
        "- {call: GET /cards, expect: {body: {count: {$save: first}}}}\n"
        "- {call: GET /cards, expect: {body: {count: {$same_as: first}}}}\n"
    )

    assert problems(source) == []


def test_a_placeholder_is_a_name_and_no_expression(problems: Find) -> None:
    assert problems(steps('- {call: DELETE /invoices/a, body: {a: "${1 + 1}"}}\n')) == [
        "4:40: ${1 + 1} isn't a name: letters, digits and _ only, and no expressions",
    ]


def test_two_verbs_in_a_step_are_one_too_many(problems: Find) -> None:
    assert problems(steps("- {call: GET /cards, advance: {by: 3d}}\n"))[0] == "4:22: one verb a step: call and advance"


def test_a_misspelt_verb_is_answered_with_the_nearest(problems: Find) -> None:
    found = problems(steps("- {advanse: {by: 3d}}\n"))

    known = "call, together, branch, advance, simulate, fault, deliver, reconcile, end, use (nearest known: advance)"
    assert f"no verb in this step; there are {known}" in found[0]


def test_a_bare_expectation_is_a_step(problems: Find) -> None:
    assert problems(steps("- expect: {ledger: {balances: {'income:sales': 0 EUR}}}\n")) == []


def test_a_bare_expectation_has_no_answer_to_look_at(problems: Find) -> None:
    assert problems(steps("- expect: {status: 200}\n")) == [
        "4:3: a step that only looks has no answer: status, body, headers and transport need a call",
    ]


def test_an_unknown_move_of_the_world_is_answered_with_the_nearest(problems: Find) -> None:
    assert problems(steps("- {simulate: refund.fails, on: x}\n")) == [
        "4:14: unknown move 'refund.fails' (nearest known: refund.fail)",
    ]


def test_an_unknown_matcher_is_answered_with_the_nearest(problems: Find) -> None:
    assert problems(steps(CALL + "  expect: {body: {message: {$mach: x}}}\n")) == [
        "5:29: unknown matcher $mach (nearest known: $match)",
    ]


def test_a_regular_expression_is_checked_when_it_is_read(problems: Find) -> None:
    found = problems(steps(CALL + "  expect: {body: {message: {$match: 'tr_['}}}\n"))

    assert found[0].startswith("5:37: not a pattern that $match knows: a [ without its ]")


def test_a_webhook_to_an_unknown_receiver_is_refused(problems: Find) -> None:
    source = steps("- expect: {webhooks: [{to: shpo}]}\n", "receivers: {shop: {url: sink}}\n")

    assert problems(source) == ["5:28: no receiver is named 'shpo' (nearest known: shop)"]


def test_every_value_of_the_axis_has_an_expectation(problems: Find) -> None:
    source = steps(CALL + "  expect: {by: psp, bnpl: {status: 200}}\n", "matrix: {psp: [bnpl, card-async]}\n")

    assert problems(source) == ["6:16: by psp: nothing is expected of card-async"]


def test_a_part_is_not_expected_twice(problems: Find) -> None:
    source = steps(CALL + "  expect: {by: psp, status: 200, bnpl: {status: 400}}\n", "matrix: {psp: [bnpl]}\n")

    assert problems(source) == ["6:40: status is expected here and of all cells"]


def test_nothing_runs_after_the_end(problems: Find) -> None:
    assert problems(steps("- {end: {}}\n" + CALL)) == ["5:3: nothing runs after `end`"]


def test_an_id_is_taken_once(problems: Find) -> None:
    assert problems(steps("- {id: a, call: GET /cards}\n- {id: a, call: GET /cards}\n")) == [
        "5:3: the id a is taken by an earlier step",
    ]


def test_an_alias_is_refused(problems: Find) -> None:
    source = steps("- {call: DELETE /invoices/a, body: &a {b: c}}\n- {call: DELETE /invoices/a, body: *a}\n")

    assert problems(source) == [
        "4:36: the anchor &a: anchors are not read",
        "5:36: the alias *a: aliases are not read, write the value out",
    ]


def test_a_tag_is_refused_and_runs_nothing(problems: Find) -> None:
    found = problems(steps("- {call: DELETE /invoices/a, body: !!python/object/apply:os.getcwd []}\n"))

    assert found == ["4:36: the tag tag:yaml.org,2002:python/object/apply:os.getcwd: tags are not read"]


def test_a_merge_key_is_refused(problems: Find) -> None:
    assert problems(steps("- {call: DELETE /invoices/a, body: {<<: {a: b}}}\n")) == [
        "4:37: merge keys are not read, write the values out",
    ]


def test_a_second_document_is_refused(problems: Find) -> None:
    found = problems(steps(CALL) + "---\nformat: 1\n")

    assert found == ["5:1: a second document; a file holds one story"]


def test_broken_yaml_is_one_problem_with_its_place(problems: Find) -> None:
    assert problems("format: 1\nname: [a, b\nsteps: []\n") == [
        "3:6: not YAML: expected ',' or ']', but got ':'",
    ]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (b"", "1:1: the file is empty"),
        (b"# only a comment\n", "1:1: the file is empty"),
        (b"- a\n", "1:1: a scenario is a mapping, not a list"),
        (b"format: 1\nname: \xff\n", "2:1: not UTF-8"),
        (b"format: 1\nname: a\x00b\n", "2:1: not YAML: special characters are not allowed"),
        (b"x: " + b"[" * 5000, "1:35: nested deeper than 32"),
        (
            b"#" * (SIZE_MAX_BYTES + 1),
            f"1:1: the file has {SIZE_MAX_BYTES + 1} bytes, at most {SIZE_MAX_BYTES} are read",
        ),
    ],
)
def test_a_file_that_holds_no_story_says_why(problems: Find, source: bytes, what: str) -> None:
    assert problems(source)[0] == what


def test_a_whole_number_beyond_all_bounds_is_refused(problems: Find) -> None:
    found = problems(steps(ANY + f"  body: {{exp_year: {'9' * 5000}}}\n"))

    assert found == ["5:20: a number of more than 18 digits; quote the text"]


def test_a_matrix_makes_every_combination(story: Make) -> None:
    scenario = story("- call: GET /cards", "matrix: {psp: [a, b], currency: [EUR, JPY]}")

    assert scenario.cells() == (
        {"psp": "a", "currency": "EUR"},
        {"psp": "a", "currency": "JPY"},
        {"psp": "b", "currency": "EUR"},
        {"psp": "b", "currency": "JPY"},
    )


def test_a_story_without_a_matrix_has_one_cell(story: Make) -> None:
    assert story("- call: GET /cards").cells() == ({},)


def test_a_missing_file_is_a_problem_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors, match=r"gone\.yaml:1:1: can't be read"):
        load(tmp_path / "gone.yaml")


def test_discovery_walks_folders_and_takes_each_file_once(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    first, second = inner / "a.yaml", tmp_path / "b.yml"
    for path in (first, second, tmp_path / "notes.txt"):
        path.write_text("", encoding="utf-8")

    assert discover([tmp_path, second]) == [second, first]


def test_discovery_of_nothing_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors, match=r"no \.yaml file in this folder"):
        discover([tmp_path])


@pytest.mark.parametrize("path", library_paths(), ids=lambda path: path.stem)
def test_every_story_of_the_library_loads(path: Path) -> None:
    assert load(path).name


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ("captures_max: many", "3:51: psps.north: captures_max: is 'many'; it must be a whole number or \"unlimited\""),
        ("capturs_max: 3", "3:50: psps.north: capturs_max: no such fact; did you mean 'captures_max'?"),
        (
            'fees: {capture: {rat: "1%"}}',
            "3:59: psps.north: fees.capture.rat: no such part; did you mean 'rate'?",
        ),
        (
            "refund_not_before: 7d, refund_window: 3d",
            "3:75: psps.north: refund_window: is 3d, and refund_not_before is",
        ),
    ],
)
def test_a_wrong_fact_of_an_inline_psp_is_told_with_its_place(problems: Find, facts: str, problem: str) -> None:
    found = problems(steps("- {call: GET /invoices}\n", f"psps: {{north: {{like: card-flexible, {facts}}}}}\n"))

    assert len(found) == 1
    assert found[0].startswith(problem)


def test_an_inline_psp_like_one_that_only_the_server_knows_is_the_servers_to_judge(story: Make) -> None:
    scenario = story("- call: GET /invoices", "psps: {north: {like: our-acquirer, captures_max: 3}}")

    assert scenario.psps == {"north": {"like": "our-acquirer", "captures_max": 3}}


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ("- advance: {until: {event: transaction.capturd}}\n", "4:28"),
        (CALL + "  expect: {events: [transaction.capturd]}\n", "5:21"),
        (CALL + "  expect: {events: [{name: transaction.capturd, count: 0}]}\n", "5:28"),
    ],
)
def test_an_event_nobody_fires_is_a_problem_with_the_nearest_name(problems: Find, part: str, place: str) -> None:
    found = problems(steps(part))

    assert found == [f"{place}: there is no event 'transaction.capturd'; did you mean 'transaction.captured'?"]


def test_events_in_webhooks_and_topics_are_held_to_the_known_ones(problems: Find) -> None:
    webhook = "  expect: {webhooks: [{to: shop, count: 0, body: {event_type: transaction.refundd}}]}\n"
    receivers = "receivers: {shop: {url: sink, topics: [customer.create, plan.created]}}\n"

    found = problems(receivers + steps(CALL + webhook))

    assert [problem.partition(": ")[2] for problem in found] == [
        "there is no event 'customer.create'; did you mean 'customer.created'?",
        "there is no event 'transaction.refundd'; did you mean 'transaction.refunded'?",
    ]


def test_an_event_that_a_matcher_or_a_name_stands_for_is_taken(problems: Find) -> None:
    webhook = "  expect: {webhooks: [{to: shop, body: {event_type: {$match: 'transaction.*'}}}]}\n"
    saved = "- {call: GET /events, save: {one: events.0.name}}\n- {advance: {until: {event: '${one}'}}}\n"

    assert problems("receivers: {shop: {url: sink}}\n" + steps(CALL + webhook + saved)) == []


@pytest.mark.parametrize(
    ("ledger", "place", "why"),
    [
        ("balances: {'incom:refunds': 0 EUR}", "5:32", "no account 'incom:refunds'; did you mean 'income:refunds'?"),
        ("delta: {'income:refund': [0 EUR]}", "5:29", "no account 'income:refund'; did you mean 'income:refunds'?"),
        ("postings: [{debit: income:sale}]", "5:40", "no account 'income:sale'; did you mean 'income:sales'?"),
        ("balances: {'income:refunds': 0 EUO}", "5:50", "no currency 'EUO'"),
    ],
)
def test_accounts_and_currencies_that_never_are_are_problems(problems: Find, ledger: str, place: str, why: str) -> None:
    found = problems(steps(CALL + f"  expect: {{ledger: {{{ledger}}}}}\n"))

    assert len(found) == 1
    assert found[0].startswith(f"{place}: there is {why}")


def test_an_account_that_a_name_stands_for_is_taken(problems: Find) -> None:
    ledger = "  expect: {ledger: {balances: {'assets:psp:${psp}:pending': 0 EUR}}}\n"

    assert problems(steps(CALL + ledger, "matrix: {psp: [wallet]}\n")) == []
