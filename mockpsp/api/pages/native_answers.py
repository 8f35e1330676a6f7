"""The page of a payment method that a native payment of the newer generation sends a customer to.

A person says there how the payment, or the making of a token, goes. The answer is acted on at once, and the customer
sent back to the `return_url` with the gateway request that was used; an address with `return=manual` changes nothing
and leads back with a gateway request that the client then brings. The client asks for the state either way.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, request

from mockpsp.api.pages import opener, screens
from mockpsp.api.pages.payer import acted, is_foreign, message, not_there, payer_of, sent_back
from mockpsp.api.pages.redirect import ANSWERS, OPEN, answer_url
from mockpsp.api.requests import gateway_requests, lookups, native_steps, verification
from mockpsp.api.requests.way_back import with_query
from mockpsp.api.shapes import native_payments
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import current
from mockpsp.domain import commands
from mockpsp.domain.decision import format_amount
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.text import references
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.run import run_command
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("native_answers", __name__)

_CANCEL = "Cancel"
_RUN_OUT = "Let it run out"
#: Of a form, more is no form of this page.
_FORM_BYTES = 4_096
#: No moment is later, in milliseconds: an answer of a later visit is another one.
_MS_MAX = 10**15
#: Of a token: what may come of it at once.
_TOKEN_ANSWERS = {text: word for text, word in ANSWERS.items() if "pending" not in word}


class Asked(NamedTuple):
    """What a customer is asked for: the page's words, each answer's gateway request, and where they go back to."""

    title: str
    text: str
    #: What was decided already; "" while it can still be answered.
    done: str
    source_by_answer: Mapping[str, str]
    back: str | None
    cancelled: str | None
    #: What goes back beside the gateway request.
    more: Mapping[str, str]
    act: Callable[[str], Any]

    @property
    def shop(self) -> str | None:
        """Whose page may have opened this one."""
        return self.back or self.cancelled

    def way_back(self, answer: str) -> str | None:
        """Where an answer leads."""
        where = self.cancelled or self.back if answer == _CANCEL else self.back
        return None if where is None else with_query(where, token=self.source_by_answer[answer], **self.more)


Find = Callable[[UniverseTx], Asked]


@blueprint.get("/checkout/<project_id>/<invoice_id>/native/<configuration_id>")
def show_payment(project_id: str, invoice_id: str, configuration_id: str) -> Response:
    """The page on which a customer approves, declines or leaves a native payment; needs no credentials."""
    return _shown(project_id, lambda tx: _payment(tx, invoice_id, configuration_id))


@blueprint.post("/checkout/<project_id>/<invoice_id>/native/<configuration_id>")
def answer_payment(project_id: str, invoice_id: str, configuration_id: str) -> Response:
    """Let the payment go as the customer said, and send them back."""
    return _answered(project_id, lambda tx: _payment(tx, invoice_id, configuration_id))


@blueprint.get("/checkout/<project_id>/<customer_id>/<token_id>/native/<configuration_id>")
def show_token(project_id: str, customer_id: str, token_id: str, configuration_id: str) -> Response:
    """The page on which a customer lets a token be made of a payment method, or not; needs no credentials."""
    return _shown(project_id, lambda tx: _token(tx, customer_id, token_id, configuration_id))


@blueprint.post("/checkout/<project_id>/<customer_id>/<token_id>/native/<configuration_id>")
def answer_token(project_id: str, customer_id: str, token_id: str, configuration_id: str) -> Response:
    """Make the token, or not, as the customer said, and send them back."""
    return _answered(project_id, lambda tx: _token(tx, customer_id, token_id, configuration_id))


def _payment(tx: UniverseTx, invoice_id: str, configuration_id: str) -> Asked:
    row, name = lookups.invoice(tx, invoice_id), _gateway(tx, configuration_id)
    payment = row.payment
    if payment.is_pending and payment.gateway == name:
        return _elsewhere(tx, row, name, configuration_id)
    number = payment.seq * 1_000 + payment.attempts_count

    def act(text: str) -> None:
        source = lookups.source(tx, text)
        assert source is not None
        native_steps.settle(tx, row, source, name)

    return Asked(
        f"Pay {format_amount(payment, payment.amount_minor)} with {name}",
        f"{row.body['name']}, asked for by {tx.project.id}.",
        "" if payment.status in OPEN else f"There is nothing to do: the payment is {payment.status}.",
        {
            answer: gateway_requests.write(configuration_id, answer_url(tx, number, word))
            for answer, word in ANSWERS.items()
        },
        row.body.get("return_url"),
        row.body.get("cancel_url"),
        {},
        act,
    )


def _elsewhere(tx: UniverseTx, row: PaymentRow, name: str, configuration_id: str) -> Asked:
    """The till, or the bank's app: where a payment that waits for its customer is paid, and nobody is led back."""
    found = native_inputs.action(gateways.gateway_profile(tx, name)[1].native)
    payment, sources = row.payment, {}
    if found is not None:
        sources = {answer: gateway_requests.write(configuration_id, f"{request.base_url}?token={word}")
                   for answer, word in (("Pay it", "test-valid"), (_RUN_OUT, "test-declined"))}  # fmt: skip

    def act(text: str) -> None:
        failed = commands.FailPayment(error_code="gateway.declined")
        outcome = run_command(tx, payment, row.body, failed if text == sources[_RUN_OUT] else commands.ConfirmPayment())
        verification.complete_verification(tx, row.body, outcome)

    code = f"{found.number_label}: {native_payments.number(tx, payment)}. " if found and found.number_label else ""
    return Asked(
        f"Pay {format_amount(payment, payment.amount_minor)} with {name}",
        f"{code}{row.body['name']}, asked for by {tx.project.id}.",
        "" if sources else f"There is nothing to do: the payment is {payment.status}.",
        sources,
        None,
        None,
        {},
        act,
    )


