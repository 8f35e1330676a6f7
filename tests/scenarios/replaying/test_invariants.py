"""What must hold after every step."""

from mockpsp.scenarios.language.model import INVARIANTS
from mockpsp.scenarios.replaying.invariants import AMOUNT_INVARIANTS, BOOK_INVARIANTS


def test_every_invariant_that_can_be_named_is_one() -> None:
    assert (*BOOK_INVARIANTS, *AMOUNT_INVARIANTS) == INVARIANTS
