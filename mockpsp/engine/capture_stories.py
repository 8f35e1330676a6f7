"""What happened to each capture of a payment before it settles, without reading the whole story each time.

A thousand captures of one payment settle one after the other. Facts are only ever added, so what was read of them is
kept, sorted by capture, and each settlement reads on from there. What the open transaction added could still be rolled
back: that is kept apart, for as long as the transaction lasts.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable

from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.text.ids import Mint
from mockpsp.store import payments
from mockpsp.store.tx import Tx

#: Under this name a request notes the lines of the invoice that it is about.
NAMED_LINES = "invoice_detail_ids"
#: Payments whose captures settle are remembered for a while: those of one moment come together.
_REMEMBERED = 64


class _Story:
    """The facts that moved money of some capture, by capture, up to a number."""

    def __init__(self, until_seq: int = 0) -> None:
        self.until_seq = until_seq
        self._facts_by_capture: dict[int, list[Fact]] = {}
        #: Captures whose lines were not looked at yet, and the lines that the others named.
        self._captured: list[Fact] = []
        self._lines: set[str] = set()
        self._takes_all = False

    def add(self, facts: Iterable[Fact], first_seq: int, until_seq: int) -> None:
        """Take in the facts up to `until_seq`; `first_seq` is of the first capture, which pays where none is named."""
        for fact in facts:
            seqs = [fact.seq] if fact.kind is Kind.CAPTURED else [seq for seq, _ in fact.parts] or [first_seq]
            for seq in seqs:
                self._facts_by_capture.setdefault(seq, []).append(fact)
            if fact.kind is Kind.CAPTURED:
                self._captured.append(fact)
        self.until_seq = until_seq

    def of(self, capture_seq: int) -> list[Fact]:
        """What happened to a capture, in order."""
        return self._facts_by_capture.get(capture_seq, [])

    def took(self, detail_id: str, asked: Callable[[Fact], Fact]) -> bool:
        """Whether a capture took this line of the invoice; `asked`: the fact with which a capture was asked for.

        A capture that named no line took whatever there is.
        """
        for fact in self._captured:
            named = dict(asked(fact).notes).get(NAMED_LINES)
            self._takes_all |= named is None
            self._lines.update(json.loads(named) if named else ())
        self._captured.clear()
        return self._takes_all or detail_id in self._lines


class CaptureStories:
    """What is known of payments in all universes. Only write transactions ask, so there is one at a time."""

    def __init__(self) -> None:
        self._committed: OrderedDict[tuple[int, int, int], _Story] = OrderedDict()
        #: Of the transaction with this mint.
        self._open: dict[int, _Story] = {}
        self._mint: Mint | None = None

    def facts_of(self, tx: Tx, payment_seq: int, first_seq: int, capture_seq: int) -> list[Fact]:
        """The capture's own fact and the later ones that moved its money, in order; `first_seq`: the first capture."""
        return [fact for story in self._read(tx, payment_seq, first_seq) for fact in story.of(capture_seq)]

    def line_not_captured(self, tx: Tx, payment_seq: int, first_seq: int, detail_ids: Iterable[str]) -> str | None:
        """The first of these lines that no capture took; None where each was taken."""

        def asked(fact: Fact) -> Fact:
            # One that took its time was asked for with another fact.
            return fact if fact.capture_seq is None else payments.load_fact(tx.conn, no, payment_seq, fact.capture_seq)

        no, stories = tx.project.no, self._read(tx, payment_seq, first_seq)
        return next((one for one in detail_ids if not any(story.took(one, asked) for story in stories)), None)

    def _read(self, tx: Tx, payment_seq: int, first_seq: int) -> tuple[_Story, _Story]:
        """What is committed of a payment's story, and what the open transaction added, read to its end."""
        committed, added = self._stories(tx, payment_seq)
        for story, until_seq in ((committed, tx.project.next_seq - 1), (added, payments.LAST)):
            if story.until_seq < until_seq:
                facts = payments.load_facts_of_captures(
                    tx.conn, tx.project.no, payment_seq, after_seq=story.until_seq, until_seq=until_seq
                )
                story.add(facts, first_seq, min(until_seq, tx.mint.next_seq - 1))
        return committed, added

    def _stories(self, tx: Tx, payment_seq: int) -> tuple[_Story, _Story]:
        """What is committed of a payment's story, and what the open transaction added."""
        if self._mint is not tx.mint:
            self._mint, self._open = tx.mint, {}
        key = (tx.project.no, tx.project.generation, payment_seq)
        committed = self._committed.setdefault(key, _Story())
        self._committed.move_to_end(key)
        if len(self._committed) > _REMEMBERED:
            self._committed.popitem(last=False)
        return committed, self._open.setdefault(payment_seq, _Story(tx.project.next_seq - 1))
