"""Lines of payouts: what the API shows as an item, in whole minor units."""

from typing import Any, NamedTuple

from mockpsp.domain.payments.money import exponent
from mockpsp.domain.time.moments import parse_rfc3339


class Line(NamedTuple):
    """An item of a payout, or one that waits for its payout."""

    gateway: str
    currency: str
    transaction: str | None
    type: str
    amount_minor: int
    fees_minor: int
    at_ms: int
    payout: str | None = None
    id: str = ""
    #: The failed payout whose money it brings back.
    repays: str | None = None

    @property
    def net_minor(self) -> int:
        """What the merchant gets by it."""
        return self.amount_minor + self.fees_minor


def to_minor(text: str, currency: str) -> int:
    """An amount as the API shows it, in minor units."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, _, fraction = digits.partition(".")
    return sign * int(whole + fraction.ljust(exponent(currency), "0"))


def gateway_of(payout: dict[str, Any]) -> str:
    """The gateway that paid."""
    return str(payout["gateway_resource_id"]).rpartition("-")[0]


def money_of(item: dict[str, Any], currency: str) -> tuple[int, int]:
    """What an item moves and costs."""
    return to_minor(item["amount"], currency), to_minor(item["fees"], currency)


def line_of(payout: dict[str, Any], item: dict[str, Any]) -> Line:
    """The line of a payout that an item of the API is."""
    return Line(
        gateway_of(payout),
        payout["currency"],
        item["transaction_id"],
        item["type"],
        *money_of(item, payout["currency"]),
        parse_rfc3339(item["created_at"]),
        payout["id"],
        item["id"],
        item["metadata"].get("failed_payout_id"),
    )
