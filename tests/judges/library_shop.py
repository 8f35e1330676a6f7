"""The shop that the browser library is judged in: its page of another origin, its program, and what they ask for."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.judges.chromium import Browser
from tests.judges.demo_shop import PROJECT_ID, Shop

#: The published id of the gateway configuration `sandbox`.
SANDBOX = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"
#: Cards that pay, ask for a fingerprint, ask and are not content, and ask for a challenge.
PLAIN, FINGERPRINT, FINGERPRINT_FAILS, CHALLENGED = (
    "4242424242424242",
    "4000000000003063",
    "4000000000003220",
    "4000000000000101",
)
#: The link or button of a method's page that says this.
_CHOICE = """
return [...document.querySelectorAll(".choices [data-tells]")].find((one) => one.textContent.trim() === arguments[0]);
"""
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
        self.project_id = PROJECT_ID

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

    def heard(self, *names: str) -> Any:
        """(name, what came with it) of the first of these that the library tells; waited for. Else all that it told."""
        found = "var names = arguments[0]; return told.filter(function (one) { return names.indexOf(one[0]) >= 0; })[0]"
        self.browser.wait(lambda: self.browser.driver.execute_script(found, names))
        one = self.browser.driver.execute_script(found, names)
        return tuple(one) if one else ("nothing", self.browser.driver.execute_script("return told"))

    def type(self, frame: str, text: str) -> None:
        """Type into the input of a frame, once it is there."""
        driver = self.browser.driver

        def typed() -> bool:
            driver.switch_to.default_content()
            driver.switch_to.frame(self.browser.find(frame))
            self.browser.find("input").send_keys(text)
            return True

        self.browser.wait(typed)
        driver.switch_to.default_content()

    def enter(self, selector: str, text: str) -> None:
        """Type into an input of the page in place of what is there, once it is there."""

        def entered() -> bool:
            found = self.browser.find(selector)
            found.clear()
            found.send_keys(text)
            return True

        self.browser.wait(entered)

    def elsewhere(self, press: Callable[[], object], answer: str | None) -> None:
        """Press what opens a window, and give an answer of its page; None closes it."""
        driver = self.browser.driver
        home = driver.current_window_handle
        press()
        self.browser.wait(lambda: len(driver.window_handles) == 2)
        driver.switch_to.window(next(one for one in driver.window_handles if one != home))
        if answer is None:
            driver.close()
        else:
            self.browser.wait(lambda: driver.execute_script(_CHOICE, answer).click() is None)
        driver.switch_to.window(home)

    def move(self, invoice_id: str, what: str, **more: str) -> Any:
        """Make the world move on an invoice's payment, once it has begun."""
        shown: dict[str, Any] = {}

        def has_begun() -> bool:
            shown.update(self.shop.call("GET", f"/invoices/{invoice_id}?expand=transaction")["invoice"]["transaction"])
            return shown["status"] == "pending"

        self.browser.wait(has_begun)
        if shown["status"] != "pending":
            return shown["status"]
        return self.shop.call("POST", "/sandbox/simulate", {"what": what, "on": shown["id"], **more})

    def configuration(self, name: str) -> str:
        """The id of a gateway configuration by its name."""
        found = self.shop.call("GET", "/gateway-configurations?limit=100")["gateway_configurations"]
        return str(next(one["id"] for one in found if one["name"] == name))

    def shop_card(self) -> str:
        """The id of a card that pays, made by the shop's program."""
        card = {"number": PLAIN, "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
        return str(self.shop.call("POST", "/cards", card)["card"]["id"])

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
