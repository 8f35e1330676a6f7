"""From the facts of a profile file to a PspProfile, each fact checked.

A file holds facts only: one key a fact, spans as text ("7d"), fees as rate and fixed parts, and `[sources]` that say
where each figure comes from, or that it is our choice. To add a fact: a field with a default in
domain/psps/profiles.py and its row in `FACTS`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from mockpsp.catalog.contradictions import contradiction
from mockpsp.catalog.spans_read import calendar_lapse, calendar_span, lapse, period, span, time_zone
from mockpsp.domain.payments.money import check_currency, format_exact, parse
from mockpsp.domain.psps.fees import FEES
from mockpsp.domain.psps.native_inputs import ACTIONS, INPUTS
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
    FeeOnRefund,
    FeeWhen,
    LateCapture,
    PartialCapture,
    PayoutShortBalance,
    PspProfile,
    RefundAfterWindow,
    RefundBesideDispute,
    RefundKind,
    RefundOutcome,
    RefundQueue,
    RefundRequires,
    RefundShortBalance,
    Rounding,
    Tolerance,
)
from mockpsp.domain.psps.schedules import read_cut_off, read_schedule
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant, nearest_name
from mockpsp.domain.time.calendars import Calendar

_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)
#: What a PSP may be called, also by an alias.
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
NAME_IN_WORDS = "1 to 40 of a-z, 0-9 and -, starting with a letter"
_METHOD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_RATE = re.compile(r"([0-9]{1,2})(?:\.([0-9]{1,4}))? ?%", re.ASCII)
#: The profile that takes payments unless said otherwise comes first in every list.
FIRST = "sandbox"
_FEES = {kind.name: kind.field for kind in FEES}


class CatalogError(Exception):
    """A profile that can't be used; the message names the file or profile, the key and the reason."""


def profile_of(
    name: str,
    facts: Mapping[str, Any],
    *,
    base: PspProfile | None = None,
    file: str | None = None,
    is_kept: bool = False,
) -> PspProfile:
    """The profile with these facts, the others as in `base` or by default.

    One that a universe keeps was checked when it was made, by the rules of then: it is not refused by those of now.
    """
    where = file or name
    values: dict[str, Any] = {"name": name}
    for key, value in facts.items():
        if key == "fees":
            values.update(_fees(where, value, base))
            continue
        if key not in FACTS:
            raise CatalogError(f"{where}: {key}: no such fact{near(key, [*FACTS, 'fees'])}")
        field, read = FACTS[key]
        try:
            values[field] = read(value)
        except (ValueError, TypeError, Refused) as error:
            raise CatalogError(f"{where}: {key}: {getattr(error, 'message', error)}") from None
    if base is None:
        profile = PspProfile(**values)
    else:
        sources = {**_still_true(base, facts), **values.get("sources", {})}
        profile = replace(base, **{"aliases": (), **values, "sources": sources})
    if not is_kept and (found := contradiction(profile, facts)):
        raise CatalogError(f"{where}: {found[0]}: {found[1]}")
    return profile


def near(text: Any, known: list[str]) -> str:
    """`; did you mean '...'?`, or all that is known when nothing is close: the end of a message."""
    close = nearest_name(str(text), known)
    return f"; did you mean {close!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _still_true(base: PspProfile, facts: Mapping[str, Any]) -> dict[str, str]:
    """Where the base's figures come from, less those overridden: a source must not vouch for a figure it never gave."""
    changed = {*facts, *(f"fees.{kind}" for kind in facts.get("fees", ()))}
    return {key: source for key, source in base.sources.items() if key not in changed}


def _fees(where: str, value: Any, base: PspProfile | None) -> dict[str, Fee]:
    if not isinstance(value, Mapping):
        raise CatalogError(f"{where}: fees: must be a table of {', '.join(_FEES)}")
    found = {}
    for kind, parts in value.items():
        if kind not in _FEES:
            raise CatalogError(f"{where}: fees.{kind}: no such fee{near(kind, list(_FEES))}")
        # What the default charges is for whoever names no PSP: a fee of one's own doesn't come on top of it.
        before = Fee() if base is None or base.name == FIRST else getattr(base, _FEES[kind])
        found[_FEES[kind]] = _fee(f"{where}: fees.{kind}", parts, before)
    return found


