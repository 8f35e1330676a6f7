"""Apple Pay and Google Pay as a checkout offers them: once each, where an enabled gateway configuration's profile lists
them, with what the browser library and the apps ask the wallet's own sheet by. A payment by them is a card's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mockpsp.api.shapes.gateways import project_body
from mockpsp.api.shapes.invoices import display
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.domain.psps.fees import missing_price
from mockpsp.engine.gateways import configuration_keys, gateway_profile, is_enabled
from mockpsp.engine.universes import UniverseTx

APPLE_PAY, GOOGLE_PAY = "applepay", "googlepay"
#: Apple's id of the merchant, where the project has none; no real one.
_MERCHANT_ID = "merchant.mockpsp.test"
#: Where payments are processed. The API knows no country of a project; that of its published example.
_COUNTRY = "GB"
#: Schemes of the test cards that a wallet's sheet knows as well, in the API's words and in Google's.
_SCHEMES = ["american express", "carte bancaire", "discover", "jcb", "mastercard", "visa"]
_NETWORKS = ["AMEX", "DISCOVER", "JCB", "MASTERCARD", "VISA"]


def wallet_methods(tx: UniverseTx, row: PaymentRow) -> list[Shape]:
    """The wallets that an invoice may be paid by; clients show them before all else, as what pays with one press."""
    return [
        {"type": wallet, "flow": "express", "display": display(name), wallet: configuration(tx)}
        for wallet, (name, configuration) in _WALLETS.items()
        if is_offered(tx, wallet, row.payment.currency)
    ]


def is_offered(tx: UniverseTx, wallet: str, currency: str | None = None) -> bool:
    """Whether any gateway configuration takes a wallet's payments, in this currency if one is named."""
    if wallet == APPLE_PAY and apple_pay_settings(tx).get("enabled") is False:
        return False
    profiles = (gateway_profile(tx, key)[1] for key in configuration_keys(tx) if is_enabled(tx, key))
    return any(
        wallet in profile.methods and not (currency is not None and missing_price(profile, currency))
        for profile in profiles
    )


def apple_pay_settings(tx: UniverseTx) -> Mapping[str, Any]:
    """What was set of the project's Apple Pay, whatever that is."""
    found: Mapping[str, Any] = project_body(tx).get("applepay_settings") or {}
    return found


def merchant_id(tx: UniverseTx) -> str:
    """Apple's id of the merchant: the project's own, else one of this sandbox."""
    found = apple_pay_settings(tx).get("merchant_id")
    return found if isinstance(found, str) and found else _MERCHANT_ID


def _apple_pay(tx: UniverseTx) -> Shape:
    return {
        "merchant_id": merchant_id(tx),
        "country_code": _COUNTRY,
        "supported_networks": _SCHEMES,
        "merchant_capabilities": ["supports3DS"],
    }


def _google_pay(tx: UniverseTx) -> Shape:
    """By an id that begins with `test-` the browser library tells that Google's sheet is to be the test one."""
    return {
        "gateway": "processout",
        "gateway_merchant_id": tx.project.id,
        "country_code": _COUNTRY,
        "allowed_auth_methods": ["PAN_ONLY", "CRYPTOGRAM_3DS"],
        "allowed_card_networks": _NETWORKS,
        "allow_prepaid_cards": True,
        "allow_credit_cards": True,
    }


#: Wallet -> its name on a button, and what clients ask its sheet by.
_WALLETS: Mapping[str, tuple[str, Callable[[UniverseTx], Shape]]] = {
    APPLE_PAY: ("Apple Pay", _apple_pay),
    GOOGLE_PAY: ("Google Pay", _google_pay),
}
