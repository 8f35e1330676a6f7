"""Rows of our own exports as a merchant sends them on: amounts may have become numbers meanwhile."""

from decimal import Decimal
from typing import Any

import pytest

from mockpsp.ledger.own_exports import read_rows

ROW = {
    "at": "2026-01-01T00:00:00Z",
    "fact": "captured",
    "transaction": "tr_one",
    "debit": "assets:psp:sandbox:pending",
    "credit": "income:sales",
    "currency": "EUR",
}


@pytest.mark.parametrize("amount", [10, 10.0, Decimal("1e1"), Decimal("10.000")])
def test_a_number_is_taken_at_its_exact_value_as_in_rows_of_ones_own(amount: Any) -> None:
    by_text = read_rows([{**ROW, "amount": "10.00"}], "transaction_id").records

    assert by_text
    assert read_rows([{**ROW, "amount": amount}], "transaction_id").records == by_text
