"""The project's Python files as the rules read them: path, module name, text and syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Folder -> the package it becomes.
PACKAGES = {"mockpsp": "mockpsp", "webhooks": "mockpsp.webhooks", "scenarios": "mockpsp.scenarios"}
OTHER_FOLDERS = ("tests",)


@dataclass(frozen=True)
class Source:
    """One file; `module` is its importable name."""

    path: str
    module: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """What the text says."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Each node of the tree, as `ast.walk` has them."""
        return tuple(ast.walk(self.tree))


@cache
def shipped() -> tuple[Source, ...]:
    """Every module that the wheel holds."""
    return tuple(_read(file, folder, package) for folder, package in PACKAGES.items() for file in _files(folder))


@cache
def everything() -> tuple[Source, ...]:
    """Every Python file of the project."""
    return (*shipped(), *(_read(file, folder, folder) for folder in OTHER_FOLDERS for file in _files(folder)))


def names_imported(source: Source) -> Iterator[tuple[int, str]]:
    """(line, absolute name) of each module that a file imports, wherever in the file."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.path}:{node.lineno}: imports are absolute"
            assert node.module is not None
            yield node.lineno, node.module
            # `from mockpsp.store import db` imports mockpsp.store.db as well, if that is a module.
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _read(file: Path, folder: str, package: str) -> Source:
    parts = file.relative_to(ROOT / folder).with_suffix("").parts
    module = ".".join((package, *parts)).removesuffix(".__init__")
    return Source(str(file.relative_to(ROOT)), module, file.read_text(encoding="utf-8"))
