"""Stories read by what takes YAML to be 1.1, as the documentation says of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from mockpsp.scenarios.language import schema
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import loads

VALIDATOR = Draft202012Validator(schema.schema())
_ON = re.compile(r"(?<=[{,\s])on:(?=\s)")
LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
STORIES = [path for path in library_paths() if _ON.search(path.read_text())]


def keys(read: Any) -> Iterator[Any]:
    """Every key of what was read."""
    for key, value in read.items() if isinstance(read, dict) else ():
        yield key
        yield from keys(value)
    for value in read if isinstance(read, list) else ():
        yield from keys(value)


def test_there_are_stories_whose_key_another_reader_takes_for_true() -> None:
    read = [yaml.load(path.read_text(), LOADER) for path in STORIES]

    assert sum(True in keys(story) for story in read) > 40


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_with_the_key_quoted_a_story_is_the_same_to_every_reader(path: Path) -> None:
    quoted = _ON.sub('"on":', path.read_text())
    read = yaml.load(quoted, LOADER)

    assert all(isinstance(key, str) for key in keys(read))
    assert list(VALIDATOR.iter_errors(read)) == []
    assert loads(quoted.encode(), path).steps == loads(path.read_bytes(), path).steps
