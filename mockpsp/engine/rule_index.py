"""The scripted rules by what they ask for, so that an operation meets its rule without trying all there are.

Rules that ask for the same things (an amount; a card and a key of the metadata) form a shape, and an operation has one
value for each. So one look a shape finds the rules that match, oldest first. What is kept here are rules' numbers; the
row itself, read when its turn comes, says whether it may still be used.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mockpsp.domain.text.ids import Mint
from mockpsp.store import agenda
from mockpsp.store.agenda import RuleRow
from mockpsp.store.tx import Tx

#: Universes whose rules are kept; those of another one are read again.
_REMEMBERED = 256
#: How a rule names a card: by its last four digits, or by the first six as well.
_SHORT, _LONG = 4, 10


class _Shape(NamedTuple):
    """What rules ask for: the digits of the card, and which of the rest."""

    card_digits: int
    has_gateway: bool
    has_amount: bool
    metadata: tuple[str, ...]


class _Rules:
    """The rules of one universe, up to a number."""

    def __init__(self) -> None:
        self.until_seq = 0
        #: First key of the metadata asked for, if any -> shape -> the values asked for -> the rules' numbers.
        self._by_key: dict[str | None, dict[_Shape, dict[tuple[Any, ...], deque[int]]]] = {}
        #: Rules used up in a transaction, by its mint: should it be rolled back, they are as they were.
        self._used_up: dict[int, Mint] = {}

    def add(self, rule: RuleRow) -> None:
        """Take in a rule that is younger than those known."""
        wanted, metadata = rule.matches, rule.matches.get("metadata") or {}
        digits = len(wanted["card"]) if "card" in wanted else 0
        shape = _Shape(
            digits and (_SHORT if digits == _SHORT else _LONG),
            "gateway" in wanted,
            "amount" in wanted,
            tuple(sorted(metadata)),
        )
        values = _values(shape, wanted, metadata)
        shapes = self._by_key.setdefault(shape.metadata[0] if shape.metadata else None, {})
        shapes.setdefault(shape, {}).setdefault(values, deque()).append(rule.seq)

    def first(self, tx: Tx, known: Mapping[str, Any], metadata: Mapping[str, str]) -> RuleRow | None:
        """The oldest rule that an operation meets and that may still be used."""
        live = (self._first_live(tx, queue) for queue in self._matching(known, metadata))
        return min((rule for rule in live if rule is not None), default=None, key=lambda rule: rule.seq)

    def note_use(self, tx: Tx, rule: RuleRow) -> None:
        """A rule is used once more in this transaction."""
        if rule.uses_left == 1:
            self._used_up[rule.seq] = tx.mint

    def _matching(self, known: Mapping[str, Any], metadata: Mapping[str, str]) -> Iterator[deque[int]]:
        for key in (None, *metadata):
            for shape, rules in self._by_key.get(key, {}).items():
                if metadata.keys() >= set(shape.metadata) and not (shape.card_digits and known["card"] is None):
                    queue = rules.get(_values(shape, known, metadata))
                    if queue:
                        yield queue

    def _first_live(self, tx: Tx, queue: deque[int]) -> RuleRow | None:
        place = 0
        while place < len(queue):
            rule = agenda.rule(tx.conn, tx.project.no, queue[place])
            if rule is not None and rule.uses_left > 0:
                return rule
            if rule is not None and self._used_up.get(rule.seq) is tx.mint:
                place += 1
                continue
            self._used_up.pop(queue[place], None)
            del queue[place]
        return None


class RuleIndex:
    """The rules of all universes. Only write transactions use them, so there is one at a time."""

    def __init__(self) -> None:
        self._by_universe: OrderedDict[tuple[int, int], _Rules] = OrderedDict()

    def use_first(self, tx: Tx, known: Mapping[str, Any], metadata: Mapping[str, str]) -> RuleRow | None:
        """The oldest rule that an operation meets, as it was before this use was counted; None: it meets none."""
        key = (tx.project.no, tx.project.generation)
        rules = self._by_universe.setdefault(key, _Rules())
        self._by_universe.move_to_end(key)
        if len(self._by_universe) > _REMEMBERED:
            self._by_universe.popitem(last=False)
        # What is committed only: a rule of a transaction that is rolled back was never there.
        until_seq = tx.project.next_seq - 1
        if rules.until_seq < until_seq:
            for rule in agenda.live_rules(tx.conn, tx.project.no, after_seq=rules.until_seq, until_seq=until_seq):
                rules.add(rule)
            rules.until_seq = until_seq
        found = rules.first(tx, known, metadata)
        if found is not None:
            agenda.use_rule(tx.conn, tx.project.no, found.seq)
            rules.note_use(tx, found)
        return found


def _values(shape: _Shape, named: Mapping[str, Any], metadata: Mapping[str, str]) -> tuple[Any, ...]:
    """What a shape's rules ask for, of a rule or of an operation."""
    card = named.get("card") if shape.card_digits else None
    if card is not None:
        card = card[-_SHORT:] if shape.card_digits == _SHORT else card[: _LONG - _SHORT] + card[-_SHORT:]
    return (
        named["on"],
        card,
        named["gateway"] if shape.has_gateway else None,
        named["amount"] if shape.has_amount else None,
        *(metadata[key] for key in shape.metadata),
    )
