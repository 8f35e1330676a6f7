"""A profile in full, for people and for programs; all of them in a table: overview.py."""

import textwrap
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps import tolerance
from mockpsp.domain.psps.business_days import calendar_of, zone_name_of
from mockpsp.domain.psps.fees import FEES, fee_of
from mockpsp.domain.psps.profiles import Fee, PspProfile, Tolerance
from mockpsp.domain.time.spans import format_span

_WIDTH = 120
#: The longest fact's name, and a gap.
_NAME_WIDTH = 31
_CAN = (
    "authorize capture_renews_authorization capture_after_honour expired_hold "
    "incremental_authorization increments_max partial_capture captures_max capture_rest over_capture "
    "capture_outcome capture_succeeds_again void partial_void "
    "captured_void_until split_payments confirmation native payout_short_balance refund refunds_max over_refund "
    "refund_after_window refund_again_after_failure refund_requires refund_per_capture refund_while_disputed "
    "refund_while_retrieval refund_after_lost refund_short_balance refund_queue refund_outcome instant_refund "
    "disputes chargeback_withheld chargeback_contestable partial_win win_after_lost second_chargeback pre_arbitration "
    "retrieval_held"
).split()
#: What limits the amounts that are taken.
_AMOUNT_LIMITS = ("amount_minimum", "amount_maximum", "amount_step")
#: Amounts of a fee, and how a sheet begins them.
_AMOUNTS = (("fixed", ""), ("minimum", "at least "), ("cap", "at most "), ("free_under", "free under "))
#: Fact of the money -> what it means that there is none.
_LEFT_OUT = {"calendar": "every day"}
#: How and when fees are charged and given back.
_FEE_POLICIES = (
    "chargeback_fee_when chargeback_fee_if_won chargeback_fee_if_again countered_fee_if_won "
    "countered_fee_if_partly_won processing_fee_on_refund rounding"
).split()


def profile_json(profile: PspProfile) -> dict[str, Any]:
    """The profile as the API and `--json` show it."""
    return {
        "name": profile.name,
        "models": list(profile.models),
        "aliases": list(profile.aliases),
        "methods": list(profile.methods),
        "currencies": list(profile.currencies) if profile.currencies is not None else None,
        "amounts": {key: _amounts_json(getattr(profile, f"{key}_minor")) for key in _AMOUNT_LIMITS},
        "can": {name: _plain(getattr(profile, name)) for name in _CAN},
        "fees": {
            **{kind.name: _fee_json(fee_of(kind, profile)) for kind in FEES},
            **{name: _plain(getattr(profile, name)) for name in _FEE_POLICIES},
            "processing_fee_tax": f"{_percent(profile.processing_fee_tax_ppm)}%"
            if profile.processing_fee_tax_ppm
            else "none",
        },
        "delays": {
            field.name.removesuffix("_ms"): _span(getattr(profile, field.name))
            for field in fields(profile)
            if field.name.endswith("_ms")
        },
        "money": {
            "settlement_cut_off": profile.settlement_cut_off,
            "calendar": calendar_of(profile),
            "time_zone": zone_name_of(profile),
            "payout_schedule": profile.payout_schedule,
            "payout_minimum": _amounts_json(profile.payout_minimum_minor),
            "reserve": f"{_percent(profile.reserve_ppm)}%" if profile.reserve_ppm else None,
        },
        "sources": dict(profile.sources),
    }


def profile_sheet(profile: PspProfile) -> str:
    """One profile in full, each fact with where it comes from."""
    lines = [profile.name, *(f"  {line}" for line in introduction(profile))]
    for title, facts in sections(profile).items():
        lines += ["", title]
        for fact, value, source in facts:
            name = f"  {fact:<{_NAME_WIDTH}}"
            lines += _wrapped(name, value)
            lines += _wrapped(" " * len(name), source)
    return "\n".join(lines)


def introduction(profile: PspProfile) -> list[str]:
    """Whom it is modelled on, and its other names; nothing of what it has none of."""
    lines = [f"modelled on {', '.join(profile.models)}"] if profile.models else []
    return lines + ([f"also known as {', '.join(profile.aliases)}"] if profile.aliases else [])


