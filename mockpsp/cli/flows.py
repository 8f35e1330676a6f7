"""The shortest way to each event: a row names the steps that bring it about, from nothing or from an object on.

From nothing all steps run until the event has fired. About an object the last step is tried first, then the last two,
and so on: a step that is refused has changed nothing. To add an event: its row in `FLOWS`; a step that nobody has made
yet: a function in `_STEPS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockpsp.cli import InputError, cards, pay
from mockpsp.cli.moving import make_move
from mockpsp.cli.newest import newest_refund
from mockpsp.cli.servers import Caller, Refusal

#: Event -> its ways, the first that goes; each is steps in their order. `!move` is one of POST /sandbox/simulate. From
#: nothing only those go that begin with an object.
FLOWS: Mapping[str, tuple[str, ...]] = {
    "transaction.requested": ("invoice authorize", "invoice pay"),
    "transaction.authorized": ("!three_d_s.authenticate", "invoice authorize", "invoice pay"),
    "transaction.captured": ("!payment.confirm", "invoice pay !capture.confirm", "!capture.succeed"),
    "transaction.failed": ("!three_d_s.fail", "invoice decline", "!capture.fail", "!payment.fail"),
    "transaction.voided": ("invoice authorize void", "!authorization.expire"),
    "transaction.refunded": ("invoice pay refund !refund.settle",),
    "transaction.operation.refund.pending": ("invoice-async pay refund",),
    "transaction.operation.refund.failed": ("invoice pay refund !refund.fail",),
    "transaction.chargeback.created": ("invoice pay !chargeback.open",),
    "transaction.chargeback.won": ("invoice pay !chargeback.open !chargeback.win",),
    "transaction.chargeback.lost": ("invoice pay !chargeback.open !chargeback.lose",),
    "transaction.chargeback.retrieval-request": ("invoice pay !retrieval_request.open",),
    "transaction.chargeback.fraud-notification": ("invoice pay !fraud_notification.send",),
    "customer.created": ("customer",),
    "customer.updated": ("customer update-customer",),
    "customer.deleted": ("customer delete-customer",),
    "customer.token.created": ("customer token",),
    "customer.token.updated": ("customer token update-token",),
    "customer.token.deleted": ("customer token delete-token",),
    "product.created": ("product",),
    "product.updated": ("product update-product",),
    "product.deleted": ("product delete-product",),
}
#: Steps that make the object that the others are about.
_FIRST = ("invoice", "invoice-async", "customer", "product")
#: A PSP whose refunds look final some time after they were made.
_ASYNC = "card-simple"
#: How ids begin -> which object they are of.
_KINDS = {"iv": "payment", "tr": "payment", "refd": "refund", "cust": "customer", "tok": "token", "prod": "product"}


@dataclass
class Made:
    """The objects that steps are about, and what was done, in words."""

    caller: Caller
    gateway: str | None = None
    #: As given, or the invoice that was made.
    payment: str = ""
    refund: str = ""
    customer: str = ""
    token: str = ""
    product: str = ""

    @property
    def subject(self) -> str:
        """What it was all about."""
        return self.payment or self.refund or self.token or self.customer or self.product


def fire(caller: Caller, event: str, on: str | None, psp: str | None) -> tuple[dict[str, Any] | None, list[str], str]:
    """The event that fired, None where it did not; the steps that were made; and what it was about."""
    made = Made(caller, gateway=None if psp is None else pay.known_gateway(caller, psp))
    if on is not None:
        _put(made, on)
    before = {one["id"] for one in _events(made, event)}
    refused: Refusal | None = None
    for steps in map(str.split, FLOWS[event]):
        for run in _tries(steps, is_new=on is None):
            done: list[str] = []
            try:
                for step in run:
                    _make(made, step)
                    done.append(step.removeprefix("!"))
                    for found in _events(made, event) if _is_told(made) or step == run[-1] else ():
                        if found["id"] not in before:
                            return found, done, made.subject
            except Refusal as refusal:
                # The longest try of the usual way tells best what is in the way.
                refused = refusal if refused is None or steps == from_nothing(event) else refused
            if done:
                return None, done, made.subject
    assert refused is not None
    raise refused


def from_nothing(event: str) -> list[str]:
    """The steps that bring an event about where nothing is."""
    return next(steps for steps in map(str.split, FLOWS[event]) if steps[0] in _FIRST)


def _tries(steps: list[str], *, is_new: bool) -> list[list[str]]:
    """From nothing all steps; about an object the last one, the last two, and so on, none that makes another object."""
    if is_new:
        return [steps] if steps[0] in _FIRST else []
    rest = [step for step in steps if step not in _FIRST]
    return [rest[place:] for place in reversed(range(len(rest)))]


def _put(made: Made, on: str) -> None:
    kind = _KINDS.get(on.partition("_")[0])
    if kind is None:
        raise InputError(
            f"--on {on[:60]!r}: must be the id of an invoice (iv_...), transaction (tr_...), refund (refd_...), "
            "customer (cust_...), token (tok_...) or product (prod_...)"
        )
    setattr(made, kind, on)
    if kind == "token":
        made.customer = _holder(made.caller, on)


def _make(made: Made, step: str) -> None:
    """One step; raises `Refusal` where the state does not let it."""
    if not step.startswith("!"):
        _STEPS[step](made)
        return
    move = step[1:]
    is_about_refund = move.startswith("refund.")
    subject = made.payment
    if is_about_refund:
        subject = made.refund or _refund_of(made)
    if not subject:
        raise Refusal(f"{move} is about a payment; --on says another kind of object", 400, {})
    make_move(made.caller, move, subject)


def _refund_of(made: Made) -> str:
    try:
        return newest_refund(made.caller, _payment(made))
    except InputError as error:
        raise Refusal(str(error), 404, {}) from None


def _payment(made: Made) -> str:
    """The transaction's id."""
    if not made.payment:
        raise Refusal("the event is about a payment; --on says another kind of object", 400, {})
    found = made.caller.get(f"/sandbox/timeline/{made.payment}")["timeline"]["payment"]
    return str(found["transaction_id"])


