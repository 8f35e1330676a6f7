"""Names that somebody mistyped: commands and values are answered with the nearest known one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:  # which older versions of click can't be told
    _Choice = click.Choice


class Group(click.Group):
    """A group of commands; one that is not there is answered with the one that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of that name; the usage error names the nearest one."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"there is no command {name[:60]!r}{hint(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the usage error of an option that it hasn't names what was meant."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise click.UsageError(_no_option(error), error.ctx) from None


class Choice(_Choice):
    """One of several words; another one is answered with the nearest of them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word, if it is one of them."""
        known = [str(one) for one in self.choices]
        if str(value) not in known:
            self.fail(f"{str(value)[:60]!r} is none of {', '.join(known)}{meant(str(value), known)}", param, ctx)
        return str(value)


def _no_option(error: click.NoSuchOption) -> str:
    """What is wrong with an option: some are said without one, such as the amount of `mockpsp pay 5`."""
    name, command = error.option_name.lstrip("-"), error.ctx.command if error.ctx else None
    params = [] if command is None else command.params
    for one in params:
        said = (one.metavar or (one.name or "").upper()).strip("[]")
        if isinstance(one, click.Argument) and name.lower() in (said.lower(), one.name or said):
            return f"{error.option_name} is no option: {said} is said by itself, without a name before it"
    known = {text.lstrip("-"): text for one in params if isinstance(one, click.Option) for text in one.opts}
    known |= {"help": "--help"}
    near = meant(name, known).replace("'", "'--", 1) if len(name) > 1 else ""
    listed = f"; known: {', '.join(known.values())}"
    return f"there is no option {error.option_name[:60]!r}{near or listed}"


def hint(name: str, known: Iterable[str], shown: int = 30) -> str:
    """`; did you mean ...?`, or what there is where nothing is like it."""
    names = list(known)
    return meant(name, names) or f"; known: {', '.join(names[:shown])}"


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing."""
    from mockpsp.domain.text import nearest  # only for this message: no start waits for it

    return nearest.meant(name, known)