def sections(profile: PspProfile) -> dict[str, list[tuple[str, str, str]]]:
    """The sheet's sections: (fact, value in words, where it comes from) in each."""
    usual = _sections(PspProfile(profile.name))
    found: dict[str, list[tuple[str, str, str]]] = {}
    for title, facts in _sections(profile).items():
        rows = found.setdefault(title, [])
        for key, value in facts.items():
            source = profile.sources.get(key, "")
            # What no file states is what a profile allows until one does.
            is_default = not source and value == usual[title].get(key)
            rows.append((key.removeprefix("fees."), value + ("  (by default)" if is_default else ""), source))
    return found


def _sections(profile: PspProfile) -> dict[str, dict[str, str]]:
    """The sheet's sections: fact -> value in words."""
    shown = profile_json(profile)
    currencies = "any" if profile.currencies is None else _plain(profile.currencies)
    found = {
        "takes": {
            "methods": _plain(profile.methods),
            "currencies": currencies,
            **{key: value or "none" for key, value in shown["amounts"].items()},
        },
        "can": shown["can"],
        "fees": {
            **{f"fees.{kind.name}": fee_in_words(fee_of(kind, profile)) for kind in FEES},
            **{key: value for key, value in shown["fees"].items() if isinstance(value, str)},
        },
        "delays": shown["delays"],
        "money": {key: value or _LEFT_OUT.get(key, "none") for key, value in shown["money"].items()},
    }
    return {title: {key: _word(value) for key, value in facts.items()} for title, facts in found.items()}


def fee_in_words(fee: Fee, *, most: int | None = None, first: str = "") -> str:
    """Rate and amounts: `1.4 % + 0.25 EUR; at most 5.00 EUR`. Of what is given per currency, the first `most`,
    beginning with the currency `first`."""

    def chosen(by_currency: Mapping[str, int]) -> list[tuple[str, int]]:
        return sorted(by_currency.items(), key=lambda item: item[0] != first)[:most]

    by_currency = chosen(fee.rate_ppm_by_currency)
    rates = [f"{_percent(ppm)} % {currency}" for currency, ppm in by_currency] or [f"{_percent(fee.rate_ppm)} %"]
    parts = [", ".join(rates)] if fee.rate_ppm or by_currency else []
    limits: list[str] = []
    for name, words in _AMOUNTS:
        amounts = [f"{format_exact(minor, code)} {code}" for code, minor in chosen(getattr(fee, f"{name}_minor"))]
        if amounts:
            (parts if name == "fixed" else limits).append(words + ", ".join(amounts))
    return "; ".join([" + ".join(parts) or "nothing", *limits]) if limits else " + ".join(parts) or "none"


def _wrapped(start: str, text: str) -> list[str]:
    """A text in lines of a terminal's width, addresses whole; the first line begins with `start`."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Tolerance):
        return tolerance.shown(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return value.value if isinstance(value, StrEnum) else value


def _word(value: Any) -> str:
    if isinstance(value, dict):
        amounts = value.get("cap", {} if "rate" in value else value)
        cap = ", ".join(f"{amount} {currency}" for currency, amount in amounts.items())
        return ", at most ".join(part for part in (value.get("rate"), cap) if part)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unlimited" if value is None else str(value)


def _span(span_ms: int | None) -> str | None:
    return None if span_ms is None else format_span(span_ms)


def _fee_json(fee: Fee) -> dict[str, Any]:
    """Rate and fixed part, and the other parts where there are any."""
    rates = {currency: f"{_percent(ppm)}%" for currency, ppm in fee.rate_ppm_by_currency.items()}
    parts = {name: getattr(fee, f"{name}_minor") for name, _ in _AMOUNTS}
    return {
        "rate": rates or f"{_percent(fee.rate_ppm)}%",
        **{
            name: _amounts_json(minor_by_currency)
            for name, minor_by_currency in parts.items()
            if minor_by_currency or name == "fixed"
        },
    }


def _amounts_json(minor_by_currency: Mapping[str, int]) -> dict[str, str]:
    return {currency: format_exact(minor, currency) for currency, minor in minor_by_currency.items()}


def _percent(rate_ppm: int) -> str:
    whole, rest = divmod(rate_ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")
