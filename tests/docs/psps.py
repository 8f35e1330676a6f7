"""The PSPs: what each can do and charges, in a table, in a short one, one by one; and the facts of a profile file."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any

from mockpsp.catalog import load_catalog, profile_files, spans_read
from mockpsp.catalog.overview import _OVERVIEW
from mockpsp.catalog.profile_sheet import _sections, fee_in_words, profile_json
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.business_days import calendar_of, zone_name_of
from mockpsp.domain.psps.fees import FEES, FeeKind, fee_of
from mockpsp.domain.psps.profiles import Disputes, PayoutShortBalance, PspProfile, RefundAfterWindow, RefundShortBalance
from mockpsp.domain.psps.schedules import read_cut_off, read_schedule
from mockpsp.domain.psps.tolerance import tolerance_in_words
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.spans import format_span
from tests.docs.markdown import code, codes, described, table, with_links

#: Columns of the overview that the short table shows.
_SHORT = ("PSP", "modelled on", "captures", "refunds", "fee", "dispute fee")
#: Reader of a fact -> what it takes, in words. Enumerations say it themselves.
_TAKES: dict[Any, str] = {
    profile_files._words: "list of texts",
    profile_files._native_inputs: "list of [inputs](payment-methods.md#methods-that-ask-in-your-own-form)",
    profile_files._currencies: "list of currencies",
    profile_files._flag: "`true`, `false`",
    profile_files._count: 'whole number, `"unlimited"`',
    spans_read.span: 'span of time, or business days: `"2bd"`',
    spans_read.period: 'span of time, business days: `"2bd"`, or `"6mo"`, `"1y"`',
    spans_read.lapse: 'span of time, business days: `"2bd"`, or `"6mo"`, `"1y"`; `"unlimited"`',
    spans_read.calendar_span: "span of time",
    spans_read.calendar_lapse: 'span of time, `"6mo"`, `"1y"`, `"unlimited"`',
    profile_files._calendar: codes(f'"{word}"' for word in Calendar),
    spans_read.time_zone: 'name: `"Europe/Berlin"`',
    profile_files._tolerance: '`"none"`, or `rate` and `cap` in a table',
    profile_files._limits: '`"none"`, amounts',
    profile_files._share: '`"none"`, rate',
    profile_files._sources: "table",
    read_cut_off: '`"none"`, time of day: `"17:00"`, `"17:00 Europe/Berlin"`',
    read_schedule: '`"manual"`, `"daily"`, `"weekly:tuesday,friday"`, `"monthly:1,31"`',
}
#: Part of a fee -> what it means.
_PART_WORDS = {
    "rate": 'A share of the amount, `"1.4%"`, or a table of currency to rate.',
    "fixed": "What comes on top of the rate, whatever the amount.",
    "minimum": "What rate and fixed part come to at least.",
    "cap": "What they come to at most.",
    "free_under": "An amount below this costs nothing.",
}
#: Fee -> what is charged.
_FEE_WORDS = {
    "capture": "A capture: the processing fee.",
    "refund": "A refund.",
    "instant_refund": "A refund asked to be instant, beside its own fee; comes back when it is not.",
    "chargeback": "A dispute, when it is opened or when it is lost.",
    "countered": "Answering a chargeback, beside the fee for the chargeback itself.",
    "retrieval": "A retrieval request.",
    "payout": "A payout to the merchant's bank, on all that is available.",
}


#: Which refunds go after the window, in words.
_AFTER_WINDOW = {RefundAfterWindow.REFUSE: "none", RefundAfterWindow.INSTANT: "instant ones"}


def psps() -> list[str]:
    """The capability table: a row a fact, a column a PSP."""
    profiles = list(load_catalog().profiles.values())
    rows = [(label, *(show(profile) for profile in profiles)) for label, show in _FACTS]
    return table(("", *(profile.name for profile in profiles)), rows)


def short() -> list[str]:
    """The PSPs, a line each."""
    profiles = load_catalog().profiles.values()
    return table(_SHORT, [[_OVERVIEW[column](profile) for column in _SHORT] for profile in profiles])


def profiles() -> list[str]:
    """Every profile in full, each fact with where it comes from."""
    lines: list[str] = []
    for profile in load_catalog().profiles.values():
        lines += [f"## {profile.name}", ""]
        said = [f"Modelled on {', '.join(profile.models) or 'nobody'}."]
        said += [f"Also known as {', '.join(profile.aliases)}."] if profile.aliases else []
        lines += [" ".join(said), "", *_sheet(profile), ""]
    return lines[:-1]


def _sheet(profile: PspProfile) -> list[str]:
    usual = _sections(PspProfile(profile.name))
    rows = []
    for title, facts in _sections(profile).items():
        for key, value in facts.items():
            source = profile.sources.get(key, "")
            is_default = not source and value == usual[title].get(key)
            rows.append((code(key), value, with_links(source) or ("by default" if is_default else "")))
    return table(("fact", "is", "source"), rows)


def facts() -> list[str]:
    """Every key of a profile file."""
    meanings = described(PspProfile)
    rows = []
    for key, (name, read) in profile_files.FACTS.items():
        assert meanings[name], f"say above PspProfile.{name} what it means"
        rows.append((code(key), _takes(name, read), code(_default(key, name)), meanings[name]))
    return table(("key", "takes", "default", "means"), rows)


def _takes(name: str, read: Any) -> str:
    default = _field_default(name)
    if isinstance(default, StrEnum):
        return codes(f'"{word}"' for word in type(default))
    # Readers of names are made for their pattern.
    return _TAKES.get(read, "list of names")


def _default(key: str, name: str) -> str:
    """The default as a file would have it."""
    value, _, unit = _field_default(name), *name.rpartition("_")[1:]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, StrEnum):
        return f'"{value}"'
    if value is None and key in ("settlement_cut_off", "currencies", "calendar", "time_zone"):
        return '"none"' if key == "settlement_cut_off" else ""
    if value is None:
        return '"unlimited"'
    if unit == "ms":
        return f'"{format_span(value)}"'
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return str(list(value)).replace("'", '"')
    return f'"{value}"' if isinstance(value, str) else "" if key == "sources" else '"none"'


def _field_default(name: str) -> Any:
    (field,) = [one for one in fields(PspProfile) if one.name == name]
    return field.default if field.default is not MISSING else {}


def fee_kinds() -> list[str]:
    """What a PSP may charge for."""
    assert set(_FEE_WORDS) == {kind.name for kind in FEES}
    return table(("fee", "is charged for"), [(code(f"fees.{name}"), words) for name, words in _FEE_WORDS.items()])


def fee_parts() -> list[str]:
    """What a fee is made of."""
    assert set(_PART_WORDS) == set(profile_files._PARTS)
    return table(("part", "means"), [(code(name), words) for name, words in _PART_WORDS.items()])


def _fee(kind: FeeKind) -> Callable[[PspProfile], str]:
    return lambda profile: fee_in_words(fee_of(kind, profile), most=1, first="EUR")


def _span(span_ms: int | None) -> str:
    return "no limit" if span_ms is None else format_span(span_ms)


def _few(words: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


def _between(least_minor: int | None, most_minor: int | None) -> str:
    """The limits of amounts in euros."""
    least, most = (None if minor is None else format_exact(minor, "EUR") for minor in (least_minor, most_minor))
    return f"{least or 'any'} to {most or 'any'}" if least or most else "any"


def _is_final(profile: PspProfile) -> bool:
    return profile.disputes is Disputes.NONE


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _decided(after_ms: int | None) -> str:
    return "by hand" if after_ms is None else _span(after_ms)


def _late(span_ms: int | None) -> str:
    """For how long something that looked final may still fail."""
    return "never" if span_ms == 0 else "any time" if span_ms is None else f"for {format_span(span_ms)}"


_FACTS: tuple[tuple[str, Callable[[PspProfile], str]], ...] = (
    ("modelled on", lambda p: ", ".join(p.models) or "nobody"),
    ("takes", lambda p: ", ".join(p.methods)),
    ("currencies", lambda p: "any" if p.currencies is None else _few(p.currencies)),
    ("least and most in EUR", lambda p: _between(p.amount_minimum_minor.get("EUR"), p.amount_maximum_minor.get("EUR"))),
    ("own minor units", lambda p: _few([f"{format_exact(n, c)} {c}" for c, n in p.amount_step_minor.items()]) or "-"),
    ("authorize", lambda p: _yes(p.authorize)),
    ("a hold lasts", lambda p: _span(p.authorization_lifetime_ms) if p.authorize else "-"),
    ("a partial capture renews it", lambda p: _yes(p.capture_renews_authorization) if p.authorize else "-"),
    ("partial capture", lambda p: p.partial_capture.value),
    ("captured beyond the hold", lambda p: tolerance_in_words(p.over_capture, "EUR")),
    ("capture outcome", lambda p: f"{p.capture_outcome.value}, {_span(p.capture_delay_ms)}"),
    ("incremental authorization", lambda p: _yes(p.incremental_authorization)),
    ("a hold is assured", lambda p: _span(p.honour_period_ms) if p.authorize else "-"),
    ("captures after that", lambda p: p.capture_after_honour.value),
    ("a hold that ran out", lambda p: p.expired_hold.value if p.authorize else "-"),
    (
        "a capture that was through may fail",
        lambda p: f"{_late(p.capture_fails_after_final_ms)}, through again: {_yes(p.capture_succeeds_again)}",
    ),
    ("a confirmed payment may fail", lambda p: _late(p.late_failure_window_ms)),
    ("void / partial void", lambda p: f"{_yes(p.void)} / {_yes(p.partial_void)}"),
    ("captured, voided until", lambda p: p.captured_void_until.value),
    ("split payments", lambda p: _yes(p.split_payments)),
    ("methods but cards are confirmed", lambda p: f"{p.confirmation.value}, {_span(p.confirmation_delay_ms)}"),
    ("asks in the shop's form for", lambda p: ", ".join(p.native) or "-"),
    ("payout to a card beyond the balance", lambda p: _yes(p.payout_short_balance is PayoutShortBalance.ALLOW)),
    ("refund", lambda p: p.refund.value),
    ("refund not before", lambda p: _span(p.refund_not_before_ms)),
    ("refund window", lambda p: _span(p.refund_window_ms)),
    (
        "refunds after that",
        lambda p: "-" if p.refund_window_ms is None else _AFTER_WINDOW[p.refund_after_window],
    ),
    ("refunded beyond the capture", lambda p: tolerance_in_words(p.over_refund, "EUR")),
    ("refund on a short balance", lambda p: p.refund_short_balance.value),
    (
        "of those that wait is made",
        lambda p: p.refund_queue.value if p.refund_short_balance is RefundShortBalance.WAIT else "-",
    ),
    ("pending refund cancelled within", lambda p: _span(p.refund_cancel_within_ms)),
    ("refunds a payment takes", lambda p: "no limit" if p.refunds_max is None else str(p.refunds_max)),
    (
        "refunded of one capture each, once settled",
        lambda p: f"{_yes(p.refund_per_capture)}, {p.refund_requires.value}",
    ),
    ("same amount refunded again after", lambda p: _span(p.duplicate_refund_window_ms)),
    (
        "refund beside a chargeback, a question, after a loss",
        lambda p: ", ".join(
            rule.value.replace("_", " ")
            for rule in (p.refund_while_disputed, p.refund_while_retrieval, p.refund_after_lost)
        ),
    ),
    ("refund outcome", lambda p: f"{p.refund_outcome.value}, {_span(p.refund_delay_ms)}"),
    ("refund may fail after it looked final, for", lambda p: _span(p.refund_fails_after_final_ms)),
    ("disputes a payment can have", lambda p: p.disputes.value),
    ("dispute arrives after", lambda p: "-" if _is_final(p) else _span(p.chargeback_delay_ms)),
    (
        "disputed money is withheld",
        lambda p: "-" if _is_final(p) else "yes" if p.chargeback_withheld else "no, it is gone at once",
    ),
    ("dispute can be won", lambda p: _yes(p.chargeback_contestable and not _is_final(p))),
    (
        "dispute can be won in part, after it was lost",
        lambda p: f"{_yes(p.partial_win)}, {_yes(p.win_after_lost)}" if p.chargeback_contestable else "-",
    ),
    (
        "dispute answered within, decided after",
        lambda p: (
            f"{_span(p.chargeback_answer_within_ms)}, {_decided(p.chargeback_decided_after_ms)}"
            if p.chargeback_contestable and not _is_final(p)
            else "-"
        ),
    ),
    ("dispute that was won comes again", lambda p: _yes(p.second_chargeback)),
    ("pre-arbitration after a win", lambda p: _yes(p.pre_arbitration)),
    *((f"fee: {kind.name.replace('_', ' ')}", _fee(kind)) for kind in FEES),
    (
        "chargeback fee falls due, if won, if presented again",
        lambda p: f"{p.chargeback_fee_when.value}, {p.chargeback_fee_if_won.value}, {p.chargeback_fee_if_again.value}",
    ),
    ("tax on the processing fee", lambda p: profile_json(p)["fees"]["processing_fee_tax"].replace("%", " %")),
    ("processing fee on refund", lambda p: p.processing_fee_on_refund.value.replace("_", " ")),
    ("settles after", lambda p: _span(p.settlement_delay_ms)),
    ("a day's batch closes at", lambda p: p.settlement_cut_off or "-"),
    ("keeps the bank holidays of", lambda p: calendar_of(p) or "-"),
    ("its days begin at midnight in", zone_name_of),
    ("is paid out", lambda p: p.payout_schedule),
    ("a payout is on its way for", lambda p: _span(p.payout_transit_ms)),
)
