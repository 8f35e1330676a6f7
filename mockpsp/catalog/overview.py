"""All profiles in tables that fit a terminal, a line each: how it pays, how it gives back, how money moves."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from mockpsp.catalog.profile_sheet import fee_in_words
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.psps.business_days import calendar_of
from mockpsp.domain.psps.profiles import (
    CARD_WALLETS,
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
    RefundKind,
    RefundOutcome,
    RefundQueue,
    RefundRequires,
    RefundShortBalance,
)
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.spans import format_span

_Column = Callable[[PspProfile], str]

#: Currencies that are named, before they are counted.
_NAMED_MOST = 2
#: Which refunds go beside a dispute or a question, in words.
_BESIDE = {"allow": "yes", "full_only": "all", "refuse": "no"}
#: Amounts in it go without its name.
CURRENCY = "USD"


def profiles_table(profiles: Iterable[PspProfile]) -> str:
    """All profiles, a line each in every table."""
    return "\n\n".join(map(_table, profiles_rows(profiles)))


def profiles_rows(profiles: Iterable[PspProfile]) -> list[list[list[str]]]:
    """The tables as rows of cells, the heads first."""
    listed = list(profiles)
    return [
        [list(columns), *([show(profile) for show in columns.values()] for profile in listed)] for columns in _TABLES
    ]


def short_rows(profiles: Iterable[PspProfile]) -> list[list[str]]:
    """What tells one from another at first sight, as rows of cells, the heads first."""
    heads = {heading: _OVERVIEW[name] for heading, name in _SHORT.items()}
    return [list(heads), *([show(profile) for show in heads.values()] for profile in profiles)]


def short_table(profiles: Iterable[PspProfile]) -> str:
    """The same as text."""
    return _table(short_rows(profiles))


def _table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def _models(profile: PspProfile) -> str:
    """The first of the models, without what is said in brackets."""
    return profile.models[0].partition(",")[0].partition(" (")[0] if profile.models else "-"


def _hold(profile: PspProfile) -> str:
    return _limit(profile.authorization_lifetime_ms) if profile.authorize else "none"


def _captures(profile: PspProfile) -> str:
    if profile.partial_capture is PartialCapture.MANY and profile.captures_max is not None:
        return f"up to {profile.captures_max}"
    return {"none": "whole", "once": "one", "many": "many"}[profile.partial_capture]


def _refunds(profile: PspProfile) -> str:
    """Which refunds go, and from or until when."""
    if profile.refund is RefundKind.NONE:
        return "none"
    since_ms, until_ms = profile.refund_not_before_ms, profile.refund_window_ms
    days = [f"from {format_span(since_ms)}"] if since_ms else []
    days += [f"to {format_span(until_ms)}"] if until_ms is not None else []
    return " ".join(["parts" if profile.refund is RefundKind.PARTIAL else "whole", *days])


def _final(profile: PspProfile) -> str:
    """How long until a refund looks final."""
    return format_span(profile.refund_delay_ms) if profile.refund_outcome is RefundOutcome.ASYNC else "now"


def _fails_after(profile: PspProfile) -> str:
    """For how long a refund that looked final may still fail."""
    return "no" if profile.refund_fails_after_final_ms == 0 else _limit(profile.refund_fails_after_final_ms)


def _limit(span_ms: int | None) -> str:
    return "any" if span_ms is None else format_span(span_ms)


def _dispute_fee(profile: PspProfile) -> str:
    if profile.disputes is Disputes.NONE:
        return "no disputes"
    fee = _short(replace(profile.chargeback_fee, free_under_minor={}))
    return f"{fee} if lost" if fee != "none" and profile.chargeback_fee_when is FeeWhen.LOST else fee


def _short(fee: Fee) -> str:
    """The fee in one currency, which is not named where it is the overview's own."""
    return fee_in_words(fee, most=1, first=CURRENCY).replace(" %", "%").replace(f" {CURRENCY}", "")


def _methods(profile: PspProfile) -> str:
    """Cards in wallets are counted: they pay as cards do, and their names would push the table over a terminal."""
    named = [word.replace("_", " ") for word in profile.methods if word not in CARD_WALLETS]
    wallets = len(profile.methods) - len(named)
    named += [f"{wallets} wallet{'s' if wallets > 1 else ''}"] if wallets else []
    return ", ".join(named) or "none"


