"""`mockpsp check`, `new` and `schema`: stories while they are written."""

import json
from pathlib import Path

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import psps_option
from mockpsp.scenarios.language.check import check as check_files


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
    if as_json:
        problems = [
            {"file": p.file, "line": p.line, "column": p.column, "what": p.what, "is_warning": p.is_warning}
            for p in checked.problems
        ]
        click.echo(json.dumps({"ok": checked.ok, "files": checked.files_count, "problems": problems}))
    else:
        click.echo(str(checked))
    ctx.exit(0 if checked.ok else 2)
