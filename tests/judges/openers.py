"""`python -m tests.judges.openers`: Chromium judges what a shop's page hears of the customer pages that it opens.

A page of another origin of this machine frames the page of a method and of a challenge, and opens them in windows; it
hears the message and can go on with it. The same page under a stranger's name frames nothing and hears nothing. Ends
with 1 where something is not as it should be; without Chromium, its driver or selenium it says so and judges nothing.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bench.serving import mockpsp
from tests.judges.chromium import Browser, Missing, browsing
from tests.judges.demo_shop import PROJECT_ID, Shop

_STRANGER = "stranger.example"
#: The published id of the gateway configuration `sandbox`.
_SANDBOX = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"
_CHALLENGED = "4000000000000101"
#: What the shop's page is: it keeps what it hears, and opens or frames what it is told to.
_PAGE = b"""<!doctype html><title>shop</title><body><script>
window.heard = [];
addEventListener("message", function (event) { heard.push(event.data); });
function show(url) {
  var frame = document.createElement("iframe");
  frame.width = 600; frame.height = 700; frame.src = url;
  document.body.appendChild(frame);
}
</script></body>"""


class ShopPage(BaseHTTPRequestHandler):
    """Answers every address with the shop's page."""

    def do_GET(self) -> None:
        """The page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def main() -> int:
    """Judge, tell each verdict, and answer the exit code."""
    wrong = count = 0
    with tempfile.TemporaryDirectory(prefix="mockpsp-openers-") as name, mockpsp(Path(name) / "page.db") as server:
        base = server.url.rstrip("/")
        try:
            named = f"--host-resolver-rules=MAP {_STRANGER} 127.0.0.1"
            with serving_shop() as port, browsing(base, named, "--disable-popup-blocking") as browser:
                for what, trouble in verdicts(Judged(browser, Shop(base), base, port)):
                    count += 1
                    wrong += bool(trouble)
                    print(f"{'WRONG' if trouble else 'ok   '}  {what}{f': {trouble}' if trouble else ''}", flush=True)
        except Missing as missing:
            print(f"skipped: {missing}")
            return 0
    print(f"{count - wrong} of {count} as they should be")
    return 1 if wrong else 0


class Judged:
    """A browser in the shop's page, and the shop's own program."""

    def __init__(self, browser: Browser, shop: Shop, base: str, port: int) -> None:
        self.browser, self.shop, self.base, self.port = browser, shop, base, port

    def invoice(self, **more: str) -> str:
        """The id of a new invoice."""
        body = {"name": "Umbrella", "amount": "10.00", "currency": "EUR", **more}
        return str(self.shop.call("POST", "/invoices", body)["invoice"]["id"])

    def method(self, invoice_id: str) -> str:
        """Where the method's page is, as the browser library writes it."""
        return f"{self.base}/{PROJECT_ID}/{invoice_id}/redirect/{_SANDBOX}"

    def challenge(self, invoice_id: str) -> str:
        """Where the payer of an invoice has to go."""
        card = {"number": _CHALLENGED, "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
        source = self.shop.call("POST", "/cards", card)["card"]["id"]
        answer = self.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": source})
        return str(answer["customer_action"]["value"])

    def status(self, invoice_id: str) -> str:
        """How the invoice's payment stands."""
        shown = self.shop.call("GET", f"/invoices/{invoice_id}?expand=transaction")["invoice"]
        return str(shown["transaction"]["status"])

    def press(self, url: str, *selectors: str, is_framed: bool, host: str = "localhost") -> list[dict[str, Any]]:
        """What the shop's page hears once somebody pressed something of the page that it framed or opened."""
        driver = self.browser.driver
        driver.get(f"http://{host}:{self.port}/")
        home = driver.current_window_handle
        driver.execute_script("show(arguments[0])" if is_framed else "window.open(arguments[0])", url)
        if is_framed:
            driver.switch_to.frame(self.browser.find("iframe"))
        else:
            self.browser.wait(lambda: len(driver.window_handles) == 2)
            driver.switch_to.window(next(one for one in driver.window_handles if one != home))
        pressed = all(self.browser.wait(lambda s=one: self.browser.find(s).click() is None) for one in selectors)
        if not is_framed:
            driver.switch_to.window(home)
        driver.switch_to.default_content()
        if host == "localhost":
            self.browser.wait(lambda: driver.execute_script("return heard.length > 0"))
        heard = [json.loads(text) for text in driver.execute_script("return heard")]
        for one in driver.window_handles:
            if one != home:
                driver.switch_to.window(one)
                driver.close()
        driver.switch_to.window(home)
        return heard if pressed else [{"action": "could not press"}, *heard]


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    for is_framed in (True, False):
        way = "framed" if is_framed else "opened"
        for more in ({}, {"return_url": f"http://localhost:{at.port}/back"}):
            back = "with" if more else "without"
            yield from method(at, is_framed, f"{way}, {back} a way back", more)
            yield from challenge(at, is_framed, f"{way}, {back} a way back", more)
    yield from strangers(at)


def method(at: Judged, is_framed: bool, way: str, more: dict[str, str]) -> Iterator[tuple[str, object]]:
    """The method's page is answered, and the payment made of what was heard."""
    invoice_id = at.invoice(**more)
    heard = at.press(at.method(invoice_id), ".choices [data-tells]", is_framed=is_framed)
    if [one["action"] for one in heard] == ["success"]:
        at.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": heard[0]["data"]})
    yield f"a method's page, {way}", None if at.status(invoice_id) == "completed" else heard


def challenge(at: Judged, is_framed: bool, way: str, more: dict[str, str]) -> Iterator[tuple[str, object]]:
    """The challenge is passed, failed and left, and each is heard."""
    for answer, action in (("authenticate", "success"), ("fail", "error"), ("abandon", "canceled")):
        invoice_id = at.invoice(**more)
        heard = at.press(at.challenge(invoice_id), f"[value={answer}]", is_framed=is_framed)
        is_right = [one["action"] for one in heard] == [action]
        is_right &= (at.status(invoice_id) == "completed") == (action == "success")
        yield f"3-D Secure, {answer}, {way}", None if is_right else heard


def strangers(at: Judged) -> Iterator[tuple[str, object]]:
    """Pages of a name that nobody trusts see nothing in their frames, and hear nothing of their windows."""
    driver = at.browser.driver
    driver.get(f"http://{_STRANGER}:{at.port}/")
    driver.execute_script("show(arguments[0])", at.method(at.invoice()))
    blocked = at.browser.wait(lambda: any("frame-ancestors" in one for one in at.browser.complaints()))
    driver.switch_to.frame(at.browser.find("iframe"))
    seen = at.browser.texts(".choices")
    driver.switch_to.default_content()
    yield "a stranger's frame stays empty", None if blocked and not seen else (blocked, seen)
    url = at.method(at.invoice(return_url=f"http://localhost:{at.port}/back"))
    heard = at.press(url, ".choices a", is_framed=False, host=_STRANGER)
    yield "a stranger's window tells it nothing", heard


@contextmanager
def serving_shop() -> Iterator[int]:
    """The port of the shop's page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), ShopPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
