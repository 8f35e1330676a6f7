"""The settings: each variable, its option, its default, and what the comment above it says."""

from dataclasses import fields

from mockpsp.cli import mockpsp as command
from mockpsp.config import PREFIX, Settings
from tests.docs.commands import option_by_name
from tests.docs.markdown import code, described, table


def settings() -> list[str]:
    """All settings."""
    serve = command.get_command(None, "serve")
    options, meanings = option_by_name(serve), described(Settings)
    rows = []
    for field in fields(Settings):
        assert meanings[field.name], f"say above Settings.{field.name} what it means"
        default = ", ".join(field.default) if isinstance(field.default, tuple) else str(field.default)
        default = default.lower() if isinstance(field.default, bool) else default
        option = options.get(field.name, "")
        rows.append((code(PREFIX + field.name.upper()), code(option), code(default), meanings[field.name]))
    return table(("variable", "option of `serve`", "default", "means"), rows)
