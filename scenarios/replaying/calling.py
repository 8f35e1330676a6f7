"""A step's call as it goes out: its placeholders filled, its options as headers."""

from collections.abc import Mapping
from urllib.parse import quote

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import SOURCE, fill, fill_text
from mockpsp.scenarios.language.verbs import IN_APP, Call
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.sources import source_at, uses_source
from mockpsp.scenarios.replaying.world import World


def perform_call(
    world: World, action: Call, marks: Mapping[str, str] | None = None, *, names: Mapping[str, Json] | None = None
) -> Answer:
    """The answer to a call; `marks` are headers beside its own, `names` what its placeholders stand for: a handler's,
    whose calls are an application's and not the story's own."""
    is_own = names is None
    if world.makes_sources and uses_source(action.body):
        via = None if action.via is None else fill_text(action.via, world.names if names is None else names)
        world.names[SOURCE] = source_at(world, via or world.gateway)
        names = None if names is None else {**names, SOURCE: world.names[SOURCE]}
    names = world.names if names is None else names
    headers = dict(marks or {})
    if action.key is not None:
        headers["Idempotency-Key"] = fill_text(action.key, names)
    if action.via is not None:
        headers["Mockpsp-Gateway"] = fill_text(action.via, names)
    escaped: dict[str, Json] = {name: quote(str(value), safe="") for name, value in names.items()}
    body = fill(action.body, names)
    if not action.path.startswith(IN_APP):
        return world.call(action.method, fill_text(action.path, escaped), body, headers, is_own=is_own)
    answer = world.call_app(action.method, fill_text(action.path.removeprefix(IN_APP), escaped), body, headers)
    if answer.transport == "refused":
        raise ReplayError(f"{action}: nothing listens at {names['app']}, the application to replay against")
    return answer
