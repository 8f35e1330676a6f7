"""What `POST /invoices` and `PUT /invoices/{id}` take: every key with its type, words and limits.

Amounts are text here, since what they are worth depends on the currency; invoice_making.py settles that.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockpsp.api.wire.fields import (
    AmountText,
    Anything,
    Body,
    Count,
    Country,
    Email,
    Flag,
    IpAddress,
    Moment,
    Name,
    Part,
    Parts,
    ReturnUrl,
    Text,
    TextMap,
    WebUrl,
    number_written,
    one_of,
    shaped,
)
from mockpsp.api.wire.phones import PhoneNumber

SPLIT_TYPES = "PURCHASE VAT FEE COMMISSION MARKETPLACE SHIPPING".split()

_CONDITIONS = "new refurbished used other".split()
_CATEGORIES = (
    "food entertainment home appliance bidding gift technology media communication health sport personal-service "
    "professional-service clothing travel tickets transport other"
).split()
_PLATFORMS = "web ios android other".split()
_INTENTS = (
    "one-off recurring recurring-standing-order recurring-subscription installment unscheduled "
    "unscheduled-delayed-charge unscheduled-resubmission unscheduled-no-show unscheduled-reauthorization"
).split()
_EXEMPTIONS = "low-value trusted-beneficiary transaction-risk-analysis".split()
_CHALLENGES = (
    "no-preference no-challenge-requested challenge-requested challenge-requested-mandate "
    "no-challenge-requested-tra-performed no-challenge-requested-data-share-only no-challenge-requested-sca-performed "
    "no-challenge-requested-whitelist-exemption challenge-requested-whitelist-prompt cb-scoring"
).split()
_SHIPPING_METHODS = "web collect-at-shop relay travel-station home shipping locker other".split()
_SHIPPING_DELAYS = "express priority standard other".split()


class Percent(Text):
    """A percentage from 0 to 100, as decimal text without trailing zeros."""

    default_error_messages = {"percent": "{input!r} is not a percentage from 0 to 100 with at most 4 decimals"}
    _SHAPE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?", re.ASCII)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(number_written(value), attr, data, **more)
        if not self._SHAPE.fullmatch(text) or Decimal(text) > 100:
            raise self.make_error("percent", input=text[:20])
        return f"{Decimal(text).normalize():f}"


class DetailRequest(Body):
    """A line of an invoice: `amount` is the price of one, `quantity` how many."""

    name = Text(80, required=True)
    amount = AmountText(required=True)
    quantity = Count(1, 1_000_000, load_default=1)
    discount_amount = AmountText()
    type = Text(30)
    reference = Text()
    description = Text()
    brand = Text(80)
    model = Text(80)
    condition = Text(validate=one_of(_CONDITIONS))
    category = Text(validate=one_of(_CATEGORIES))
    metadata = TextMap()
    marketplace_merchant = Text()
    marketplace_merchant_is_business = Flag()
    marketplace_merchant_created_at = Moment()


class TaxRequest(Body):
    """Tax that is inside the amount."""

    amount = AmountText()
    rate = Percent()


class RiskRequest(Body):
    """What the merchant thinks of the risk."""

    score = Text(12)
    is_legit = Flag()
    skip_gateway_rules = Flag()


class DeviceRequest(Body):
    """The payer's device."""

    id = Text(100)
    ip_address = IpAddress()
    channel = Text(validate=one_of(_PLATFORMS))
    threeds_sdk = Text(validate=one_of(_PLATFORMS[:3]))
    platform = Text(validate=one_of(_PLATFORMS))


class ShippingRequest(Body):
    """How and where to it is sent."""

    amount = AmountText()
    method = Text(validate=one_of(_SHIPPING_METHODS))
    provider = Text(32)
    delay = Text(validate=one_of(_SHIPPING_DELAYS))
    address1 = Text(255)
    address2 = Text(255)
    city = Text(80)
    state = Text(80)
    country_code = Country()
    zip = Text(16)
    phone = PhoneNumber()
    phone_number = PhoneNumber()
    expects_shipping_at = Moment()
    relay_store_name = Text(100)
    first_name = Name(80)
    last_name = Name(80)
    email = Email()


