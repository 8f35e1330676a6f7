"""What compatibility.md promises to keep: each name there is, a line each, and the list of those there ever were.

`python -m tests.contract.staying` adds what is new to the list and takes nothing away. What is taken away by hand needs
another version, and a line in the changelog that says what to write instead.
"""

from collections.abc import Iterator
from pathlib import Path

from mockpsp.config import PREFIX, Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language.loader import FILE_KEYS
from mockpsp.scenarios.language.matching import MATCHERS
from mockpsp.scenarios.language.model import INVARIANTS
from mockpsp.scenarios.language.receivers import KEYS as RECEIVER_KEYS
from mockpsp.scenarios.language.steps import STEP_KEYS
from mockpsp.scenarios.language.verbs import VERBS
from mockpsp.serving.app import create_app
from tests.docs.commands import walk

LIST = Path(__file__).with_name("stays.txt")
_FOR_PEOPLE = "/sandbox/ui"


def there_is() -> set[str]:
    """Every name of today."""
    return {*_routes(), *_commands(), *_stories(), *_settings()}


def there_was() -> set[str]:
    """Every name of the list."""
    return set(LIST.read_text(encoding="utf-8").splitlines()) if LIST.exists() else set()


def _routes() -> Iterator[str]:
    app = create_app(Settings(db=":memory:"))
    app.extensions["mockpsp"].close()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/sandbox") or rule.rule.startswith(_FOR_PEOPLE):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield f"route {method} {rule.rule}"
            query = app.view_functions[rule.endpoint].__dict__.get("query", ())
            yield from (f"route {method} {rule.rule} ?{name}" for name in query)


def _commands() -> Iterator[str]:
    for name, context in walk():
        yield f"command {name}"
        for one in context.command.params:
            words = one.opts if one.param_type_name == "option" else [one.human_readable_name]
            yield from (f"command {name} {word}" for word in words)


def _stories() -> Iterator[str]:
    yield from (f"story {key}" for key in FILE_KEYS)
    yield from (f"story receivers {key}" for key in RECEIVER_KEYS)
    yield from (f"story step {key}" for key in STEP_KEYS)
    yield from (f"story verb {name}" for name in VERBS)
    yield from (f"story verb {name} {option}" for name, verb in VERBS.items() for option in verb.options)
    yield from (f"story matcher {name}" for name in MATCHERS)
    yield from (f"story always {name}" for name in INVARIANTS)


def _settings() -> Iterator[str]:
    yield from (f"setting {PREFIX}{name.upper()}" for name in Settings.__dataclass_fields__)
    yield from (f"fixture {name}" for name in vars(Sandbox) if not name.startswith("_"))


if __name__ == "__main__":
    LIST.write_text("\n".join(sorted(there_was() | there_is())) + "\n", encoding="utf-8")
