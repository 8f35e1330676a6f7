"""Which stories there are, without playing them: by theme, with what is behind each and where that is told."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mockpsp.scenarios.language.library import theme_of
from mockpsp.scenarios.language.model import Scenario


def as_text(stories: Iterable[Scenario]) -> str:
    """One line a story under the theme or the folder that it is in, at the end how many there are."""
    found = by_folder(stories)
    told = [one for each in found.values() for one in each]
    width = max((len(Path(one.path).stem) for one in told), default=0)
    lines: list[str] = []
    for folder, each in found.items():
        lines.append(folder)
        lines += [f"  {Path(one.path).stem:<{width}}  {one.name}" for one in each]
    return "\n".join([*lines, counted(told)])


def by_folder(stories: Iterable[Scenario]) -> dict[str, list[Scenario]]:
    """The stories by the theme or the folder that they are in."""
    found: dict[str, list[Scenario]] = {}
    for story in stories:
        found.setdefault(_folder(story), []).append(story)
    return found


def counted(stories: Sequence[Scenario]) -> str:
    """How many there are."""
    return "1 story" if len(stories) == 1 else f"{len(stories)} stories"


def as_json(stories: Iterable[Scenario]) -> str:
    """The same as one JSON document, with what is behind each story and where that is told."""
    return json.dumps({"stories": [_story(one) for one in stories]}, ensure_ascii=False, indent=2)


def _story(story: Scenario) -> dict[str, Any]:
    return {
        "name": story.name,
        "path": story.path,
        "theme": theme_of(Path(story.path)) or None,
        "about": story.about,
        "sources": [
            {"choice": one.choice} if one.choice else {"title": one.title, "url": one.url} for one in story.sources
        ],
        "tags": list(story.tags),
        "runs_count": len(story.cells()),
    }


def _folder(story: Scenario) -> str:
    return theme_of(Path(story.path)) or str(Path(story.path).parent)
