"""Native payments of the newer generation, step by step: an invoice is paid, or a customer's token made, by a method.

Each call answers what comes next: a form to fill in, a page to go to, waiting, or the end. A client repeats the same
call until the end comes, so that a call without anything new changes nothing. A method's page has the answer acted on
there, before the customer is sent back (`automatic`), or hands it back to be told here (`manual`): its address says
which. A payment that failed is answered with its decline until the customer enters, or brings back, something new.
"""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from mockpsp.api.requests import gateway_requests, lookups, native_entries, paying, token_events, token_sources
from mockpsp.api.shapes import native_payments, native_steps
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire.fields import Body, Flag, Object, Part, Text, one_of
from mockpsp.api.wire.http import Declined
from mockpsp.api.wire.public_address import page_url
from mockpsp.domain import commands
from mockpsp.domain.commands import GatewayRequest, Source
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps import native_inputs
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import TokenRow

AUTOMATIC, MANUAL = "automatic", "manual"
#: State of the older generation -> of this one. One that failed has none: it is answered with its decline.
_STATES = {
    native_payments.CUSTOMER_INPUT: native_steps.NEXT_STEP,
    native_payments.PENDING_CAPTURE: native_steps.PENDING,
    native_payments.CAPTURED: native_steps.SUCCESS,
}
_ENTRY_MAX = 1_000
#: In the place of what nobody can enter, such as a list: no input takes it.
_NO_ENTRY = "\n"


class StepConfiguration(Body):
    """How the customer comes back from a method's page."""

    return_redirect_type = Text(validate=one_of((AUTOMATIC, MANUAL)))


class StepEntries(Body):
    """What the customer entered, by the inputs' keys."""

    parameters = Object()


class ReturnedResult(Body):
    """The address at which the customer came back."""

    url = Text(2 * gateway_requests.MAX_LENGTH)


class StepRedirect(Body):
    """That the customer was sent to the method's page, and where they came back."""

    success = Flag()
    result = Part(ReturnedResult())


class StepRequest(Body):
    """A step of a native payment: which method, and what is new."""

    gateway_configuration_id = Text()
    configuration = Part(StepConfiguration())
    source = Text(gateway_requests.MAX_LENGTH)
    submit_data = Part(StepEntries())
    redirect = Part(StepRedirect())


def pay(tx: UniverseTx, row: PaymentRow, body: Mapping[str, Any]) -> Shape | Declined:
    """Take the next step of an invoice's payment by this method."""
    name = native_entries.gateway(tx, body.get("gateway_configuration_id"))
    source = _new_source(tx, row, name, body) if _state(row, name) in (native_steps.NEXT_STEP, None) else None
    if source is not None:
        answer = settle(tx, row, source, name)
        if isinstance(answer, Declined):
            return answer
        row = lookups.invoice(tx, tx.id("iv_", row.payment.invoice_seq))
    return show_payment(tx, row, name, body)


def settle(tx: UniverseTx, row: PaymentRow, source: Source, name: str) -> Any:
    """Take the money; hold it where the invoice leaves the capture to the server and the method can hold."""
    is_held = row.body.get("require_backend_capture") and gateways.gateway_profile(tx, name)[1].authorize
    return paying.pay(tx, row, (commands.Authorize if is_held else commands.Capture)(source, name))


def show_payment(tx: UniverseTx, row: PaymentRow, name: str, body: Mapping[str, Any]) -> Shape | Declined:
    """How far the payment got by this method, and what comes next; or its decline."""
    state = _state(row, name)
    if state is None:
        return paying.declined(tx, row, str(row.payment.error_code))
    invoice = native_steps.invoice(tx, row.payment)
    return _shown(tx, state, name, f"{tx.project.id}/{invoice['id']}", body, row.payment, invoice=invoice)


def tokenize(tx: UniverseTx, row: TokenRow, body: Mapping[str, Any]) -> Shape | Declined:
    """Take the next step of making a customer's token by this method."""
    name = native_entries.gateway(tx, body.get("gateway_configuration_id"))
    wanted = native_inputs.asked(gateways.gateway_profile(tx, name)[1].native)
    text = _came_back_with(body)
    if not stands_for(row, name):
        if "submit_data" in body and wanted:
            native_entries.check(wanted, _entries(body), _beside(tx, name))
            request = native_entries.source(name).request
            assert request is not None
            row = _kept(tx, token_sources.with_method(row, request))
        elif text is not None and not _is_used(tx, text):
            _source_of(tx, text, name)
            answer = attach(tx, row, text)
            if isinstance(answer, Declined):
                return answer
            row = answer
    return show_token(tx, row, name, body)


