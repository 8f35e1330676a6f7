"""`python -m tests.judges.library FILE`: the shop's browser library in Chromium, against our pages.

FILE is a debug build of the official library, which no package of npm carries; without one it says so and judges
nothing. A page of another origin fills in its hosted card fields, pays by cards that ask for a fingerprint and for a
challenge, goes to a method's page and back, and shows a voucher. Ends with 1 where something is not as it should be.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.judges import library_checkout, library_native, library_wallets
from tests.judges.chromium import Missing, browsing
from tests.judges.demo_shop import Shop
from tests.judges.library_shop import (
    CHALLENGED,
    FINGERPRINT,
    FINGERPRINT_FAILS,
    PLAIN,
    SANDBOX,
    Judged,
    press,
    serving,
    serving_shop,
)


def main() -> int:
    """Judge, tell each verdict, and answer the exit code."""
    library = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if library is None or not library.is_file():
        print("skipped: name a debug build of the browser library (python -m tests.judges.library FILE)")
        return 0
    wrong = count = 0
    with serving() as (url, authority), serving_shop(library, urlsplit(url).port or 0) as page:
        shop = Shop(url, authority)
        shop.call("GET", "/invoices")
        try:
            with browsing(page, "--ignore-certificate-errors", "--disable-popup-blocking") as browser:
                for what, trouble in verdicts(Judged(browser, shop, page)):
                    count += 1
                    wrong += bool(trouble)
                    print(f"{'WRONG' if trouble else 'ok   '}  {what}{f': {trouble}' if trouble else ''}", flush=True)
        except Missing as missing:
            print(f"skipped: {missing}")
            return 0
    print(f"{count - wrong} of {count} as they should be")
    return 1 if wrong else 0


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    yield from fields(at)
    yield from cards(at)
    yield from method(at)
    yield from native(at)
    yield from library_checkout.verdicts(at)
    yield from library_native.verdicts(at)
    yield from library_wallets.verdicts(at)


def fields(at: Judged) -> Iterator[tuple[str, object]]:
    """The card fields take what a person types, say what is wrong, and become a card."""
    for number, wanted in ((PLAIN, "token"), ("4242424242424241", "card.invalid-number")):
        at.open()
        at.run("client.setupForm(document.querySelector('#form'), function (made) { window.made = made; "
               "tell('ready')(1); }, tell('error'))")  # fmt: skip
        yield "the card fields are there", None if at.told()[0][0] == "ready" else at.told()
        for selector, text in (("number", number), ("exp", "1230"), ("cvc", "123")):
            driver = at.browser.driver
            driver.switch_to.frame(at.browser.find(f"[data-processout-input=cc-{selector}] iframe"))
            at.browser.find("input").send_keys(text)
            driver.switch_to.default_content()
        at.run("told = []; client.tokenize(made, {name: 'Ada'}, tell('token'), tell('error'))")
        name, value = at.told()[0]
        yield f"what was typed comes to {wanted}", None if wanted in (name, value) else (name, value)


def cards(at: Judged) -> Iterator[tuple[str, object]]:
    """Cards are paid by, out of sight or by a person in a frame."""
    for number, is_asked in ((PLAIN, False), (FINGERPRINT, False), (FINGERPRINT_FAILS, True), (CHALLENGED, True)):
        at.open()
        card, invoice_id = at.card(number), at.invoice()
        at.run("told = []; client.makeCardPayment(arguments[0], arguments[1], {}, tell('paid'), tell('error'))",
               invoice_id, card)  # fmt: skip
        if is_asked:
            press(at, "#processoutjs-action-modal iframe", "[value=authenticate]")
        name = at.told()[0][0]
        is_right = name == "paid" and at.status(invoice_id) == "completed"
        yield f"a card ending in {number[-4:]} pays", None if is_right else at.told()
    at.open()
    card = at.card(PLAIN)
    at.run("told = []; client.threeDS.authenticate({amount: '5.00', currency: 'EUR', name: 'Order', "
           "source: arguments[0]}, tell('done'), tell('error'))", card)  # fmt: skip
    press(at, "#processoutjs-action-modal iframe", "[value=begin]")
    name, value = at.told()[0]
    yield "3-D Secure of an amount", None if (name, str(value)[:3]) == ("done", "iv_") else at.told()


def method(at: Judged) -> Iterator[tuple[str, object]]:
    """A method's page is opened in a window, answered, and paid by; another saves the method as a token."""
    invoice_id = at.invoice()
    name, value = opened(at, "client.handleInvoiceAction(arguments[0], arguments[1]", invoice_id, SANDBOX)
    if name == "token":
        at.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": value})
    yield "a method's page", None if at.status(invoice_id) == "completed" else (name, value)
    customer_id = at.shop.call("POST", "/customers")["customer"]["id"]
    path = f"/customers/{customer_id}/tokens"
    token_id = at.shop.call("POST", path)["token"]["id"]
    call = "client.handleCustomerTokenAction(arguments[0], arguments[1], arguments[2]"
    name, value = opened(at, call, customer_id, token_id, SANDBOX)
    token = at.shop.call("PUT", f"{path}/{token_id}", {"source": value})["token"] if name == "token" else {}
    yield "a token of a method", None if token.get("is_chargeable") else (name, value)
    token_id = at.shop.call("POST", path)["token"]["id"]
    at.open()
    card = at.card(FINGERPRINT_FAILS)
    at.run("told = []; client.makeCardToken(arguments[0], arguments[1], arguments[2], {verify: true}, tell('token'), "
           "tell('error'))", card, customer_id, token_id)  # fmt: skip
    press(at, "#processoutjs-action-modal iframe", "[value=authenticate]")
    name = at.told()[0][0]
    status = at.shop.call("GET", f"{path}/{token_id}")["token"]["verification_status"]
    yield "a token of a card whose holder is asked", None if (name, status) == ("token", "success") else at.told()


