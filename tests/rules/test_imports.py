"""The dependency rule: scenarios -> mockpsp -> webhooks, api -> engine -> domain, ledger, store; never back.

A module belongs to the room its folder is (`api.wire`, `engine`), or is one of its own (`config`). To let a room import
another: a name in its row, as long as the row stands below the other's.
"""

import sys
from graphlib import TopologicalSorter

from tests.rules.sources import Source, names_imported, shipped

#: What whoever may import the domain may: itself and the rooms that it stands on.
DOMAIN = ("domain.text", "domain.time", "domain.payments", "domain.psps", "domain")
#: Room -> the rooms it may import, from the ground up: a row names rooms above it alone.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    room: tuple(one for other in others.split() for one in (DOMAIN if other == "domain" else (other,)))
    for room, others in (
        ("domain.text", ""),
        ("domain.time", "domain.text"),
        ("domain.payments", "domain.text domain.time"),
        ("domain.psps", "domain.text domain.time domain.payments"),
        ("domain", "domain.text domain.time domain.payments domain.psps"),
        ("webhooks", ""),
        ("wallclock", ""),
        ("config", "webhooks"),
        ("domain.deciders", "domain"),
        ("catalog", "domain"),
        ("ledger", "domain"),
        ("store", "domain wallclock"),
        ("engine", "domain domain.deciders webhooks wallclock config catalog ledger store"),
        ("api.wire", "domain webhooks wallclock config store engine"),
        ("api.shapes", "domain webhooks store engine api.wire"),
        ("api.requests", "domain domain.deciders store engine api.wire api.shapes"),
        ("api.resources", "domain domain.deciders webhooks store engine api.wire api.shapes api.requests"),
        (
            "api.control",
            "domain domain.deciders webhooks wallclock catalog ledger store engine api.wire api.shapes api.requests",
        ),
        (
            "api.pages",
            "domain domain.deciders webhooks wallclock ledger store engine api.wire api.shapes api.requests "
            "api.resources api.control",
        ),
        ("api.described", "domain catalog api.wire api.shapes api.resources api.pages"),
        ("api", "api.resources api.control api.pages api.described"),
        ("serving", "domain wallclock config catalog store engine api.wire api.requests api.control api.pages api"),
        ("scenarios.language", "domain webhooks catalog ledger"),
        ("scenarios.replaying", "domain webhooks wallclock config catalog serving scenarios.language"),
        ("scenarios.comparing", "ledger scenarios.language scenarios.replaying"),
        ("own_machine", ""),
        ("sandbox_client", "domain ledger scenarios.replaying own_machine"),
        (
            "cli",
            "domain webhooks wallclock config catalog ledger store engine api.wire api.described serving "
            "scenarios.language scenarios.replaying scenarios.comparing own_machine",
        ),
        ("failure_reports", "sandbox_client cli"),
        (
            "pytest_plugin",
            "domain catalog config serving scenarios.language scenarios.replaying sandbox_client failure_reports",
        ),
        ("__main__", "cli"),
    )
}

#: Module that isn't ours -> the modules and packages that may import it. Any other may not be imported at all.
MAY_BE_IMPORTED_BY: dict[str, tuple[str, ...]] = {
    "flask": ("mockpsp.serving.app", "mockpsp.serving.flask_app", "mockpsp.api"),
    "werkzeug": ("mockpsp.serving.app", "mockpsp.serving.flask_app", "mockpsp.api"),
    "marshmallow": ("mockpsp.api", "mockpsp.catalog"),
    "apispec": ("mockpsp.api.described.request_schemas",),
    "orjson": ("mockpsp.domain.text.json_text",),
    "sqlite3": ("mockpsp.store", "mockpsp.ledger", "mockpsp.engine.digest", "mockpsp.webhooks"),
    "sqlite_utils": ("mockpsp.store.migrations",),
    "markdown_it": ("mockpsp.api.described.docs_pages",),
    "segno": ("mockpsp.api.shapes.invoices",),
    "requests": (
        "mockpsp.webhooks",
        "mockpsp.scenarios",
        "mockpsp.sandbox_client",
        "mockpsp.cli.servers",
        "mockpsp.cli.own_receiver",
        "mockpsp.cli.served",
        "mockpsp.cli.universes",
    ),
    "trustme": ("mockpsp.serving.certificates",),
    "cryptography": ("mockpsp.webhooks.asymmetric",),
    "filelock": ("mockpsp.serving.lock",),
    "httptools": ("mockpsp.serving.messages", "mockpsp.webhooks.answers"),
    "click": ("mockpsp.cli",),
    "rich": ("mockpsp.cli.screen",),
    "yaml": ("mockpsp.scenarios.language",),
    "matplotlib": ("mockpsp.scenarios.comparing.report",),
    "pytest": ("mockpsp.pytest_plugin",),
}

