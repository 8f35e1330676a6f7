"""Deciding refunds that the merchant's balance at the PSP does not cover.

Such a refund counts as every other, but nothing leaves the balance, and it is not instant. Where the profile says
`wait` it is made as soon as the balance covers it, the oldest or the first that fits; where it says `fail` it fails
later.
Until then it belongs to no capture.
"""

from mockpsp.domain.commands import FailRefund, FundRefund, SettleRefund
from mockpsp.domain.deciders.refund_windows import drawn_on, unclaimed
from mockpsp.domain.decision import (
    Context,
    Decision,
    Effect,
    NewRefund,
    OpenRefund,
    RefundEnded,
    RefundFunded,
    format_amount,
)
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.shares import allocate_to_captures
from mockpsp.domain.payments.states import place_of
from mockpsp.domain.psps.business_days import arrival_after
from mockpsp.domain.psps.fees import REFUND, charge_for, processing_returned
from mockpsp.domain.psps.profiles import RefundOutcome, RefundShortBalance
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def draft_refund(payment: Payment, amount_minor: int, context: Context, instant_minor: int = 0) -> Fact:
    """What a refund of this amount takes, by capture, and what it costs: a draft without number or moment."""
    # What waits is counted already, but no capture has given it back.
    if payment.refund_waiting_minor:
        payment = payment._replace(refunded_minor=payment.refunded_minor - payment.refund_waiting_minor)
    # One that waited was asked for when it was; what was open then pays.
    asked_at_ms = context.now_ms if context.refund is None else context.refund.created_at_ms
    before = payment if context.refund else unclaimed(payment, context)
    captures = drawn_on(before, context.profile, amount_minor, asked_at_ms)
    return Fact(
        0,
        Kind.REFUND_FUNDED,
        amount_minor,
        0,
        parts=allocate_to_captures(payment, amount_minor, captures),
        fee_minor=charge_for(REFUND, context.profile, amount_minor, payment.currency) + instant_minor,
        processing_minor=-processing_returned(payment, context.profile, amount_minor),
    )


def is_short(payment: Payment, draft: Fact, context: Context) -> bool:
    """Whether a refund would take the PSP's pending or available balance below zero, where the PSP lets it not."""
    if context.profile.refund_short_balance is RefundShortBalance.ALLOW:
        return False
    taken_minor = {True: 0, False: 0}
    costs_minor = draft.fee_minor + draft.processing_minor
    for seq, amount_minor in draft.parts:
        place = place_of(payment.captures, seq)
        assert place is not None, "a refund is taken from captures of its own payment"
        # What it costs is paid from where the first one sits.
        taken_minor[payment.captures[place].is_settled] += amount_minor + costs_minor
        costs_minor = 0
    return any(
        minor > 0 and minor > balance_minor
        for minor, balance_minor in (
            (taken_minor[True], context.available_minor),
            (taken_minor[False], context.pending_minor),
        )
    )


def defer_refund(refund_seq: int, amount_minor: int, context: Context, effects: tuple[Effect, ...]) -> Decision:
    """Take on a refund that the balance does not cover; `effects` is what was scripted for it."""
    profile = context.profile
    fact = context.fact(Kind.REFUND_WAITING, amount_minor, refund_seq=refund_seq)
    is_queued = profile.refund_short_balance is RefundShortBalance.WAIT
    kept = NewRefund(refund_seq, amount_minor, "pending", (), is_queued=is_queued)
    if not is_queued:
        delay_ms = profile.refund_delay_ms if profile.refund_outcome is RefundOutcome.ASYNC else 0
        fails_at_ms = arrival_after(profile, context.now_ms, delay_ms)
        effects = (Effect(fails_at_ms, FailRefund(refund_seq, "insufficient_merchant_balance")),)
    return Decision((fact,), changes=(kept,), effects=effects)


def decide_fund_refund(payment: Payment, command: FundRefund, context: Context) -> Decision:
    """The balance was credited: the refund leaves it if it is covered now, else it waits on."""
    refund = context.refund
    assert refund is not None, "the engine loads the refund that a command names"
    if refund.state != "pending" or not refund.is_waiting:
        raise Refused(codes.INVALID_STATE, f"refund.fund needs a refund that waits; this one is {refund.state}")
    draft = draft_refund(payment, refund.amount_minor, context)
    if is_short(payment, draft, context):
        raise Refused(
            codes.INVALID_STATE,
            f"{context.gateway}'s balance does not cover the refund of "
            f"{format_amount(payment, refund.amount_minor)} yet "
            "(refund_short_balance: wait)",
        )
    return _funded(refund, draft, context)


def _funded(refund: OpenRefund, draft: Fact, context: Context) -> Decision:
    fact = context.fact(
        Kind.REFUND_FUNDED,
        refund.amount_minor,
        refund_seq=refund.seq,
        parts=draft.parts,
        fee_minor=draft.fee_minor,
        processing_minor=draft.processing_minor,
    )
    funded = RefundFunded(refund.seq, draft.parts, -draft.processing_minor)
    profile = context.profile
    ends_at_ms = arrival_after(profile, context.now_ms, profile.refund_delay_ms)
    if profile.refund_outcome is RefundOutcome.ASYNC:
        return Decision((fact,), changes=(funded,), effects=(Effect(ends_at_ms, SettleRefund(refund.seq)),))
    settled = context.fact(Kind.REFUND_SETTLED, refund.amount_minor, refund_seq=refund.seq, parts=draft.parts)
    effects: tuple[Effect, ...] = ()
    if profile.refund_outcome is RefundOutcome.FINAL_THEN_FAIL:
        effects = (Effect(ends_at_ms, FailRefund(refund.seq, "account_closed")),)
    return Decision((fact, settled), changes=(funded, RefundEnded(refund.seq, "final")), effects=effects)
