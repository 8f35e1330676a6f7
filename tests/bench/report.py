"""The figures of a run as one table."""

from typing import Any

_WIDTHS = (16, 12, 6, 12, 10, 10)
#: Bytes of the largest tables are listed; the rest is summed up.
_TABLES_SHOWN = 9


def table(figures: dict[str, Any]) -> str:
    """Requests first, then everything that is one number."""
    lines = [_row("request", "stored", "conns", "requests/s", "p50 ms", "p99 ms")]
    for rate in sorted(figures["rates"], key=lambda rate: (rate["kind"], rate["stored"] or 0, rate["connections"])):
        stored = "-" if rate["stored"] is None else f"{rate['stored']:,}"
        numbers = (f"{rate['per_second']:,.0f}", f"{rate['p50_ms']:.2f}", f"{rate['p99_ms']:.2f}")
        lines.append(_row(rate["kind"], stored, rate["connections"], *numbers))
    lines.append("")
    lines += [f"{what:<42}{value}" for what, value in _single(figures)]
    return "\n".join(lines)


def _single(figures: dict[str, Any]) -> list[tuple[str, str]]:
    ratios = figures["captures_per_ping"].items()
    steps = figures["replay_steps_per_second"]
    return [
        *((f"captures per bare view, {n} connection(s)", f"{ratio:.2f}") for n, ratio in ratios),
        ("bare SQLite, the captures' statements", f"{figures['bare_sql_per_second']:,.0f} commits/s"),
        *((f"SQL statements, {kind}", str(count)) for kind, count in figures["statements"].items()),
        ("process start to first answer, median", f"{figures['first_answer_s']:.2f} s"),
        *((f"resident {when}", _mb(value)) for when, value in figures["resident_mb"].items()),
        *_bytes(figures["bytes"]),
        ("replay", "n/a: a story fails" if steps is None else f"{steps:,.0f} steps/s"),
        *((f"webhooks to {n} endpoint(s)", f"{rate:,.0f}/s") for n, rate in figures["deliveries_per_second"].items()),
    ]


def _bytes(by_table: dict[str, int]) -> list[tuple[str, str]]:
    tables = [(name, size) for name, size in by_table.items() if name != "file"]
    rest = sum(size for _, size in tables[_TABLES_SHOWN:])
    shown = ", ".join(f"{name} {size}" for name, size in [*tables[:_TABLES_SHOWN], ("others", rest)])
    return [("file per payment with card and refund", f"{by_table['file']:,} bytes"), ("  of which", shown)]


def _mb(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.0f} MB"


def _row(*cells: object) -> str:
    first, *others = cells
    return f"{first!s:<{_WIDTHS[0]}}" + "".join(f"{cell!s:>{w}}" for cell, w in zip(others, _WIDTHS[1:], strict=True))