def _invoice_of(made: Made) -> dict[str, Any]:
    if not made.payment:
        raise Refusal("the event is about a payment; --on says another kind of object", 400, {})
    return dict(made.caller.get(f"/sandbox/timeline/{made.payment}")["timeline"]["payment"])


def _invoice(made: Made) -> None:
    made.payment = pay.make_invoice(made.caller, gateway=made.gateway)


def _invoice_async(made: Made) -> None:
    made.payment = pay.make_invoice(made.caller, gateway=made.gateway or _ASYNC)


def _authorize(made: Made) -> None:
    found = _invoice_of(made)
    source = pay.source_at(made.caller, made.gateway)
    pay.pay_invoice(made.caller, found["invoice_id"], source, is_held=True)


def _pay(made: Made) -> None:
    found = _invoice_of(made)
    is_held = float(found["authorized_amount"]) > float(found["captured_amount"])
    source = None if is_held else pay.source_at(made.caller, made.gateway)
    pay.pay_invoice(made.caller, found["invoice_id"], source)


def _decline(made: Made) -> None:
    found = _invoice_of(made)
    number = cards.number_of("declined")
    pay.pay_invoice(made.caller, found["invoice_id"], pay.source_at(made.caller, made.gateway, number))


def _void(made: Made) -> None:
    made.caller.post(f"/invoices/{_invoice_of(made)['invoice_id']}/void")


def _refund(made: Made) -> None:
    answer = pay.make_refund(made.caller, _payment(made))
    made.refund = str((answer.get("refund") or {}).get("id", ""))


def _customer(made: Made) -> None:
    made.customer = str(made.caller.post("/customers", {"first_name": "Ada"})["customer"]["id"])


def _token(made: Made) -> None:
    source = pay.source_at(made.caller, "sandbox")
    path = f"/customers/{_of(made.customer, 'customer')}/tokens"
    made.token = str(made.caller.post(path, {"source": source})["token"]["id"])


def _of(found: str, kind: str) -> str:
    if not found:
        raise Refusal(f"the event is about a {kind}; --on says another kind of object", 400, {})
    return found


def _token_path(made: Made) -> str:
    customer = _of(made.customer, "customer")
    if not made.token:
        listed = made.caller.get(f"/customers/{customer}/tokens?limit=1")["tokens"]
        if not listed:
            raise Refusal(f"{customer} has no token", 404, {})
        return f"/customers/{customer}/tokens/{listed[0]['id']}"
    return f"/customers/{customer}/tokens/{made.token}"


def _holder(caller: Caller, token: str) -> str:
    """Whose token it is, of the newest customers."""
    for one in caller.get("/customers?limit=50")["customers"]:
        if any(kept["id"] == token for kept in caller.get(f"/customers/{one['id']}/tokens?limit=50")["tokens"]):
            return str(one["id"])
    raise InputError(f"none of the newest customers has the token {token}; --on the customer's id does as well")


def _is_told(made: Made) -> bool:
    """Whether a payment's history tells what fired, which is no call of the API and so is in nobody's log of calls."""
    return bool(made.payment or made.refund)


def _events(made: Made, event: str) -> list[dict[str, Any]]:
    """The newest events of that name: those of the payment, where there is one."""
    if _is_told(made):
        moments = made.caller.get(f"/sandbox/timeline/{made.payment or made.refund}")["timeline"]["moments"]
        return [one for one in moments if one["kind"] == "event" and one["what"] == event]
    return [one for one in made.caller.get("/events?limit=20")["events"] if one["name"] == event]


_STEPS: Mapping[str, Callable[[Made], Any]] = {
    "invoice": _invoice,
    "invoice-async": _invoice_async,
    "authorize": _authorize,
    "pay": _pay,
    "decline": _decline,
    "void": _void,
    "refund": _refund,
    "customer": _customer,
    "update-customer": lambda made: made.caller.ask(
        "PUT", f"/customers/{_of(made.customer, 'customer')}", {"last_name": "Lovelace"}
    ),
    "delete-customer": lambda made: made.caller.ask("DELETE", f"/customers/{_of(made.customer, 'customer')}"),
    "token": _token,
    "update-token": lambda made: made.caller.ask("PUT", _token_path(made), {"metadata": {"seen": "yes"}}),
    "delete-token": lambda made: made.caller.ask("DELETE", _token_path(made)),
    "product": lambda made: setattr(
        made,
        "product",
        made.caller.post("/products", {"name": "Tea", "amount": "4.50", "currency": "EUR"})["product"]["id"],
    ),
    "update-product": lambda made: made.caller.ask(
        "PUT", f"/products/{_of(made.product, 'product')}", {"name": "Green tea"}
    ),
    "delete-product": lambda made: made.caller.ask("DELETE", f"/products/{_of(made.product, 'product')}"),
}