#: The standard library's ways to the world outside: nothing of it in the domain.
IMPURE = frozenset(
    "asyncio concurrent http io logging multiprocessing os pathlib random secrets select shutil signal socket sqlite3 "
    "subprocess sys tempfile threading time urllib uuid".split()
)


def room_of(module: str) -> str:
    """`mockpsp.store.db` belongs to `store`, `mockpsp.api.wire.http` to `api.wire`; the bare package to nothing."""
    parts = module.split(".")[1:]
    return next((room for room in (".".join(parts[:2]), *parts[:1]) if room in MAY_IMPORT), "")


def is_within(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def ours(source: Source) -> list[tuple[int, str]]:
    """(line, room) of each import from another room of ours."""
    rooms = [(line, room_of(name)) for line, name in names_imported(source) if name.split(".")[0] == "mockpsp"]
    return [(line, room) for line, room in rooms if room not in ("", room_of(source.module))]


def modules(source: Source) -> set[tuple[int, str]]:
    """(line, top-level name) of each import of what isn't ours."""
    tops = {(line, name.split(".")[0]) for line, name in names_imported(source)}
    return {(line, top) for line, top in tops if top != "mockpsp"}


def test_every_module_has_its_room() -> None:
    bare = {"mockpsp", "mockpsp.scenarios"}

    assert {source.module for source in shipped() if not room_of(source.module)} == bare
    assert {room_of(source.module) for source in shipped()} - {""} == set(MAY_IMPORT)


def test_no_row_names_a_room_below_it() -> None:
    rows = list(MAY_IMPORT)

    assert [(room, other) for room in rows for other in MAY_IMPORT[room] if other not in rows[: rows.index(room)]] == []


def test_no_modules_need_each_other() -> None:
    modules = {source.module: source for source in shipped()}

    TopologicalSorter(
        {name: {x for _, x in names_imported(m) if x in modules} for name, m in modules.items()}
    ).prepare()


def test_a_module_imports_only_what_its_room_may() -> None:
    strays = [
        f"{source.path}:{line} imports {room}"
        for source in shipped()
        for line, room in ours(source)
        if room not in MAY_IMPORT.get(room_of(source.module), ())
    ]

    assert strays == []


def test_other_peoples_modules_stay_where_they_belong() -> None:
    strays = [
        f"{source.path}:{line} imports {top}"
        for source in shipped()
        for line, top in modules(source)
        if not (
            is_within(source.module, MAY_BE_IMPORTED_BY[top])
            if top in MAY_BE_IMPORTED_BY
            else top in sys.stdlib_module_names
        )
    ]

    assert strays == []


def test_the_domain_touches_nothing_outside() -> None:
    domain = [source for source in shipped() if room_of(source.module) in (*DOMAIN, "domain.deciders")]

    assert [f"{s.path}:{line} {top}" for s in domain for line, top in modules(s) if top in IMPURE] == []


def test_of_webhooks_the_stories_use_only_signatures_and_the_names_of_schedules() -> None:
    stories = [source for source in shipped() if source.module.startswith("mockpsp.scenarios.")]
    allowed = tuple(f"mockpsp.webhooks.{name}" for name in ("signing", "dialects", "errors", "schedules"))

    used = {name for source in stories for _, name in names_imported(source) if name.startswith("mockpsp.webhooks.")}

    assert {name for name in used if not is_within(name, allowed)} == set()


def test_the_bare_package_imports_nothing() -> None:
    (package,) = [source for source in shipped() if source.module == "mockpsp"]

    assert list(names_imported(package)) == []