def _fee(where: str, parts: Any, before: Fee) -> Fee:
    """A fee; what isn't given is as before, so that a rate can be overridden alone."""
    if not isinstance(parts, Mapping):
        raise CatalogError(f'{where}: must be a table such as {{rate = "1.4%", fixed = "0.25 EUR"}}')
    found: dict[str, Any] = {}
    for key, value in parts.items():
        if key not in _PARTS:
            raise CatalogError(f"{where}.{key}: no such part{near(key, list(_PARTS))}")
        try:
            found.update(_PARTS[key](key, value))
        except (ValueError, TypeError, Refused) as error:
            raise CatalogError(f"{where}: {getattr(error, 'message', error)}") from None
    fee = replace(before, **found)
    for currency, least_minor in fee.minimum_minor.items():
        most_minor = fee.cap_minor.get(currency, least_minor)
        if least_minor > most_minor:
            raise CatalogError(
                f"{where}: the minimum of {format_exact(least_minor, currency)} {currency} exceeds the cap of "
                f"{format_exact(most_minor, currency)} {currency}"
            )
    return fee


def _rate(part: str, value: Any) -> dict[str, Any]:
    """`"1.4%"`, or a table of currency to rate."""
    if not isinstance(value, Mapping):
        return {"rate_ppm": _ppm(value), "rate_ppm_by_currency": {}}
    rates = {check_currency(str(code)): _ppm(rate) for code, rate in value.items()}
    if len(rates) < len(value):
        raise ValueError(f"rate is {value!r}; it names a currency twice")
    return {"rate_ppm": 0, "rate_ppm_by_currency": rates}


def _amounts(part: str, value: Any) -> dict[str, Any]:
    return {f"{part}_minor": _per_currency(part, value)}


#: Part of a fee in a file -> the fields of `Fee` it sets.
_PARTS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "rate": _rate,
    "fixed": _amounts,
    "minimum": _amounts,
    "cap": _amounts,
    "free_under": _amounts,
}


def _ppm(value: Any) -> int:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'rate is {value!r}; it must be text such as "1.4%", with at most four decimals')
    return int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))


def _per_currency(part: str, value: Any) -> dict[str, int]:
    """`"0.25 EUR"`, a list of those, or a table of currency to amount."""
    if isinstance(value, Mapping):
        texts = [f"{amount} {currency}" if isinstance(amount, str) else amount for currency, amount in value.items()]
    else:
        texts = list(value) if isinstance(value, list | tuple) else [value]
    found: dict[str, int] = {}
    for text in texts:
        amount, _, code = text.partition(" ") if isinstance(text, str) else ("", "", "")
        if not code or " " in code:
            raise ValueError(f'{part} is {value!r}; it must be text such as "0.25 EUR"')
        currency = check_currency(code)
        if currency in found:
            raise ValueError(f"{part} is {value!r}; it names {currency} twice")
        found[currency] = parse(amount, currency, allow_zero=True)
    return found


def _tolerance(value: Any) -> Tolerance:
    """`"none"`, or a table of a rate, a cap per currency, or both, of which the lesser holds."""
    if value == "none":
        return NO_TOLERANCE
    if not isinstance(value, Mapping) or not value or not value.keys() <= {"rate", "cap"} or not all(value.values()):
        raise ValueError(
            f'is {value!r}; it must be "none" or a table such as {{rate = "15%", cap = ["75.00 USD", "75.00 EUR"]}}, '
            "of which the lesser holds"
        )
    cap_minor = _per_currency("cap", value["cap"]) if "cap" in value else None
    return Tolerance(_ppm(value["rate"]) if "rate" in value else None, cap_minor)


def _limits(value: Any) -> dict[str, int]:
    """`"none"`, or amounts per currency, none of them zero."""
    if value == "none":
        return {}
    found = _per_currency("the amount", value)
    if not found or not all(found.values()):
        raise ValueError(f'is {value!r}; it must be "none" or amounts above zero, such as "5.00 EUR"')
    return found


