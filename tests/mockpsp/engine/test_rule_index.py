"""The index of scripted rules finds what a walk over all of them finds, whatever is added, used up or rolled back."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.text.ids import Mint
from mockpsp.engine.rule_index import RuleIndex
from mockpsp.store import agenda, db, migrations, tx
from mockpsp.store.tx import Tx

CARDS = ("4242424242424242", "5555554242424242", "4000000000000069")
GATEWAYS, AMOUNTS, TEXTS = ("sandbox", "north"), ("1", "2"), ("a", "b")
METADATA = st.dictionaries(st.sampled_from(("order", "shop", "x")), st.sampled_from(TEXTS), max_size=3)
MATCHES = st.fixed_dictionaries(
    {"on": st.sampled_from(("capture", "refund"))},
    optional={
        "card": st.sampled_from(("4242", "0069", "4242424242", "4000000069")),
        "gateway": st.sampled_from(GATEWAYS),
        "amount": st.sampled_from(AMOUNTS),
        "metadata": METADATA,
    },
)
OPERATIONS = st.tuples(
    st.fixed_dictionaries(
        {
            "on": st.sampled_from(("capture", "refund")),
            "card": st.sampled_from((*CARDS, None)),
            "gateway": st.sampled_from(GATEWAYS),
            "amount": st.sampled_from(AMOUNTS),
        }
    ),
    METADATA,
)
STEPS = st.one_of(
    st.tuples(st.just("add"), MATCHES, st.integers(1, 2)),
    st.tuples(st.just("use"), st.lists(OPERATIONS, min_size=1, max_size=3)),
    st.tuples(st.just("use in vain"), st.lists(OPERATIONS, min_size=1, max_size=3)),
    st.tuples(st.just("add in vain"), MATCHES, st.integers(1, 2)),
    st.tuples(st.just("delete all")),
)


class Refused(Exception):
    """The transaction is rolled back."""


class World:
    """A universe with rules, one transaction a step."""

    def __init__(self) -> None:
        self.database = db.Database(":memory:")
        migrations.migrate(self.database)
        with self.database.writing() as conn:
            self.no = tx.create(conn, "test-proj_x", secret="key_test_x", seed=1, mode="manual", clock_ms=0).no
        self.index = RuleIndex()

    def run(self, step: tuple[Any, ...]) -> None:
        what, *values = step
        with suppress(Refused), self.database.writing() as conn:
            project = tx.load_by_no(conn, self.no)
            assert project is not None
            opened = Tx(conn, project, 0, Mint(project.next_seq), b"")
            if what.startswith("add"):
                matches, times = values
                agenda.insert_rule(conn, self.no, opened.mint.next(), matches, "ok", times)
            elif what == "delete all":
                agenda.delete_rules(conn, self.no)
            else:
                self._use_each(opened, values[0])
            if what.endswith("in vain"):
                raise Refused
            opened.save()

    def _use_each(self, opened: Tx, operations: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
        for known, metadata in operations:
            rules = agenda.rules(opened.conn, self.no)
            wanted = next((r for r in rules if r.uses_left and matches(r.matches, known, metadata)), None)
            assert self.index.use_first(opened, known, metadata) == wanted
            opened.mint.next()


def matches(wanted: Mapping[str, Any], known: Mapping[str, Any], metadata: Mapping[str, str]) -> bool:
    """Whether an operation is what a rule is for, by the words of the documentation."""
    card = known["card"]
    return (
        wanted["on"] == known["on"]
        and wanted.get("gateway", known["gateway"]) == known["gateway"]
        and wanted.get("amount", known["amount"]) == known["amount"]
        and all(metadata.get(name) == text for name, text in wanted.get("metadata", {}).items())
        and ("card" not in wanted or (card is not None and wanted["card"] in (card[-4:], card[:6] + card[-4:])))
    )


@given(st.lists(STEPS, max_size=25))
def test_an_operation_meets_the_oldest_rule_that_is_left(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    try:
        for step in steps:
            world.run(step)
    finally:
        world.database.close()
