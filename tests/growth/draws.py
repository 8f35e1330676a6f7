"""What grows: for each thing that a user can make many of, how N of it are made, and what is then done with them.

To add a kind: a row in `DRAWS`. The work has to touch all N, or be one request in the presence of N.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench.serving import PROJECT_ID
from tests.growth import making
from tests.growth.shop import Shop

Act = Callable[[Shop, Any], Any]
MANY = (50, 100, 200, 400)
#: Of things that a universe has at most a hundred of.
FEW = (12, 25, 50, 100)


class Draw(NamedTuple):
    """Make N of a kind, then work with them: the acts, by what they are about, are what is counted.

    Acts that change nothing share what was made.
    """

    make: Callable[[Shop, int], Any]
    acts: dict[str, Act]
    sizes: tuple[int, int, int, int] = MANY


def advance(by: str) -> Act:
    """Let time pass; everything that was made falls due."""

    def act(shop: Shop, _: Any) -> None:
        assert shop.advance(by) >= FEW[0]

    return act


def read(path: str) -> Act:
    """Read a path once; `{}` stands for what was made."""

    def act(shop: Shop, made: Any) -> None:
        assert shop.text(path.format(made))

    return act


def read_pages(path: str, key: str) -> Act:
    """Read a whole list page by page; `{}` stands for what was made."""

    def act(shop: Shop, made: Any) -> None:
        assert shop.pages(path.format(made), key) >= FEW[0]

    return act


def run(*arguments: str) -> Act:
    """Run a command on the universe's file."""

    def act(shop: Shop, made: Any) -> None:
        assert shop.run(*arguments, "--project", PROJECT_ID)

    return act


def refund_each(shop: Shop, sale: making.Many) -> None:
    for _ in range(sale[1]):
        shop.post(f"/transactions/{sale[0]}/refunds", {"amount": "1"})


def refund_lines(shop: Shop, invoice: tuple[str, list[str]]) -> None:
    for detail_id in invoice[1]:
        shop.post(f"/invoices/{invoice[0]}/refunds", {"invoice_detail_ids": [detail_id]})


def decline_each(shop: Shop, invoice: making.Many) -> None:
    for _ in range(invoice[1]):
        shop.decline(invoice[0])


def pay_each(shop: Shop, invoice_ids: list[str]) -> None:
    for invoice_id in invoice_ids:
        shop.post(f"/invoices/{invoice_id}/capture", {"source": shop.card()})


def pay_at_each(shop: Shop, configuration_ids: list[str]) -> None:
    for configuration_id in configuration_ids:
        shop.sold(1, configuration_id)


def fund(shop: Shop, _: Any) -> None:
    shop.move("balance.add", "north", amount="100000", currency="EUR")
    assert shop.advance("2d") >= FEW[0]


def deliver(shop: Shop, n: int) -> None:
    assert len(shop.post("/sandbox/settle", {})["ran"]) >= n


def make_gateways(shop: Shop, n: int) -> None:
    for place in range(n):
        shop.post("/gateways/sandbox/gateway-configurations", {"name": f"Account {place}"})


def open_universes(shop: Shop, n: int) -> None:
    for place in range(n):
        shop.open(f"test-proj_of-{n}.{place}")


def make_tokens(shop: Shop, customer: making.Many) -> None:
    for _ in range(customer[1]):
        shop.token(customer[0])


def reconcile(shop: Shop, n: int) -> None:
    records = [{"reference": f"tr_{place}", "kind": "capture", "amount": "1", "currency": "EUR"} for place in range(n)]
    assert len(shop.post("/sandbox/reconcile", {"records": records})["reconciliation"]["divergences"]) == 2 * n


def fail_each_payout(shop: Shop, n: int) -> None:
    for _ in range(n):
        shop.move("payout.fail", shop.move("payout.run", "north")["ids"][0])


JOURNAL = "/sandbox/ledger/journal"
EXPANDED = "operations,refunds,payout_items,card,invoice"