def _share(value: Any) -> int:
    """`"none"`, or a rate."""
    return 0 if value == "none" else _ppm(value)


def _flag(value: Any) -> bool:
    """A boolean; scenarios, where every scalar is text, write it as text."""
    known = {True: True, False: False, "true": True, "false": False, "yes": True, "no": False}
    if not isinstance(value, bool | str) or value not in known:
        raise ValueError(f"is {value!r}; it must be true or false")
    return known[value]


def _count(value: Any) -> int | None:
    if value == "unlimited":
        return None
    if isinstance(value, bool) or _COUNT.fullmatch(str(value)) is None:
        raise ValueError(f'is {value!r}; it must be a whole number or "unlimited"')
    return int(value)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"is {value!r}; it must be a list of words")
    return tuple(value)


def _names(pattern: re.Pattern[str], wanted: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        words = _words(value)
        for word in words:
            if not pattern.fullmatch(word):
                raise ValueError(f"{word[:60]!r} must be {wanted}")
        if len(set(words)) < len(words):
            raise ValueError(f"is {list(words)}; it names one twice")
        return words

    return read


def _native_inputs(value: Any) -> tuple[str, ...]:
    words = _words(value)
    known = [*INPUTS, *ACTIONS]
    for word in words:
        if word not in known:
            raise ValueError(f"{word!r} is no input{near(word, known)}")
    if len([word for word in words if word in ACTIONS]) > 1:
        raise ValueError(f"is {list(words)}; of {', '.join(ACTIONS)} one goes")
    return words


def _currencies(value: Any) -> tuple[str, ...]:
    return tuple(check_currency(word) for word in _words(value))


def _sources(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("must be a table of fact to where it comes from")
    known = [*FACTS, *(f"fees.{kind}" for kind in _FEES)]
    for key in value:
        if key not in known:
            raise ValueError(f"{key}: no such fact{near(key, known)}")
    return dict(value)


def _one_of(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    def read(value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"is {value!r}; known: {', '.join(kind)}{meant(str(value), kind)}") from None

    return read


_calendar = _one_of(Calendar)

#: Key in a file -> (field of the profile, reader of its value).
FACTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "models": ("models", _words),
    "aliases": ("aliases", _names(NAME, NAME_IN_WORDS)),
    "methods": ("methods", _names(_METHOD, "1 to 40 of a-z, 0-9 and _, starting with a letter")),
    "currencies": ("currencies", _currencies),
    "amount_minimum": ("amount_minimum_minor", _limits),
    "amount_maximum": ("amount_maximum_minor", _limits),
    "amount_step": ("amount_step_minor", _limits),
    "authorize": ("authorize", _flag),
    "authorization_lifetime": ("authorization_lifetime_ms", lapse),
    "capture_renews_authorization": ("capture_renews_authorization", _flag),
    "honour_period": ("honour_period_ms", lapse),
    "capture_after_honour": ("capture_after_honour", _one_of(LateCapture)),
    "expired_hold": ("expired_hold", _one_of(ExpiredHold)),
    "incremental_authorization": ("incremental_authorization", _flag),
    "increments_max": ("increments_max", _count),
    "partial_capture": ("partial_capture", _one_of(PartialCapture)),
    "captures_max": ("captures_max", _count),
    "capture_rest": ("capture_rest", _one_of(CaptureRest)),
    "over_capture": ("over_capture", _tolerance),
    "capture_outcome": ("capture_outcome", _one_of(CaptureOutcome)),
    "capture_delay": ("capture_delay_ms", span),
    "capture_fails_after_final": ("capture_fails_after_final_ms", lapse),
    "capture_succeeds_again": ("capture_succeeds_again", _flag),
    "void": ("void", _flag),
    "partial_void": ("partial_void", _flag),
    "captured_void_until": ("captured_void_until", _one_of(CapturedVoid)),
    "split_payments": ("split_payments", _flag),
    "confirmation": ("confirmation", _one_of(Confirmation)),
    "confirmation_delay": ("confirmation_delay_ms", span),
    "late_failure_window": ("late_failure_window_ms", lapse),
    "native": ("native", _native_inputs),
    "payout_short_balance": ("payout_short_balance", _one_of(PayoutShortBalance)),
    "refund": ("refund", _one_of(RefundKind)),
    "refunds_max": ("refunds_max", _count),
    "over_refund": ("over_refund", _tolerance),
    "refund_not_before": ("refund_not_before_ms", calendar_span),
    "refund_window": ("refund_window_ms", calendar_lapse),
    "refund_after_window": ("refund_after_window", _one_of(RefundAfterWindow)),
    "refund_again_after_failure": ("refund_again_after_failure", _flag),
    "refund_requires": ("refund_requires", _one_of(RefundRequires)),
    "refund_per_capture": ("refund_per_capture", _flag),
    "duplicate_refund_window": ("duplicate_refund_window_ms", calendar_span),
    "refund_while_disputed": ("refund_while_disputed", _one_of(RefundBesideDispute)),
    "refund_while_retrieval": ("refund_while_retrieval", _one_of(RefundBesideDispute)),
    "refund_after_lost": ("refund_after_lost", _one_of(RefundBesideDispute)),
    "refund_short_balance": ("refund_short_balance", _one_of(RefundShortBalance)),
    "refund_queue": ("refund_queue", _one_of(RefundQueue)),
    "refund_cancel_within": ("refund_cancel_within_ms", lapse),
    "refund_outcome": ("refund_outcome", _one_of(RefundOutcome)),
    "refund_delay": ("refund_delay_ms", span),
    "instant_refund": ("instant_refund", _flag),
    "instant_refund_delay": ("instant_refund_delay_ms", span),
    "refund_fails_after_final": ("refund_fails_after_final_ms", lapse),
    "disputes": ("disputes", _one_of(Disputes)),
    "chargeback_delay": ("chargeback_delay_ms", span),
    "chargeback_withheld": ("chargeback_withheld", _flag),
    "chargeback_contestable": ("chargeback_contestable", _flag),
    "chargeback_answer_within": ("chargeback_answer_within_ms", lapse),
    "chargeback_decided_after": ("chargeback_decided_after_ms", lapse),
    "partial_win": ("partial_win", _flag),
    "win_after_lost": ("win_after_lost", _flag),
    "second_chargeback": ("second_chargeback", _flag),
    "pre_arbitration": ("pre_arbitration", _flag),
    "pre_arbitration_answer_within": ("pre_arbitration_answer_within_ms", lapse),
    "alert_window": ("alert_window_ms", calendar_span),
    "retrieval_held": ("retrieval_held", _flag),
    "retrieval_answer_within": ("retrieval_answer_within_ms", lapse),
    "chargeback_fee_when": ("chargeback_fee_when", _one_of(FeeWhen)),
    "chargeback_fee_if_won": ("chargeback_fee_if_won", _one_of(FeeIfWon)),
    "countered_fee_if_won": ("countered_fee_if_won", _one_of(FeeIfWon)),
    "countered_fee_if_partly_won": ("countered_fee_if_partly_won", _one_of(FeeIfWon)),
    "chargeback_fee_if_again": ("chargeback_fee_if_again", _one_of(FeeIfAgain)),
    "rounding": ("rounding", _one_of(Rounding)),
    "processing_fee_tax": ("processing_fee_tax_ppm", _share),
    "processing_fee_on_refund": ("processing_fee_on_refund", _one_of(FeeOnRefund)),
    "settlement_delay": ("settlement_delay_ms", span),
    "settlement_cut_off": ("settlement_cut_off", read_cut_off),
    "calendar": ("calendar", _calendar),
    "time_zone": ("time_zone", time_zone),
    "payout_schedule": ("payout_schedule", read_schedule),
    "payout_transit": ("payout_transit_ms", span),
    "payout_minimum": ("payout_minimum_minor", _limits),
    "reserve": ("reserve_ppm", _share),
    "reserve_period": ("reserve_period_ms", period),
    "sources": ("sources", _sources),
}
