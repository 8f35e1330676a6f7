"""The figures of a run as tables: for a terminal here, for the reference page in tests/docs/benchmarks.py."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.bench import kinds
from tests.bench.aims import AIMS, Aim, Numbers, Seen, found, seen
from tests.bench.rates import Rate

#: Bytes of the largest tables are listed; the rest is summed up.
_TABLES_SHOWN = 9
_GAP = "   "
#: Above it, what was measured may be the load generator.
_BUSY_MAX = 0.8


class Table(NamedTuple):
    """A heading, what is above its columns, and its rows."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def text(figures: Mapping[str, Any]) -> str:
    """All tables under what was measured where, columns aligned."""
    parts = ["\n".join(setting(figures))]
    parts += [_aligned(table) for table in tables(figures) if table.rows]
    return "\n\n".join(parts)


def setting(figures: Mapping[str, Any]) -> list[str]:
    """When and where it was measured, a line each."""
    machine, peer = figures["machine"], figures["peer"]
    lines = [
        f"Measured: {figures['date']}, mockpsp {figures['version']}, {figures['seconds']:.0f} s"
        + (", a quick run" if figures["is_quick"] else ""),
        f"Machine: {machine['model']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']};"
        f" load average before: {machine['load_before']}",
    ]
    for place, run in enumerate(figures["runs"]):
        lines.append(f"{'Beside' if place else 'Interpreter'}: {interpreter(run)}")
    if "missing" in peer:
        lines.append(f"Peer: none, {peer['missing']}")
    else:
        lines.append(f"Peer: {peer['name']} {peer['version']}, in memory, on Node {peer['node']}")
    busy = [rate["busy"] for rates in (figures["peer_rates"], *_rates(figures)) for rate in rates]
    if busy:
        lines.append(f"Load generator: busy for {max(busy):.0%} of a processor at most")
        if max(busy) > _BUSY_MAX:
            lines[-1] += ": the fastest rates may be its own"
    return lines


def interpreter(run: Mapping[str, Any]) -> str:
    """Which Python, and how it was built."""
    return f"{run['interpreter']['version']}, {run['interpreter']['built']}"


def tables(figures: Mapping[str, Any]) -> list[Table]:
    """Aims first, then what they come from."""
    runs = seen(figures)
    requests = [Table(f"Requests: {interpreter(one.run)}", _REQUESTS_HEAD, list(_requests(one.rates))) for one in runs]
    return [
        _aims(runs),
        Table("Requests: the peer", _REQUESTS_HEAD, list(_requests(runs[0].peer))),
        *requests,
        _growth(runs[0].run.get("growth")),
        Table("What else was measured", ("", ""), list(_others(runs[0].run))),
    ]


_REQUESTS_HEAD = ("1 / 8 connections", "a second", "CPU us each", "p50 ms", "p99 ms", "p99 / p50")


