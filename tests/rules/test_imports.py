"""The dependency rule: scenarios -> mockpsp -> webhooks, api -> engine -> domain, ledger, store; never back.

A module belongs to the unit its name has after `mockpsp.`: a package such as `store`, or a file such as `engine`. To
let a unit import another: a name in its row, if the table stays without cycles.
"""

import sys
from graphlib import TopologicalSorter

import pytest

from tests.rules.sources import Source, names_imported, shipped

#: Unit -> the units of ours it may import.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "domain": (),
    "webhooks": (),
    "wallclock": (),
    "config": (),
    "lock": (),
    "wall_driver": ("wallclock",),
    "connection": ("wallclock",),
    "certificates": ("config", "wallclock"),
    "server": ("connection",),
    "catalog": ("domain",),
    "ledger": ("domain",),
    "store": ("domain",),
    "digest": ("store",),
    "universes": ("catalog", "config", "domain", "store", "wallclock", "webhooks"),
    "gateways": ("catalog", "domain", "universes"),
    "scripting": ("domain", "store", "universes"),
    "card_use": ("domain", "store", "universes"),
    "instruments": ("domain", "store", "universes"),
    "waiting_refunds": ("domain", "ledger", "store", "universes"),
    "planned_payouts": ("domain", "store", "universes"),
    "engine": (
        "card_use domain gateways ledger planned_payouts scripting store universes waiting_refunds webhooks".split()
    ),
    "payouts": ("domain", "gateways", "ledger", "planned_payouts", "store", "universes", "waiting_refunds"),
    "timeline": "config domain engine gateways instruments payouts store universes wallclock webhooks".split(),
    "app_state": ("config", "domain", "store", "timeline", "universes", "wall_driver", "wallclock"),
    "api": (
        "app_state card_use catalog digest domain engine gateways instruments ledger payouts scripting store timeline "
        "universes wallclock webhooks"
    ).split(),
    "app": ("api", "app_state", "catalog", "config", "domain", "store", "timeline", "universes", "wall_driver"),
    "scenarios": ("app", "catalog", "config", "server", "wallclock", "webhooks"),
    "sandbox_client": ("ledger", "scenarios"),
    "pytest_plugin": ("app", "config", "sandbox_client", "server"),
    "cli": (
        "api app app_state catalog certificates config domain ledger lock scenarios server store universes "
        "wallclock webhooks"
    ).split(),
    "__main__": ("cli",),
}

#: Module that isn't ours -> the modules and packages that may import it. Any other may not be imported at all.
MAY_BE_IMPORTED_BY: dict[str, tuple[str, ...]] = {
    "flask": ("mockpsp.app", "mockpsp.api"),
    "werkzeug": ("mockpsp.app", "mockpsp.api"),
    "marshmallow": ("mockpsp.api", "mockpsp.catalog"),
    "apispec": ("mockpsp.api.request_schemas",),
    "sqlite3": ("mockpsp.store", "mockpsp.ledger", "mockpsp.digest", "mockpsp.webhooks"),
    "sqlite_utils": ("mockpsp.store.migrations",),
    "markdown_it": ("mockpsp.api.docs_pages",),
    "segno": ("mockpsp.api.invoice_shapes",),
    "requests": ("mockpsp.webhooks", "mockpsp.scenarios", "mockpsp.sandbox_client", "mockpsp.cli.deliveries"),
    "trustme": ("mockpsp.certificates",),
    "cheroot": ("mockpsp.server", "mockpsp.connection"),
    "click": ("mockpsp.cli",),
    "yaml": ("mockpsp.scenarios",),
    "matplotlib": ("mockpsp.scenarios.compare_report",),
    "pytest": ("mockpsp.pytest_plugin",),
}

#: The standard library's ways to the world outside: nothing of it in the domain.
IMPURE = frozenset(
    "asyncio concurrent http io logging multiprocessing os pathlib random secrets select shutil signal socket sqlite3 "
    "subprocess sys tempfile threading time urllib uuid".split()
)


def unit_of(module: str) -> str:
    """`mockpsp.store.db` belongs to `store`; the bare package, which holds only the version, to nothing."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def ours(source: Source) -> list[tuple[int, str]]:
    """(line, unit) of each import of another unit of ours."""
    units = [(line, unit_of(name)) for line, name in names_imported(source) if name.split(".")[0] == "mockpsp"]
    return [(line, unit) for line, unit in units if unit in MAY_IMPORT and unit != unit_of(source.module)]


def modules(source: Source) -> set[tuple[int, str]]:
    """(line, top-level name) of each import of what isn't ours."""
    tops = {(line, name.split(".")[0]) for line, name in names_imported(source)}
    return {(line, top) for line, top in tops if top != "mockpsp"}


def test_every_unit_has_its_row() -> None:
    assert {unit_of(source.module) for source in shipped()} - {""} == set(MAY_IMPORT)


def test_the_table_has_no_cycles() -> None:
    TopologicalSorter(MAY_IMPORT).prepare()


@pytest.mark.parametrize("source", shipped(), ids=lambda source: source.module)
def test_a_module_imports_only_what_its_unit_may(source: Source) -> None:
    allowed = MAY_IMPORT.get(unit_of(source.module), ())

    assert [f"{source.path}:{line} imports {unit}" for line, unit in ours(source) if unit not in allowed] == []


@pytest.mark.parametrize("source", shipped(), ids=lambda source: source.module)
def test_other_peoples_modules_stay_where_they_belong(source: Source) -> None:
    strays = [
        f"{source.path}:{line} imports {top}"
        for line, top in modules(source)
        if not (
            is_within(source.module, MAY_BE_IMPORTED_BY[top])
            if top in MAY_BE_IMPORTED_BY
            else top in sys.stdlib_module_names
        )
    ]

    assert strays == []


def test_the_domain_touches_nothing_outside() -> None:
    domain = [source for source in shipped() if unit_of(source.module) == "domain"]

    assert [f"{s.path}:{line} {top}" for s in domain for line, top in modules(s) if top in IMPURE] == []


def test_of_webhooks_the_stories_use_only_signatures() -> None:
    stories = [source for source in shipped() if unit_of(source.module) == "scenarios"]
    allowed = ("mockpsp.webhooks.signing", "mockpsp.webhooks.errors")

    used = {name for source in stories for _, name in names_imported(source) if name.startswith("mockpsp.webhooks.")}

    assert {name for name in used if not is_within(name, allowed)} == set()


def test_the_bare_package_imports_nothing() -> None:
    (package,) = [source for source in shipped() if source.module == "mockpsp"]

    assert list(names_imported(package)) == []
