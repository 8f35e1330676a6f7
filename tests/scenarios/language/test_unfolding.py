"""Steps that stand for others: `repeat` and `use`, what is put into them, and what is wrong by file and place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.loader import discover, load
from mockpsp.scenarios.language.model import Scenario, Step
from mockpsp.scenarios.language.verbs import Call

Make = Callable[..., Scenario]
Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"
PAY = (
    "format: 1\nname: A card pays\n"
    "takes: {amount: null, currency: EUR, expect: {status: 200}}\n"
    "steps:\n"
    "- {id: card, call: POST /cards, body: {number: '4242'}, save: {card: card.id}}\n"
    "- id: pay\n"
    "  call: POST /invoices\n"
    '  body: {amount: "${amount}", currency: "${currency}", name: "for ${amount} ${currency}", order_id: "${card}"}\n'
    "  save: {iv: invoice.id}\n"
    '  expect: "${expect}"\n'
)


def steps_of(folder: Path, story: str, **files: str) -> tuple[Step, ...]:
    """The steps of a story beside the files that it uses."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "story.yaml").write_text(HEAD + story, encoding="utf-8")
    return load(folder / "story.yaml").steps


def problems_of(folder: Path, story: str, **files: str) -> list[str]:
    """What is wrong, with the file's name, line and column."""
    with pytest.raises(ScenarioErrors) as caught:
        steps_of(folder, story, **files)
    return [str(one).replace(f"{folder}/", "") for one in caught.value.problems]


def test_a_step_is_repeated_with_its_number_in_it(story: Make) -> None:
    steps = story(
        "- id: part\n  repeat: 3\n  call: POST /cards\n  key: part-${n}\n"
        '  body:\n    name: "${n}.00"\n    exp_year: ${n}\n'
        '- {id: "again-${n}", repeat: 2, call: GET /cards}\n'
        "- {repeat: 1, call: GET /cards}"
    ).steps

    assert [step.id for step in steps] == ["part-1", "part-2", "part-3", "again-1", "again-2", "step-3-1"]
    assert steps[2].action == Call("POST", "/cards", body={"name": "3.00", "exp_year": 3}, key="part-3")


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("{repeat: 0, call: GET /invoices}", "how often a step is repeated (1 to 100) is wanted here, not '0'"),
        ("{repeat: 101, call: GET /invoices}", "how often a step is repeated (1 to 100) is wanted here, not '101'"),
        ("{repeat: '3', call: GET /invoices}", "how often a step is repeated (1 to 100) is wanted here, not '3'"),
        ("{repeat: 9, call: GET /invoices, expekt: {}}", "unknown key 'expekt'"),
        ("{repeat: 9, call: 'GET /cards/${m}'}", "${m} is not saved before this"),
        ("{call: 'GET /cards/${n}'}", "${n} is not saved before this"),
        ("repeat: 2\n  call: POST /invoices\n  body:\n    amount: ${n}", "unquoted money"),
        ("{repeat: 2, end: {max: 3d}}", "nothing runs after `end`"),
    ],
)
def test_what_is_wrong_with_a_repeated_step_is_told_once(problems: Find, step: str, problem: str) -> None:
    found = problems(f"{HEAD}- {step}\n")

    assert problem in found[0]
    assert len([one for one in found if one.split(": ", 1)[1] == found[0].split(": ", 1)[1]]) == 1


def test_no_more_steps_are_made_than_are_replayed(problems: Find) -> None:
    found = problems(HEAD + "- {repeat: 100, call: GET /invoices}\n" * 6)

    assert found == ["9:3: 500 steps up to here, at most as many are replayed"]


def test_shared_steps_have_what_they_are_given_and_save_what_is_asked_for(tmp_path: Path) -> None:
    card, pay, look = steps_of(
        tmp_path,
        '- {id: first, use: pay.yaml, with: {amount: "10.00"}, save: {order: iv}}\n- call: GET /invoices/${order}\n',
        pay=PAY,
    )

    assert [card.id, pay.id, look.id] == ["first.card", "first.pay", "step-2"]
    assert (card.file, pay.line, look.file) == (str(tmp_path / "pay.yaml"), 6, "")
    assert pay.save == {"order": "invoice.id"}
    assert pay.action.body["name"] == "for 10.00 EUR"
    assert pay.action.body["order_id"] == "${card_of_first}"
    assert pay.expect.status == 200


def test_used_twice_they_keep_their_own_names_apart(tmp_path: Path) -> None:
    steps = steps_of(
        tmp_path,
        '- {repeat: 2, use: pay.yaml, with: {amount: "${n}.00", expect: {status: 400}}, save: {order: iv}}\n'
        "- call: GET /invoices/${order}\n",
        pay=PAY,
    )

    assert [step.id for step in steps[:4]] == ["step-1-1.card", "step-1-1.pay", "step-1-2.card", "step-1-2.pay"]
    assert [steps[1].action.body["amount"], steps[3].action.body["amount"]] == ["1.00", "2.00"]
    assert steps[3].action.body["order_id"] == "${card_of_step_1_2}"
    assert steps[3].expect.status == 400


