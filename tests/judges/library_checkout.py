"""The browser library's dynamic checkout: what it draws from an invoice, and what is paid in it to its end."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.judges.library_shop import CHALLENGED, FINGERPRINT, FINGERPRINT_FAILS, PLAIN, Judged, press

_DECLINED = "4000000000000002"
_EVENTS = (
    "loading ready invoice_fetching_error no_dynamic_checkout_configuration payment_submitted payment_pending "
    "payment_success payment_error payment_cancelled delete_payment_method_success delete_payment_method_error "
    "google_pay_load_error apple_pay_new_session apple_pay_session_error apple_pay_authorized_post_process"
).split()
_DRAW = """
var events = arguments[0], config = arguments[1];
told = [];
events.forEach(function (name) {
  window.addEventListener("processout_dynamic_checkout_" + name, function (event) { told.push([name, event.detail]); });
});
document.querySelector("#form").remove();
client.setupDynamicCheckout(config).mount("#native");
"""
ENDS = ("payment_success", "payment_error", "payment_cancelled", "payment_pending")
_MODAL = "#processoutjs-action-modal iframe"


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    yield from offers(at)
    yield from cards(at)
    yield from redirects(at)
    yield from forms(at)
    yield from saved(at)


def draw(at: Judged, invoice_id: str, *, before: Callable[[], None] | None = None, **more: Any) -> Any:
    """What the library tells once it drew the checkout of an invoice; `before` that the page may change something."""
    at.open()
    if before is not None:
        before()
    secret = at.shop.secret_of(invoice_id)
    config = {"invoiceId": invoice_id, "projectId": at.project_id, "clientSecret": secret, "capturePayments": True}
    at.run(_DRAW, _EVENTS, {**config, **more})
    return at.heard("ready", "invoice_fetching_error", "no_dynamic_checkout_configuration", "payment_error")


def offers(at: Judged) -> Iterator[tuple[str, object]]:
    """The checkout is there, and offers what pays."""
    name, detail = draw(at, at.invoice())
    yield "the checkout is drawn", None if name == "ready" else detail
    offered = at.browser.driver.execute_script("return document.querySelector('#native').innerText")
    yield "it offers cards and methods", None if "bank-debit" in offered and "Card" in offered else offered
    missing = at.browser.driver.execute_script(
        "return [...document.querySelectorAll('#native img')].filter((one) => one.complete && !one.naturalWidth)"
        ".map((one) => one.src)"
    )
    yield "none of its pictures is missing", missing
    invoice_id = at.invoice()
    at.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": at.shop_card()})
    name, detail = draw(at, invoice_id)
    is_told = (name, detail.get("transaction_status")) == ("payment_error", "completed")
    yield "one that is paid already is told", None if is_told else (name, detail)
    name, detail = draw(at, at.invoice(), clientSecret="another")
    is_told = (name, detail.get("error_type")) == ("invoice_fetching_error", "request.authentication.invalid")
    yield "a wrong client secret is told", None if is_told else (name, detail)


def cards(at: Judged) -> Iterator[tuple[str, object]]:
    """A card is typed and pays, with 3-D Secure or without; is declined; is left."""
    for number, answer, wanted, status in (
        (PLAIN, None, "payment_success", "completed"),
        (FINGERPRINT, None, "payment_success", "completed"),
        (FINGERPRINT_FAILS, "authenticate", "payment_success", "completed"),
        (CHALLENGED, "authenticate", "payment_success", "completed"),
        (CHALLENGED, "fail", "payment_error", "failed"),
        (CHALLENGED, "abandon", "payment_cancelled", "failed"),
        (_DECLINED, None, "payment_error", "failed"),
    ):
        invoice_id = at.invoice()
        draw(at, invoice_id)
        fill(at, number)
        yield f"a card ending in {number[-4:]} is typed in it", None
        at.browser.click("#dco-card-pay-button")
        if answer is not None:
            press(at, _MODAL, f"[value={answer}]")
        name, detail = at.heard(*ENDS)
        is_paid = wanted == "payment_success"
        # What the challenge's page tells is no answer of the API.
        flags = {} if answer in ("fail", "abandon") else {"authorized": is_paid, "captured": is_paid}
        is_right = (name, at.status(invoice_id)) == (wanted, status) and flags.items() <= detail.items()
        what = f"a card ending in {number[-4:]}{f', {answer}' if answer else ''} comes to {wanted}"
        yield what, None if is_right else (name, detail, at.status(invoice_id))
    invoice_id = at.invoice()
    draw(at, invoice_id, capturePayments=False)
    fill(at, PLAIN)
    at.browser.click("#dco-card-pay-button")
    name, detail = at.heard(*ENDS)
    is_right = (name, detail.get("authorized"), detail.get("captured")) == ("payment_success", True, False)
    yield "a card is held where nothing is to be captured", None if is_right else (name, detail)


def fill(at: Judged, number: str) -> None:
    """Choose to pay by card, and type one."""
    at.browser.click("[for=payment-method-Card]")
    for selector, text in (("number", number), ("exp", "1230"), ("cvc", "123")):
        at.type(f"[data-processout-input=cc-{selector}] iframe", text)


def redirects(at: Judged) -> Iterator[tuple[str, object]]:
    """A method's page is opened in a tab, and answered in each way."""
    for answer, wanted in (
        ("Approve", "payment_success"),
        ("Decline", "payment_error"),
        ("Cancel", "payment_cancelled"),
        ("Leave it pending: it will be confirmed", "payment_pending"),
        (None, "payment_cancelled"),
    ):
        for captures in (True, False):
            invoice_id = at.invoice()
            draw(at, invoice_id, capturePayments=captures, allowFallbackToSale=not captures)
            at.browser.click("[for=payment-method-bank-redirect]")
            at.elsewhere(
                lambda: at.browser.click("[data-id=bank-redirect] .dco-payment-method-button-pay-button"), answer
            )
            name, detail = at.heard(*ENDS)
            way = "captured" if captures else "held"
            yield f"a method's page, {answer or 'closed'}, to be {way}", None if name == wanted else (name, detail)