def _currencies(profile: PspProfile) -> str:
    if profile.currencies is None:
        return "any"
    named = ", ".join(profile.currencies)
    return named if len(profile.currencies) <= _NAMED_MOST else f"{len(profile.currencies)}"


def _captured_void(profile: PspProfile) -> str:
    """Whether what is held can be voided, and what was captured."""
    held = "parts" if profile.void and profile.partial_void else "yes" if profile.void else "no"
    until = {"none": "", "cut-off": ", captured till cut-off", "settled": ", captured till settled"}
    return held + until[profile.captured_void_until]


def _refund_from(profile: PspProfile) -> str:
    """What a refund needs first, and how many there may be."""
    rules = ["once settled"] if profile.refund_requires is RefundRequires.SETTLED else []
    rules += [f"at most {profile.refunds_max}"] if profile.refunds_max is not None else []
    rules += ["one capture"] if profile.refund_per_capture else []
    window_ms = profile.duplicate_refund_window_ms
    rules += [f"no twin for {format_span(window_ms)}"] if window_ms else []
    return ", ".join(rules) or "-"


def _disputed(profile: PspProfile) -> str:
    """Which refunds go while disputed, and after a lost dispute where that differs."""
    during, after = profile.refund_while_disputed, profile.refund_after_lost
    return _BESIDE[during] if during is after else f"{_BESIDE[during]}, lost: {_BESIDE[after]}"


def _disputes(profile: PspProfile) -> str:
    """What a dispute does: whether the money is held or gone, and whether an answer may win it back."""
    if profile.disputes is Disputes.NONE:
        return "none"
    money = "held" if profile.chargeback_withheld else "gone"
    answer = "final"
    if profile.chargeback_contestable:
        within_ms = profile.chargeback_answer_within_ms
        answer = "answer" if within_ms is None else f"answer {format_span(within_ms)}"
    return f"{money}, {answer}{', 2x' if profile.second_chargeback else ''}"


def _amounts(profile: PspProfile) -> str:
    """The least and the most, in the overview's own currency, else in the first one that has a limit."""
    least, most = profile.amount_minimum_minor, profile.amount_maximum_minor
    currency = CURRENCY if CURRENCY in {*least, *most} else next(iter({**least, **most}), None)
    if currency is None:
        return "any"
    parts = [format_trimmed(limits[currency], currency) if currency in limits else "" for limits in (least, most)]
    words = f"{parts[0]} to {parts[1]}".strip() if parts[1] else f"from {parts[0]}"
    return words if currency == CURRENCY else f"{words} {currency}"


def _hold_end(profile: PspProfile) -> str:
    """What becomes of one that runs out, or how long its money is sure before."""
    if not profile.authorize:
        return "-"
    if profile.honour_period_ms is not None:
        return f"sure {format_span(profile.honour_period_ms)}"
    return "refunded" if profile.expired_hold is ExpiredHold.REFUND else "released"


def _comes_back(profile: PspProfile) -> str:
    """What was paid or captured and may fail all the same, and for how long."""
    windows = {"paid": profile.late_failure_window_ms, "captured": profile.capture_fails_after_final_ms}
    late = {what: window_ms for what, window_ms in windows.items() if window_ms != 0}
    if not late:
        return "no"
    if set(late.values()) == {None}:
        return "any" if len(late) == len(windows) else f"{next(iter(late))} any"
    return ", ".join(f"{what} {_limit(window_ms)}" for what, window_ms in late.items())


def _dispute_rules(profile: PspProfile) -> str:
    """How many there may be, and what may come of one beside a win or a loss as a whole."""
    if profile.disputes is Disputes.NONE:
        return "none"
    told = (
        ("part", profile.partial_win),
        ("again", profile.second_chargeback),
        ("more", profile.pre_arbitration),
        ("turns", profile.win_after_lost),
    )
    rules = ", ".join(word for word, is_so in told if is_so)
    return f"{profile.disputes}: {rules}" if rules else str(profile.disputes)


def _unsure(profile: PspProfile) -> str:
    """What becomes of a capture once the hold's money is sure no more."""
    if profile.honour_period_ms is None:
        return "-"
    return "declined" if profile.capture_after_honour is LateCapture.DECLINE else "goes"


