"""What payments of older files owed as a whole is read as what came back of their captures."""

import json

import pytest

from mockpsp.domain.payments import debts
from mockpsp.store.payments import payment_from_row


@pytest.mark.parametrize(
    ("captures", "owed_minor", "bounced"),
    [
        ([[21, 10000, 0, 10000, False, 0]], 4000, ((21, 4000),)),
        ([[21, 6000, 0, 6000, True, 0], [25, 4000, 0, 4000, False, 0]], 7000, ((21, 6000), (25, 1000))),
        ([[21, 0, 0, 0, True, 0], [25, 4000, 0, 4000, False, 0]], 5000, ((25, 5000),)),
    ],
)
def test_a_debt_of_an_older_file_is_owed_as_it_was(
    captures: list[list[object]], owed_minor: int, bounced: tuple[tuple[int, int], ...]
) -> None:
    state = {"owed_minor": owed_minor, "captures": captures}
    row = (1, 2, None, "EUR", 10000, 0, "psp", None, None, 10000, 10000, 0, 0, json.dumps(state), "{}")

    payment = payment_from_row(row)[0]

    assert (payment.bounced, debts.owed_minor(payment)) == (bounced, owed_minor)
