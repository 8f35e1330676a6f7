"""What merchants owe their customers since refunds came back, and what must add up whatever happens."""

from collections.abc import Mapping

_OWED = "liabilities:customers"
_LOST = "expenses:chargebacks"
#: Of what came back, what customers have by a dispute instead; one that is won after all takes it back.
PAID_BY_DISPUTES = f"""SELECT coalesce(sum(iif(p.debit_account = '{_OWED}', p.amount_minor, -p.amount_minor)), 0)
FROM journal_entry e
JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = ? AND p.currency = ? AND '{_OWED}' IN (p.debit_account, p.credit_account)
AND (e.fact LIKE 'chargeback-%' OR '{_LOST}' IN (p.debit_account, p.credit_account))"""


def broken(booked: Mapping[str, int]) -> list[str]:
    """What doesn't hold of accounts in one currency: sales = kept + fees + losses + refunds - owed, no debt below 0."""
    owed = came_back(booked)
    kept, spent = (
        sum(minor for name, minor in booked.items() if name.startswith(root)) for root in ("assets:", "expenses:")
    )
    sales, refunds = -booked.get("income:sales", 0), booked.get("income:refunds", 0)
    found = []
    if sales != kept + spent + refunds - owed:
        found.append(f"sold {sales}; kept {kept}, fees and losses {spent}, refunded {refunds}, owed {owed}")
    if owed < 0:
        found.append(f"customers owe {-owed}")
    return found


def came_back(booked: Mapping[str, int]) -> int:
    """What customers are owed."""
    return -booked.get(_OWED, 0)
