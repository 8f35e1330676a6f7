"""Names of accounts as others write them: whether there is such an account, and which one was meant."""

from mockpsp.domain.nearest import nearest_name
from mockpsp.ledger import chart

#: Accounts that are the same at every PSP.
_FIXED = (
    chart.BANK,
    chart.SALES,
    chart.REFUNDS,
    chart.CHARGEBACKS,
    chart.SELLERS,
    chart.OWED,
    chart.CUSTOMERS,
)
#: Accounts of one gateway, whatever it is called.
_OF_GATEWAY = (
    chart.pending,
    chart.available,
    chart.refunds_in_flight,
    chart.disputed,
    chart.reserve,
    chart.transit,
    chart.processing,
    chart.refund_fees,
    chart.chargeback_fees,
    chart.other_fees,
    chart.authorized,
)


def unknown_account(name: str) -> str:
    """What is wrong with an account's name, and the nearest known one; empty for a known name."""
    gateway = name.split(":")[2] if name.count(":") > 1 else "<gateway>"
    known = (*_FIXED, *(account(gateway) for account in _OF_GATEWAY))
    if name in known:
        return ""
    near = nearest_name(name, known)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"
    return f"there is no account {name[:80]!r}; {hint}"