def _rates(figures: Mapping[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
    return (run.get("rates", ()) for run in figures["runs"])


def _aims(runs: Sequence[Seen]) -> Table:
    # The others stand beside the first: what is aimed at is aimed at with the machine's own interpreter.
    beside = [interpreter(one.run) for one in runs[1:]]
    head = ("1 / 8 connections", "figure", "by CPU", "aim", "", *beside)
    return Table("Aims and figures", head, [_aim_row(aim, runs) for aim in AIMS])


def _aim_row(aim: Aim, runs: Sequence[Seen]) -> list[str]:
    first, *others = runs
    numbers, by_cpu = aim.figure(first), aim.by_cpu(first)
    return [
        aim.what,
        aim.written(numbers),
        aim.written(by_cpu),
        ("at most " if aim.is_ceiling else "") + aim.written(aim.aim),
        _verdict(aim, numbers, by_cpu),
        *(aim.written(aim.figure(other)) for other in others),
    ]


def _verdict(aim: Aim, numbers: Numbers | None, by_cpu: Numbers | None) -> str:
    if numbers is None:
        return "not measured"
    if aim.is_met(numbers):
        return "met"
    return "met by CPU" if by_cpu is not None and aim.is_met(by_cpu) else "missed"


def _requests(rates: Sequence[Rate]) -> Iterator[list[str]]:
    for kind in dict.fromkeys(rate.kind for rate in rates):
        pair = [one for one in (found(rates, kind, connections) for connections in kinds.CONNECTIONS) if one]
        row = [kind, " / ".join(f"{one.per_second:,.0f}" for one in pair)]
        if kind == kinds.DRAINED:
            # The same requests, counted until their deliveries were through: the rest stands in the row above.
            yield [*row, "", "", "", ""]
            continue
        yield [
            *row,
            " / ".join(f"{one.cpu_us:,.0f}" for one in pair),
            " / ".join(f"{one.p50_ms:.2f}" for one in pair),
            " / ".join(f"{one.p99_ms:.2f}" for one in pair),
            " / ".join(f"{one.spread:.1f}" for one in pair),
        ]


def _growth(growth: Mapping[str, Any] | None) -> Table:
    steps = growth["steps"] if growth else []
    rows = [[one["what"], _seconds(one), _last_to_first(one["last_to_first"])] for one in steps]
    return Table("Many of a thing", ("", "seconds", "last tenth / first tenth"), rows)


def _seconds(step: Mapping[str, Any]) -> str:
    if step["problem"]:
        return "refused"
    if step["seconds"] is None:
        return "-"
    return f"over {step['seconds']:.0f}" if step["is_over"] else f"{step['seconds']:.2f}"


def _last_to_first(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _others(run: Mapping[str, Any]) -> Iterator[list[str]]:
    if starts := run.get("starts"):
        yield ["process start to first answer", f"{starts['first_answer_s']:.2f} s"]
        yield ["`import flask` alone", f"{starts['import_flask_s']:.2f} s"]
    if replay := run.get("replay"):
        if files := replay.get("files_per_second"):
            yield ["stories read and checked", f"{files:,.0f} files a second"]
        yield [f"`mockpsp replay`, {replay['steps']:,} steps, start included", f"{replay['seconds']:.1f} s"]
    if forks := run.get("forks"):
        yield [f"{forks['payments']} payments set up anew", f"{forks['anew_ms']:.0f} ms"]
        yield ["a fork of them", f"{forks['fork_ms']:.1f} ms"]
        yield [f"a fork of {forks['rows']:,} rows", f"{forks['fork_of_rows_ms']:.1f} ms"]
        if few_ms := forks.get("fork_of_few_ms"):
            yield [f"a fork of {forks['few_rows']:,} rows, an ordinary test's", f"{few_ms:.1f} ms"]
    if year := run.get("years"):
        yield [
            f"a year's agenda of {year['effects']:,} effects",
            f"{year['per_second']:,.0f} a second; SQLite alone {year['bare_per_second']:,.0f}",
        ]
    if memory := run.get("memory"):
        yield ["resident after the start", f"{memory['start_mb']:.0f} MB"]
    for one in run.get("webhooks") or ():
        endpoints = f"{one['endpoints']} endpoint{'s' if one['endpoints'] > 1 else ''}"
        yield [
            f"webhooks to {endpoints}, bare `requests`",
            f"{one['per_second']:,.0f}, {one['bare_per_second']:,.0f} a second",
        ]
    for one in run.get("dialects") or ():
        yield [
            f"webhooks by `{one['dialect']}`, of those by `standard`",
            f"{one['of_standard']:.2f}, by CPU {one['of_standard_by_cpu']:.2f}; of `requests` {one['of_bare']:.2f}",
        ]
    if costs := run.get("costs"):
        for kind, count in costs["statements"].items():
            yield [f"SQL statements, {kind}", str(count)]
        yield ["the captures' statements in bare SQLite", f"{costs['bare_sql_per_second']:,.0f} commits a second"]
        yield ["bytes of file a payment, by table", _bytes(costs["bytes"])]


def _bytes(by_table: Mapping[str, int]) -> str:
    tables = [(name, size) for name, size in by_table.items() if name != "file"]
    rest = sum(size for _, size in tables[_TABLES_SHOWN:])
    return ", ".join(f"{name} {size}" for name, size in [*tables[:_TABLES_SHOWN], ("others", rest)])


def _aligned(table: Table) -> str:
    lines = [[cell.replace("`", "") for cell in row] for row in (table.head, *table.rows)]
    widths = [max(len(row[at]) for row in lines) for at in range(len(table.head))]
    # One long cell at the end of a line pushes nothing aside.
    widths[-1] = len(lines[0][-1])
    shown = [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines]
    return "\n".join([table.title, "=" * len(table.title), *(line for line in shown if line)])
