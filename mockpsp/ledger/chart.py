"""The accounts of the merchant's books: fixed ones, and a set for each gateway, whose name is in theirs.

Postings are one debit, one credit, an amount above zero: an unbalanced entry cannot be written.
"""

from typing import NamedTuple

BANK = "assets:bank"
SALES = "income:sales"
REFUNDS = "income:refunds"
CHARGEBACKS = "expenses:chargebacks"
SELLERS = "expenses:sellers"
OWED = "liabilities:customers"
CUSTOMERS = "memo:customers"
#: How the accounts of what PSPs take begin.
FEES = "expenses:psp:"
#: And those of what PSPs are owed, which exports alone have: the books keep one account above and below zero.
PSP_DEBTS = "liabilities:psp:"


class Posting(NamedTuple):
    """Value moves from the credited to the debited account."""

    debit: str
    credit: str
    currency: str
    amount_minor: int


def pending(gateway: str) -> str:
    """Captured, not settled yet."""
    return f"assets:psp:{gateway}:pending"


def available(gateway: str) -> str:
    """Settled, not paid out."""
    return f"assets:psp:{gateway}:available"


def refunds_in_flight(gateway: str) -> str:
    """Taken for refunds whose outcome isn't final."""
    return f"assets:psp:{gateway}:refunds-in-flight"


def disputed(gateway: str) -> str:
    """Withheld by open chargebacks."""
    return f"assets:psp:{gateway}:disputed"


def reserve(gateway: str) -> str:
    """Kept back against risk."""
    return f"assets:psp:{gateway}:reserve"


def transit(gateway: str) -> str:
    """Sent to the merchant's bank, not there yet."""
    return f"assets:transit:{gateway}"


def authorized(gateway: str) -> str:
    """Holds, off balance."""
    return f"memo:authorized:{gateway}"


def processing(gateway: str) -> str:
    """Fees for captures."""
    return fee(gateway, "processing")


def refund_fees(gateway: str) -> str:
    """Fees for refunds."""
    return fee(gateway, "refund")


def chargeback_fees(gateway: str) -> str:
    """Fees for disputes and retrieval requests."""
    return fee(gateway, "chargeback")


def other_fees(gateway: str) -> str:
    """Fees for payouts, and for what else has no account of its own."""
    return fee(gateway, "other")


def tax(gateway: str) -> str:
    """Tax on the fees for captures."""
    return fee(gateway, "tax")


def psp_debt(gateway: str) -> str:
    """In exports: what is below zero at the PSP, a credit."""
    return f"{PSP_DEBTS}{gateway}"


def fee(gateway: str, cause: str) -> str:
    """What a PSP takes, by cause: processing, refund, chargeback, tax or other."""
    return f"{FEES}{gateway}:{cause}"
