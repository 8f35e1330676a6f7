"""What a test card brings about, as frozen values; lines of the catalog's cards.toml become these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Demand(StrEnum):
    """When a card wants its holder to be authenticated."""

    #: Always, whatever the merchant says.
    ALWAYS = "always"
    #: Unless the rules leave the payment out (merchant-initiated, mail or telephone) or an exemption is asked for.
    IN_SCOPE = "in-scope"
    #: Only where the merchant asks for it.
    ASKED = "asked"


class Fingerprint(StrEnum):
    """What comes of looking at the payer's device."""

    NO = "no"
    YES = "yes"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ThreeDSCard:
    """How a card takes part in 3-D Secure. Without versions it has none."""

    versions: tuple[int, ...] = (2,)
    demand: Demand = Demand.ASKED
    #: The issuer is satisfied without asking the holder.
    is_frictionless: bool = False
    fingerprint: Fingerprint = Fingerprint.NO


@dataclass(frozen=True, slots=True)
class CardBehaviour:
    """What a published test card brings about. None: nothing unusual. Codes are decline codes."""

    scheme: str
    country_code: str | None = None
    co_scheme: str | None = None
    authorize_error: str | None = None
    #: The first authorization passes, each later one fails with this code.
    next_authorize_error: str | None = None
    #: Verifications pass (zero amount), payments fail with this code.
    payment_error: str | None = None
    capture_error: str | None = None
    partial_capture_error: str | None = None
    increment_error: str | None = None
    refund_error: str | None = None
    #: What follows completion: chargeback, chargeback_failed, retrieval_request, fraud_notification.
    then: str | None = None
    #: Check name (cvc, avs, avs_postal, avs_street) -> value.
    checks: Mapping[str, str] = field(default_factory=dict)
    recommendation_code: str | None = None
    #: None: the card is enrolled and its issuer never asks, so 3-D Secure runs only on its own (`authenticate`).
    three_d_s: ThreeDSCard | None = None
