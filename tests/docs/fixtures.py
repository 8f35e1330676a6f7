"""What a test finds on the fixture `mockpsp`, from the classes themselves."""

import inspect
from collections.abc import Callable

from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.replaying.receiver import Receiver
from tests.docs.markdown import code, table

#: What stories need of a receiver and tests don't.
_NOT_FOR_TESTS = ("take",)


def sandbox() -> list[str]:
    """The fixture's own."""
    rows = [("`url`, `project_id`, `secret`", "What an SDK needs.")]
    return table(("of the fixture", "does"), [*rows, *_public(Sandbox)])


def receiver() -> list[str]:
    """What `webhooks()` answers with."""
    return table(("of the receiver", "does"), _public(Receiver))


def _public(kind: type) -> list[tuple[str, str]]:
    rows = []
    for name, member in vars(kind).items():
        if name.startswith("_") or name in _NOT_FOR_TESTS:
            continue
        is_property = isinstance(member, property)
        text = inspect.getdoc(member) or ""
        rows.append((code(name if is_property else f"{name}{_arguments(member)}"), text.split("\n\n")[0]))
    return rows


def _arguments(function: Callable[..., object]) -> str:
    """Its parameters without self and without types."""
    signature = inspect.signature(function)
    bare = [one.replace(annotation=one.empty) for one in list(signature.parameters.values())[1:]]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))
