"""What several objects share on the wire."""

from typing import Any

Shape = dict[str, Any]


#: Where hosted pages are.
CHECKOUT = "https://checkout.processout.com"


def checks(found: dict[str, str], default: str) -> Shape:
    """The card checks of a payment or card, each with its reason, which is never given."""
    values: Shape = {}
    for name in ("cvc_check", "avs_check", "avs_postal_check", "avs_street_check", "avs_name_check"):
        values[name] = found.get(name.removesuffix("_check"), default)
        if name != "avs_check":
            values[f"{name}_reason"] = None
    return values