def attach(tx: UniverseTx, row: TokenRow, text: str) -> TokenRow | Declined:
    """The token with the gateway request behind it that a customer came back with; or its decline, kept with it."""
    found = token_sources.attach(tx, row, text)
    if isinstance(found, Declined):
        _keep_decline(tx, row, gateway_requests.read(tx, text), found.error_code)
        return found
    return _kept(tx, found)


def _keep_decline(tx: UniverseTx, row: TokenRow, request: GatewayRequest, code: str) -> None:
    """Keep what a method said, once: the client that brings it again is told the same, and nothing happens."""
    if request.digest is not None:
        resources.use_gateway_request(tx.conn, tx.project.no, request.digest, row.seq)
    kept = row._replace(body={**row.body, "declined": code, "declined_by": request.gateway})
    if row.is_chargeable:
        # Another source stands behind it, and stays good.
        resources.update_token(tx.conn, tx.project.no, kept)
        return
    kept.body["verification_status"] = "failed"
    resources.update_token(tx.conn, tx.project.no, kept)
    token_events.tell(tx, "customer.token.updated", kept)


def show_token(tx: UniverseTx, row: TokenRow, name: str, body: Mapping[str, Any]) -> Shape | Declined:
    """How far the token got by this method, and what comes next; or the decline."""
    code = row.body.get("declined")
    if code is not None and row.body.get("declined_by", name) == name:
        return Declined(code, tx.catalog.decline_message(code))
    token_id = tx.id("tok_", row.seq)
    state = native_steps.SUCCESS if stands_for(row, name) else native_steps.NEXT_STEP
    where = f"{tx.project.id}/{row.body['customer_id']}/{token_id}"
    return _shown(tx, state, name, where, body, None, customer_token={"id": token_id})


def resolve(tx: UniverseTx, body: Mapping[str, Any]) -> Shape | Declined:
    """Take the step of whatever a customer came back from, by the address at which they came back."""
    text = _came_back_with(body)
    if text is None:
        _refuse_result("has no token=gway_req_... in its query")
    found = gateway_requests.read(tx, text)
    about = gateway_requests.named(tx, text)
    step = {"gateway_configuration_id": gateways.configuration_id(tx, found.gateway), "redirect": body["redirect"]}
    if len(about) == 1:
        return pay(tx, lookups.invoice(tx, about[0]), step)
    if len(about) != 2:
        _refuse_result("names neither an invoice nor a customer's token: no page of this server wrote it")
    customer = lookups.customer(tx, about[0])
    return tokenize(tx, lookups.token(tx, about[1], customer.seq), step)


def stands_for(row: TokenRow, name: str) -> bool:
    """Whether the token is one of this method, and good."""
    return row.body.get("gateway") == name and row.is_chargeable


def _state(row: PaymentRow, name: str) -> str | None:
    """How far the payment got by this method; None: it failed. One that is held or paid another way has its end too."""
    payment = row.payment
    if payment.hold_minor:
        return native_steps.SUCCESS
    return _STATES.get(native_payments.state_of(payment, name))


def _new_source(tx: UniverseTx, row: PaymentRow, name: str, body: Mapping[str, Any]) -> Source | None:
    """What pays now, if this step brings it: all that was entered, what the page said, or a token made before."""
    words = gateways.gateway_profile(tx, name)[1].native
    wanted, action = native_inputs.asked(words), native_inputs.action(words)
    if "submit_data" in body and wanted:
        beside = {**_beside(tx, name), "invoice": native_steps.invoice(tx, row.payment)}
        native_entries.check(wanted, _entries(body), beside)
        return native_entries.source(name)
    text = _came_back_with(body)
    if text is not None:
        gateway_requests.guard_page(tx, text, tx.id("iv_", row.payment.invoice_seq))
        return None if _is_used(tx, text) else _source_of(tx, text, name)
    if not wanted and _begins(action, body) and _state(row, name) == native_steps.NEXT_STEP:
        return native_entries.source(name)
    token_id = body.get("source")
    if token_id is None or _state(row, name) is None:
        return None
    token = lookups.token(tx, token_id)
    return lookups.source(tx, token_id) if stands_for(token, name) else None


