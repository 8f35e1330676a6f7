"""A story's receivers: sinks with what they answer and call back, or the user's own application."""

import re
from dataclasses import replace
from typing import Any

from mockpsp.domain.events import TOPICS
from mockpsp.scenarios.language.model import Handling, ReceiverPlan
from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.nodes import MapNode, Node, ScalarNode
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.verbs import read_call
from mockpsp.webhooks import dialects, schedules

#: What a receiver may say of its endpoint -> the words.
ENDPOINT_WORDS = {
    "scheme": dialects.SCHEMES,
    "key": tuple(dialects.KEYS),
    "body": ("thin", "dialect"),
    "schedule": tuple(schedules.SCHEDULES),
    "order": schedules.ORDERINGS,
}
KEYS = ("url", "answers", "topics", "endpoint", *ENDPOINT_WORDS, "reserializable", "secret", "handler")
HANDLER_KEYS = ("on", "call", "body", "key", "via")
SINK, APP = "sink", "app"
#: Schemes that sign the address too: what passes a webhook on has another one than the application.
_SIGN_ADDRESS = frozenset({"square"})
IN_APP = re.compile(r"\$\{app\}(/\S*)?")
HANDLINGS_MAX = 20


def read_receiver(reader: Reader, handlers: Reader, name: ScalarNode, node: Node) -> ReceiverPlan:
    """One receiver; names used by its handler are logged apart, since they may be saved later."""
    if not NAME.fullmatch(name.text):
        reader.problems.add(name, f"{name.text!r} can't name a receiver: letters, digits and _ only")
    fields = reader.fields(node, "a receiver", KEYS, needed=("url",))
    plan = ReceiverPlan(name.text, app_path=_app_path(reader, fields["url"]) if "url" in fields else None)
    if "answers" in fields:
        items = reader.items(fields["answers"], "answers")
        answers = tuple(reader.integer(item, "a status", low=200, high=599) for item in items)
        plan = replace(plan, answers=answers or plan.answers)
    if "topics" in fields:
        topics = tuple(reader.event(item, TOPICS) for item in reader.items(fields["topics"], "topics"))
        plan = replace(plan, topics=topics)
    if "endpoint" in fields:
        plan = replace(plan, is_endpoint=reader.flag(fields["endpoint"], "endpoint"))
    for word, known in ENDPOINT_WORDS.items():
        if word in fields:
            words: dict[str, Any] = {word: reader.choice(fields[word], word, known)}
            plan = replace(plan, **words)
    if "reserializable" in fields:
        plan = replace(plan, reserializable=reader.flag(fields["reserializable"], "reserializable"))
    if "secret" in fields:
        plan = replace(plan, secret=reader.text(fields["secret"], "a secret"))
    if "handler" in fields:
        items = reader.items(fields["handler"], "calls")
        if len(items) > HANDLINGS_MAX:
            reader.problems.add(fields["handler"], f"{len(items)} calls, a handler makes at most {HANDLINGS_MAX}")
        plan = replace(plan, handler=tuple(_handling(reader, handlers, item) for item in items))
    if plan.app_path is not None:
        _check_app(reader, plan, node)
    return plan


def _app_path(reader: Reader, node: Node) -> str | None:
    if isinstance(node, ScalarNode) and (found := IN_APP.fullmatch(node.text)):
        return found[1] or ""
    return "" if reader.choice(node, "receiver's url", (SINK, APP)) == APP else None


def _check_app(reader: Reader, plan: ReceiverPlan, node: Node) -> None:
    keys = {key.text: key for key, _ in node.entries} if isinstance(node, MapNode) else {}
    for word in ("answers", "handler"):
        if word in keys:
            reader.problems.add(keys[word], f"{word}: the application has its own; leave it out, or have a sink")
    if plan.scheme in _SIGN_ADDRESS:
        reader.problems.add(
            keys["scheme"], f"{plan.scheme} signs the address too, and the replay that passes webhooks on has its own"
        )


def _handling(reader: Reader, handlers: Reader, node: Node) -> Handling:
    fields = reader.fields(node, "a call of a handler", HANDLER_KEYS, needed=("on", "call"))
    call = read_call(handlers, fields["call"], fields) if "call" in fields else None
    if call is not None and not call.is_of_api:
        reader.problems.add(fields["call"], "a handler calls the API; time and the world are the story's to move")
    return Handling(reader.event(fields["on"], TOPICS) if "on" in fields else "", call)
