"""Tables in a matrix: an axis whose values are rows, `case: [{currency: JPY, fee: "59 JPY"}, ...]`.

A row is known by its first value, which is what `${case}`, `only` and `by` mean; `${case.fee}` is a column of it.
"""

from collections.abc import Sequence

from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader

#: Column -> value.
Row = dict[str, Json]
COLUMNS_MAX = 50


def is_table(node: Node) -> bool:
    """Whether an axis is one of rows; one row makes it so, and then all must be."""
    return isinstance(node, ListNode) and any(isinstance(item, MapNode) for item in node.items)


def read_rows(reader: Reader, axis: str, items: Sequence[Node]) -> dict[str, Row]:
    """What each row is known by -> its columns. All rows have the same ones."""
    rows: dict[str, Row] = {}
    columns: tuple[str, ...] | None = None
    for item in items:
        entries = reader.entries(item, f"a row of {axis}")
        if not entries:
            if isinstance(item, MapNode):
                reader.problems.add(item, f"a row of {axis} is empty")
            continue
        if len(entries) > COLUMNS_MAX:
            reader.problems.stop(item, f"{len(entries)} columns, a row has at most {COLUMNS_MAX}")
        if columns is None:
            columns = _columns(reader, axis, entries)
        _check_columns(reader, axis, item, entries, columns)
        row = {name.text: _cell(reader, name, value) for name, value in entries}
        first = entries[0][1]
        label = first.text if isinstance(first, ScalarNode) else ""
        if label in rows:
            reader.problems.add(
                item, f"a row of {axis} is known by {label!r}, its first value, and so is one before it"
            )
        rows[label] = row
    return rows


def _columns(reader: Reader, axis: str, entries: Sequence[tuple[ScalarNode, Node]]) -> tuple[str, ...]:
    for name, _ in entries:
        if not NAME.fullmatch(name.text):
            reader.problems.add(name, f"{name.text!r} can't be a column of {axis}: letters, digits and _ only")
    return tuple(name.text for name, _ in entries)


def _check_columns(
    reader: Reader, axis: str, item: Node, entries: Sequence[tuple[ScalarNode, Node]], columns: tuple[str, ...]
) -> None:
    """The first row says which columns there are, and which of them it is known by."""
    found = [name.text for name, _ in entries]
    for name, _ in entries:
        if name.text not in columns:
            hint = nearest(name.text, columns)
            reader.problems.add(name, f"the first row of {axis} has no column {name.text!r}{hint}")
    missing = [column for column in columns if column not in found]
    if missing:
        reader.problems.add(item, f"a row of {axis} needs {' and '.join(missing)}, as the first one has")
    elif found[0] != columns[0] and found[0] in columns:
        reader.problems.add(item, f"a row of {axis} is known by its {columns[0]}, which comes first")


def _cell(reader: Reader, name: ScalarNode, node: Node) -> Json:
    if not isinstance(node, ScalarNode):
        reader.problems.add(node, f"one value is wanted for {name.text}, not a list or a mapping")
        return None
    return reader.json(node, key=name.text)
