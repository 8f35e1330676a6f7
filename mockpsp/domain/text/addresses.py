"""Postal addresses as customers, cards and invoices have them."""

from collections.abc import Mapping

PARTS = ("address1", "address2", "city", "state", "zip", "country_code")


def filled(
    known: Mapping[str, object], billing: Mapping[str, object], *, country: str = "country_code"
) -> dict[str, object]:
    """What a billing address adds to something: all of it if that has no part of an address itself, else nothing.

    `country` is what that calls the country.
    """
    name_by_part = {part: part for part in PARTS} | {"country_code": country}
    if any(known.get(name) for name in name_by_part.values()):
        return {}
    return {name: billing[part] for part, name in name_by_part.items() if billing.get(part)}
