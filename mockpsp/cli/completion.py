"""`mockpsp completion`: what a shell needs so as to complete commands, options and their values."""

import json

import click

from mockpsp.cli.files import json_option
from mockpsp.cli.naming import Choice

_VARIABLE = "_MOCKPSP_COMPLETE"


@click.command()
@click.argument("shell", type=Choice(("bash", "zsh", "fish")))
@json_option
@click.pass_context
def completion(ctx: click.Context, shell: str, as_json: bool) -> None:
    """Print the lines that have a shell complete mockpsp.

    \b
    bash: mockpsp completion bash >> ~/.bashrc
    zsh:  mockpsp completion zsh >> ~/.zshrc
    fish: mockpsp completion fish > ~/.config/fish/completions/mockpsp.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    text = found(ctx.find_root().command, {}, "mockpsp", _VARIABLE).source()
    click.echo(json.dumps({"shell": shell, "text": text}) if as_json else text.strip())
