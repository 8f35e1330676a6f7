"""Debts to customers in the books: the difference that a fact makes to what is owed, whatever the fact was.

What came back is income from nobody: it stands under `liabilities:customers` instead of leaving `income:refunds`. What
the customer has by a lost dispute instead is no loss: it pays the debt instead of standing under losses.
"""

from collections.abc import Iterable

from mockpsp.domain.payments import debts
from mockpsp.domain.payments.payment import Payment
from mockpsp.ledger import chart
from mockpsp.ledger.chart import Posting


def with_debts(before: Payment, after: Payment, postings: Iterable[Posting]) -> list[Posting]:
    """The postings of a fact that book refunds and losses as if nothing were owed, and what changes of that."""
    arisen_minor = debts.outstanding_minor(after) - debts.outstanding_minor(before)
    had_minor = debts.by_disputes_minor(after) - debts.by_disputes_minor(before)
    owed = _owed(list(postings), chart.REFUNDS, arisen_minor, before.currency)
    return _owed(owed, chart.CHARGEBACKS, -had_minor, before.currency)


def _owed(postings: list[Posting], account: str, minor: int, currency: str) -> list[Posting]:
    """So much more is owed instead of what the account was credited with; below zero, less and debited.

    What the fact moved on the account is turned first, so that an entry has no posting to and fro.
    """
    left_minor, found = abs(minor), []
    for posting in postings:
        turned_minor = min(left_minor, posting.amount_minor) if _is_turned(posting, account, minor) else 0
        left_minor -= turned_minor
        debit, credit = (chart.OWED, posting.credit) if minor < 0 else (posting.debit, chart.OWED)
        turned = posting._replace(debit=debit, credit=credit, amount_minor=turned_minor)
        found += [one for one in (turned, _less(posting, turned_minor)) if one.amount_minor]
    if left_minor:
        debit, credit = (chart.OWED, account) if minor < 0 else (account, chart.OWED)
        found.append(Posting(debit, credit, currency, left_minor))
    return found


def _is_turned(posting: Posting, account: str, minor: int) -> bool:
    return posting.debit == account if minor < 0 else posting.credit == account


def _less(posting: Posting, minor: int) -> Posting:
    return posting._replace(amount_minor=posting.amount_minor - minor)
