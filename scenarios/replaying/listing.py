"""Which stories there are, without playing them: by theme, with what is behind each and where that is told."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mockpsp.scenarios.language.library import theme_of
from mockpsp.scenarios.language.model import Scenario


def as_text(stories: Iterable[Scenario]) -> str:
    """One line a story under the theme or the folder that it is in, at the end how many there are."""
    by_folder: dict[str, list[Scenario]] = {}
    for story in stories:
        by_folder.setdefault(_folder(story), []).append(story)
    width = max((len(Path(one.path).stem) for each in by_folder.values() for one in each), default=0)
    lines: list[str] = []
    for folder, each in by_folder.items():
        lines.append(folder)
        lines += [f"  {Path(one.path).stem:<{width}}  {one.name}" for one in each]
    count = sum(map(len, by_folder.values()))
    return "\n".join([*lines, f"{count} {'story' if count == 1 else 'stories'}"])


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
