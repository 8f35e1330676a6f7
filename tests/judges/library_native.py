"""The browser library's older widget of native payments, and what its windows tell each other by."""

from collections.abc import Iterator

from tests.judges.library_shop import Judged

_EVENTS = (
    "loading ready gateway_configuration_error payment_init payment_additional_input payment_success payment_error"
).split()
_MAKE = """
var events = arguments[0], config = arguments[1];
told = [];
events.forEach(function (name) {
  window.addEventListener("processout_native_apm_" + name, function (event) { told.push([name, event.detail || {}]); });
});
document.querySelector("#form").remove();
window.widget = client.setupNativeApm(config);
"""
#: The widget asks for these as it is made, and draws without them where they come late.
_HAS_SCRIPTS = "return !!(window.QRCode && window.libphonenumber && window.showdown)"
_HUB = """
window.hub = new ProcessOut.MessageHub(client, function () { told.push(["ready", 1]); },
                                       function (key, value) { told.push(["value", [key, value]]); });
"""
_IS_DRAWN = """
var canvas = document.querySelector("#native canvas");
var picture = canvas && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
return !!picture && [...picture.data].some((one) => one > 0);
"""
_BACK = "https://shop.example/back"


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    for name, native in (
        ("old-bank", ["iban"]),
        ("old-person", ["account_holder", "email", "phone"]),
        ("old-code", ["code", "qr_code"]),
        ("old-till", ["voucher"]),
    ):
        at.shop.call("PUT", f"/sandbox/psps/{name}", {"like": "bank-debit", "native": native})
    yield from inputs(at)
    yield from waits(at)
    yield from troubles(at)
    yield from hub(at)


def mount(at: Judged, name: str, **more: object) -> str:
    """The id of an invoice for which the widget of a method is there."""
    invoice_id = at.invoice()
    at.open()
    config = {"invoiceId": invoice_id, "gatewayConfigurationId": at.configuration(name), "returnUrl": _BACK, **more}
    at.run(_MAKE, _EVENTS, config)
    at.browser.wait(lambda: at.browser.driver.execute_script(_HAS_SCRIPTS))
    at.run("widget.mount('#native')")
    return invoice_id


def inputs(at: Judged) -> Iterator[tuple[str, object]]:
    """What a person enters is checked by the server, said to be wrong beside its field, and taken."""
    invoice_id = mount(at, "old-bank")
    at.heard("ready")
    at.enter("#native input", "DE00 3704 0044 0532 0130 00")
    at.browser.click("#native form button")
    is_told = at.browser.wait(lambda: any(at.browser.texts(".native-apm-input-error")))
    yield "a wrong IBAN is told beside its field", None if is_told else at.told()
    at.enter("#native input", "DE89 3704 0044 0532 0130 00")
    at.browser.click("#native form button")
    at.move(invoice_id, "payment.confirm")
    name, detail = at.heard("payment_success", "payment_error")
    is_right = (name, detail.get("returnUrl"), at.status(invoice_id)) == ("payment_success", _BACK, "completed")
    yield "an IBAN pays", None if is_right else (name, detail)
    invoice_id = mount(at, "old-person")
    at.heard("ready")
    at.enter("#native [name=account_holder]", "Ada Lovelace")
    at.enter("#native [type=email]", "ada@shop.example")
    at.enter("#native .native-apm-phone-number-input, #native [type=tel]", "+491701234567")
    at.browser.click("#native form button")
    moved = at.move(invoice_id, "payment.confirm")
    name, detail = at.heard("payment_success", "payment_error")
    yield "a name, an e-mail address and a phone number pay", None if name == "payment_success" else (detail, moved)


def waits(at: Judged) -> Iterator[tuple[str, object]]:
    """A customer is told what to do elsewhere, and the widget waits for it."""
    for name in ("old-code", "old-till"):
        for move, wanted in (("payment.confirm", "payment_success"), ("payment.fail", "payment_error")):
            invoice_id = mount(at, name)
            if name == "old-code":
                at.heard("ready")
                at.browser.click("#native .native-apm-numeric-input-character")
                at.browser.press(*"123456")
                at.browser.click("#native form button")
            at.heard("payment_init")
            is_drawn = at.browser.wait(lambda: at.browser.driver.execute_script(_IS_DRAWN))
            says = " ".join(at.browser.texts("#native .native-apm-message"))
            yield (
                f"{name} shows a code and what to do with it",
                None if is_drawn and ": 9" in says else (is_drawn, says),
            )
            said = at.shop.call("GET", f"/invoices/{invoice_id}/apm-payment?gateway_configuration_id="
                                f"{at.configuration(name)}")  # fmt: skip
            number = says.rpartition(" ")[2]
            yield f"{name} shows the number that is paid by", None if number in str(said) else (says, said)
            at.move(invoice_id, move)
            told, detail = at.heard("payment_success", "payment_error")
            yield f"{name}, {move}, comes to {wanted}", None if told == wanted else (told, detail)


def troubles(at: Judged) -> Iterator[tuple[str, object]]:
    """What goes wrong is told, and shown."""
    at.browser.asked_elsewhere()
    mount(at, "old-till", pollingMaxTimeout=1)
    name, detail = at.heard("payment_success", "payment_error")
    yield "nobody is waited for too long", None if name == "payment_error" else (name, detail)
    polls = sum("/capture" in url for url in at.browser.asked_elsewhere())
    yield "the library does not ask without a pause", None if 1 < polls < 10 else polls
    mount(at, "old-bank", gatewayConfigurationId="gway_conf_none")
    name, detail = at.heard("ready", "gateway_configuration_error")
    is_shown = at.browser.wait(lambda: any(at.browser.texts(".native-apm-message")))
    is_right = name == "gateway_configuration_error" and detail["error_type"] and is_shown
    yield "a method that is not there is told", None if is_right else (name, detail, is_shown)
    invoice_id = mount(at, "old-bank")
    at.heard("ready")
    at.shop.call("POST", f"/invoices/{invoice_id}/capture", {"source": at.shop_card()})
    at.enter("#native input", "DE89 3704 0044 0532 0130 00")
    at.browser.click("#native form button")
    name, detail = at.heard("payment_success", "payment_error")
    yield "what is paid already is told", None if name == "payment_error" and detail["message"] else (name, detail)


def hub(at: Judged) -> Iterator[tuple[str, object]]:
    """A window of the shop's page hears what another one sets, and gets what was set before."""
    driver = at.browser.driver
    at.open()
    at.run(_HUB)
    yield "the hub is ready", None if at.heard("ready")[0] == "ready" else at.told()
    home = driver.current_window_handle
    driver.switch_to.new_window("tab")
    at.open()
    at.run(_HUB)
    at.heard("ready")
    at.run("hub.set('processout.checkout', JSON.stringify({action: 'canceled'}))")
    at.run("told = []; hub.get('processout.checkout')")
    name, found = at.heard("value")
    wanted = ["processout.checkout", '{"action":"canceled"}']
    yield "a window gets what it set", None if found == wanted else (name, found)
    driver.close()
    driver.switch_to.window(home)
    name, found = at.heard("value")
    yield "another window hears of it", None if found == wanted else (name, found)
    at.run("told = []; hub.get('never set')")
    name, found = at.heard("value")
    yield "nothing is there of what nobody set", None if found == ["never set", None] else (name, found)
