"""libyaml's events are those of PyYAML's own parser, on all stories and on what becomes of them by mistyping."""

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from mockpsp.scenarios.language import yaml_events
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.nodes import NODES_MAX

TEXTS = [path.read_text("utf-8") for path in library_paths()]
#: What is mistyped, among it all that YAML gives a meaning.
_TYPED = st.text(st.sampled_from("\t\r\n :-#?!&*|>'\"%@`{}[],~=<\\/.aZ0é\u2028\x85\ufeff"), min_size=1, max_size=3)


def own(text: str) -> list[object] | None:
    """What PyYAML's own parser makes of a text; None where it refuses it."""
    try:
        return told(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return None


def told(events: object) -> list[object]:
    """What the tree is made of."""
    return [
        (
            type(event).__name__,
            *(getattr(event, name, None) for name in ("value", "tag", "anchor")),
            bool(getattr(event, "style", None)),
            (event.start_mark.line, event.start_mark.column) if not isinstance(event, _ENDS) else None,
        )
        for event in events  # type: ignore[attr-defined]
    ]


_ENDS = (yaml.CollectionEndEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_story_is_read_the_fast_way_and_the_same(text: str) -> None:
    if yaml_events._Fast is not None:
        assert yaml_events._fast(text, NODES_MAX) is not None

    assert told(yaml_events.events(text, NODES_MAX)) == own(text)


@st.composite
def mistyped(draw: st.DrawFn) -> str:
    """Some lines of a story in which a few characters were left out or typed."""
    lines = draw(st.sampled_from(TEXTS)).splitlines(keepends=True)
    first = draw(st.integers(0, len(lines) - 1))
    text = "".join(lines[first : first + draw(st.integers(1, 12))])
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(_TYPED | st.just("")) + text[at + draw(st.integers(0, 2)) :]
    return text


@given(mistyped())
@example("a: {b?c: d}")
@example("a: b\tc")
@example("a:")
@example("a: [")
def test_what_is_mistyped_is_read_the_same_or_left_to_the_slow_way(text: str) -> None:
    try:
        found = told(yaml_events.events(text, NODES_MAX))
    except yaml.YAMLError:
        found = None

    assert found == own(text)


def test_a_text_with_too_much_in_it_is_for_the_slow_way() -> None:
    found = yaml_events.events("[a, b, c]", 3)

    assert not isinstance(found, list)
    assert told(found) == own("[a, b, c]")
