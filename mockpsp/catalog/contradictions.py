"""Facts of a profile that can't hold together, each with why. To add one: a row in `_SAID`, or in impossible.py."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from mockpsp.catalog.impossible import ALWAYS
from mockpsp.domain.psps.profiles import (
    NO_TOLERANCE,
    CapturedVoid,
    CaptureOutcome,
    CaptureRest,
    Confirmation,
    Disputes,
    ExpiredHold,
    Fee,
    FeeIfAgain,
    FeeIfWon,
    FeeWhen,
    LateCapture,
    PartialCapture,
    PspProfile,
    RefundAfterWindow,
    RefundBesideDispute,
    RefundKind,
    RefundOutcome,
    RefundQueue,
    RefundRequires,
    RefundShortBalance,
)


class _Said(NamedTuple):
    """A fact that means nothing beside another one; wrong where it is stated, whoever stated the other."""

    key: str
    is_wrong: Callable[[PspProfile], bool]
    why: str


def contradiction(profile: PspProfile, said: Collection[str]) -> tuple[str, str] | None:
    """(key, reason) of the first contradiction; None: there is none. `said` are the keys that were stated.

    What is stated has to mean something beside all that the profile takes over from another one. What is taken over may
    lie idle: like one with fifty captures, but `partial_capture: none`.
    """
    for row in _SAID:
        if row.key in said and row.is_wrong(profile):
            return row.key, row.why
    return next((found for check in ALWAYS for found in check(profile)), None)


def _no_hold(p: PspProfile) -> bool:
    return not p.authorize


def _no_refund(p: PspProfile) -> bool:
    return p.refund is RefundKind.NONE


def _refunds_at_once(p: PspProfile) -> bool:
    """Whether no refund is ever pending."""
    waits = (RefundShortBalance.WAIT, RefundShortBalance.FAIL)
    return p.refund_outcome is not RefundOutcome.ASYNC and p.refund_short_balance not in waits


def _restricts_no_refund(key: str) -> _Said:
    return _Said(
        key,
        lambda p: _no_refund(p) and getattr(p, key) is not RefundBesideDispute.ALLOW,
        f"says which refunds go, {_NO_REFUND}",
    )


def _has_one_capture(p: PspProfile) -> bool:
    return p.partial_capture is not PartialCapture.MANY


def _fails_too_late(p: PspProfile) -> bool:
    """Whether each refund fails when none may fail any more."""
    limit_ms = p.refund_fails_after_final_ms
    is_failing = p.refund_outcome is RefundOutcome.FINAL_THEN_FAIL
    return is_failing and limit_ms is not None and (limit_ms == 0 or p.refund_delay_ms > limit_ms)


def _renews_nothing(p: PspProfile) -> bool:
    return p.capture_renews_authorization and (p.authorization_lifetime_ms is None or _has_one_capture(p))


def _not_taken(key: str) -> Callable[[PspProfile], bool]:
    """Whether an amount is named in a currency that is not taken."""
    return lambda p: p.currencies is not None and not getattr(p, f"{key}_minor").keys() <= set(p.currencies)


def _has_no_dispute(profile: PspProfile) -> bool:
    return profile.disputes is Disputes.NONE


def _comes_once(profile: PspProfile) -> bool:
    """Whether a won dispute never comes back, or costs nothing at its opening."""
    comes_again = profile.second_chargeback or profile.pre_arbitration
    return not comes_again or profile.chargeback_fee_when is not FeeWhen.OPEN


_NO_HOLD = "and authorize is false: nothing is held; say authorize = true as well, or leave it out"
_NO_REFUND = "and refund is none; say which refunds go, or leave it out"
_NO_CONTEST = "and chargeback_contestable is false: nothing is answered or won; say it is true, or leave it out"
_TOO_LATE = (
    "each refund would fail after refund_delay (refund_outcome: final-then-fail), when none may any more "
    "(refund_fails_after_final); let that be longer, or name another outcome"
)
_NO_WARNING = (
    "leaves no time between the warning (alert_window) and the dispute (chargeback_delay: 0s); let that be longer"
)

#: A row: the key that is stated, when it means nothing beside the other facts, and why.
_SAID = (
    *(
        _Said(key, _not_taken(key), "names an amount in a currency that currencies leaves out; name it there too")
        for key in ("amount_minimum", "amount_maximum", "amount_step")
    ),
    _Said(
        "captures_max",
        lambda p: p.partial_capture is not PartialCapture.MANY and p.captures_max != 1,
        'names more than one capture, and partial_capture allows no more; say partial_capture = "many", or 1',
    ),
    _Said(
        "partial_capture",
        lambda p: p.partial_capture is PartialCapture.MANY and p.captures_max == 1,
        'is many, and captures_max is 1; say how many with captures_max, or "unlimited"',
    ),
    _Said(
        "captures_max",
        lambda p: p.partial_capture is PartialCapture.MANY and p.captures_max == 1,
        'is 1, and partial_capture is many; say partial_capture = "once" as well, or "none"',
    ),
    _Said(
        "capture_rest",
        lambda p: p.capture_rest is CaptureRest.KEEP and p.partial_capture is not PartialCapture.MANY,
        'is keep, and partial_capture lets no second capture take the rest; say partial_capture = "many" as well',
    ),
    _Said(
        "increments_max",
        lambda p: not p.incremental_authorization and p.increments_max is not None,
        "counts increments, and incremental_authorization is false; say it is true, or leave it out",
    ),
    _Said(
        "captured_void_until",
        lambda p: p.captured_void_until is CapturedVoid.CUT_OFF and p.settlement_cut_off is None,
        "is cut-off, and settlement_cut_off is none: no batch is closed; say when, or settled",
    ),
    _Said(
        "captured_void_until",
        lambda p: p.captured_void_until is not CapturedVoid.NONE and not p.void,
        "lets captures be voided, and void is false; say void = true too",
    ),
    _Said("partial_void", lambda p: p.partial_void and not p.void, "is true, and void is false; say void = true too"),
    _Said(
        "authorization_lifetime",
        lambda p: _no_hold(p) and p.authorization_lifetime_ms is not None,
        "says how long a hold lasts, " + _NO_HOLD,
    ),
    _Said("capture_renews_authorization", _renews_nothing, "is true, and no hold that runs out is captured in parts"),
    _Said(
        "honour_period",
        lambda p: _no_hold(p) and p.honour_period_ms is not None,
        "says how long a hold is assured, " + _NO_HOLD,
    ),
    _Said(
        "capture_after_honour",
        lambda p: p.capture_after_honour is LateCapture.DECLINE and p.honour_period_ms is None,
        "is decline, and honour_period is unlimited: no capture is later; say how long the money is assured",
    ),
    _Said(
        "expired_hold",
        lambda p: p.expired_hold is ExpiredHold.REFUND and (_no_hold(p) or p.authorization_lifetime_ms is None),
        "is refund, and no hold runs out (authorize, authorization_lifetime); say how long one lasts",
    ),
    _Said(
        "expired_hold",
        lambda p: p.expired_hold is ExpiredHold.REFUND and _no_refund(p),
        f"is refund, {_NO_REFUND}",
    ),
    _Said("incremental_authorization", lambda p: _no_hold(p) and p.incremental_authorization, f"is true, {_NO_HOLD}"),
    _Said("void", lambda p: _no_hold(p) and p.void, f"is true, {_NO_HOLD}"),
    _Said("over_capture", lambda p: _no_hold(p) and p.over_capture != NO_TOLERANCE, f"goes beyond a hold, {_NO_HOLD}"),
    _Said(
        "capture_delay",
        lambda p: p.capture_outcome is CaptureOutcome.SYNC and p.capture_delay_ms > 0,
        "is a time to wait, and capture_outcome is sync: nobody waits; say async as well, or leave it out",
    ),
    _Said(
        "capture_succeeds_again",
        lambda p: p.capture_succeeds_again and p.capture_fails_after_final_ms == 0,
        "is true, and capture_fails_after_final is 0s: none fails that could; let that be longer, or leave it out",
    ),
    _Said(
        "confirmation_delay",
        lambda p: p.takes_cards_alone and p.confirmation_delay_ms > 0,
        "is a time to wait for a confirmation, and methods names cards alone, which answer at once",
    ),
    _Said(
        "confirmation",
        lambda p: p.takes_cards_alone and p.confirmation is Confirmation.ASYNC,
        "is async, and methods names cards alone, which answer at once; name another method as well",
    ),
    _Said(
        "native",
        lambda p: p.takes_cards_alone and bool(p.native),
        "asks for something in the merchant's form, and methods names cards alone; name another method as well",
    ),
    _Said(
        "refunds_max",
        lambda p: p.refunds_max is not None and (p.refund is not RefundKind.PARTIAL and p.refunds_max > 1),
        'counts several refunds, and refund allows one at most; say refund = "partial" as well',
    ),
    _Said(
        "refund_window",
        lambda p: _no_refund(p) and p.refund_window_ms is not None,
        f"says how long refunds go, {_NO_REFUND}",
    ),
    _Said(
        "refund_after_window",
        lambda p: (
            p.refund_after_window is RefundAfterWindow.INSTANT
            and (p.refund_window_ms is None or not p.instant_refund or _no_refund(p))
        ),
        "is instant, and no window closes (refund_window), or no refund is instant (instant_refund); state that too",
    ),
    _Said(
        "processing_fee_tax",
        lambda p: p.processing_fee_tax_ppm > 0 and p.capture_fee == Fee(),
        "is a share of the processing fee, and there is none (fees.capture); state that too",
    ),
    _Said(
        "refund_not_before",
        lambda p: _no_refund(p) and p.refund_not_before_ms > 0,
        f"says when refunds begin, {_NO_REFUND}",
    ),
    _Said(
        "refund_outcome",
        lambda p: _no_refund(p) and p.refund_outcome is not RefundOutcome.SYNC,
        f"says how refunds end, {_NO_REFUND}",
    ),
    _Said(
        "refund_queue",
        lambda p: (
            p.refund_queue is not RefundQueue.FIRST_COME and p.refund_short_balance is not RefundShortBalance.WAIT
        ),
        "says which refunds that wait are made, and none waits; say refund_short_balance = wait too",
    ),
    _Said(
        "refund_short_balance",
        lambda p: _no_refund(p) and p.refund_short_balance is not RefundShortBalance.ALLOW,
        f"says what becomes of refunds, {_NO_REFUND}",
    ),
    *(_restricts_no_refund(key) for key in ("refund_while_disputed", "refund_while_retrieval", "refund_after_lost")),
    _Said(
        "refund_requires",
        lambda p: _no_refund(p) and p.refund_requires is not RefundRequires.CAPTURED,
        f"says when refunds begin, {_NO_REFUND}",
    ),
    _Said(
        "refund_per_capture",
        lambda p: p.refund_per_capture and (_no_refund(p) or _has_one_capture(p)),
        "binds a refund to one of several captures, and there is one at most, or no refund; leave it out",
    ),
    _Said(
        "duplicate_refund_window",
        lambda p: p.refund is not RefundKind.PARTIAL and p.duplicate_refund_window_ms > 0,
        'tells a second refund from the first, and refund allows one at most; say refund = "partial" as well',
    ),
    _Said("refund_delay", lambda p: _no_refund(p) and p.refund_delay_ms > 0, f"says when refunds end, {_NO_REFUND}"),
    _Said("instant_refund", lambda p: _no_refund(p) and p.instant_refund, f"is true, {_NO_REFUND}"),
    *(_Said(key, _fails_too_late, _TOO_LATE) for key in ("refund_outcome", "refund_fails_after_final", "refund_delay")),
    _Said(
        "over_refund",
        lambda p: p.refund is not RefundKind.PARTIAL and p.over_refund != NO_TOLERANCE,
        "goes beyond the capture, and refund is not partial: a refund is the whole, or there is none",
    ),
    _Said(
        "refund_delay",
        lambda p: p.refund_outcome is RefundOutcome.SYNC and p.refund_delay_ms > 0,
        "is a time to wait, and refund_outcome is sync: nobody waits; say async as well, or leave it out",
    ),
    _Said(
        "refund_cancel_within",
        lambda p: _refunds_at_once(p) and bool(p.refund_cancel_within_ms),
        "lets pending refunds be taken back, and none is ever pending (refund_outcome, refund_short_balance)",
    ),
    _Said(
        "instant_refund_delay",
        lambda p: not p.instant_refund and p.instant_refund_delay_ms > 0,
        "is a time that instant refunds take, and instant_refund is false; say it is true, or leave it out",
    ),
    _Said(
        "instant_refund_delay",
        lambda p: p.refund_outcome is not RefundOutcome.ASYNC and p.instant_refund_delay_ms > 0,
        "is a time to wait, and refund_outcome is not async: nobody waits; say async as well, or leave it out",
    ),
    *(
        _Said(key, lambda p: p.alert_window_ms > 0 and p.chargeback_delay_ms == 0, _NO_WARNING)
        for key in ("alert_window", "chargeback_delay")
    ),
    _Said(
        "chargeback_fee_if_won",
        lambda p: p.chargeback_fee_when is FeeWhen.LOST and p.chargeback_fee_if_won is FeeIfWon.RETURN,
        "gives a fee back, and chargeback_fee_when is lost: whoever wins was charged none",
    ),
    _Said(
        "chargeback_fee_if_won",
        lambda p: p.chargeback_fee_if_won is FeeIfWon.RETURN and not p.chargeback_contestable,
        f"gives a fee back, {_NO_CONTEST}",
    ),
    _Said(
        "countered_fee_if_won",
        lambda p: p.countered_fee_if_won is FeeIfWon.RETURN and not p.chargeback_contestable,
        f"gives a fee back, {_NO_CONTEST}",
    ),
    _Said(
        "second_chargeback", lambda p: p.second_chargeback and not p.chargeback_contestable, f"is true, {_NO_CONTEST}"
    ),
    *(
        _Said(key, lambda p, key=key: getattr(p, key) and not p.chargeback_contestable, f"is true, {_NO_CONTEST}")  # type: ignore[misc]
        for key in ("partial_win", "win_after_lost", "pre_arbitration")
    ),
    _Said(
        "pre_arbitration_answer_within",
        lambda p: p.pre_arbitration_answer_within_ms is not None and not p.pre_arbitration,
        "says how long one may answer, and pre_arbitration is false; say it is true, or leave it out",
    ),
    _Said(
        "countered_fee_if_partly_won",
        lambda p: p.countered_fee_if_partly_won is FeeIfWon.RETURN and not (p.partial_win and p.chargeback_contestable),
        "gives a fee back for a part that is won, and partial_win or chargeback_contestable is false: none is",
    ),
    _Said(
        "chargeback_fee_if_again",
        lambda p: p.chargeback_fee_if_again is FeeIfAgain.AGAIN and _comes_once(p),
        "charges a fee anew, and no won dispute is presented again (second_chargeback, pre_arbitration), or none is "
        "charged for at its opening (chargeback_fee_when)",
    ),
    *(
        _Said(
            key, _has_no_dispute, "says how disputes go, and disputes is none; say how many there are, or leave it out"
        )
        for key in (
            "chargeback_delay chargeback_withheld chargeback_contestable chargeback_answer_within "
            "chargeback_decided_after partial_win win_after_lost second_chargeback pre_arbitration "
            "pre_arbitration_answer_within alert_window retrieval_held retrieval_answer_within chargeback_fee_when "
            "chargeback_fee_if_won chargeback_fee_if_again countered_fee_if_won countered_fee_if_partly_won "
            "refund_while_disputed refund_while_retrieval refund_after_lost"
        ).split()
    ),
    _Said(
        "chargeback_answer_within",
        lambda p: p.chargeback_answer_within_ms is not None and not p.chargeback_contestable,
        f"says how long one may answer, {_NO_CONTEST}",
    ),
    _Said(
        "chargeback_decided_after",
        lambda p: p.chargeback_decided_after_ms is not None and not p.chargeback_contestable,
        f"says when the issuer decides, {_NO_CONTEST}",
    ),
    _Said(
        "reserve_period",
        lambda p: p.reserve_period_ms > 0 and not p.reserve_ppm,
        "says how long a reserve is kept, and reserve is none; say which share is kept, or leave it out",
    ),
)
