"""How the whole suite is run: its long files first, and little work for the garbage collector."""

import gc

import pytest

#: How many objects are made before the collector looks for cycles among them; Python's own 700 suit smaller programs.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000


def pytest_configure() -> None:
    """The collector looks seldom from here on: what is collected stays, and most of what tests make goes at once."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files marked slow come first: where several processes share the files, none is left alone with a long one.

    It needs `--no-loadscope-reorder`, without which pytest-xdist begins with the files that have most tests.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What was collected stays until the end: it isn't looked through again and again for what may go."""
    gc.collect()
    gc.freeze()
