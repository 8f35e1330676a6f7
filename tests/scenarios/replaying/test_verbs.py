"""What the steps of a story do."""

from mockpsp.scenarios.language.verbs import VERBS
from mockpsp.scenarios.replaying.verbs import _PERFORM


def test_every_verb_that_can_be_read_can_be_performed() -> None:
    assert list(_PERFORM) == list(VERBS)
