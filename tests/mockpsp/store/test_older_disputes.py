"""Payments of files that knew of one dispute a payment are read as those that know of several."""

import json

import pytest

from mockpsp.domain.payments.payment import Dispute, DisputeCase
from mockpsp.store.payments import payment_from_row

OPEN = {
    "dispute": "open",
    "disputed_minor": 8000,
    "is_withheld": True,
    "dispute_fee_minor": 1500,
    "dispute_parts": [[21, 8000]],
    "dispute_seq": 25,
    "presentments": 1,
    "is_contested": True,
    "countered_fee_minor": 2000,
}


@pytest.mark.parametrize(
    ("state", "disputes"),
    [
        (OPEN, (DisputeCase(25, 25, Dispute.OPEN, 8000, ((21, 8000),), True, 1500, 0, 2000, True, 1),)),
        (
            {**OPEN, "dispute": "won", "presentments": 2},
            (DisputeCase(25, 25, Dispute.WON, 8000, ((21, 8000),), True, 1500, 0, 2000, True, 2),),
        ),
        ({"dispute": "averted"}, ()),
        ({}, ()),
    ],
)
def test_the_one_dispute_of_an_older_file_is_one_of_several(
    state: dict[str, object], disputes: tuple[DisputeCase, ...]
) -> None:
    row = (1, 2, None, "EUR", 10000, 0, "psp", None, None, 10000, 10000, 0, 0, json.dumps(state), "{}")

    payment = payment_from_row(row)[0]

    assert payment.disputes == disputes
    assert payment.dispute == Dispute(state.get("dispute", ""))
