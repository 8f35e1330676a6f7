"""How the whole suite is run: its long files first, and nothing of what was collected looked through for garbage."""

import gc

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files marked slow come first: where several processes share the files, none is left alone with a long one.

    It needs `--no-loadscope-reorder`, without which pytest-xdist begins with the files that have most tests.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What was collected stays until the end: it isn't looked through again and again for what may go."""
    gc.collect()
    gc.freeze()
