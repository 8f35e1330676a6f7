"""A story's copy finds its shared steps below itself, wherever they were: nested, quoted, in futures, named twice."""

from pathlib import Path

import pytest

from mockpsp.scenarios.language.copying import copied
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load

PAY = "takes: {}\nsteps:\n- {use: card.yaml, save: {card: card}}\n- {call: 'GET /cards/${card}'}\n"
CARD = (
    "takes: {}\nsteps:\n"
    "- {call: POST /cards, body: {number: '4242424242424242', exp_month: 1, exp_year: 2030}, save: {card: card.id}}\n"
)
STORY = """format: 1
name: The same steps in several places
steps:
  - {id: first, use: "shared/pay.yaml"}
  - id: both
    branch:
      a: [{use: shared/pay.yaml}]
      b: [{call: POST /invoices, body: {name: a, metadata: {use: ../no/file.yaml}}}]
"""


def write(folder: Path, text: str, beside: dict[str, str]) -> Path:
    for name, inside in {"story.yaml": text, **beside}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(inside, encoding="utf-8")
    return folder / "story.yaml"


def test_files_that_use_others_come_along_as_they_stand_to_each_other(tmp_path: Path) -> None:
    files = {"shared/pay.yaml": PAY, "shared/card.yaml": CARD}
    story = write(tmp_path / "here", STORY, files)

    text, beside = copied(story)

    assert text == story.read_text()
    assert beside == files
    assert len(load(write(tmp_path / "there", text, beside)).steps) == len(load(story).steps)


@pytest.mark.parametrize("path", library_paths(), ids=lambda path: path.stem)
def test_every_built_in_story_is_the_same_story_elsewhere(path: Path, tmp_path: Path) -> None:
    text, beside = copied(path)

    copy, story = load(write(tmp_path, text, beside)), load(path)

    assert [(one.id, one.verb, one.action) for one in copy.steps] == [
        (one.id, one.verb, one.action) for one in story.steps
    ]
