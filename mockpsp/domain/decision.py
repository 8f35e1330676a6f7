"""What a decider is given beside the payment, and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple

from mockpsp.domain.commands import NO_OPTIONS, Planned, RequestOptions
from mockpsp.domain.payments.facts import MESSAGE, Fact, Kind
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import CardBehaviour, Confirmation, PspProfile
from mockpsp.domain.text.ids import Mint
from mockpsp.domain.time.spans import format_span


class ScriptedOutcome(NamedTuple):
    """An outcome set beforehand for one operation: pass, a decline with `error_code`, or a failure some time later."""

    error_code: str | None = None
    fail_after_ms: int | None = None
    reason: str = "unknown"
    #: Of a capture that fails later: with which code, and the rail's own.
    late_code: str = "gateway.declined"
    rail_reason: str | None = None


class OpenRefund(NamedTuple):
    """A refund as far as a later outcome needs it. state: pending, final or failed."""

    seq: int
    amount_minor: int
    state: str
    parts: tuple[tuple[int, int], ...]
    #: What came back of the processing fee with it; taken again if it fails.
    processing_returned_minor: int = 0
    #: What it cost that it is instant; None: it is not, or not any more.
    instant_fee_minor: int | None = None
    created_at_ms: int = 0

    @property
    def is_waiting(self) -> bool:
        """Whether the balance did not cover it yet: it belongs to no capture."""
        return not self.parts


class NewRefund(NamedTuple):
    """A refund object to be kept; state: pending (outcome open) or final."""

    seq: int
    amount_minor: int
    state: str
    parts: tuple[tuple[int, int], ...]
    processing_returned_minor: int = 0
    instant_fee_minor: int | None = None
    #: The balance did not cover it, and it waits until that is credited.
    is_queued: bool = False


class RefundFunded(NamedTuple):
    """The refund `seq` waits no more: it belongs to these captures, and brought so much of the processing fee back."""

    seq: int
    parts: tuple[tuple[int, int], ...]
    processing_returned_minor: int = 0


class RefundEnded(NamedTuple):
    """The refund `seq` is final or failed from now on."""

    seq: int
    state: str
    reason: str | None = None


class RefundFellBack(NamedTuple):
    """The refund `seq` is not instant any more."""

    seq: int


class Effect(NamedTuple):
    """A command that falls due later, never inside the request that caused it."""

    due_at_ms: int
    command: Planned


class Terms(NamedTuple):
    """What the invoice says of how its payment comes about; the rules of authentication turn on it."""

    #: The customer is not there.
    is_merchant_initiated: bool = False
    #: By mail or telephone.
    is_mail_order: bool = False
    #: The exemption from authentication that is asked for; "" for none.
    exemption: str = ""
    challenge_indicator: str = ""


#: An invoice that says nothing of it.
NO_TERMS = Terms()


@dataclass(slots=True)
class Context:
    """All a decider may know beside the payment. `mint` gives the next sequence numbers and is what changes."""

    now_ms: int
    gateway: str
    profile: PspProfile
    card: CardBehaviour
    mint: Mint
    scripted: ScriptedOutcome | None = None
    refund: OpenRefund | None = None
    #: The payment's refunds that wait for money, oldest first; known where a dispute would end them, or another
    #: refund has to leave them their share.
    waiting: tuple[OpenRefund, ...] = ()
    #: All of the payment's refunds, where the PSP looks for one of the same amount.
    refunds: tuple[OpenRefund, ...] = ()
    #: The card has passed an authorization before, on any payment.
    was_card_authorized: bool = False
    #: A card pays; else what the customer brought back from a payment method does.
    is_card: bool = True
    #: The card came with its CVC, which is kept until the first authorization.
    has_cvc: bool = True
    #: The card has a network token, which stands in for its number.
    has_network_token: bool = False
    #: Nothing is sold: the invoice only verifies the card.
    is_verification: bool = False
    #: What the gateway has settled and not paid out, and what it has not settled yet, in the payment's currency; known
    #: for payouts, and for refunds where the PSP looks at its balance.
    available_minor: int = 0
    pending_minor: int = 0
    #: What the request says beside money.
    options: RequestOptions = NO_OPTIONS
    terms: Terms = NO_TERMS
    #: The payer has been through 3-D Secure, and the attempt that waited goes on after this fact.
    passed: tuple[Fact, ...] | None = None

    def fact(self, kind: Kind, amount_minor: int, **more: object) -> Fact:
        """A fact of this moment with the next sequence number."""
        if self.options.metadata or self.options.notes:
            more |= {"metadata": self.options.metadata, "notes": self.options.notes}
        return Fact(self.mint.next(), kind, amount_minor, self.now_ms, **more)  # type: ignore[arg-type]

    def error_for(self, card_error: str | None) -> str | None:
        """The decline to give: a scripted outcome goes before what the card brings."""
        if self.scripted is not None:
            return self.scripted.error_code
        return card_error


class Decision(NamedTuple):
    """The answer to a command: facts in order, rows beside the payment, effects. `error_code` set: a decline, which is
    kept all the same."""

    facts: tuple[Fact, ...]
    changes: tuple[NewRefund | RefundFunded | RefundEnded | RefundFellBack, ...] = ()
    effects: tuple[Effect, ...] = ()
    error_code: str | None = None

    @property
    def message(self) -> str | None:
        """What a decline by a rule of the PSP says; None: what its code says."""
        return dict(self.facts[-1].notes).get(MESSAGE) if self.facts else None


def format_amount(payment: Payment, amount_minor: int) -> str:
    """An amount as messages show it: `12.00 EUR`."""
    return f"{format_exact(amount_minor, payment.currency)} {payment.currency}"


def explain_status(payment: Payment, context: Context) -> str:
    """Why a payment's status is what it is, where that is the PSP's doing: the end of a refusal."""
    gateway = context.gateway
    if payment.is_pending and context.profile.confirmation is Confirmation.ASYNC:
        return f", since {gateway} confirms payments later (confirmation: async); wait for transaction.captured"
    if payment.capturing and not payment.captured_minor:
        return f", since {gateway} confirms captures later (capture_outcome: async); wait for transaction.captured"
    if payment.is_hold_expired and payment.refunded_minor and not payment.captured_minor:
        return f", since its hold ran out and {gateway} gave it back (expired_hold: refund); make a new invoice"
    return f", since its hold ran out{hold_lasts(context)}" if payment.is_hold_expired else ""


def hold_lasts(context: Context) -> str:
    """How long a hold lasts at the PSP, in brackets behind what became of one; empty where they never run out."""
    lifetime_ms = context.profile.authorization_lifetime_ms
    return "" if lifetime_ms is None else f" (authorization_lifetime: {format_span(lifetime_ms)})"
