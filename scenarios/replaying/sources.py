"""`${source}` in the body of a call: what pays at the call's PSP, whichever that is.

A new test card where cards are taken, else what a customer brings back from the PSP who has paid there.
"""

import base64
import json

from mockpsp.scenarios.language.matching import dig
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import SOURCE
from mockpsp.scenarios.replaying.world import World

_CARD: Json = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
_USED = f"${{{SOURCE}}}"


def uses_source(body: Json) -> bool:
    """Whether `${source}` stands anywhere in it."""
    if isinstance(body, dict):
        return any(uses_source(value) for value in body.values())
    return any(map(uses_source, body)) if isinstance(body, list) else isinstance(body, str) and _USED in body


def source_at(world: World, gateway: str) -> str:
    """A source that pays at this PSP."""
    if "card" in _list(world.control("GET", f"/gateways/{gateway}"), "gateway.tags"):
        return str(dig(world.control("POST", "/cards", _CARD), "card.id"))
    listed = world.control("GET", f"/gateways/{gateway}/gateway-configurations")
    request = {
        "gateway_configuration_id": dig(listed, "gateway_configurations.0.id"),
        "method": "GET",
        "url": "https://shop.example/back?token=test-valid",
        "headers": {},
        "body": "",
    }
    return "gway_req_" + base64.b64encode(json.dumps(request).encode()).decode()


def _list(answer: Json, path: str) -> list[Json]:
    found = dig(answer, path)
    return found if isinstance(found, list) else []
