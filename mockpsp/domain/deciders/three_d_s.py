"""3-D Secure: whether an attempt needs it, and what comes of it at once. What the payer does later: challenge.py.

An attempt goes one of five ways (`Way`). The particulars of 3-D Secure travel on its facts as text by name: version,
status, fingerprint (Y, N, U), ares and cres (the issuer's two answers), and what an external run said of itself.
"""

from collections.abc import Mapping
from enum import StrEnum

from mockpsp.domain import commands
from mockpsp.domain.commands import Authenticate, Authorize, Capture, Command, ExpireChallenge, ExternalThreeDS, Source
from mockpsp.domain.decision import Context, Decision, Effect, Terms
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Challenge, Payment
from mockpsp.domain.psps.profiles import Demand, Fingerprint, ThreeDSCard

NEEDS_AUTHENTICATION = "card.needs-authentication"
FAILED = "card.failed-3ds"
EXPIRED = "card.expired-3ds"
ABANDONED = "customer.cancelled"
UNSUPPORTED = "card.unsupported-3ds"
#: How long a payer may take. No public source gives a figure; banks' pages time out after 5 to 15 minutes.
CHALLENGE_TIME_MS = 15 * 60_000

_VERSIONS = {1: "1.0.2", 2: "2.2.0"}
#: Challenge indicators that ask for 3-D Secure, and those that would rather not have the payer asked.
_ASKING = frozenset({"challenge-requested", "challenge-requested-mandate", "challenge-requested-whitelist-prompt"})
_MANDATE = "challenge-requested-mandate"
_SPARING = "no-challenge-requested"
#: What an issuer says of a payer it takes for the holder: authenticated, or as good as.
_GOOD = frozenset({"Y", "A"})
#: How a card that says nothing about it takes part.
_ORDINARY = ThreeDSCard(is_frictionless=True)

Particulars = tuple[tuple[str, str], ...]


class Flow(StrEnum):
    """Which way an attempt goes."""

    #: Without 3-D Secure, or it is behind us.
    NONE = "none"
    EXTERNAL = "external"
    FRICTIONLESS = "frictionless"
    #: The payer has to do something first.
    PAYER = "payer"
    UNSUPPORTED = "unsupported"


def flow_of(payment: Payment, command: Command, context: Context) -> Flow:
    """Which way this command goes; anything but an attempt goes without."""
    source = _source(command)
    if source is None or source.card_seq is None or _has_hold(payment):
        return Flow.NONE
    if context.passed is not None or payment.authenticated_card_seq == source.card_seq:
        return Flow.NONE
    if context.options.external is not None:
        return Flow.EXTERNAL
    is_alone = isinstance(command, Authenticate)
    card = context.card.three_d_s or _ORDINARY
    if not is_alone and (context.card.three_d_s is None or not card.versions or not _is_demanded(card, context)):
        return Flow.NONE
    if not card.versions:
        return Flow.UNSUPPORTED
    return Flow.FRICTIONLESS if is_spared(card, context.terms) else Flow.PAYER


def is_spared(card: ThreeDSCard, terms: Terms, fingerprint: str = "") -> bool:
    """Whether the issuer takes the payer for the holder without asking; `fingerprint`: what became of that step."""
    if terms.challenge_indicator == _MANDATE:
        return False
    if card.fingerprint is not Fingerprint.NO and fingerprint != "Y":
        return False
    return card.is_frictionless or (card.demand is not Demand.ALWAYS and terms.challenge_indicator.startswith(_SPARING))


def begin(payment: Payment, command: Command, context: Context, rows: tuple[Fact, ...]) -> Decision:
    """The attempt's rows with those of 3-D Secure. An error code in the answer ends the attempt, or makes it wait."""
    way = flow_of(payment, command, context)
    if way is Flow.NONE:
        return Decision(rows)
    card = context.card.three_d_s or _ORDINARY
    known = {"version": _VERSIONS[max(card.versions, default=2)], "status": "pending", "fingerprint": "U"}
    if way is Flow.PAYER:
        return _wait(payment, command, context, rows, known)
    if way is Flow.UNSUPPORTED:
        return _ended(payment, context, rows, {"version": "", "status": "unsupported"}, UNSUPPORTED)
    if way is Flow.EXTERNAL:
        assert context.options.external is not None
        known = external_particulars(context.options.external)
        if known["status"] == "failed":
            return _ended(payment, context, rows, known, FAILED)
    else:
        known |= {"ares": "Y", "status": "success"}
    tried = context.fact(Kind.THREE_D_S_ATTEMPTED, payment.amount_minor, three_d_s=pairs(known))
    is_alone = isinstance(command, Authenticate)
    passed = context.fact(Kind.THREE_D_S_PASSED, payment.amount_minor, three_d_s=pairs(known), is_final=is_alone)
    return Decision((*rows, tried, passed))


