"""Profiles by name, one a file of a folder: the built-in ones, and those of a user's own folder.

A built-in file is read when its profile is first asked for, so that a start does not wait for them all. A user's own
files are read and checked at once: what is wrong with them has to stop the start.
"""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mockpsp.catalog.profile_files import FIRST, NAME, NAME_IN_WORDS, CatalogError, near, profile_of
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.text.card_numbers import is_card_number

_END = ".toml"
#: A folder of thousands of files is a mistake, and reading it a long wait.
_MOST = 200


class Profiles(Mapping[str, PspProfile]):
    """Profiles by name, in order."""

    def __init__(self, files: Mapping[str, Traversable], read: Mapping[str, PspProfile] | None = None) -> None:
        self._files = files
        self._read = dict(read or {})
        self._names = [*files, *self._read]
        self._owner_by_alias: dict[str, str] | None = None
        #: Those of a user's folder.
        self.own: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> PspProfile:
        found = self._read.get(name)
        if found is None:
            file = self._files[name]
            found = self._read[name] = profile_of(name, parse(file), file=file.name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._read or name in self._files

    def find(self, name: str) -> PspProfile | None:
        """The profile of that name or alias; only the search for an alias opens all files."""
        if name in self:
            return self[name]
        owner = self.owner_by_alias().get(name)
        return None if owner is None else self[owner]

    def owner_by_alias(self) -> dict[str, str]:
        """Alias -> name; CatalogError when one means two profiles."""
        if self._owner_by_alias is None:
            found: dict[str, str] = {}
            for name, profile in self.items():
                for alias in profile.aliases:
                    if alias in self or alias in found:
                        raise CatalogError(f"{name}.toml: aliases: {alias!r} already means {found.get(alias, alias)}")
                    found[alias] = name
            self._owner_by_alias = found
        return self._owner_by_alias

    def with_own(self, folder: Path) -> "Profiles":
        """These and, after them, those of a user's folder, checked; CatalogError names file, key and reason."""
        own = _Own(folder, self)
        joined = Profiles(self._files, {**self._read, **own.all()})
        joined._names = [*self, *own.files]
        joined.own = frozenset(own.files)
        try:
            joined.owner_by_alias()
        except CatalogError as error:
            raise CatalogError(f"{folder}/{error}") from None
        return joined


def folder_of(folder: Traversable) -> Profiles:
    """The profiles of a folder, the default first, then by name; none is read yet."""
    files = sorted((file for file in folder.iterdir() if file.name.endswith(_END)), key=lambda file: file.name)
    names = [file.name.removesuffix(_END) for file in files]
    by_name = dict(zip(names, files, strict=True))
    return Profiles({name: by_name[name] for name in sorted(names, key=lambda name: (name != FIRST, name))})


def parse(file: Traversable) -> dict[str, Any]:
    """The facts in a file; CatalogError when it is no TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogError(f"{file.name}: not valid TOML: {error}") from None


class _Own:
    """A user's folder while it is read: a profile may be like a built-in one, or like another one in the folder."""

    def __init__(self, folder: Path, known: Profiles) -> None:
        self.folder = folder
        self.known = known
        self.files = _own_files(folder)
        self._done: dict[str, PspProfile] = {}
        self._begun: list[str] = []

    def all(self) -> dict[str, PspProfile]:
        """Each profile of the folder."""
        for name in self.files:
            owner = self.known.find(name)
            if owner is not None:
                raise CatalogError(f"{self.where(name)}: name: {name!r} means the built-in {owner.name} already")
            self._read(name)
        return self._done

    def where(self, name: str) -> str:
        """The file as messages name it."""
        return str(self.files[name])

    def _read(self, name: str) -> PspProfile:
        if name in self._done:
            return self._done[name]
        where = self.where(name)
        if name in self._begun:
            raise CatalogError(f"{where}: like: goes round in a circle: {' -> '.join([*self._begun, name])}")
        self._begun.append(name)
        facts = self._facts(name)
        base = self._base(where, facts.pop("like", FIRST))
        self._done[name] = profile_of(name, facts, base=base, file=where)
        self._begun.remove(name)
        return self._done[name]

    def _facts(self, name: str) -> dict[str, Any]:
        try:
            return parse(self.files[name])
        except OSError as error:
            raise CatalogError(f"{self.where(name)}: can't be read: {error.strerror}") from None
        except CatalogError as error:
            raise CatalogError(f"{self.folder}/{error}") from None

    def _base(self, where: str, like: Any) -> PspProfile:
        if isinstance(like, str) and like in self.files:
            return self._read(like)
        found = self.known.find(like) if isinstance(like, str) else None
        if found is None:
            known = [*self.known, *self.known.owner_by_alias(), *self.files]
            raise CatalogError(f"{where}: like: there is no PSP {like!r}{near(like, known)}")
        return found


def _own_files(folder: Path) -> dict[str, Path]:
    """Name -> file; files that end in anything but .toml are none of ours."""
    if not folder.is_dir():
        raise CatalogError(f"{folder}: there is no such folder; it holds one .toml file for each PSP of your own")
    files = sorted(file for file in folder.iterdir() if file.name.endswith(_END))
    if not files:
        raise CatalogError(f"{folder}: holds no .toml file; each PSP of your own is one, named like the PSP")
    if len(files) > _MOST:
        raise CatalogError(f"{folder}: holds {len(files)} .toml files; at most {_MOST} go")
    for file in files:
        if file.exists() and not file.is_file():  # a pipe would be waited for
            raise CatalogError(f"{file}: can't be read: it is no file")
        if not NAME.fullmatch(file.name.removesuffix(_END)):
            raise CatalogError(f"{file}: name: a profile is called like its file, and that must be {NAME_IN_WORDS}")
        if is_card_number(file.name):
            raise CatalogError(f"{folder}: name: a file's name holds what looks like a card number, and would be kept")
    return {file.name.removesuffix(_END): file for file in files}
