"""What must hold after every step: each invariant is seen to fail, on a real server with rows changed under it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockpsp.scenarios.language.model import INVARIANTS, Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.invariants import AMOUNT_INVARIANTS, BOOK_INVARIANTS, broken
from mockpsp.scenarios.replaying.lines import line_to
from mockpsp.scenarios.replaying.runner import run
from mockpsp.scenarios.replaying.world import World

ALL = ("ledger.balanced", "captured <= authorized", "refunded <= captured")
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
Corrupt = Callable[[str], None]


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


@pytest.fixture(params=["straight", "over HTTP"])
def world(application: Application, request: pytest.FixtureRequest) -> Iterator[World]:
    """A universe with 10.00 EUR captured at a PSP that takes 0.60 for it, and 4.00 of them refunded."""
    place = application if request.param == "straight" else application.url
    found = World(line_to(place, "test-proj_invariants", "key_sandbox_invariants"))
    found.control("POST", "/sandbox/reset", {"seed": 7})
    fees = {"capture": {"rate": "1%", "fixed": "0.50 EUR"}}
    found.control("PUT", "/sandbox/psps/north", {"like": "sandbox", "fees": fees, "over_refund": {"rate": "10%"}})
    found.control("PUT", "/sandbox/routing", {"default": "north"})
    pay(found)
    yield found
    found.close()


def pay(world: World) -> str:
    """The id of a payment of 10.00 EUR of which 4.00 were refunded."""
    card: Any = world.control("POST", "/cards", CARD)
    invoice: Any = world.control("POST", "/invoices", {"name": "A", "amount": "10.00", "currency": "EUR"})
    path = f"/invoices/{invoice['invoice']['id']}"
    world.control("POST", f"{path}/authorize", {"source": card["card"]["id"]})
    paid: Any = world.control("POST", f"{path}/capture", {})
    world.control("POST", f"/transactions/{paid['transaction']['id']}/refunds", {"amount": "4.00"})
    return str(paid["transaction"]["id"])


@pytest.fixture
def corrupt(application: Application) -> Corrupt:
    """Runs a statement against the rows, which no command of ours would; what forbids it is not asked either."""

    def execute(statement: str) -> None:
        with application.app.extensions["mockpsp"].database.writing() as conn:
            guards = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:
                conn.execute(f"DROP TRIGGER {name}")
            assert conn.execute(statement).rowcount, statement
            for _, guard in guards:
                conn.execute(guard)

    return execute


def told(world: World, *names: str) -> list[str]:
    return [str(one) for one in broken(names or ALL, world)]


def test_every_invariant_that_can_be_named_is_one() -> None:
    assert (*BOOK_INVARIANTS, *AMOUNT_INVARIANTS) == INVARIANTS == ALL


def test_all_of_them_hold_in_a_world_left_alone(world: World) -> None:
    assert told(world) == []


def test_accounts_that_do_not_add_up_are_found(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE account_balance SET credits_minor = credits_minor + 100 WHERE account = 'income:sales'")

    assert told(world) == [
        "ledger.balanced: expected all accounts to add up to 0 EUR, got -1.00 EUR",
        "ledger.balanced.income:sales: expected the sum of its postings, -10.00 EUR, got -11.00 EUR",
    ]


def test_accounts_off_the_books_are_added_up_apart(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE account_balance SET debits_minor = debits_minor + 5 WHERE account = 'memo:customers'")

    assert told(world) == [
        "ledger.balanced: expected all memo accounts to add up to 0 EUR, got 0.05 EUR",
        "ledger.balanced.memo:customers: expected the sum of its postings, 0.00 EUR, got 0.05 EUR",
    ]


def test_balances_that_are_wrong_together_are_found(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE account_balance SET credits_minor = credits_minor + 100 WHERE account = 'income:sales'")
    corrupt("UPDATE account_balance SET debits_minor = debits_minor + 100 WHERE account = 'income:refunds'")

    assert told(world, "ledger.balanced") == [
        "ledger.balanced.income:refunds: expected the sum of its postings, 4.00 EUR, got 5.00 EUR",
        "ledger.balanced.income:sales: expected the sum of its postings, -10.00 EUR, got -11.00 EUR",
    ]


def test_an_old_posting_that_was_changed_is_found(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE posting SET amount_minor = 1001 WHERE credit_account = 'income:sales'")

    assert told(world)[-1] == (
        "ledger.balanced.income:sales: expected the sum of its postings, -10.01 EUR, got -10.00 EUR"
    )


def test_an_old_entry_that_is_gone_is_found(world: World, corrupt: Corrupt) -> None:
    corrupt(
        "DELETE FROM journal_entry WHERE seq = (SELECT entry_seq FROM posting WHERE credit_account = 'income:sales')"
    )

    assert "ledger.balanced.income:sales: expected the sum of its postings, 0 EUR, got -10.00 EUR" in told(world)


def test_a_balance_that_is_gone_is_found(world: World, corrupt: Corrupt) -> None:
    corrupt("DELETE FROM account_balance WHERE account = 'income:refunds'")

    assert told(world)[-1] == ("ledger.balanced.income:refunds: expected the sum of its postings, 4.00 EUR, got 0 EUR")


def test_a_capture_beyond_the_authorization_is_found(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE payment SET captured_minor = 1001")

    (difference,) = told(world)
    assert difference.startswith("captured <= authorized on tr_")
    assert difference.endswith(": expected at most 10, got 10.01")


def test_a_refund_beyond_the_capture_and_what_the_psp_tolerates_is_found(world: World, corrupt: Corrupt) -> None:
    corrupt("UPDATE payment SET refunded_minor = 1100")
    assert told(world) == []

    corrupt("UPDATE payment SET refunded_minor = 1101")
    (difference,) = told(world)
    assert difference.startswith("refunded <= captured on tr_")
    assert difference.endswith(": expected at most 10, got 11.01")


def test_every_payment_is_looked_at(world: World, corrupt: Corrupt) -> None:
    second = pay(world)
    pay(world)
    corrupt(
        "UPDATE payment SET captured_minor = 1001 WHERE seq = (SELECT seq FROM payment ORDER BY seq LIMIT 1 OFFSET 1)"
    )

    assert told(world, "captured <= authorized") == [
        f"captured <= authorized on {second}: expected at most 10, got 10.01"
    ]


def test_money_paid_out_to_a_card_was_not_taken(world: World, corrupt: Corrupt) -> None:
    """Below zero counts as nothing: refunded out of a payout is more than was captured."""
    corrupt("""UPDATE payment SET refunded_minor = 1, state = json_set(state, '$.paid_out_minor', 1000)""")

    (difference,) = told(world, "refunded <= captured")
    assert difference.endswith(": expected at most 0, got 0.01")


def test_a_story_ends_at_the_step_after_which_one_is_broken(
    application: Application, story: Callable[..., Scenario]
) -> None:
    steps = """\
- {id: order, call: POST /invoices, body: {name: A, amount: "10.00", currency: EUR}}
- {id: never, advance: {by: 1d}}
"""
    scenario = story(steps, "always: [ledger.balanced, captured <= authorized, refunded <= captured]")
    assert run(scenario, application, cell={}).ok

    with application.app.extensions["mockpsp"].database.writing() as conn:
        conn.execute("CREATE TRIGGER wrong AFTER INSERT ON payment BEGIN UPDATE payment SET captured_minor = 1; END")
    try:
        result = run(scenario, application, cell={})
    finally:
        with application.app.extensions["mockpsp"].database.writing() as conn:
            conn.execute("DROP TRIGGER wrong")

    assert [step.id for step in result.steps] == ["order"]
    (difference,) = result.differences
    assert str(difference).endswith(": expected at most 0, got 0.01")
