"""`python -m tests.judges.page`: Chromium judges the page of a universe as a person meets it.

It signs in, sees a payment appear without asking again, makes a move and sees what came of it, sends a webhook again,
lets time pass, and does all of it by the keyboard alone. Every page is looked at wide, at 375 px and dark. Ends with 1
where something is not as it should be; without Chromium, its driver or selenium it says so and judges nothing.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.serving import mockpsp
from tests.judges.chromium import NARROW, WIDE, Browser, Missing, browsing
from tests.judges.demo_shop import PROJECT_ID, SECRET, Shop, furnish, receiving

UI = "/sandbox/ui"
_TAB, _ENTER = "\ue004", "\ue007"
_KEYS_MAX = 400


def main() -> int:
    """Judge, tell each verdict, and answer the exit code."""
    wrong = count = 0
    with tempfile.TemporaryDirectory(prefix="mockpsp-page-") as name, mockpsp(Path(name) / "page.db") as server:
        try:
            with receiving() as receiver, browsing(server.url.rstrip("/")) as browser:
                shop = furnish(server.url.rstrip("/"), receiver)
                for what, trouble in verdicts(browser, shop):
                    count += 1
                    wrong += bool(trouble)
                    print(f"{'WRONG' if trouble else 'ok   '}  {what}{f': {trouble}' if trouble else ''}", flush=True)
        except Missing as missing:
            print(f"skipped: {missing}")
            return 0
    print(f"{count - wrong} of {count} as they should be")
    return 1 if wrong else 0


def verdicts(browser: Browser, shop: Shop) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    browser.size(WIDE)
    browser.sign_in(PROJECT_ID, SECRET)
    is_in = browser.wait(lambda: browser.texts("h1") == ["Payments"])
    yield "a person signs in", None if is_in else browser.texts("h1, .alert")
    yield from live(browser, shop)
    yield from moved(browser, shop)
    yield from typed(browser, shop)
    yield from webhooks(browser)
    yield from reference(browser)
    yield from keyboard(browser)
    yield from looks(browser)
    yield "no page complained", browser.complaints()
    yield "no request left the server", browser.asked_elsewhere()


def live(browser: Browser, shop: Shop) -> Iterator[tuple[str, object]]:
    """What happens is shown where somebody looks, on a page that is not loaded again."""
    browser.open(UI)
    browser.driver.execute_script("window.isTheSame = true")
    shop.pay(0, "Umbrella seen live")
    seen = browser.wait(lambda: "Umbrella seen live" in browser.texts("td a"))
    is_same = browser.driver.execute_script("return window.isTheSame === true")
    yield "a payment appears by itself, on the same page", None if seen and is_same else (seen, is_same)
    browser.open(f"{UI}/webhooks")
    before = len(browser.texts(".inbox tbody tr"))
    shop.call("POST", "/customers", {})
    seen = browser.wait(lambda: browser.texts(".inbox tbody td a")[0] == "customer.created")
    yield "a webhook appears by itself", None if seen and before else "it did not"
    browser.open(UI)
    before_move = browser.texts("#now")
    shop.call("POST", "/sandbox/clock/advance", {"by": "1h"})
    yield (
        "the clock moves by itself",
        None if browser.wait(lambda: browser.texts("#now") != before_move) else before_move,
    )


def moved(browser: Browser, shop: Shop) -> Iterator[tuple[str, object]]:
    """A move shows its consequences."""
    payment_id = shop.pay(0, "Umbrella to refund")
    browser.open(f"{UI}/payments/{payment_id}")
    browser.click("form.move button")
    yield "a move shows what came of it", None if browser.wait(lambda: browser.texts(".news")) else "nothing is marked"
    yield "what came of it is marked", None if browser.texts("li.new .mark") else "nothing is"


def typed(browser: Browser, shop: Shop) -> Iterator[tuple[str, object]]:
    """What a person has typed and opened stays while things happen."""
    payment_id = shop.pay(0, "Umbrella in use")
    browser.open(f"{UI}/payments/{payment_id}")
    browser.click(".timeline details summary")
    browser.click("form.move details summary")
    field = browser.find("form.move input[name='with[amount]']")
    field.send_keys("900")
    shop.call("POST", f"/transactions/{payment_id}/refunds", {"amount": "1.00"})
    grown = browser.wait(lambda: any("refunds" in one for one in browser.texts(".timeline summary")))
    value = browser.find("form.move input[name='with[amount]']").get_attribute("value")
    yield "what is typed stays while the page grows", None if grown and value == "900" else (grown, value)
    is_open = browser.find(".timeline details").get_attribute("open")
    yield "what is opened stays open", None if is_open else "it was closed"
    browser.click("form.move button")
    told = browser.wait(lambda: "exceeds" in "".join(browser.texts("#said")))
    value = browser.find("form.move input[name='with[amount]']").get_attribute("value")
    yield "a refusal is said beside the form, which stays", None if told and value == "900" else (told, value)
    browser.complaints()  # an answer of 422 is one to the browser


def webhooks(browser: Browser) -> Iterator[tuple[str, object]]:
    """One is looked into and sent again; time passes."""
    browser.open(f"{UI}/webhooks?event=customer.created")
    browser.driver.execute_script("document.querySelector('.inbox tbody a').click()")
    signed = browser.wait(lambda: "webhook-signature" in "".join(browser.texts("pre")))
    yield "a webhook shows what was sent", None if signed else browser.texts("h1")
    before = len(browser.texts("section h2"))
    browser.click("button.go")
    again = browser.wait(lambda: len(browser.texts("section h2")) > before)
    yield "a webhook is sent again", None if again else f"there are {before} attempts still"
    browser.open(f"{UI}/clock")
    now = browser.texts("#now")
    browser.find("input[name=by]").send_keys("1d", _ENTER)
    yield "time passes", None if browser.wait(lambda: browser.texts("#now") != now) else now


def reference(browser: Browser) -> Iterator[tuple[str, object]]:
    """The API's reference is searched, and a call is tried with a universe's credentials."""
    browser.open("/docs")
    drawn = browser.wait(lambda: browser.texts(".opblock-tag"))
    groups = len(browser.texts(".opblock-tag"))
    browser.find(".operation-filter-input").send_keys("agenda")
    fewer = browser.wait(lambda: 0 < len(browser.texts(".opblock-tag")) < groups)
    yield "the reference is searched", None if drawn and fewer else browser.texts(".opblock-tag")
    browser.click(".authorize")
    for place, text in enumerate((PROJECT_ID, SECRET)):
        browser.driver.find_elements("css selector", ".auth-container input")[place].send_keys(text)
    browser.click(".auth-btn-wrapper .authorize")
    browser.click(".auth-btn-wrapper .btn-done")
    if not browser.texts(".opblock-summary-path"):
        browser.click(".opblock-tag")
    browser.click(".opblock-summary-control")
    browser.click(".try-out__btn")
    browser.click(".execute")
    said = browser.wait(lambda: "agenda" in "".join(browser.texts(".live-responses-table .highlight-code")))
    status = browser.texts(".live-responses-table tbody .response-col_status")
    yield "a call is tried", None if said and status[:1] == ["200"] else (said, status)


def keyboard(browser: Browser) -> Iterator[tuple[str, object]]:
    """The keyboard alone reaches everything, shows where it is, and presses."""
    payment = next(one for one in every_page(browser) if "/payments/" in one)
    for path in (UI, payment, f"{UI}/outcomes"):
        browser.open(path)
        browser.wait(lambda: browser.ask("reachable"))
        wanted, seen, unseen = browser.ask("reachable"), set(), set()
        for _ in range(_KEYS_MAX):
            browser.press(_TAB)
            found = browser.ask("focused")
            if found is None or (found["place"] in seen and len(seen) >= wanted):
                break
            seen.add(found["place"])
            if not found["isSeen"]:
                unseen.add(found["text"] or found["name"])
        missed = wanted - len(seen)
        yield (
            f"the keyboard reaches everything on {section(path)}",
            f"{missed} of {wanted} missed" if missed > 0 else None,
        )
        yield f"the focus is seen on {section(path)}", sorted(unseen)
    browser.open(f"{UI}/clock")
    yield "the keyboard presses a button", None if pressed(browser, "Until the next thing") else "it was not reached"


def pressed(browser: Browser, text: str) -> bool:
    """Whether the keyboard got to a button, and its page came."""
    for _ in range(_KEYS_MAX):
        browser.press(_TAB)
        found = browser.ask("focused")
        if found and found["text"] == text:
            browser.press(_ENTER)
            return browser.wait(lambda: any(one.startswith("It is") for one in browser.texts("h1")))
    return False


def looks(browser: Browser) -> Iterator[tuple[str, object]]:
    """Each page at each width and in each scheme."""
    browser.size(WIDE)
    for path in every_page(browser):
        wide: dict[str, object] = {}
        for width, is_dark in ((WIDE, False), (NARROW, False), (NARROW, True), (WIDE, True)):
            browser.size(width, is_dark=is_dark)
            browser.open(path)
            browser.wait(lambda: browser.texts("h1"))
            for question in ("overflow", "faint", "nameless"):
                if found := browser.ask(question):
                    wide[f"{question} at {width}{', dark' if is_dark else ''}"] = found
        yield f"{section(path)} is well to look at", wide


def every_page(browser: Browser) -> list[str]:
    """One page of each kind: the sections, and one of what each of them leads to."""
    browser.open(UI)
    sections = [one.get_attribute("href") for one in browser.driver.find_elements("css selector", "nav.sections a")]
    paths = [one.removeprefix(browser.base) for one in sections if UI in one]
    for path in list(paths):
        browser.open(path)
        inside = [one.get_attribute("href") for one in browser.driver.find_elements("css selector", "main td a")]
        paths += [one.removeprefix(browser.base) for one in inside[:1] if UI in one]
    return paths


def section(path: str) -> str:
    """A page's address without ids."""
    return path.removeprefix(UI).partition("_")[0] or "/"


if __name__ == "__main__":
    sys.exit(main())
