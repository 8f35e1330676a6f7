"""Money calculated by hand, one case after another: what happens, and what the books must say then.

To add a calculation, no Python is needed: put an entry at the end of the YAML file it belongs to.

    - name: a sale less its fee, paid out          # what it shows; no other entry has this name
      currency: EUR                                # JPY has 0 decimals, EUR and USD 2, KWD 3, CLF 4
      psp: {fees: {capture: {rate: 1.4%, fixed: 0.25 EUR}}}
      flow: [pay 100.00, wait 2d, pay out]         # in order; the words are in `words.py`
      expect: {sales: 100.00, fees processing: 1.65, bank: 98.35}
      why: 100.00 x 1.4 % + 0.25 = 1.65; 100.00 - 1.65 = 98.35

`psp` may be left out: it takes every payment and charges nothing, settles after two days, and pays out when told to.
What is given changes that, by the facts that a PSP of one's own has. Names for `expect` are in `NAMES` below; what is
not named must be zero. Work the figures out from the facts, never from what a run says, and say in `why` how.
Each entry is checked by itself as well: sales are what is kept, fees, losses and refunds, less what is owed.

To run them: `python -m pytest tests/calculations`, and those about one thing alone with `-k reserve`.
"""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockpsp.ledger import chart
from mockpsp.sandbox_client import Sandbox
from tests.calculations.words import PSP, WORDS, Shop

#: Plain name -> account, and the side it is told from: 1 where debits count up, -1 where credits do.
NAMES: dict[str, tuple[str, int]] = {
    "sales": (chart.SALES, -1),
    "refunds": (chart.REFUNDS, 1),
    "lost": (chart.CHARGEBACKS, 1),
    "fees processing": (chart.processing(PSP), 1),
    "fees refund": (chart.refund_fees(PSP), 1),
    "fees dispute": (chart.chargeback_fees(PSP), 1),
    "fees tax": (chart.tax(PSP), 1),
    "fees other": (chart.other_fees(PSP), 1),
    "sellers": (chart.SELLERS, 1),
    "pending": (chart.pending(PSP), 1),
    "available": (chart.available(PSP), 1),
    "in flight": (chart.refunds_in_flight(PSP), 1),
    "in dispute": (chart.disputed(PSP), 1),
    "reserve": (chart.reserve(PSP), 1),
    "transit": (chart.transit(PSP), 1),
    "bank": (chart.BANK, 1),
    "customers": (chart.OWED, -1),
    "held": (chart.authorized(PSP), 1),
    "held, customers' side": (chart.CUSTOMERS, -1),
}
_OWN_KEYS = {"name", "currency", "psp", "flow", "expect", "why"}
#: What a currency's amounts look like.
_DECIMALS = {"JPY": 0, "EUR": 2, "USD": 2, "KWD": 3, "CLF": 4}
#: So many there are at least, and so many of each number of decimals.
_CALCULATIONS_MIN, _EACH_MIN = 80, 8


def _read() -> list[dict[str, Any]]:
    """All entries. Every figure is text, as it stands in the file."""
    files = sorted(Path(__file__).parent.glob("*.yaml"))
    return [entry for file in files for entry in yaml.load(file.read_text("utf-8"), yaml.BaseLoader)]


CALCULATIONS = _read()


def _expected(entry: dict[str, Any]) -> dict[str, Decimal]:
    expected = {name: Decimal(amount) for name, amount in entry["expect"].items() if Decimal(amount)}
    if held := expected.get("held"):
        expected["held, customers' side"] = held
    return expected


@pytest.mark.parametrize("entry", CALCULATIONS, ids=lambda entry: entry["name"])
def test_the_books_say_what_was_calculated(entry: dict[str, Any], mockpsp: Sandbox) -> None:
    facts = entry.get("psp", {})
    # The sandbox charges for disputes unless told otherwise, and here nothing costs that does not say so.
    fees = {"chargeback": {"rate": "0%"}, **facts.get("fees", {})}
    mockpsp.put(f"/sandbox/psps/{PSP}", {"like": "sandbox", **facts, "fees": fees})
    mockpsp.put("/sandbox/routing", {"default": PSP})
    shop = Shop(mockpsp, entry["currency"])

    for words in entry["flow"]:
        shop.do(words)

    balances = mockpsp.balances()
    assert {currency for amounts in balances.values() for currency in amounts} <= {entry["currency"]}
    plain = {account: (name, side) for name, (account, side) in NAMES.items()}
    found = {}
    for account, amounts in balances.items():
        name, side = plain.get(account, (account, 1))
        if amount := Decimal(amounts[entry["currency"]]):
            found[name] = amount * side
    assert found == _expected(entry), entry["why"]


@pytest.mark.parametrize("entry", CALCULATIONS, ids=lambda entry: entry["name"])
def test_a_calculation_adds_up_by_itself(entry: dict[str, Any]) -> None:
    assert set(entry) | {"psp"} == _OWN_KEYS, "an entry says name, currency, flow, expect and why; psp where it differs"
    assert set(entry["expect"]) <= set(NAMES), f"known names: {', '.join(NAMES)}"
    decimals = _DECIMALS[entry["currency"]]
    for name, amount in entry["expect"].items():
        assert len(amount.partition(".")[2]) == decimals, f"{name}: {amount} is no amount in {entry['currency']}"
    expected = Counter(_expected(entry))

    told_by_credit = sum(expected[name] for name in ("sales", "customers"))
    told_by_debit = sum(amount for name, amount in expected.items() if NAMES[name][1] == 1 and name != "held")

    assert told_by_credit == told_by_debit, "sales and debts to customers are all that is kept, spent and given back"


def test_there_are_enough_of_every_number_of_decimals() -> None:
    names = Counter(entry["name"] for entry in CALCULATIONS)
    by_decimals = Counter(_DECIMALS[entry["currency"]] for entry in CALCULATIONS)

    assert [name for name, count in names.items() if count > 1] == []
    assert len(CALCULATIONS) >= _CALCULATIONS_MIN
    assert min(by_decimals[decimals] for decimals in set(_DECIMALS.values())) >= _EACH_MIN


def test_every_word_is_part_of_a_calculation() -> None:
    used = {words for entry in CALCULATIONS for words in entry["flow"]}

    assert [pattern for pattern in WORDS if not any(re.fullmatch(pattern, words) for words in used)] == []