def _too_late(profile: PspProfile) -> str:
    """Which refunds go after the window."""
    is_instant = profile.refund_after_window is RefundAfterWindow.INSTANT and profile.instant_refund
    return "-" if profile.refund_window_ms is None else "instant" if is_instant else "none"


def _waiting(profile: PspProfile) -> str:
    """Which of the refunds that wait for money is made first."""
    if profile.refund_short_balance is not RefundShortBalance.WAIT:
        return "-"
    return "first" if profile.refund_queue is RefundQueue.FIRST_COME else "fits"


def _reserve(profile: PspProfile) -> str:
    share = f"{profile.reserve_ppm / 10_000:g}%"
    return f"{share} {format_span(profile.reserve_period_ms)}" if profile.reserve_ppm else "none"


def _repeated(profile: PspProfile) -> str:
    """What a dispute that was won and comes again costs, and the answer to one that is won in part."""
    if profile.disputes is Disputes.NONE:
        return "-"
    again = "fee" if profile.chargeback_fee_if_again is FeeIfAgain.AGAIN else "-"
    kept = "kept" if profile.countered_fee_if_partly_won is FeeIfWon.KEEP else "back"
    return f"{again}, {kept}" if profile.countered_fee != Fee() else again


def _bank_days(profile: PspProfile) -> str:
    calendar = calendar_of(profile)
    return "every day" if calendar is None else "Mon-Fri" if calendar is Calendar.NONE else calendar


def _payouts(profile: PspProfile) -> str:
    on = f" + {format_span(profile.payout_transit_ms)}" if profile.payout_transit_ms else ""
    return f"{profile.payout_schedule}{on}"


#: The overview's tables, each by heading -> what it shows of a profile. To add a column: a row, within 100 columns.
_PAYMENTS: dict[str, _Column] = {
    "PSP": lambda profile: profile.name,
    "modelled on": _models,
    "takes": _methods,
    "in": _currencies,
    "hold": _hold,
    "captures": _captures,
    "voids": _captured_void,
}
_REFUNDS: dict[str, _Column] = {
    "PSP": lambda profile: profile.name,
    "refunds": _refunds,
    "rules": _refund_from,
    "if short": lambda profile: profile.refund_short_balance,
    "if disputed": _disputed,
    "final": _final,
    "may fail": _fails_after,
}
_MONEY: dict[str, _Column] = {
    "PSP": lambda profile: profile.name,
    "fee": lambda profile: f"{_short(profile.capture_fee)}{' + tax' if profile.processing_fee_tax_ppm else ''}",
    "dispute fee": _dispute_fee,
    "disputes": _disputes,
    "settles": lambda profile: format_span(profile.settlement_delay_ms),
    "bank days": _bank_days,
    "pays out": _payouts,
}
_LATER: dict[str, _Column] = {
    "PSP": lambda profile: profile.name,
    "amounts": _amounts,
    "steps": lambda profile: f"in {len(profile.amount_step_minor)}" if profile.amount_step_minor else "-",
    "hold ends": _hold_end,
    "may come back": _comes_back,
    "disputes": _dispute_rules,
}
_MORE: dict[str, _Column] = {
    "PSP": lambda profile: profile.name,
    "closes": lambda profile: (profile.settlement_cut_off or "-").split()[0],
    "reserve": _reserve,
    "anew": lambda profile: "yes" if profile.capture_renews_authorization else "-",
    "unsure": _unsure,
    "too late": _too_late,
    "asked": lambda profile: _BESIDE[profile.refund_while_retrieval],
    "waiting": _waiting,
    "again": lambda profile: (
        "-" if profile.capture_fails_after_final_ms == 0 else "yes" if profile.capture_succeeds_again else "no"
    ),
    "more by": lambda profile: _limit(profile.pre_arbitration_answer_within_ms) if profile.pre_arbitration else "-",
    "repeat": _repeated,
}
_TABLES = (_PAYMENTS, _REFUNDS, _MONEY, _LATER, _MORE)
#: All of their columns; where two have one name, the first.
_OVERVIEW: dict[str, _Column] = {heading: show for table in reversed(_TABLES) for heading, show in table.items()}
#: The columns of the short table -> which of the others each is; within 80 columns, which any terminal has.
_SHORT = {
    "PSP": "PSP",
    "modelled on": "modelled on",
    "captures": "captures",
    "refunds": "refunds",
    "may fail": "may fail",
    "fee": "fee",
}
