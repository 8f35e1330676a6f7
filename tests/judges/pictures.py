"""`python -m tests.judges.pictures`: draws the page's pictures for the documentation, of the same universe each time.

Chromium and its driver draw; without them nothing is changed, and the exit code is 1.
"""

import base64
import sys
import tempfile
from pathlib import Path

from tests.bench.serving import mockpsp
from tests.judges.chromium import NARROW, Browser, Missing, browsing
from tests.judges.demo_shop import PROJECT_ID, SECRET, furnish, receiving

FOLDER = Path(__file__).parents[2] / "mockpsp" / "docs"
#: The receiver's, since it is in the pictures.
PORT = 8000
WIDTH, HEIGHT = 1040, 720
BYTES_MAX = 150_000
UI = "/sandbox/ui"


def main() -> int:
    """Draw each picture, and answer the exit code."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-page-") as name, mockpsp(Path(name) / "page.db") as server:
        base = server.url.rstrip("/")
        try:
            with receiving(PORT) as receiver, browsing(base) as browser:
                shop = furnish(base, receiver)
                browser.size(WIDTH, HEIGHT)
                browser.sign_in(PROJECT_ID, SECRET)
                payment = f"{UI}/payments/{shop.pay(0)}"
                refund(browser, payment)
                draw(browser, "payment")
                for picture, path, width, is_dark in (
                    ("webhooks", f"{UI}/webhooks", WIDTH, False),
                    ("clock", f"{UI}/clock", WIDTH, True),
                    ("narrow", payment, NARROW, False),
                ):
                    browser.size(width, HEIGHT, is_dark=is_dark)
                    browser.open(path)
                    draw(browser, picture)
        except Missing as missing:
            print(f"nothing was drawn: {missing}", file=sys.stderr)
            return 1
    return 0


def refund(browser: Browser, payment: str) -> None:
    """A person gives a part of a payment back, and sees what came of it."""
    browser.open(payment)
    browser.click("form.move details summary")
    browser.find("form.move input[name='with[amount]']").send_keys("15.00")
    browser.click("form.move button")
    browser.wait(lambda: browser.texts(".news"))
    browser.driver.execute_script("window.scrollTo(0, 0); document.activeElement.blur()")


def draw(browser: Browser, picture: str) -> None:
    """A picture of the page as it is once it is shown whole."""
    browser.wait(lambda: browser.texts("h1"))
    file = FOLDER / f"page-{picture}.png"
    content = base64.b64decode(browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])
    assert len(content) < BYTES_MAX, f"{file.name} has {len(content)} bytes"
    if not file.exists() or file.read_bytes() != content:
        file.write_bytes(content)
        print(f"{file.name} written, {len(content):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
