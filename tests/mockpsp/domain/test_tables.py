"""The domain's tables leave nothing out."""

from mockpsp.domain.commands import Command
from mockpsp.domain.deciders.decide import DECIDERS
from mockpsp.domain.events import EVENTS
from mockpsp.domain.payments.apply import FOLDS
from mockpsp.domain.payments.facts import OPERATIONS, Kind
from mockpsp.ledger.rules import RULES


def test_each_kind_of_fact_has_a_fold_an_operation_an_event_and_a_posting_rule_or_none() -> None:
    for table in (FOLDS, OPERATIONS, EVENTS, RULES):
        assert set(table) == set(Kind)


def test_each_command_has_a_decider() -> None:
    assert set(DECIDERS) == set(Command.__args__)
