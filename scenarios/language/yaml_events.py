"""A YAML text as events: libyaml's, where it is there and sees what PyYAML's own parser sees, many times as fast.

The two differ in what they refuse, in what they say then, and in where they find what isn't written. PyYAML's own is
the one that counts, since a story must read the same on a machine without libyaml: it has the text whenever any of that
may matter. A test holds the two against each other.
"""

import re
from collections.abc import Iterator

import yaml

_Fast = getattr(yaml, "CSafeLoader", None)
#: Blanks, breaks and marks that only one of them takes at some places (PyYAML 6.0 with libyaml 0.2.5).
_TOLD_APART = re.compile("[\t\r\x85\u2028\u2029\ufeff]")


def events(text: str, most: int) -> Iterator[yaml.Event]:
    """The events, as far as they go; raises what PyYAML's own parser raises. A text with more than `most` is for it."""
    found = None if _Fast is None or _TOLD_APART.search(text) else _fast(text, most)
    return iter(found) if found is not None else yaml.parse(text, Loader=yaml.SafeLoader)


def _fast(text: str, most: int) -> list[yaml.Event] | None:
    """All events; None where the two parsers may differ."""
    found: list[yaml.Event] = []
    flows: list[bool] = []
    try:
        for event in yaml.parse(text, Loader=_Fast):  # type: ignore[arg-type]
            if isinstance(event, yaml.CollectionStartEvent):
                flows.append(bool(event.flow_style))
            elif isinstance(event, yaml.CollectionEndEvent):
                flows.pop()
            elif isinstance(event, yaml.ScalarEvent) and _is_told_apart(event, is_in_flow=any(flows)):
                return None
            found.append(event)
            if len(found) > most:
                return None
    except yaml.YAMLError:
        return None
    return found


def _is_told_apart(event: yaml.ScalarEvent, *, is_in_flow: bool) -> bool:
    """Where nothing is written, each parser has a place of its own for it; and one refuses `{a?b: c}`."""
    return not event.style and (not event.value or (is_in_flow and "?" in event.value))
