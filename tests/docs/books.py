"""The books: accounts, and what a merchant's own records may call what moved."""

import inspect

from mockpsp.ledger import chart
from mockpsp.ledger.records import KINDS
from tests.docs.markdown import code, codes, table

#: Account that is the same at every PSP -> what it holds.
_FIXED = {
    chart.BANK: "Paid out to the merchant's bank.",
    chart.SALES: "What was captured, a credit.",
    chart.REFUNDS: "What was given back.",
    chart.CHARGEBACKS: "Disputes lost.",
    chart.SELLERS: "Paid out to cards: what sellers got, and no refund.",
    chart.OWED: "Owed to customers since refunds came back that had looked final, a credit.",
    chart.CUSTOMERS: "The other side of the holds.",
}
_NOT_ACCOUNTS = ("fee",)


def accounts() -> list[str]:
    """The chart of accounts."""
    functions = [one for one in vars(chart).values() if inspect.isfunction(one) and one.__module__ == chart.__name__]
    made = [one for one in functions if one.__name__ not in _NOT_ACCOUNTS]
    names = {value for value in vars(chart).values() if isinstance(value, str) and ":" in value[:12]}
    assert {name for name in names if not name.endswith(":")} <= set(_FIXED)
    rows = [(code(account("<gateway>")), account.__doc__) for account in made]
    return table(("account", "holds"), [*rows, *((code(name), words) for name, words in _FIXED.items())])


def record_kinds() -> list[str]:
    """The kinds of records, and their other names."""
    return table(("kind", "also called"), [(code(kind), codes(others)) for kind, others in KINDS.items()])