def _begins(action: native_inputs.NativeAction | None, body: Mapping[str, Any]) -> bool:
    """Whether a step that brings nothing of a form begins the payment: a voucher is drawn, an app was opened."""
    if action is None or not body:
        return False
    return bool(action.number_label) or body.get("redirect", {}).get("success") is True


def _shown(
    tx: UniverseTx,
    state: str,
    name: str,
    where: str,
    body: Mapping[str, Any],
    payment: Payment | None,
    **about: Shape,
) -> Shape:
    shown: Shape = {"state": state, "payment_method": native_steps.method(tx, name), **about}
    words = gateways.gateway_profile(tx, name)[1].native
    page = f"checkout/{where}/native/{gateways.configuration_id(tx, name)}"
    if state == native_steps.PENDING and payment is not None and native_inputs.action(words) is not None:
        return {**shown, "elements": native_steps.instructions(tx, payment, name, page_url(page))}
    if state != native_steps.NEXT_STEP:
        return shown
    action = native_inputs.action(words)
    if native_inputs.asked(words):
        return {**shown, "elements": native_steps.form(tx, name)}
    if action is not None and action.number_label and payment is not None:
        told = {"type": "message", "value": f"{action.number_label}: it is there once the payment begins."}
        return {**shown, "elements": [{"type": "instruction", "instruction": told}]}
    wanted = body.get("configuration", {}).get("return_redirect_type", AUTOMATIC)
    query = f"?{urlencode({'return': MANUAL})}" if wanted == MANUAL else ""
    kind = "web" if action is None or action.number_label else "deep_link"
    return {**shown, "redirect": native_steps.redirect(name, page_url(f"{page}{query}"), kind=kind)}


def _kept(tx: UniverseTx, row: TokenRow) -> TokenRow:
    """The token, verified by its method, and its customer's default if it is the first."""
    row = row._replace(body={**row.body, "verification_status": "success"})
    resources.update_token(tx.conn, tx.project.no, row)
    customer = resources.load_customer(tx.conn, tx.project.no, row.customer_seq)
    if customer is not None and "default_token_seq" not in customer.body:
        row = token_sources.become_default(tx, row)
    token_events.tell(tx, "customer.token.updated", row)
    return row


def _beside(tx: UniverseTx, name: str) -> Shape:
    """What stands beside a refusal, so that a client shows the form again with what was wrong."""
    return {"payment_method": native_steps.method(tx, name), "elements": native_steps.form(tx, name)}


def _entries(body: Mapping[str, Any]) -> dict[str, str]:
    """What was entered, each entry as one text: a phone number comes in two parts, which clients name differently."""
    found = {}
    for key, value in body["submit_data"].get("parameters", {}).items():
        if isinstance(value, dict):
            value = f"{value.get('dialing_code', '')}{value.get('number') or value.get('value') or ''}".replace(" ", "")
        is_text = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        found[key] = str(value)[:_ENTRY_MAX] if is_text else _NO_ENTRY
    return found


def _came_back_with(body: Mapping[str, Any]) -> str | None:
    """The gateway request in the query of the address at which the customer came back."""
    url = body.get("redirect", {}).get("result", {}).get("url")
    if url is None:
        return None
    try:
        query = parse_qsl(urlsplit(url).query, max_num_fields=100)
    except ValueError as error:
        _refuse_result(f"could not be read: {error}")
    return next((value for key, value in query if key == "token" and value.startswith(gateway_requests.PREFIX)), None)


def _source_of(tx: UniverseTx, text: str, name: str) -> Source | None:
    """What pays of what a page said, if it is this method's page."""
    found = gateway_requests.read(tx, text)
    if found.gateway != name:
        _refuse_result(f"comes from the page of {found.gateway}, and the step is one of {name}")
    return Source(request=found)


def _is_used(tx: UniverseTx, text: str) -> bool:
    """Whether the page has acted on this answer, or another call has."""
    digest = gateway_requests.read(tx, text).digest
    return digest is not None and resources.is_gateway_request_used(tx.conn, tx.project.no, digest)


def _refuse_result(why: str) -> NoReturn:
    raise Refused(
        "request.validation.redirect-result-invalid",
        f"redirect.result.url: the address {why}",
        field="redirect.result.url",
    )