DRAWS: dict[str, Draw] = {
    "captures": Draw(making.captures, {"settled as time passes": advance("2d")}),
    "captures, by hand": Draw(making.captures, {"settled": lambda shop, _: shop.move("settlement.run", "north")}),
    "captures, a share kept": Draw(
        making.captures_with_reserve,
        {"settled as time passes": advance("2d"), "let go": lambda shop, _: shop.advance("31d")},
    ),
    "captures, one more": Draw(making.captures, {"captured": Shop.capture_part}),
    "captures, half refunded": Draw(making.captures_half_refunded, {"settled as time passes": advance("2d")}),
    "captures, half refunded, by hand": Draw(
        making.captures_half_refunded, {"settled": lambda shop, _: shop.move("settlement.run", "north")}
    ),
    "captures under way": Draw(making.captures_under_way, {"confirmed, then settled": advance("3d")}),
    "refunds": Draw(making.sale(), {"made": refund_each}),
    "refunds of as many captures": Draw(making.captures_to_refund(), {"made": refund_each}),
    "refunds within windows": Draw(making.captures_to_refund(refund_window="30d"), {"made": refund_each}),
    "refunds without the fixed fees": Draw(
        making.captures_to_refund(processing_fee_on_refund="return_variable_keep_fixed"), {"made": refund_each}
    ),
    "refunds that end later": Draw(making.refunds_under_way, {"ended": advance("2d")}),
    "refunds that will wait": Draw(making.sale_paid_out, {"made": refund_each}),
    "refunds that wait": Draw(making.refunds_waiting, {"funded": fund}),
    "refunds that wait, disputed": Draw(
        making.refunds_waiting, {"failed": lambda shop, on: shop.move("chargeback.open", on)}
    ),
    "refunds of one payment": Draw(
        making.refunds,
        {
            "events": read("/events?limit=10"),
            "one event": read("/events?limit=1"),
            "transaction": read("/transactions/{}?expand=operations,refunds"),
            "listed": read("/transactions/{}/refunds?limit=100"),
        },
    ),
    "lines": Draw(making.lines, {"refunded one by one": refund_lines}),
    "lines captured one by one": Draw(making.lines_captured, {"refunded": refund_lines}),
    "attempts": Draw(making.unpaid, {"declined": decline_each}),
    "rules": Draw(making.rules, {"met": pay_each}),
    "rules, listed": Draw(making.rules, {"listed": read("/sandbox/rules")}),
    "rules for others": Draw(making.rules_for_others, {"not met": pay_each}),
    "disputes": Draw(making.sales_by(making.DISPUTED), {"opened and lost": advance("9d")}),
    "retrieval requests": Draw(making.sales_by(making.ASKED), {"opened and ended": advance("9d")}),
    "endpoints": Draw(making.endpoints, {"listed": read("/sandbox/webhook-endpoints")}),
    "endpoints, told": Draw(making.endpoints, {"of one event": deliver}),
    "addresses": Draw(making.addresses, {"told": deliver}),
    "messages": Draw(making.messages, {"delivered": deliver}),
    "deliveries": Draw(
        making.deliveries, {"listed": read("/sandbox/deliveries"), "by the command": run("webhooks", "list")}
    ),
    "gateways": Draw(making.number, {"made": make_gateways}, FEW),
    "gateways, paid at": Draw(making.gateways, {"paid at": pay_at_each}, FEW),
    "gateways of a PSP": Draw(making.gateways, {"listed": read("/gateway-configurations?limit=100")}, FEW),
    "gateways with balances": Draw(making.gateways_with_balances, {"listed": read("/sandbox/ledger/balances")}, FEW),
    "gateways with payouts planned": Draw(
        making.gateways_with_balances,
        {"planned anew": lambda shop, _: shop.psp(payout_schedule="weekly:monday")},
        FEW,
    ),
    "universes": Draw(making.number, {"opened": open_universes}),
    "tokens": Draw(making.customer, {"made": make_tokens}),
    "tokens of a customer": Draw(making.customer_with_tokens, {"listed": read("/customers/{}/tokens?limit=100")}),
    "tokens of a customer that goes": Draw(
        making.customer_with_tokens, {"deleted": lambda shop, customer_id: shop.delete(f"/customers/{customer_id}")}
    ),
    "transactions of a customer": Draw(
        making.customer_with_sales, {"listed": read("/customers/{}/transactions?limit=100")}
    ),
    "payouts": Draw(making.sale_to_pay_out, {"failed and paid again": fail_each_payout}),
    "lines of a payout": Draw(
        making.sales_paid_out,
        {
            "as CSV": run("payouts", "export"),
            "as JSON": run("payouts", "export", "--format", "json"),
            "as a statement": run("payouts", "export", "--format", "camt053"),
            "with an error planted": run("payouts", "export", "--defect", "missing-row"),
            "counted": run("payouts", "list"),
        },
    ),
    "sales": Draw(
        making.sales,
        {
            "listed": read_pages(f"/transactions?expand={EXPANDED}", "transactions"),
            "told": read_pages("/events", "events"),
            "journal": read(JOURNAL),
            "journal as CSV": read(f"{JOURNAL}?format=csv"),
            "journal as text": read(f"{JOURNAL}?format=text"),
            "journal for hledger": read(f"{JOURNAL}?format=hledger"),
            "journal for beancount": read(f"{JOURNAL}?format=beancount"),
            "journal by the command": run("ledger", "export"),
            "reconciled": reconcile,
            "agenda": read("/sandbox/agenda"),
            "digest": read("/sandbox/digest"),
            "gone": lambda shop, _: shop.post("/sandbox/reset", {}),
        },
    ),
}
