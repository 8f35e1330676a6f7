"""A step's call as it goes out: its placeholders filled, its options as headers."""

from collections.abc import Mapping
from urllib.parse import quote

from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import fill, fill_text
from mockpsp.scenarios.language.verbs import Call
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.world import World


def perform_call(world: World, action: Call, marks: Mapping[str, str] | None = None) -> Answer:
    """The answer to a call; `marks` are headers beside its own."""
    headers = dict(marks or {})
    if action.key is not None:
        headers["Idempotency-Key"] = fill_text(action.key, world.names)
    if action.via is not None:
        headers["Mockpsp-Gateway"] = fill_text(action.via, world.names)
    escaped: dict[str, Json] = {name: quote(str(value), safe="") for name, value in world.names.items()}
    return world.call(action.method, fill_text(action.path, escaped), fill(action.body, world.names), headers)
