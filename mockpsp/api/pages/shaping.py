"""What a form of the page says as the body of the control plane's call, where the two can't be the same.

Each function gets the universe and the form's fields, and answers a body; what is wrong with it the call says.
"""

from typing import Any

from mockpsp.api.control import clock, delivery
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

_INVALID = "request.validation.error"


def until_next(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """An advance to the moment at which the next thing falls due."""
    ahead = clock.planned(tx, 1)
    if not ahead or ahead[0]["at"] is None:
        raise Refused(_INVALID, "nothing is to come: there is no effect and no delivery that waits", 409)
    return {"to": ahead[0]["at"]}


def rule(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """A scripted outcome: `outcome` with commas is a chain, `later` fails some time after, `metadata` is key=value."""
    body = {name: item for name, item in said.items() if name not in ("later", "metadata")}
    if "later" in said:
        if "outcome" in body:
            raise Refused(
                _INVALID, "outcome: say what comes of it at once, or what fails later, not both", field="outcome"
            )
        body["outcome"] = said["later"]
    elif isinstance(outcome := body.get("outcome"), str) and "," in outcome:
        body["outcome"] = [one.strip() for one in outcome.split(",")]
    if "metadata" in said:
        key, has_value, value = str(said["metadata"]).partition("=")
        if not has_value:
            raise Refused(_INVALID, "metadata: say key=value, such as order=1001", field="metadata")
        match = body.get("match", {})
        if not isinstance(match, dict):
            raise Refused(_INVALID, "match: must be the parts that a call has to match, by their names", field="match")
        body["match"] = {**match, "metadata": {key.strip(): value.strip()}}
    return body


def endpoint(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """A change of an endpoint: a form in which no topic is chosen means every event."""
    return {"topics": [], **said}


def with_one_more(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """The rules of deliveries that misbehave, and one behind them."""
    do = said.pop("do", None)
    if isinstance(do, str) and "," in do:
        do = [one.strip() for one in do.split(",")]
    return {"rules": [*_kept(tx), {**said, "do": do}]}


def without_one(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """The rules without the one at this place."""
    rules, place = _kept(tx), str(said.get("place", ""))
    if not (place.isascii() and place.isdigit() and len(place) < 6 and int(place) < len(rules)):
        raise Refused(_INVALID, "this rule is there no more; look again", 409)
    return {"rules": [one for n, one in enumerate(rules) if n != int(place)]}


def without_any(tx: UniverseTx, said: dict[str, Any]) -> dict[str, Any]:
    """No rules: every webhook behaves."""
    return {"rules": []}


def _kept(tx: UniverseTx) -> list[dict[str, Any]]:
    """The rules as they would be asked for again."""
    found = delivery.show_delivery.__wrapped__(tx)["delivery"]["rules"]  # type: ignore[attr-defined]
    return [{name: item for name, item in one.items() if name != "met" and item is not None} for one in found]
