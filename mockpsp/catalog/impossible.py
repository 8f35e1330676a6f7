"""Facts of a profile under which nothing would go, whoever stated them. To add one: a row in `ALWAYS`."""

from collections.abc import Iterator

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.fees import FEES, fee_of
from mockpsp.domain.psps.profiles import CARD_WALLETS, PspProfile
from mockpsp.domain.time.spans import format_span


def _refundable_at_no_time(profile: PspProfile) -> Iterator[tuple[str, str]]:
    window_ms, sooner_ms = profile.refund_window_ms, profile.refund_not_before_ms
    if window_ms is not None and window_ms <= sooner_ms:
        yield (
            "refund_window",
            f"is {format_span(window_ms)}, and refund_not_before is {format_span(sooner_ms)}: no refund would ever go",
        )


def _none_at_all(profile: PspProfile) -> Iterator[tuple[str, str]]:
    for key, instead in (
        ("increments_max", "incremental_authorization = false"),
        ("captures_max", 'partial_capture = "none"'),
        ("refunds_max", 'refund = "none"'),
    ):
        if getattr(profile, key) == 0:
            yield key, f"is 0; it must be at least 1 (say {instead} where there are none)"


def _takes_nothing(profile: PspProfile) -> Iterator[tuple[str, str]]:
    if not profile.methods:
        yield "methods", "is empty; a PSP takes at least one method"
    for word in profile.methods:
        plain = word.replace("_", "")
        if plain in CARD_WALLETS and word != plain:  # a method of that name would be one that redirects
            yield "methods", f"names {word}; the wallet is called {plain} here"
    if profile.currencies is not None and not profile.currencies:
        yield "currencies", "is empty; leave it out for all currencies"


def _without_a_price(profile: PspProfile) -> Iterator[tuple[str, str]]:
    """A rate that is given per currency names one in every currency that is taken."""
    prices = [(kind.name, rates) for kind in FEES if (rates := fee_of(kind, profile).rate_ppm_by_currency)]
    for currency in profile.currencies or ():
        for name, rates in prices:
            if currency not in rates:
                yield f"fees.{name}", f"names no rate in {currency}, which currencies says is taken"
    if prices and not set.intersection(*(set(rates) for _, rates in prices)):
        found = "; ".join(f"fees.{name}: {', '.join(rates)}" for name, rates in prices)
        yield "fees", f"have no currency in common, so no payment could be priced ({found})"


def _no_amount_goes(profile: PspProfile) -> Iterator[tuple[str, str]]:
    """Between the least and the most there is an amount that the PSP's own minor units can say."""
    for currency, most_minor in profile.amount_maximum_minor.items():
        step_minor = profile.amount_step_minor.get(currency, 1)
        least_minor = max(profile.amount_minimum_minor.get(currency, 0), step_minor)
        if most_minor // step_minor * step_minor < least_minor:
            yield (
                "amount_maximum",
                f"is {format_exact(most_minor, currency)} {currency}, and amount_minimum or amount_step is "
                f"{format_exact(least_minor, currency)} {currency}: no amount would go",
            )


#: Each answers the key and the reason of what it finds.
ALWAYS = (_refundable_at_no_time, _none_at_all, _takes_nothing, _without_a_price, _no_amount_goes)
