"""`mockpsp check`, `new` and `schema`: stories while they are written."""

import json
from pathlib import Path

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import check_writable, psps_option, write_text
from mockpsp.cli.screen import BAD, GOOD, LOUD, NAME, Cell, is_terminal, say
from mockpsp.scenarios.language import starting
from mockpsp.scenarios.language.check import Checked
from mockpsp.scenarios.language.check import check as check_files
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.shared_files import SUFFIXES


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Take warnings for errors: the stories are finished.")
@psps_option
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], strict: bool, folder: str, as_json: bool) -> None:
    """Validate files or folders: file, line, column, what is wrong, the nearest known name."""
    try:
        checked = check_files(paths, load_catalog(folder))
    except CatalogError as error:
        raise InputError(str(error)) from None
    checked = checked.strictly() if strict else checked
    if is_terminal() and not as_json:
        _show(checked)
    elif as_json:
        problems = [
            {"file": p.file, "line": p.line, "column": p.column, "what": p.what, "is_warning": p.is_warning}
            for p in checked.problems
        ]
        click.echo(json.dumps({"ok": checked.ok, "files": checked.files_count, "problems": problems}))
    else:
        click.echo(str(checked))
    ctx.exit(0 if checked.ok else 2)


def _show(checked: Checked) -> None:
    """What is wrong, each with its place above it, which an editor's terminal opens."""
    for problem in checked.problems:
        kind = Cell("warning", LOUD) if problem.is_warning else Cell("wrong", BAD)
        say(Cell(f"{problem.file}:{problem.line}:{problem.column}", NAME), "  ", kind)
        say(problem.what, indent=2)
    say(Cell(str(checked).splitlines()[-1], GOOD if checked.ok else BAD))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it on one line.")
def schema(as_json: bool) -> None:
    """Print the JSON Schema of stories, by which editors complete and check them."""
    text = starting.schema_text()
    click.echo(json.dumps(json.loads(text)) if as_json else text.rstrip())


@click.command()
@click.argument("name")
@click.option("--from", "model", metavar="STORY", type=click.Path(path_type=Path), help="Begin as a copy of this one.")
@click.option("--force", is_flag=True, help="Write over a file of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def new(name: str, model: Path | None, force: bool, as_json: bool) -> None:
    """Start one more story: NAME.yaml, which replays as it is, or is a copy of STORY, a file or a built-in one's name.

    The schema is written beside it, for editors. A first story, or a first pytest test: mockpsp init.
    """
    path = Path(name if name.endswith(SUFFIXES) else f"{name}.yaml")
    title = path.stem.replace("-", " ").replace("_", " ").strip().capitalize()
    try:
        text, used = starting.text(title, model)
    except ScenarioErrors as error:
        raise InputError(str(error)) from None
    beside = path.parent / starting.SCHEMA_NAME
    shared = {path.parent / file: inside for file, inside in used.items()}
    _check_free(path, shared, force=force)
    check_writable(beside)
    write_text(path, [text])
    write_text(beside, [starting.schema_text()])
    for file, inside in shared.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, [inside])
    if as_json:
        told = {"story": str(path), "schema": str(beside), "shared": [str(file) for file in shared]}
        click.echo(json.dumps(told))
    else:
        with_others = f", with {' and '.join(map(str, shared))}" if shared else ""
        click.echo(f"{path} is written{with_others}; next: mockpsp replay {path}")


def _check_free(path: Path, shared: dict[Path, str], *, force: bool) -> None:
    """Nothing of the user's is written over; a file of shared steps that is the same stays as it is."""
    if path.exists() and not force:
        raise InputError(f"{path} is there already; choose another name, or say --force")
    check_writable(path)
    for file, inside in shared.items():
        if file.exists() and not force and file.read_text(encoding="utf-8") != inside:
            raise InputError(
                f"{file}, which the story uses, is there already and differs; say --force to write over it"
            )
