"""Debian's Chromium, driven by selenium: pages as a person gets them, what they log, and where they ask for what."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("looking.js")
WIDE, NARROW = 1200, 375
#: So long the page is waited for, in seconds.
PATIENCE_S = 15


class Missing(Exception):
    """What it takes is not on this machine."""


class Browser:
    """A window of Chromium that has signed in nowhere yet."""

    def __init__(self, driver: Any, base: str) -> None:
        self.driver, self.base = driver, base

    def open(self, path: str) -> None:
        """Show a page of the server."""
        self.driver.get(self.base + path)

    def size(self, width: int, height: int = 900, *, is_dark: bool = False) -> None:
        """A window of that width, of somebody who likes it dark or light."""
        device = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def click(self, selector: str) -> None:
        """Press the first element of a selector, however often it is replaced meanwhile."""
        self.wait(lambda: self.find(selector).click() is None)

    def ask(self, question: str) -> Any:
        """What a function of looking.js answers about the page."""
        return self.driver.execute_script(f"{SCRIPT.read_text(encoding='utf-8')}\nreturn {question}();")

    def find(self, selector: str) -> Any:
        """The first element of a selector; raises where there is none."""
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """What the elements of a selector say."""
        found: list[str] = self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent.trim())", selector
        )
        return found

    def wait(self, is_so: Callable[[], object]) -> bool:
        """Whether it comes to be so in time."""
        from selenium.common.exceptions import TimeoutException, WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            WebDriverWait(self.driver, PATIENCE_S, 0.05, [WebDriverException]).until(lambda _: is_so())
        except TimeoutException:
            return False
        return True

    def press(self, *keys: str) -> None:
        """Keys, one after the other, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def complaints(self) -> list[str]:
        """What the console has said since it was asked last."""
        return [one["message"] for one in self.driver.get_log("browser") if one["level"] in ("SEVERE", "WARNING")]

    def asked_elsewhere(self) -> list[str]:
        """Addresses that pages asked for, beyond the server and the pages themselves."""
        events = [json.loads(one["message"])["message"] for one in self.driver.get_log("performance")]
        urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith((f"{self.base}/", "data:"))]

    def sign_in(self, project_id: str, secret: str) -> None:
        """Fill in the form that a person meets first."""
        self.open("/sandbox/ui")
        self.find("[name=project_id]").send_keys(project_id)
        self.find("[name=secret]").send_keys(secret)
        self.find("button.go").click()


@contextmanager
def browsing(base: str, *more: str) -> Iterator[Browser]:
    """A Chromium without a window on the screen, started with `more`; Missing where there is none, or no driver."""
    try:
        from selenium import webdriver
    except ImportError:
        raise Missing("selenium is not installed (pip install 'mockpsp[browser]')") from None
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    chromedriver = shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        raise Missing("Chromium or its driver is not installed (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=1200,900",
        *more,
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    try:
        yield Browser(driver, base)
    finally:
        driver.quit()
