"""The browser library's dynamic checkout: what it draws from an invoice, and what is paid in it to its end."""

from collections.abc import Iterator
from typing import Any

from tests.judges.library_shop import CHALLENGED, FINGERPRINT, PLAIN, Judged, press

_EVENTS = (
    "loading",
    "ready",
    "invoice_fetching_error",
    "no_dynamic_checkout_configuration",
    "payment_submitted",
    "payment_pending",
    "payment_success",
    "payment_error",
    "payment_cancelled",
    "delete_payment_method_success",
    "delete_payment_method_error",
    "google_pay_load_error",
    "apple_pay_new_session",
    "apple_pay_session_error",
)
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


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    yield from offers(at)
    yield from cards(at)


def draw(at: Judged, invoice_id: str, **more: Any) -> Any:
    """What the library tells once it drew the checkout of an invoice."""
    at.open()
    secret = at.shop.secret_of(invoice_id)
    at.run(_DRAW, _EVENTS, {"invoiceId": invoice_id, "clientSecret": secret, "capturePayments": True, **more})
    return at.heard("ready", "invoice_fetching_error", "no_dynamic_checkout_configuration", "payment_error")


def offers(at: Judged) -> Iterator[tuple[str, object]]:
    """The checkout is there, and offers what pays."""
    name, detail = draw(at, at.invoice())
    yield "the checkout is drawn", None if name == "ready" else detail
    offered = at.browser.driver.execute_script("return document.querySelector('#native').innerText")
    yield "it offers cards and methods", None if "bank-debit" in offered and "Card" in offered else offered


def cards(at: Judged) -> Iterator[tuple[str, object]]:
    """A card is typed, and pays."""
    for number, is_asked in ((PLAIN, False), (FINGERPRINT, False), (CHALLENGED, True)):
        invoice_id = at.invoice()
        draw(at, invoice_id)
        fill(at, number)
        yield "typed", None
        at.browser.click("#dco-card-pay-button")
        if is_asked:
            press(at, "#processoutjs-action-modal iframe", "[value=authenticate]")
        name, detail = at.heard(*ENDS)
        paid = at.status(invoice_id)
        is_right = (name, paid) == ("payment_success", "completed")
        yield f"a card ending in {number[-4:]} pays in it", None if is_right else (name, detail, paid)


def fill(at: Judged, number: str) -> None:
    """Choose to pay by card, and type one."""
    driver = at.browser.driver
    at.browser.click("[for=payment-method-Card]")
    for selector, text in (("number", number), ("exp", "1230"), ("cvc", "123")):
        driver.switch_to.default_content()

        def typed(selector: str = selector, text: str = text) -> bool:
            driver.switch_to.default_content()
            driver.switch_to.frame(at.browser.find(f"[data-processout-input=cc-{selector}] iframe"))
            at.browser.find("input").send_keys(text)
            return True

        at.browser.wait(typed)
    driver.switch_to.default_content()