def external_particulars(given: ExternalThreeDS) -> dict[str, str]:
    """The particulars of a run elsewhere, as the merchant gave them."""
    said = "cres" if given.is_challenged else "ares"
    known = {
        "version": given.version or _VERSIONS[2],
        "status": "success" if given.trans_status in _GOOD else "failed",
        "fingerprint": "U",
        said: given.trans_status,
    }
    if given.is_challenged:
        known["ares"] = "C"
    named = {"eci": given.eci, "cavv": given.cavv, "xid": given.xid, "ds_trans_id": given.ds_trans_id}
    return known | {name: text for name, text in named.items() if text} | {"external": "true"}


def repeats(payment: Payment, command: Command) -> bool:
    """Whether a command only repeats the one that 3-D Secure held up: it waits still, or went on by itself.

    A token pays again after a decline, so there it is a new attempt; a card could not.
    """
    source = _source(command)
    if payment.challenge is Challenge.NONE or source is None or source.card_seq is None:
        return False
    if (source.card_seq, source.token_seq) != (payment.card_seq, payment.token_seq):
        return False
    if commands.named_values(command) != commands.named_values(resumed(payment)):
        return False
    return payment.is_challenged or source.token_seq is None or payment.error_code is None


def resumed(payment: Payment) -> Command:
    """The command that waits, or waited, for 3-D Secure."""
    assert payment.continues and payment.gateway is not None
    return commands.from_text(payment.continues, Source(payment.card_seq, payment.token_seq), payment.gateway)


def pairs(known: Mapping[str, str]) -> Particulars:
    """Particulars as facts keep them."""
    return tuple(known.items())


def _wait(
    payment: Payment, command: Command, context: Context, rows: tuple[Fact, ...], known: dict[str, str]
) -> Decision:
    card = context.card.three_d_s or _ORDINARY
    has_fingerprint = card.fingerprint is not Fingerprint.NO
    step = Challenge.FINGERPRINT if has_fingerprint else Challenge.ASKED
    if not has_fingerprint and max(card.versions) == 2:
        known["ares"] = "C"
    tried = context.fact(
        Kind.THREE_D_S_ATTEMPTED,
        payment.amount_minor,
        three_d_s=pairs(known),
        continues=commands.as_text(command),
        step=step.value,
    )
    lapse = Effect(context.now_ms + CHALLENGE_TIME_MS, ExpireChallenge(payment.attempts_count + 1))
    return Decision((*rows, tried), effects=(lapse,), error_code=NEEDS_AUTHENTICATION)


def _ended(
    payment: Payment, context: Context, rows: tuple[Fact, ...], known: dict[str, str], error_code: str
) -> Decision:
    tried = context.fact(Kind.THREE_D_S_ATTEMPTED, payment.amount_minor, three_d_s=pairs(known))
    failed = context.fact(Kind.THREE_D_S_FAILED, payment.amount_minor, three_d_s=pairs(known), error_code=error_code)
    return Decision((*rows, tried, failed), error_code=error_code)


def _is_demanded(card: ThreeDSCard, context: Context) -> bool:
    terms = context.terms
    if card.demand is Demand.ALWAYS:
        return True
    if terms.is_merchant_initiated or terms.is_mail_order or terms.exemption:
        return False
    if card.demand is Demand.IN_SCOPE:
        return True
    return context.options.asks_three_d_s or terms.challenge_indicator in _ASKING


def _source(command: Command) -> Source | None:
    return command.source if isinstance(command, Authenticate | Authorize | Capture) else None


def _has_hold(payment: Payment) -> bool:
    return payment.authorized_minor > payment.voided_minor
