"""A run fails when money or an event is missing."""

from tests.bench.books import State, problems

BEFORE = State(4, {"assets:psp:sandbox:pending": {"EUR": "6.00"}, "income:sales": {"EUR": "-6.00"}})
#: After two sales of 10.00 and one refund of 4.00.
AFTER = State(
    11,
    {
        "assets:psp:sandbox:pending": {"EUR": "22.00"},
        "income:sales": {"EUR": "-26.00"},
        "income:refunds": {"EUR": "4.00"},
    },
)


def test_nothing_is_wrong_where_all_is_booked() -> None:
    assert problems(BEFORE, AFTER, captures=2, refunds=1) == []


def test_a_lost_sale_is_told() -> None:
    assert problems(BEFORE, AFTER, captures=3, refunds=1) == [
        "income:sales grew by -20.00 EUR, not by -30.00",
        "3 sales and 1 refunds have 7 events, not 10",
    ]


def test_a_lost_event_is_told() -> None:
    assert problems(BEFORE, AFTER._replace(events=10), captures=2, refunds=1) == [
        "2 sales and 1 refunds have 6 events, not 7"
    ]


def test_books_that_do_not_balance_are_told() -> None:
    off = {**AFTER.balances, "assets:bank": {"USD": "0.01"}}

    assert problems(BEFORE, AFTER._replace(balances=off), captures=2, refunds=1) == [
        "the USD accounts add up to 0.01, not to zero"
    ]
