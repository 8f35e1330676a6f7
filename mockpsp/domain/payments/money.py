"""Money: integers of minor units inside, decimal text in major units outside, never floats.

The exponent table is ISO 4217 as of 1 January 2026; a test holds it against the `iso4217` package.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from mockpsp.domain.text.codes import INVALID_AMOUNT, INVALID_CURRENCY, Refused

_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY "
    "COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR "
    "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
)
_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: _TWO,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: Currency code -> number of decimals. Codes without one (metals, funds, tests) are no payment currencies.
EXPONENT_BY_CURRENCY: dict[str, int] = {
    code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()
}

_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_MAX_WHOLE_DIGITS = 12
#: Numbers of more places, before or behind the point, are no amounts, and are not written out.
_PLACES_MAX = 40


def check_currency(text: str) -> str:
    """The currency code in capitals; Refused for one that payments can't be made in."""
    # Two letters outside ASCII become S and I in capitals; they are no part of any code.
    code = text.upper() if text.isascii() else text
    if code not in EXPONENT_BY_CURRENCY:
        raise Refused(
            INVALID_CURRENCY, f"currency: {text[:20]!r} is not an ISO 4217 payment currency", field="currency"
        )
    return code


def exponent(currency: str) -> int:
    """How many decimals the currency has."""
    return EXPONENT_BY_CURRENCY[check_currency(currency)]


def parse(text: str, currency: str, *, allow_zero: bool = False) -> int:
    """Minor units of a decimal text in major units; Refused for anything but digits and at most one point.

    Fewer decimals than the currency has are fine, more are not, zeros included.
    """
    decimals = exponent(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise _invalid(text, 'must be plain decimal digits such as "12.34", without sign, spaces or exponent')
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise _invalid(text, f"has {len(fraction)} decimals, but {currency} has {decimals} (extra zeros count too)")
    if len(whole) > _MAX_WHOLE_DIGITS:
        raise _invalid(text, f"has more than {_MAX_WHOLE_DIGITS} digits before the point")
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor == 0 and not allow_zero:
        raise _invalid(text, "must be more than zero")
    return minor


def written(number: int | Decimal) -> str:
    """A number's exact value in plain decimal digits, as `parse` reads it: 10, 10.0 and 1e1 are "10".

    Text says what somebody wrote; a number of JSON is a value, which each language writes its own way: Java has 1.0E7
    for ten million. What is beyond any amount is left as it is, for a refusal to name.
    """
    value = Decimal(number)
    if not value.is_finite() or abs(value.adjusted()) > _PLACES_MAX:
        return str(number)
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def format_exact(minor: int, currency: str) -> str:
    """Major units with exactly the currency's decimals: "100.00"."""
    decimals = EXPONENT_BY_CURRENCY[currency]
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


@lru_cache(maxsize=4096)  # one transaction shows the same few amounts many times
def format_trimmed(minor: int, currency: str) -> str:
    """Major units without trailing zeros, as the API answers: "100", "1.5", "0"."""
    text = format_exact(minor, currency)
    return text.rstrip("0").rstrip(".") if "." in text else text


def split(minor: int, weights: Sequence[int]) -> list[int]:
    """Shares of an amount by weight that add up to it; what rounding leaves goes to the largest remainders, first ones
    first. The amount and the weights must not be negative, nor all the weights zero."""
    total = sum(weights)
    shares = [minor * weight // total for weight in weights]
    remainders = [minor * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: minor - sum(shares)]:
        shares[index] += 1
    return shares


def _invalid(text: str, why: str) -> Refused:
    return Refused(INVALID_AMOUNT, f"amount: {text[:40]!r} {why}", field="amount")
