"""`python -m tests.judges.library FILE`: the shop's browser library in Chromium, against our pages.

FILE is a debug build of the official library, which no package of npm carries; without one it says so and judges
nothing. A page of another origin fills in its hosted card fields, pays by cards that ask for a fingerprint and for a
challenge, goes to a method's page and back, and shows a voucher. Ends with 1 where something is not as it should be.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.judges.chromium import Browser, Missing, browsing
from tests.judges.demo_shop import PROJECT_ID, Shop

_SANDBOX = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"
_PLAIN, _FINGERPRINT, _FINGERPRINT_FAILS, _CHALLENGED = (
    "4242424242424242",
    "4000000000003063",
    "4000000000003220",
    "4000000000000101",
)
_PAGE = """<!doctype html><title>shop</title><body><script src="/library.js"></script>
<form id="form"><div data-processout-input="cc-number"></div><div data-processout-input="cc-exp"></div>
<div data-processout-input="cc-cvc"></div></form><div id="native"></div><script>
ProcessOut.DEBUG_HOST = "localhost:%d";
window.told = [];
function tell(name) { return function (value) { told.push([name, value && value.code || value]); }; }
var client = new ProcessOut.ProcessOut("%s");
</script></body>"""


class Judged:
    """A browser in the shop's page, and the shop's own program."""

    def __init__(self, browser: Browser, shop: Shop, page: str) -> None:
        self.browser, self.shop, self.page = browser, shop, page

    def open(self) -> None:
        """The shop's page anew."""
        self.browser.driver.get(self.page)

    def run(self, script: str, *given: object) -> None:
        """A line of the shop's script."""
        self.browser.driver.execute_script(script, *given)

    def told(self) -> Any:
        """What the library has told the shop; waited for."""
        self.browser.wait(lambda: self.browser.driver.execute_script("return told.length > 0"))
        return self.browser.driver.execute_script("return told")

    def invoice(self, **more: str) -> str:
        """The id of a new invoice."""
        body = {"name": "Umbrella", "amount": "10.00", "currency": "EUR", **more}
        return str(self.shop.call("POST", "/invoices", body)["invoice"]["id"])

    def status(self, invoice_id: str) -> str:
        """How the invoice's payment stands."""
        shown = self.shop.call("GET", f"/invoices/{invoice_id}?expand=transaction")["invoice"]
        return str(shown["transaction"]["status"])

    def card(self, number: str) -> str:
        """The id of a card, made by the library."""
        self.run(
            "told = []; client.tokenize(new ProcessOut.Card(arguments[0], new ProcessOut.Expiry(12, 2030), '123'), {}, "
            "tell('card'), tell('error'))",
            number,
        )
        return str(self.told()[0][1])


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
    yield from checkout(at)


def fields(at: Judged) -> Iterator[tuple[str, object]]:
    """The card fields take what a person types, say what is wrong, and become a card."""
    for number, wanted in ((_PLAIN, "token"), ("4242424242424241", "card.invalid-number")):
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
    for number, is_asked in ((_PLAIN, False), (_FINGERPRINT, False), (_FINGERPRINT_FAILS, True), (_CHALLENGED, True)):
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
    card = at.card(_PLAIN)
    at.run("told = []; client.threeDS.authenticate({amount: '5.00', currency: 'EUR', name: 'Order', "
           "source: arguments[0]}, tell('done'), tell('error'))", card)  # fmt: skip
    press(at, "#processoutjs-action-modal iframe", "[value=begin]")
    name, value = at.told()[0]
    yield "3-D Secure of an amount", None if (name, str(value)[:3]) == ("done", "iv_") else at.told()


def press(at: Judged, frame: str, selector: str) -> bool:
    """Press something in a frame of the page, once it is there."""
    driver = at.browser.driver

    def pressed() -> bool:
        driver.switch_to.default_content()
        driver.switch_to.frame(at.browser.find(frame))
        at.browser.find(selector).click()
        return True

    found = at.browser.wait(pressed)
    driver.switch_to.default_content()
    return found


def method(at: Judged) -> Iterator[tuple[str, object]]:
    """A method's page is opened in a window, answered, and paid by; another saves the method as a token."""
    invoice_id = at.invoice()
    name, value = opened(at, "client.handleInvoiceAction(arguments[0], arguments[1]", invoice_id, _SANDBOX)
    if name == "token":
        at.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": value})
    yield "a method's page", None if at.status(invoice_id) == "completed" else (name, value)
    customer_id = at.shop.call("POST", "/customers")["customer"]["id"]
    path = f"/customers/{customer_id}/tokens"
    token_id = at.shop.call("POST", path)["token"]["id"]
    call = "client.handleCustomerTokenAction(arguments[0], arguments[1], arguments[2]"
    name, value = opened(at, call, customer_id, token_id, _SANDBOX)
    token = at.shop.call("PUT", f"{path}/{token_id}", {"source": value})["token"] if name == "token" else {}
    yield "a token of a method", None if token.get("is_chargeable") else (name, value)
    token_id = at.shop.call("POST", path)["token"]["id"]
    at.open()
    card = at.card(_FINGERPRINT_FAILS)
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


def checkout(at: Judged) -> Iterator[tuple[str, object]]:
    """The checkout that the library draws from an invoice is there, and offers what pays."""
    invoice_id = at.invoice()
    at.open()
    at.run("['ready', 'invoice_fetching_error'].forEach(function (name) { window.addEventListener("
           "'processout_dynamic_checkout_' + name, function (event) { told.push([name, event.detail]); }); });"
           "document.querySelector('#form').remove(); client.setupDynamicCheckout({invoiceId: arguments[0], "
           "clientSecret: arguments[1], capturePayments: true}).mount('#native')",
           invoice_id, at.shop.secret_of(invoice_id))  # fmt: skip
    yield "the checkout is drawn", None if at.told()[0][0] == "ready" else at.told()
    offered = at.browser.driver.execute_script("return document.querySelector('#native').innerText")
    yield "it offers cards and methods", None if "bank-debit" in offered and "Card" in offered else offered


@contextmanager
def serving() -> Iterator[tuple[str, str]]:
    """The address of a server that speaks TLS, and the file to trust."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-library-") as folder:
        options = ("--port", "0", "--tls", "--json", "--clock", "manual", f"--db={folder}/page.db")
        command = [sys.executable, "-m", "mockpsp", "serve", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                said = json.loads(process.stdout.readline())
                yield said["url"].rstrip("/"), said["ca"]
            finally:
                process.terminate()


@contextmanager
def serving_shop(library: Path, port: int) -> Iterator[str]:
    """The address of the shop's page, which loads the library."""
    script = library.read_bytes()

    class ShopPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/library.js"
            body = script if is_script else (_PAGE % (port, PROJECT_ID)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), ShopPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_address[1]}/"
        finally:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