def opened(at: Judged, call: str, *given: str) -> list[Any]:
    """What the library tells after the first answer of the page that a call of it opens in a window."""
    at.open()
    driver = at.browser.driver
    home = driver.current_window_handle
    at.run(f"{call}, tell('token'), tell('error'))", *given)
    if not at.browser.wait(lambda: len(driver.window_handles) == 2):
        return ["no window", at.told()]
    driver.switch_to.window(next(one for one in driver.window_handles if one != home))
    at.browser.click(".choices [data-tells]")
    driver.switch_to.window(home)
    return list(at.told()[0])


def native(at: Judged) -> Iterator[tuple[str, object]]:
    """A native payment that ends in an instruction shows it, and is paid."""
    at.shop.call("PUT", "/sandbox/psps/voucher", {"like": "bank-debit", "native": ["voucher"]})
    found = at.shop.call("GET", "/gateway-configurations?limit=100")["gateway_configurations"]
    gateway = next(one["id"] for one in found if one["name"] == "voucher")
    at.open()
    invoice_id = at.invoice()
    at.run("var apm = client.apm.authorization('#native', {gatewayConfigurationId: arguments[1], "
           "invoiceId: arguments[0], success: {enabled: false}}); "
           "apm.on('*', function (one) { told.push([one.type, one]); }); apm.initialise()",
           invoice_id, gateway)  # fmt: skip
    is_shown = at.browser.wait(lambda: any(one[0] == "payment-pending" for one in at.told()))
    yield "a voucher is shown", None if is_shown else [one[0] for one in at.told()]
    shown = at.shop.call("GET", f"/invoices/{invoice_id}?expand=transaction")["invoice"]["transaction"]["id"]
    at.shop.call("POST", "/sandbox/simulate", {"what": "payment.confirm", "on": shown})
    ends = at.browser.wait(lambda: any(one[0] == "success" for one in at.told()))
    yield "a voucher is paid", None if ends else [one[0] for one in at.told()]


if __name__ == "__main__":
    sys.exit(main())