def forms(at: Judged) -> Iterator[tuple[str, object]]:
    """Methods that ask in a form, or for nothing before the customer acts elsewhere."""
    at.shop.call("PUT", "/sandbox/psps/blik", {"like": "bank-debit", "native": ["code"]})
    at.shop.call("PUT", "/sandbox/psps/till", {"like": "bank-debit", "native": ["voucher"]})
    for method in ("blik", "till"):
        for move, wanted in (("payment.confirm", "payment_success"), ("payment.fail", "payment_error")):
            invoice_id = at.invoice()
            draw(at, invoice_id)
            at.browser.click(f"[for=payment-method-{method}]")
            if method == "blik":
                at.browser.wait(lambda: len(at.browser.texts(".native-apm-numeric-input-character")) == 6)
                at.browser.click(".native-apm-numeric-input-character")
                at.browser.press(*"123456")
                at.browser.click(".native-apm-form button")
            yield f"{method} is waited for", None if at.heard("payment_submitted")[0] != "nothing" else at.told()
            moved = at.move(invoice_id, move)
            name, detail = at.heard(*ENDS)
            yield f"{method}, {move}, comes to {wanted}", None if name == wanted else (name, detail, moved)


def saved(at: Judged) -> Iterator[tuple[str, object]]:
    """A customer's card and method are saved by paying, paid by again, and removed."""
    customer_id = at.shop.call("POST", "/customers")["customer"]["id"]
    invoice_id = at.invoice(customer_id=customer_id)
    draw(at, invoice_id)
    fill(at, PLAIN)
    at.browser.click("#save-card-for-future")
    at.browser.click("#dco-card-pay-button")
    name, detail = at.heard(*ENDS)
    is_saved = name == "payment_success" and str(detail.get("customer_token_id")).startswith("tok_")
    yield "a card is saved", None if is_saved else (name, detail)
    invoice_id = at.invoice(customer_id=customer_id)
    draw(at, invoice_id)
    at.browser.click("[for=payment-method-bank-redirect]")
    at.browser.click("#save-apm-for-future-bank-redirect")
    at.elsewhere(lambda: at.browser.click("[data-id=bank-redirect] .dco-payment-method-button-pay-button"), "Approve")
    name, detail = at.heard(*ENDS)
    is_saved = name == "payment_success" and str(detail.get("customer_token_id")).startswith("tok_")
    yield "a method is saved", None if is_saved else (name, detail)
    tokens = at.shop.call("GET", f"/customers/{customer_id}/tokens")["tokens"]
    yield "both are there", None if [one["is_chargeable"] for one in tokens] == [True, True] else tokens
    for token in tokens:
        invoice_id = at.invoice(customer_id=customer_id)
        draw(at, invoice_id)
        at.browser.click(f"[data-id={token['id']}]")
        name, detail = at.heard(*ENDS)
        is_paid = (name, at.status(invoice_id)) == ("payment_success", "completed")
        yield f"a saved {token['type']} pays", None if is_paid else (name, detail)
    draw(at, at.invoice(customer_id=customer_id))
    at.browser.click(".dco-express-checkout-header-settings-button")
    for token in tokens:
        at.run("told = []")
        at.browser.click(f".dco-modal-payment-methods-list [data-id={token['id']}] .dco-delete-payment-method-button")
        name, detail = at.heard("delete_payment_method_success", "delete_payment_method_error")
        yield f"a saved {token['type']} is removed", None if name == "delete_payment_method_success" else (name, detail)
    tokens = at.shop.call("GET", f"/customers/{customer_id}/tokens")["tokens"]
    yield "none is left", tokens
