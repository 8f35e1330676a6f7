"""Test cards as people name them: by number, by the last four digits, or by what they bring about."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from mockpsp.catalog import load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.naming import hint
from mockpsp.domain.psps.profiles import CardBehaviour, Demand

_ERROR = "_error"
#: A whole card number; one that is no test card is the server's to refuse.
_DIGITS_MIN = 12


def number_of(text: str) -> str:
    """The number of the card that is meant; `InputError` names the nearest one."""
    if text.isdigit() and len(text) >= _DIGITS_MIN:
        return text
    if text.isdigit() and len(text) == 4:
        found = [number for number in load_catalog().card_numbers() if number.endswith(text)]
        if found:
            return found[0]
        raise InputError(f"--card {text}: no test card ends in these digits; the page on cards lists them")
    number = names().get(text)
    if number is None:
        raise InputError(f"--card {text[:60]!r}: there is no such card{hint(text, names(), shown=60)}")
    return number


@lru_cache(maxsize=1)
def names() -> Mapping[str, str]:
    """What a card may be called -> its number; of cards alike the first."""
    catalog = load_catalog()
    found: dict[str, str] = {}
    for number in catalog.card_numbers():
        key = catalog.card_key(number)
        assert key is not None
        for name in _names(catalog.behaviour(key)):
            found.setdefault(name, number)
    return found


def _names(card: CardBehaviour) -> Iterator[str]:
    """What a card is called by what it brings about; by its scheme where that is nothing."""
    errors = [(field, getattr(card, field)) for field in card.__slots__ if field.endswith(_ERROR)]
    for field, code in errors:
        if code is not None:
            kind = field.removesuffix(_ERROR).replace("_", "-")
            yield f"{'' if kind == 'authorize' else f'{kind}-'}{code.partition('.')[2]}"
    if card.then is not None:
        yield card.then.replace("_", "-")
    if card.three_d_s is not None and card.three_d_s.versions:
        is_asked = card.three_d_s.demand is Demand.ALWAYS
        yield "3ds" if is_asked else "3ds-frictionless" if card.three_d_s.is_frictionless else "3ds-if-asked"
    yield from (f"{check.replace('_', '-')}-{value}" for check, value in card.checks.items())
    yield card.scheme.replace(" ", "-")
