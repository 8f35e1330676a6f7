"""The command line from click's own help, and the list of the pages."""

import inspect
from collections.abc import Iterator

import click

from mockpsp.api.described.docs_pages import GROUPS
from mockpsp.cli import _COMMANDS
from mockpsp.cli import mockpsp as root
from tests.docs.markdown import code, table


def walk(command: click.Command = root, path: tuple[str, ...] = ("mockpsp",)) -> Iterator[tuple[str, click.Context]]:
    """(name, context) of each command that does something: `mockpsp webhooks list`."""
    context = click.Context(command, info_name=" ".join(path))
    if not isinstance(command, click.Group):
        yield " ".join(path), context
        return
    for name in command.list_commands(context):
        yield from walk(command.get_command(context, name), (*path, name))


def option_by_name(command: click.Command) -> dict[str, str]:
    """Parameter -> its option."""
    return {one.name: one.opts[0] for one in command.params if isinstance(one, click.Option)}


#: What commands are for -> those that are; any other stands at the end.
_PURPOSES = {
    "run it and watch": "serve listen logs show webhooks universes backup",
    "make something happen": "pay refund simulate trigger advance settle",
    "tell stories": "replay compare check new init schema",
    "read the books": "ledger payouts diff reconcile",
    "look up": "psps coverage completion",
}


def overview() -> list[str]:
    """Every command, by what it is for."""
    named = {name for names in _PURPOSES.values() for name in names.split()}
    others = " ".join(name for name in _COMMANDS if name not in named)
    rows = [(purpose, _listed(names)) for purpose, names in {**_PURPOSES, "more": others}.items() if names]
    return table(("to", "`mockpsp` ..."), rows)


def _listed(names: str) -> str:
    shown = []
    for name in names.split():
        command = root.get_command(None, name)
        parts = f" {'|'.join(command.list_commands(None))}" if isinstance(command, click.Group) else ""
        shown.append(code(f"{name}{parts}"))
    return ", ".join(shown)


def in_full() -> list[str]:
    """Every command with its options."""
    lines: list[str] = []
    for name, context in walk():
        command = context.command
        lines += [f"## {name}", "", code(" ".join((name, *command.collect_usage_pieces(context)))), ""]
        lines += [*_help(command), ""]
        records = [one.get_help_record(context) for one in command.get_params(context)]
        rows = [
            (code(option), meaning) for option, meaning in filter(None, records) if meaning and "--help" not in option
        ]
        lines += [*table(("option", "does"), rows), ""] if rows else []
    return lines[:-1]


def _help(command: click.Command) -> list[str]:
    """A command's own words, as text: angle brackets would be HTML."""
    text = inspect.cleandoc(command.help or "").replace("\b", "")
    return [line.replace("<", "&lt;") for line in text.strip().splitlines()]


def pages() -> list[str]:
    """The pages by group, as the README links them."""
    return [
        f"- {group}: " + ", ".join(f"[{name.replace('-', ' ')}](mockpsp/docs/{name}.md)" for name in names)
        for group, names in GROUPS.items()
    ]
