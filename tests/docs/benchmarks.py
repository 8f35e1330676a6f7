"""The run that was kept of `make bench`, as the page about it shows it."""

from tests.bench import recorded, report
from tests.docs.markdown import table


def measured() -> list[str]:
    """When and where it was measured."""
    return [f"- {line}" for line in report.setting(recorded.run())]


def aims() -> list[str]:
    """What is aimed at, and what there is."""
    return _of(report.tables(recorded.run())[0])


def figures() -> list[str]:
    """Everything else that was measured."""
    lines: list[str] = []
    for one in report.tables(recorded.run())[1:]:
        lines += [f"### {one.title}", "", *_of(one), ""] if one.rows else []
    return lines[:-1]


def _of(one: report.Table) -> list[str]:
    return table(one.head, one.rows)
