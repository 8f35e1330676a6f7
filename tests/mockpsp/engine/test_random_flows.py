"""A few random worlds of `make fuzz`, the same each time: random PSPs, calls, moves and waits."""

from pathlib import Path

import pytest

from mockpsp.config import Settings
from mockpsp.domain.payments.facts import Kind
from mockpsp.ledger import payout_items, rules
from mockpsp.serving.app import create_app
from tests.fuzz.books import check_exports
from tests.fuzz.flows import Broken, World

pytestmark = pytest.mark.slow


def run(seed: int, commands: int) -> World:
    app = create_app(Settings(db=":memory:", clock="manual"))
    try:
        world = World(app, seed)
        world.run(commands)
    finally:
        app.extensions["mockpsp"].close()
    return world


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_books_balance_and_agree_with_payments_and_payouts_after_every_command(seed: int, tmp_path: Path) -> None:
    app = create_app(Settings(db=":memory:", clock="manual"))
    try:
        world = World(app, seed)
        world.run(150)

        assert {"beancount", "camt.053"} <= set(check_exports(world, tmp_path))
    finally:
        app.extensions["mockpsp"].close()
    # A world in which all is refused proves nothing.
    assert world.statuses[200] > 80
    assert world.statuses[400] > 10
    assert world.payouts


def test_a_wrong_rule_of_the_books_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = next(kind for kind in rules.RULES if kind.name == "REFUND_MADE")
    monkeypatch.setitem(rules.RULES, kind, None)

    with pytest.raises(Broken, match=r"seed \d, command \d+, .*refunded -?\d+ [A-Z]{3}, given back -?\d+"):
        for seed in range(1, 9):
            run(seed, 150)


def test_a_sale_paid_out_as_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(payout_items.TYPES, Kind.CAPTURED, "refund")

    with pytest.raises(Broken, match=r"sale lines come to|its items are"):
        for seed in range(1, 9):
            run(seed, 150)


def test_money_that_comes_back_without_another_payout_planned_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockpsp.engine.payouts.planned_payouts.plan", lambda tx, gateway, profile, **how: None)

    with pytest.raises(Broken, match="no payout is planned"):
        for seed in range(1, 30):
            run(seed, 150)
