"""Names of accounts as others write them: whether there is such an account, and which one was meant."""

from mockpsp.domain.text.nearest import nearest_name
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
    chart.tax,
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


def unknown_accounts(pattern: str) -> str:
    """What is wrong with a pattern of accounts, with `*` for any letters; empty if there may be such accounts."""
    gateway = "*" if pattern.count(":") < 2 else pattern.split(":")[2] or "*"
    known = (*_FIXED, *(account(gateway) for account in _OF_GATEWAY))
    first, *_, last = pattern.split("*")
    if any(_could_begin(name, first) and _could_end(name, last) for name in known):
        return ""
    near = nearest_name(pattern, (*known, *{f"{name.split(':')[0]}:*" for name in known}))
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"
    return f"no account is like {pattern[:80]!r}; {hint}"


def _could_begin(name: str, text: str) -> bool:
    """As far as the name says what it is: a gateway may be called anything."""
    fixed = name.split("*")[0]
    return fixed.startswith(text) or (text.startswith(fixed) and ("*" in name or text == name))


def _could_end(name: str, text: str) -> bool:
    fixed = name.rsplit("*", 1)[-1]
    return fixed.endswith(text) or (text.endswith(fixed) and "*" in name)
