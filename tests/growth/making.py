"""Making N of each kind: what is there before anything is counted. A function answers what the work then needs."""

from collections.abc import Callable
from functools import wraps

from tests.growth.shop import NOWHERE, Made, Shop

#: A card that brings a dispute, and one whose issuer asks what it was.
DISPUTED, ASKED = "4000000000000069", "4000000000000309"
#: (a sale or an invoice, how many are to be made of it)
Many = tuple[str, int]


def kept(make: Callable[[Shop, int], Made]) -> Callable[[Shop, int], Made]:
    """What takes long to make is made once, for every kind that begins with it."""

    @wraps(make)
    def once(shop: Shop, n: int) -> Made:
        return shop.once(make, n)

    return once


def number(shop: Shop, n: int) -> int:
    """Nothing but the number: the work itself makes them."""
    return n


@kept
def captures(shop: Shop, n: int) -> str:
    """An invoice captured N times."""
    shop.psp()
    return shop.captured(n)


def captures_with_reserve(shop: Shop, n: int) -> str:
    """An invoice captured N times, at a PSP that keeps a share of each for a month."""
    invoice_id = captures(shop, n)
    shop.psp(reserve="10%", reserve_period="30d")
    return invoice_id


@kept
def captures_half_refunded(shop: Shop, n: int) -> str:
    """Half of the captures are given back before they settle, and one of these refunds fails."""
    invoice_id = captures(shop, n)
    for _ in range(n // 2):
        refund_id = shop.refund_part(invoice_id)
    shop.move("refund.fail", refund_id)
    return invoice_id


def captures_under_way(shop: Shop, n: int) -> str:
    """An invoice with N captures that the PSP confirms later."""
    shop.psp(capture_outcome="async", capture_delay="1d")
    return shop.captured(n)


def captures_to_refund(**facts: str) -> Callable[[Shop, int], Many]:
    """A sale captured N times, at a PSP with these facts."""

    def make(shop: Shop, n: int) -> Many:
        invoice_id = captures(shop, n)
        shop.psp(**facts)
        return shop.transaction_of(invoice_id), n

    return make


def sale(**facts: str) -> Callable[[Shop, int], Many]:
    """A sale at a PSP with these facts, which N refunds fit in."""

    def make(shop: Shop, n: int) -> Many:
        shop.psp(**facts)
        return shop.sold(n + 1), n

    return make


def refunds(shop: Shop, n: int) -> str:
    """A sale refunded N times."""
    shop.psp()
    return shop.refunded(n)


def refunds_under_way(shop: Shop, n: int) -> str:
    """A sale with N refunds that end later."""
    shop.psp(refund_outcome="async", refund_delay="1d")
    return shop.refunded(n)


def sale_paid_out(shop: Shop, n: int) -> Many:
    """A sale whose money has left the PSP, where refunds wait for more."""
    shop.psp(refund_short_balance="wait", refund_outcome="async", refund_delay="1d", settlement_delay="0s")
    transaction_id = shop.sold(n + 1)
    shop.advance("0s")
    shop.move("payout.run", "north")
    return transaction_id, n


def refunds_waiting(shop: Shop, n: int) -> str:
    """A sale with N refunds that wait for money."""
    transaction_id, _ = sale_paid_out(shop, n)
    for _ in range(n):
        shop.post(f"/transactions/{transaction_id}/refunds", {"amount": "1"})
    return transaction_id


def unpaid(shop: Shop, n: int) -> Many:
    """An invoice that N attempts may be made at."""
    shop.psp()
    return shop.billed(), n


def rules(shop: Shop, n: int) -> list[str]:
    """N rules, each for one order, and the invoices of these orders, the last one first."""
    shop.psp()
    for order in range(n):
        match = {"on": "capture", "metadata": {"order": f"order-{order}"}}
        shop.post("/sandbox/rules", {"match": match, "outcome": "ok"})
    return [shop.billed(1, metadata={"order": f"order-{order}"}) for order in reversed(range(n))]


def rules_for_others(shop: Shop, n: int) -> list[str]:
    """N rules of several shapes that none of as many orders meets."""
    shop.psp()
    for rule in range(n):
        other = ({"amount": f"{rule + 2}.01"}, {"card": "0069"}, {"metadata": {f"key-{rule}": "x"}})[rule % 3]
        shop.post("/sandbox/rules", {"match": {"on": "capture", "gateway": "north", **other}, "outcome": "ok"})
    return [shop.billed(1) for _ in range(n)]


def sales_by(card: str) -> Callable[[Shop, int], int]:
    """N sales with a card that brings something."""

    def make(shop: Shop, n: int) -> int:
        shop.psp(chargeback_delay="1d", chargeback_answer_within="1d", retrieval_held=True)
        for _ in range(n):
            shop.sold(number=card)
        return n

    return make


def sales(shop: Shop, n: int) -> int:
    """N sales."""
    shop.psp()
    for _ in range(n):
        shop.sold()
    return n


def sales_paid_out(shop: Shop, n: int) -> int:
    """A payout of N sales."""
    shop.psp(settlement_delay="0s")
    for _ in range(n):
        shop.sold()
    shop.advance("0s")
    shop.move("payout.run", "north")
    return n


def sale_to_pay_out(shop: Shop, n: int) -> int:
    """One sale that is available."""
    shop.psp(settlement_delay="0s")
    shop.sold(n + 1)
    shop.advance("0s")
    return n


def endpoints(shop: Shop, n: int) -> int:
    """N endpoints and one event."""
    for place in range(n):
        shop.post("/sandbox/webhook-endpoints", {"url": f"{NOWHERE}/{place}"})
    shop.post("/customers", {})
    return n


def addresses(shop: Shop, n: int) -> int:
    """N sales with an address each that wants to hear of it."""
    shop.psp()
    for place in range(n):
        shop.sold(1, webhook_url=f"{NOWHERE}/{place}")
    return n


def messages(shop: Shop, n: int) -> int:
    """N events for one endpoint."""
    shop.post("/sandbox/webhook-endpoints", {"url": NOWHERE})
    for _ in range(n):
        shop.post("/customers", {})
    return n


def deliveries(shop: Shop, n: int) -> int:
    """N deliveries that were made."""
    messages(shop, n)
    shop.post("/sandbox/settle", {})
    return n


def lines(shop: Shop, n: int) -> tuple[str, list[str]]:
    """An invoice of N lines, captured at once, and their ids."""
    shop.psp()
    invoice_id, ids = _itemised(shop, n)
    shop.post(f"/invoices/{invoice_id}/capture", {"source": shop.card()})
    return invoice_id, ids


def lines_captured(shop: Shop, n: int) -> tuple[str, list[str]]:
    """An invoice of N lines, each captured by itself, and their ids."""
    shop.psp()
    invoice_id, ids = _itemised(shop, n)
    shop.post(f"/invoices/{invoice_id}/authorize", {"source": shop.card()})
    for detail_id in ids:
        body = {"invoice_detail_ids": [detail_id], "capture_type": "non-final"}
        shop.post(f"/invoices/{invoice_id}/capture", body)
    return invoice_id, ids


def gateways(shop: Shop, n: int) -> list[str]:
    """The ids of N configurations of one PSP."""
    shop.psp()
    path = "/gateways/north/gateway-configurations"
    bodies = ({"name": f"Account {place}", "id": f"gway_conf_own-{place}"} for place in range(n))
    return [shop.post(path, body)["gateway_configuration"]["id"] for body in bodies]


def gateways_with_balances(shop: Shop, n: int) -> int:
    """N configurations of one PSP, each with a payout on the agenda."""
    ids = gateways(shop, n)
    shop.psp(settlement_delay="0s", payout_schedule="daily")
    for configuration_id in ids:
        shop.sold(1, configuration_id)
    shop.advance("0s")
    return n


def customer(shop: Shop, n: int) -> Many:
    """A customer who will have N tokens."""
    return shop.post("/customers", {})["customer"]["id"], n


def customer_with_tokens(shop: Shop, n: int) -> str:
    """A customer with N tokens."""
    customer_id, _ = customer(shop, n)
    for _ in range(n):
        shop.token(customer_id)
    return customer_id


def customer_with_sales(shop: Shop, n: int) -> str:
    """A customer with N sales."""
    shop.psp()
    customer_id, _ = customer(shop, n)
    for _ in range(n):
        shop.sold(1, customer_id=customer_id)
    return customer_id


def _itemised(shop: Shop, n: int) -> tuple[str, list[str]]:
    details = [{"name": f"Item {place}", "amount": "1", "quantity": 1} for place in range(n)]
    invoice_id = shop.billed(n + 1, details=details)
    shown = shop.get(f"/invoices/{invoice_id}")["invoice"]
    return invoice_id, [line["id"] for line in shown["details"]]