def test_what_a_step_that_uses_is_limited_to_goes_for_all_of_its_steps(tmp_path: Path) -> None:
    source = HEAD.replace("steps:", "matrix: {psp: [wallet, bnpl], kind: [a, b]}\nsteps:")
    (tmp_path / "look.yaml").write_text(
        "takes: {}\nsteps:\n- {call: GET /invoices}\n- {call: GET /cards, only: {kind: a}}\n", encoding="utf-8"
    )
    (tmp_path / "story.yaml").write_text(f"{source}- {{use: look.yaml, only: {{psp: wallet}}}}\n", encoding="utf-8")

    first, second = load(tmp_path / "story.yaml").steps

    assert (first.only, second.only) == ({"psp": ("wallet",)}, {"psp": ("wallet",), "kind": ("a",)})


def test_files_may_use_others_in_their_folders(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "card.yaml").write_text(
        "takes: {}\nsteps:\n- {id: make, call: POST /cards, save: {made: card.id}}\n", encoding="utf-8"
    )
    steps = steps_of(
        tmp_path,
        "- {id: pay, use: shared/pay.yaml, save: {c: card}}\n- call: GET /cards/${c}\n",
        **{"shared/pay": "takes: {}\nsteps:\n- {id: of, use: ../shared/card.yaml, save: {card: made}}\n"},
    )

    assert [(step.id, step.save) for step in steps] == [("pay.of.make", {"c": "card.id"}), ("step-2", {})]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("{use: pay.yaml}", "story.yaml:4:3: use: pay.yaml takes amount; give it by `with`"),
        ('{use: pay.yaml, with: {amout: "1"}}', "unknown key 'amout' in with of pay.yaml (nearest known: amount)"),
        ("{use: pay.yaml, with: {amount: 100}}", "story.yaml:4:34: unquoted money; money is a quoted string"),
        (
            '{use: pay.yaml, with: {amount: ["1"]}}',
            "pay.yaml:8:62: ${amount} is a list or a mapping here, and stands in",
        ),
        (
            '{use: pay.yaml, with: {amount: "1"}, save: {c: crad}}',
            "unknown name saved in pay.yaml 'crad' (nearest known",
        ),
        ('{use: pay.yaml, with: {amount: "1"}, expect: {status: 200}}', "unknown key 'expect' in a step that does use"),
        ('{use: pay.yaml, with: {amount: "${total}"}}', "story.yaml:4:34: ${total} is not saved before this"),
        ("{use: gone.yaml}", "use: there is no file gone.yaml"),
        ("{use: ../pay.yaml}", "use: '../pay.yaml' leaves the folder of the story"),
        ("{use: /etc/pay.yaml}", "use: '/etc/pay.yaml' is no path such as shared/pay.yaml, seen from story.yaml"),
        ("{use: pay.txt}", "use: 'pay.txt' is no path such as shared/pay.yaml, seen from story.yaml"),
        ("{use: story.yaml}", "use: story.yaml comes to itself again: story.yaml uses story.yaml"),
        ("{use: round.yaml}", "round.yaml:3:9: use: round.yaml comes to itself again: story.yaml uses round.yaml uses"),
        ("{use: bad.yaml}", "bad.yaml:3:10: ${total} is neither taken nor saved in this file"),
        ("{use: untaken.yaml}", "untaken.yaml:1:1: a file of shared steps needs takes"),
        ("{uze: pay.yaml}", "no verb in this step"),
    ],
)
def test_what_is_wrong_has_its_file_and_place(tmp_path: Path, step: str, problem: str) -> None:
    found = problems_of(
        tmp_path,
        f"- {step}\n",
        pay=PAY,
        round="takes: {}\nsteps:\n- {use: round.yaml}\n",
        bad="takes: {}\nsteps:\n- {call: 'GET /cards/${total}'}\n",
        untaken="steps:\n- {call: GET /invoices}\n",
    )

    assert any(problem in one for one in found), found


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("takes: {}\nsteps:\n- {call: GET /invoices}\n", encoding="utf-8")
    folder = tmp_path / "stories"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")

    (found,) = problems_of(folder, "- {use: link.yaml}\n")

    assert "leaves the folder of the story" in found


def test_files_that_use_each_other_twice_over_come_to_an_end(tmp_path: Path) -> None:
    files = {f"f{i}": f"takes: {{}}\nsteps:\n- {{repeat: 100, use: f{i + 1}.yaml}}\n" for i in range(7)}
    found = problems_of(tmp_path, "- {use: f0.yaml}\n", **files, f7="takes: {}\nsteps:\n- {call: GET /invoices}\n")

    assert "500 steps up to here" in found[0]


def test_a_file_of_shared_steps_is_no_story(tmp_path: Path) -> None:
    steps_of(tmp_path, '- {use: pay.yaml, with: {amount: "1"}}\n', pay=PAY.replace("save: {iv: invoice.id}", "key: k"))

    assert discover([tmp_path]) == [tmp_path / "story.yaml"]
    with pytest.raises(ScenarioErrors, match="3:1: a file that takes something has shared steps"):
        load(tmp_path / "pay.yaml")


def test_what_is_asked_for_and_not_used_is_warned_of_and_what_nobody_asked_for_is_not(tmp_path: Path) -> None:
    steps_of(tmp_path, '- {use: pay.yaml, with: {amount: "1"}, save: {c: iv}}\n', pay=PAY)

    (warning,) = load(tmp_path / "story.yaml").warnings

    assert str(warning).endswith("story.yaml:4:47: warning: c is saved but never used")
