"""Wallets in the browser library's dynamic checkout, as far as a browser without any sees them.

A page stands in for the wallets' own scripts and sheets, which other hosts have and no test reaches: it hands the
library a test payload, and all between that and the payment is the library's and this server's.
"""

from collections.abc import Iterator
from typing import Any

from tests.judges.library_checkout import ENDS, draw
from tests.judges.library_shop import PLAIN, Judged

_ELSEWHERE = ("applepay.cdn-apple.com", "pay.google.com")
_STAND_IN = """
var hosts = arguments[0], number = arguments[1], has = arguments[2];
var append = document.head.appendChild;
document.head.appendChild = function (node) {
  var is_theirs = hosts.some(function (host) { return (node.src || "").indexOf(host) >= 0; });
  if (is_theirs) { node.src = "data:text/javascript,"; }
  return append.call(document.head, node);
};
var card = {number: number, exp_month: 12, exp_year: 2030};
window.sheet = [];
if (has) {
  window.ApplePaySession = function (version, request) { this.request = request; };
  ApplePaySession.canMakePayments = function () { return true; };
  ApplePaySession.prototype = {
    begin: function () {
      sheet.push(["begun", this.request]);
      this.onvalidatemerchant({validationURL: "https://apple-pay-gateway.apple.com/paymentservices/startSession"});
    },
    completeMerchantValidation: function (session) {
      sheet.push(["validated", session]);
      var method = {displayName: "Visa 4242", network: "Visa", type: "credit"};
      var token = {paymentData: {version: "EC_v1", mockpsp: card}, paymentMethod: method, transactionIdentifier: "a"};
      this.onpaymentauthorized({payment: {token: token}});
    },
    completePayment: function (status) { sheet.push(["completed", status]); },
    abort: function () { sheet.push(["aborted", null]); }
  };
}
window.google = {payments: {api: {PaymentsClient: function (options) {
  this.isReadyToPay = function (request) { sheet.push(["asked", request]); return Promise.resolve({result: has}); };
  this.createButton = function (wishes) {
    var button = document.createElement("button");
    button.id = "google-pay"; button.textContent = "Google Pay"; button.onclick = wishes.onClick;
    return button;
  };
  this.loadPaymentData = function (request) {
    sheet.push(["opened", [options.environment, request]]);
    var token = {protocolVersion: "ECv2", signature: "", signedMessage: "", mockpsp: card};
    return Promise.resolve({paymentMethodData: {tokenizationData: {token: JSON.stringify(token)}}});
  };
}}}};
"""
_APPLE = "#apple-pay-button-container.visible apple-pay-button"


def verdicts(at: Judged) -> Iterator[tuple[str, object]]:
    """(what was judged, what was wrong with it; nothing, if nothing was)."""
    yield from without(at)
    yield from apple(at)
    yield from google(at)


def without(at: Judged) -> Iterator[tuple[str, object]]:
    """Where there is no wallet no button is shown, and nothing is complained of."""
    at.browser.complaints()
    name, detail = _drawn(at, at.invoice(), has_wallets=False)
    asked = at.browser.wait(lambda: "asked" in _sheet(at))
    shown = at.browser.driver.execute_script(
        "return document.querySelectorAll('#google-pay, #apple-pay-button-container.visible').length"
    )
    is_right = name == "ready" and asked and not shown
    yield "without a wallet no button is shown", None if is_right else (name, detail, shown)
    yield "and the console says nothing", at.browser.complaints()


def apple(at: Judged) -> Iterator[tuple[str, object]]:
    """Apple Pay's button is there once the server says so; its sheet is let in, and the card that it makes pays."""
    for number, wanted in ((PLAIN, "payment_success"), ("4000000000000002", "payment_error")):
        invoice_id = at.invoice()
        _drawn(at, invoice_id, number)
        is_there = at.browser.wait(lambda: at.browser.find(_APPLE) is not None)
        yield "Apple Pay's button is there", None if is_there else at.told()
        at.run("document.querySelector('apple-pay-button').click()")
        name, detail = at.heard(*ENDS)
        sheet = _sheet(at)
        is_asked = (sheet["begun"]["total"]["amount"], sheet["begun"]["currencyCode"]) == ("10", "EUR")
        is_asked &= {"visa", "mastercard", "amex"} <= set(sheet["begun"]["supportedNetworks"])
        yield "its sheet is asked for what is paid", None if is_asked and sheet.get("validated") else sheet
        yield f"Apple Pay comes to {wanted}", None if name == wanted else (name, detail)


def google(at: Judged) -> Iterator[tuple[str, object]]:
    """Google Pay's button is there where the browser is ready; its test sheet is opened, and its card pays."""
    for number, wanted in ((PLAIN, "payment_success"), ("4000000000000002", "payment_error")):
        invoice_id = at.invoice()
        _drawn(at, invoice_id, number)
        at.browser.click("#google-pay")
        name, detail = at.heard(*ENDS, "google_pay_load_error")
        sheet = _sheet(at)
        environment, request = sheet["opened"]
        method = request["allowedPaymentMethods"][0]
        is_asked = (environment, request["transactionInfo"]["totalPrice"]) == ("TEST", "10")
        is_asked &= method["tokenizationSpecification"]["parameters"]["gatewayMerchantId"] == at.project_id
        is_asked &= "VISA" in method["parameters"]["allowedCardNetworks"]
        yield "Google Pay's test sheet is asked for what is paid", None if is_asked else sheet
        yield f"Google Pay comes to {wanted}", None if name == wanted else (name, detail)


def _drawn(at: Judged, invoice_id: str, number: str = PLAIN, *, has_wallets: bool = True) -> tuple[str, object]:
    def stand_in() -> None:
        at.run(_STAND_IN, _ELSEWHERE, number, has_wallets)

    name, detail = draw(at, invoice_id, before=stand_in)
    return name, detail


def _sheet(at: Judged) -> dict[str, Any]:
    """What the sheets were asked, the last of each kind."""
    return dict(at.browser.driver.execute_script("return sheet"))
