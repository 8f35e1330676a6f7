"""What is kept of an answer: names, and where in it their values are."""

import re

from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.nodes import Node
from mockpsp.scenarios.language.reading import Reader

SAVE_PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


def read_save(reader: Reader, node: Node) -> dict[str, str]:
    """Name -> path into the answer."""
    saved: dict[str, str] = {}
    for name, value in reader.entries(node, "save"):
        if not NAME.fullmatch(name.text):
            reader.problems.add(name, f"{name.text!r} can't be a name: letters, digits and _ only")
        saved[name.text] = reader.text(value, "a path into the answer, such as invoice.id,", pattern=SAVE_PATH)
        reader.log.make(name.text, name)
    return saved
