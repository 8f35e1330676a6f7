"""The built-in stories, in a folder for each theme; a story goes by its name alone, a theme stands for all in it.

`shared` beside the themes has steps that several stories use, and is none.
"""

from pathlib import Path

LIBRARY = Path(__file__).parent.parent / "library"
SHARED = "shared"


def library_paths() -> list[Path]:
    """The built-in stories, in the order of their themes and names."""
    return sorted(path for path in LIBRARY.glob("*/*.yaml") if path.parent.name != SHARED)


def themes() -> dict[str, list[Path]]:
    """The built-in stories by theme, each in the order of their names."""
    found: dict[str, list[Path]] = {}
    for path in library_paths():
        found.setdefault(path.parent.name, []).append(path)
    return found


def theme_of(path: Path) -> str:
    """The theme of a built-in story, however its path is written; empty for any other."""
    return path.absolute().parent.name if is_built_in(path) else ""


def is_built_in(path: Path) -> bool:
    """Whether a file is in the library, however its path is written."""
    return LIBRARY.resolve() in path.resolve().parents


def named(name: str) -> Path | None:
    """The built-in story, or the folder of the theme, that is called so: `split-shipment`, `refunds`, or with both
    `captures/split-shipment`."""
    for path in library_paths():
        if name in (path.stem, path.name, f"{path.parent.name}/{path.stem}", f"{path.parent.name}/{path.name}"):
            return path
    return LIBRARY / name if name in themes() else None
