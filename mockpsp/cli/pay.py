"""`mockpsp pay` and `mockpsp refund`: what an application would do, made by hand."""

import base64
import json
from typing import Any

import click

from mockpsp.cli import cards
from mockpsp.cli.files import json_option
from mockpsp.cli.histories import status_style
from mockpsp.cli.naming import hint
from mockpsp.cli.newest import consequences, newest_refundable
from mockpsp.cli.screen import BAD, NAME, Cell, say
from mockpsp.cli.servers import Caller, calls_server

#: As a gateway configuration is chosen by an invoice.
_CHOICE = "mockpsp_gateway"


@click.command()
@click.argument("amount", default="10")
@click.argument("currency", default="EUR")
@click.option("--psp", metavar="NAME", help="Where, by a gateway's name or alias.  [default: the universe's default]")
@click.option(
    "--card", metavar="CARD", help="A test card: its number, its last four digits, or what it does, such as no-money."
)
@click.option("--authorize", "is_held", is_flag=True, help="Reserve the amount, and capture nothing.")
@click.option("--name", help="What the invoice is called.  [default: Order and a number]")
@json_option
@calls_server
def pay(
    caller: Caller,
    amount: str,
    currency: str,
    psp: str | None,
    card: str | None,
    is_held: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Pay AMOUNT in CURRENCY, 10 EUR unless given: an invoice, and a test card that pays it.

    Where the PSP takes no cards the customer comes back from it and has paid. Exit code 1: declined.
    """
    made = make_payment(caller, amount, currency, psp=psp, card=card, is_held=is_held, name=name)
    if as_json:
        click.echo(json.dumps({"payment": made}))
    else:
        _tell(made)
    if made["error_code"]:
        raise SystemExit(1)


@click.command()
@click.argument("payment_id", metavar="[ID]", required=False)
@click.argument("amount", metavar="[AMOUNT]", required=False)
@click.option("--reason", help="The shop's: customer_request, duplicate, fraud or other.")
@json_option
@calls_server
def refund(caller: Caller, payment_id: str | None, amount: str | None, reason: str | None, as_json: bool) -> None:
    """Refund a payment: AMOUNT of it, or all that is left; the newest one with something left unless ID says which.

    Exit code 1: declined.
    """
    if payment_id is not None and amount is None and not payment_id.startswith(("iv_", "tr_")):
        payment_id, amount = None, payment_id
    subject = payment_id or newest_refundable(caller)
    with consequences(caller, subject, is_silent=as_json):
        answer = make_refund(caller, subject, amount, reason)
    if as_json:
        click.echo(json.dumps({"refund": answer.get("refund"), "error_code": answer.get("error_type")}))
    if not answer["success"]:
        raise SystemExit(1)


def make_payment(
    caller: Caller,
    amount: str = "10",
    currency: str = "EUR",
    *,
    psp: str | None = None,
    card: str | None = None,
    is_held: bool = False,
    name: str | None = None,
) -> dict[str, Any]:
    """A payment by card, or however the PSP is paid: its ids, its state, and why it was declined."""
    number = None if card is None else cards.number_of(card)
    gateway = known_gateway(caller, psp) if psp is not None else None
    invoice = make_invoice(caller, amount, currency.upper(), gateway=gateway, name=name)
    source = source_at(caller, gateway, number)
    return pay_invoice(caller, invoice, source, is_held=is_held)


def make_invoice(
    caller: Caller, amount: str = "10", currency: str = "EUR", *, gateway: str | None = None, name: str | None = None
) -> str:
    """The id of a new invoice; without a name it is numbered, so that a list tells one from the others."""
    name = name or f"Order {caller.get('/invoices?limit=1')['total_count'] + 1}"
    body: dict[str, Any] = {"name": name, "amount": amount, "currency": currency}
    if gateway is not None:
        body["metadata"] = {_CHOICE: gateway}
    return str(caller.post("/invoices", body)["invoice"]["id"])


def pay_invoice(caller: Caller, invoice: str, source: str | None, *, is_held: bool = False) -> dict[str, Any]:
    """What became of paying an invoice, or of capturing one that is held where there is no source."""
    path = f"/invoices/{invoice}/{'authorize' if is_held else 'capture'}"
    answer = caller.ask("POST", path, {"source": source} if source else {}, may_decline=True)
    found = caller.get(f"/sandbox/timeline/{invoice}")["timeline"]["payment"]
    action = answer.get("customer_action")
    is_declined = not answer["success"] and action is None
    return {
        **{name: found[name] for name in ("invoice_id", "transaction_id", "name", "amount", "currency", "status")},
        "gateway": found["gateway"],
        "error_code": (found["error_code"] or answer.get("error_type")) if is_declined else None,
        "customer_action": action,
    }


def make_refund(caller: Caller, subject: str, amount: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """The answer to a refund, which may be a decline."""
    route = "invoices" if subject.startswith("iv_") else "transactions"
    given = {"amount": amount, "reason": reason}
    body = {name: value for name, value in given.items() if value is not None}
    return caller.ask("POST", f"/{route}/{subject}/refunds", body, may_decline=True)


def source_at(caller: Caller, gateway: str | None, number: str | None = None) -> str:
    """What pays at a PSP: a card, or what a customer brings back from a PSP that takes none."""
    if number is None:
        gateway = gateway or str(caller.get("/sandbox")["universe"]["gateway"])
        if "card" not in caller.get(f"/sandbox/psps/{gateway}")["psp"]["methods"]:
            return _brought_back(caller, gateway)
    body = {"number": number or cards.number_of("visa"), "exp_month": 12, "exp_year": 2099, "cvc2": "123"}
    return str(caller.post("/cards", body)["card"]["id"])


def _brought_back(caller: Caller, gateway: str) -> str:
    listed = caller.get("/gateway-configurations?limit=100")["gateway_configurations"]
    request = {
        "gateway_configuration_id": next(one["id"] for one in listed if one["name"] == gateway),
        "method": "GET",
        "url": "https://shop.example/back?token=test-valid",
        "headers": {},
        "body": "",
    }
    return "gway_req_" + base64.b64encode(json.dumps(request).encode()).decode()


def known_gateway(caller: Caller, psp: str) -> str:
    """The gateway of that name, or of the PSP that has it for an alias."""
    listed = caller.get("/sandbox/psps")["psps"]
    by_name = {name: one["name"] for one in listed for name in (one["name"], *one.get("aliases", ()))}
    if psp not in by_name:
        raise click.UsageError(f"--psp: there is no PSP {psp[:60]!r}{hint(psp, by_name)}")
    return str(by_name[psp])


def _tell(made: dict[str, Any]) -> None:
    say(
        f"{made['amount']} {made['currency']} at {made['gateway']}: ",
        Cell(made["status"], status_style(made["status"])),
        Cell(f"  {made['error_code']}" if made["error_code"] else "", BAD),
    )
    say(f"{made['transaction_id']}  {made['invoice_id']}")
    if made["customer_action"] is not None:
        say("the customer is sent to ", Cell(str(made["customer_action"].get("value", "")), NAME))
    if made["status"] == "pending":
        say("it is under way: mockpsp simulate payment.confirm, or mockpsp advance 5d")