def _token(tx: UniverseTx, customer_id: str, token_id: str, configuration_id: str) -> Asked:
    customer, name = lookups.customer(tx, customer_id), _gateway(tx, configuration_id)
    row = lookups.token(tx, token_id, customer.seq)
    number = references.hexadecimal(tx.key, row.seq * _MS_MAX + tx.now_ms, 24)

    def written(word: str) -> str:
        return gateway_requests.write(
            configuration_id, f"{request.base_url}?{urlencode({'token': word, 'id': number})}"
        )

    return Asked(
        f"Save {name} for later payments",
        f"Asked for by {tx.project.id}.",
        "There is nothing to do: the token is made." if native_steps.stands_for(row, name) else "",
        {answer: written(word) for answer, word in _TOKEN_ANSWERS.items()},
        row.body.get("return_url"),
        row.body.get("cancel_url"),
        {"token_id": token_id, "customer_id": customer_id},
        lambda text: native_steps.attach(tx, row, text),
    )


def _gateway(tx: UniverseTx, configuration_id: str) -> str:
    name = gateways.key_of_id(tx, configuration_id)
    if name is None:
        raise lookups.not_found("gateway configuration")
    return name


def _shown(project_id: str, find: Find) -> Response:
    try:
        with state().universes.reading(payer_of(project_id)) as tx:
            return _page(find(tx))
    except Refused as error:
        return not_there(error)


def _answered(project_id: str, find: Find) -> Response:
    if is_foreign():
        return message("Not from here", "Only this page's own buttons can answer here.", status=403)
    shop: str | None = None
    answer = dict(parse_qsl(current().body[:_FORM_BYTES].decode("utf-8", "replace"))).get("answer", "")

    def act(tx: UniverseTx) -> Response:
        nonlocal shop
        asked = find(tx)
        shop = asked.shop
        if asked.done or answer not in asked.source_by_answer:
            return _page(asked)
        asked.act(asked.source_by_answer[answer])
        back = asked.way_back(answer)
        told = opener.canceled() if answer == _CANCEL else opener.success(asked.source_by_answer[answer])
        if back is None:
            text = "That is told. Close this page and go back to where you came from."
            return message(asked.title, text, shop=shop, tells=told)
        return sent_back(back, told, shop=shop)

    try:
        return acted(payer_of(project_id), act)
    except Refused as error:
        # 401: nobody opened that universe, which tells no more than that the payment is not there.
        if error.status in (401, 404):
            return not_there(error)
        tells = opener.failed(error.code, error.message)
        return message("This could not be done", error.message, shop=shop, tells=tells, status=error.status)


def _page(asked: Asked) -> Response:
    if asked.done:
        return message(asked.title, asked.done, shop=asked.shop, tells=opener.nothing_to_do())
    is_manual = request.args.get("return") == native_steps.MANUAL
    return screens.pay_screen(
        "pay/native.html",
        asked.title,
        shop=asked.shop,
        text=asked.text,
        answers=list(asked.source_by_answer),
        targets={answer: asked.way_back(answer) for answer in asked.source_by_answer} if is_manual else None,
        sources=asked.source_by_answer,
    )
