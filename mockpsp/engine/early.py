"""Deliveries that reach their receivers before the call that caused them has answered: which are under way.

From the commit that queued them they belong to their call, so that neither an advance nor the wall's driver sends them
as well. It is remembered here alone: after a kill they are ordinary deliveries. Read timeline.py next.
"""

import threading
from collections.abc import Callable, Collection
from typing import NamedTuple

from mockpsp.engine.universes import UniverseTx


class Early(NamedTuple):
    """What one call has to deliver: numbers of deliveries, in order."""

    no: int
    generation: int
    seqs: tuple[int, ...]


class EarlyPosts:
    """The deliveries that calls under way make themselves. All of it under the timeline's guard."""

    def __init__(self, guard: threading.Condition) -> None:
        self._guard = guard
        #: Universe -> number of a delivery -> whether the universe's clock is manual.
        self._seqs: dict[int, dict[int, bool]] = {}

    def reserve(self, tx: UniverseTx) -> Early:
        """The deliveries of this transaction that are to be early, kept from everybody else before its commit."""
        is_manual = tx.project.clock_mode == "manual"
        with self._guard:
            self._seqs.setdefault(tx.project.no, {}).update(dict.fromkeys(tx.early, is_manual))
        return Early(tx.project.no, tx.project.generation, tuple(tx.early))

    def end(self, early: Early, seqs: Collection[int]) -> None:
        """These are nobody's any more."""
        with self._guard:
            left = self._seqs.get(early.no, {})
            for seq in seqs:
                left.pop(seq, None)
            if not left:
                self._seqs.pop(early.no, None)
            self._guard.notify_all()

    def has(self, no: int, seq: int) -> bool:
        """Whether a call sends this one."""
        return seq in self._seqs.get(no, ())

    def is_manual(self, no: int) -> bool:
        """Whether a call of a universe on a manual clock is sending."""
        return any(self._seqs.get(no, {}).values())

    def under_way(self, no: int) -> str:
        """What is being sent, in words; empty for nothing."""
        return "a webhook that is to be there before its call has answered" if self._seqs.get(no) else ""

    def await_any(self, no: int, seqs: Collection[int], is_ending: Callable[[], bool]) -> bool:
        """Whether calls were sending some of these; they have ended then."""
        if no not in self._seqs:
            return False
        with self._guard:
            if not any(self.has(no, seq) for seq in seqs):
                return False
            self._guard.wait_for(lambda: is_ending() or not any(self.has(no, seq) for seq in seqs))
            return True
