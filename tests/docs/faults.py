"""What faults on calls do, and what a client makes of them."""

from mockpsp.domain.faults import SIDES, STATUSES
from tests.docs.markdown import code, codes, table

#: What a fault does -> how it is written, what a client sees, and what a story expects as `transport`.
_WORDS = {
    "reset": ("reset", "The connection is reset.", "reset"),
    "stall": ("stall 30s", "Silence for that long, then the connection ends.", "stalled"),
    "status": ("status 503", f"Another answer, one of {', '.join(map(str, STATUSES))}.", "ok"),
    "truncate": ("truncate", "Half of the body, then the connection ends.", "cut"),
    "garble": ("garble", "All of the body's length, garbage from a third on.", "garbled"),
    "delay": ("delay 200ms", "The answer, later; `delay 50ms..400ms` is drawn between the two.", "ok"),
}


def faults() -> list[str]:
    """One row for each thing that a fault may do."""
    rows = [
        (code(_WORDS[word][0]), codes(sides), _WORDS[word][1], code(_WORDS[word][2])) for word, sides in SIDES.items()
    ]
    return table(("`do`", "`when`", "the client gets", "`transport` in a story"), rows)
