"""How far beyond an amount a PSP lets captures and refunds go."""

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.profiles import NO_TOLERANCE, Tolerance


def tolerated(tolerance: Tolerance, amount_minor: int, currency: str) -> int:
    """How much more than the amount goes, rounded down; of a rate and a cap the lesser."""
    limits = []
    if tolerance.rate_ppm is not None:
        limits.append(amount_minor * tolerance.rate_ppm // 1_000_000)
    if tolerance.cap_minor is not None:
        limits.append(tolerance.cap_minor.get(currency, 0))
    return min(limits, default=0)


def tolerance_in_words(tolerance: Tolerance, currency: str) -> str:
    """The tolerance in a currency, as refusals name it: `none`, `15%`, `25.00 EUR` or `15%, at most 75.00 USD`."""
    parts = []
    if tolerance.rate_ppm is not None:
        parts.append(percent(tolerance.rate_ppm))
    if tolerance.cap_minor is not None:
        cap_minor = tolerance.cap_minor.get(currency)
        parts.append(f"none in {currency}" if cap_minor is None else f"{format_exact(cap_minor, currency)} {currency}")
    return ", at most ".join(parts) or "none"


def shown(tolerance: Tolerance) -> dict[str, object] | str:
    """The tolerance as the API shows it: `"none"`, or a table of its rate and its cap per currency."""
    if tolerance == NO_TOLERANCE:
        return "none"
    rate = {} if tolerance.rate_ppm is None else {"rate": percent(tolerance.rate_ppm)}
    if tolerance.cap_minor is None:
        return {**rate}
    return {**rate, "cap": {code: format_exact(minor, code) for code, minor in tolerance.cap_minor.items()}}


def percent(rate_ppm: int) -> str:
    """A rate as text: `15%`, `2.9%`."""
    whole, rest = divmod(rate_ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"
