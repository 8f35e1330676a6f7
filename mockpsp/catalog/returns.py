"""Why banks take money back: the reason codes of direct debit rails, as data. To add one: a line in returns.toml."""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from mockpsp.catalog.folders import parse
from mockpsp.domain.text.nearest import nearest_name


class Return(NamedTuple):
    """A rail's reason: what it says, and the decline code that stands for it."""

    rail: str
    currency: str
    reason: str
    text: str
    code: str


@lru_cache(maxsize=1)
def returns() -> dict[str, Return]:
    """Every reason by its code: no two rails use the same."""
    found: dict[str, Return] = {}
    for rail, table in parse(resources.files("mockpsp.catalog") / "returns.toml").items():
        for reason, row in table["codes"].items():
            assert reason not in found, f"returns.toml: {reason} is named twice"
            found[reason] = Return(rail, table["currency"], reason, row["text"], row["code"])
    return found


def unknown_reason(reason: str, currency: str | None = None) -> str:
    """What is wrong with a reason for money in this currency, if it is known already; empty: nothing."""
    known = returns().get(reason)
    if known is not None and currency in (None, known.currency):
        return ""
    of_rail = [one.reason for one in returns().values() if currency in (None, one.currency)]
    if known is not None:
        choice = (
            f"reasons in {currency}: {', '.join(of_rail)}"
            if of_rail
            else f"no rail here is in {currency}: leave it out"
        )
        return f"{reason} is a reason of {known.rail}, whose debits are in {known.currency}; {choice}"
    near = nearest_name(reason, of_rail)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(of_rail)}"
    return f"there is no reason {reason[:20]!r} of a bank; {hint}"