class BillingRequest(Body):
    """Who is billed where."""

    address1 = Text(255)
    address2 = Text(255)
    city = Text(80)
    state = Text(80)
    zip = Text(16)
    country_code = Country()


class FraudToolsRequest(Body):
    """What is passed on to fraud tools; their business alone."""

    forter = Anything()
    ravelin = Anything()
    signifyd = Anything()
    riskified = Anything()


class SubmerchantAddressRequest(Body):
    """Where a submerchant is."""

    line1 = Text(255)
    line2 = Text(255)
    city = Text(80)
    state = Text(80)
    country_code = Country()
    zip = Text(16)
    county = Text(80)


class SubmerchantRequest(Body):
    """For whom a payment facilitator takes the money."""

    name = Text()
    reference = Text()
    mcc = Text(validate=shaped("[0-9]{4}", "four digits"))
    email = Email()
    tax_reference = Text()
    service_establishment_number = Text()
    phone_number = PhoneNumber()
    address = Part(SubmerchantAddressRequest())


class BypassRequest(Body):
    """What to go on without where the PSP can't do it."""

    incremental_authorization = Flag()
    split_payments = Flag()


class ApmProcessingRequest(Body):
    """How an alternative method is to be finished."""

    return_redirect_type = Text()
    preferred_finalization_mode = Text()


class ProcessingRequest(Body):
    """How the payment is to be worked off."""

    bypass_unsupported_split_payments = Flag()
    apm_payment_config = Part(ApmProcessingRequest())


class SplitRequest(Body):
    """One share of a payment, and whose it is."""

    provider_recipient_reference = Text(required=True)
    type = Text(required=True, validate=one_of(SPLIT_TYPES))
    amount = AmountText(required=True)
    currency = Text(3, required=True)
    description = Text()
    payment_reference = Text()


class InitiationType(Text):
    """`cit` or `mit`, answered in capitals."""

    default_error_messages = {"word": "{input!r} is not one of cit, mit"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text.lower() not in ("cit", "mit"):
            raise self.make_error("word", input=text[:20])
        return text.upper()


class InvoiceUpdate(Body):
    """What can be changed of an invoice before its payment starts."""

    amount = AmountText()
    currency = Text(3)
    tax = Part(TaxRequest())
    details = Parts(DetailRequest())
    shipping = Part(ShippingRequest())


class InvoiceRequest(InvoiceUpdate):
    """The body of a new invoice."""

    name = Text(80, required=True)
    amount = AmountText(required=True)
    currency = Text(3, required=True)
    customer_id = Text()
    order_id = Text()
    reference_id = Text(80, validate=shaped("[!-~]+", "printable ASCII characters without spaces"))
    metadata = TextMap()
    gateway_data = TextMap()
    risk = Part(RiskRequest())
    device = Part(DeviceRequest())
    billing = Part(BillingRequest())
    external_fraud_tools = Part(FraudToolsRequest())
    submerchant = Part(SubmerchantRequest())
    submerchant_id = Text()
    unsupported_feature_bypass = Part(BypassRequest())
    payment_processing_config = Part(ProcessingRequest())
    split_allocations = Parts(SplitRequest())
    statement_descriptor = Text(25)
    statement_descriptor_phone = Text()
    statement_descriptor_city = Text(22)
    statement_descriptor_company = Text()
    statement_descriptor_url = Text()
    merchant_initiator_type = Text(validate=one_of(("one-off", "recurring")))
    initiation_type = InitiationType()
    payment_intent = Text(validate=one_of(_INTENTS))
    payment_type = Text(validate=one_of(("moto", "ecommerce")))
    sca_exemption_reason = Text(validate=one_of(_EXEMPTIONS))
    exemption_reason_3ds2 = Text(validate=one_of(_EXEMPTIONS))
    challenge_indicator = Text(validate=one_of(_CHALLENGES))
    return_url = ReturnUrl()
    cancel_url = ReturnUrl()
    webhook_url = WebUrl()
    require_backend_capture = Flag()
    incremental = Flag()
    verification = Flag()
    expires_at = Moment()
    auto_capture_at = Moment(drops_offset=True)
