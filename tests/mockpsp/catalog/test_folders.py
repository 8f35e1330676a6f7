"""Profiles as files of a user's own folder, and what is wrong with them: file, key and reason."""

import os
from pathlib import Path

import pytest

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.domain.psps.profiles import PspProfile


def write(folder: Path, **files: str) -> str:
    """A folder with these files; `_` in a name stands for `-`."""
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text)
    return str(folder)


def test_a_start_opens_no_built_in_file_but_the_one_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from mockpsp import catalog
    from mockpsp.catalog import folders

    opened = []
    monkeypatch.setattr(folders, "parse", lambda file: (opened.append(file.name), {})[1])
    profiles = folders.folder_of(catalog.resources.files("mockpsp.catalog") / "psps")

    assert len(profiles) == 13
    assert next(iter(profiles)) == "sandbox"
    assert profiles.find("sandbox") == PspProfile("sandbox")
    assert opened == ["sandbox.toml"]


def test_own_profiles_come_after_the_built_in_ones(tmp_path: Path) -> None:
    found = load_catalog(write(tmp_path, north="", acme="")).profiles

    assert list(found)[-3:] == ["wallet", "acme", "north"]
    assert found.own == {"acme", "north"}


def test_an_own_profile_is_like_the_sandbox_unless_it_says_otherwise(tmp_path: Path) -> None:
    found = load_catalog(write(tmp_path, acme="void = false\n")).profiles

    assert found["acme"].settlement_delay_ms == found["sandbox"].settlement_delay_ms
    assert not found["acme"].void


def test_an_own_profile_may_be_like_another_one_of_its_folder(tmp_path: Path) -> None:
    files = {"acme": 'like = "base"\ncaptures_max = 3\n', "base": 'like = "card-flexible"\nvoid = false\n'}
    found = load_catalog(write(tmp_path, **files)).profiles

    assert (found["acme"].captures_max, found["acme"].void, found["acme"].refund_fails_after_final_ms) == (
        3,
        False,
        30 * 86_400_000,
    )


def test_an_own_alias_is_found(tmp_path: Path) -> None:
    found = load_catalog(write(tmp_path, acme='aliases = ["our-bank"]\n')).find("our-bank")

    assert found is not None
    assert found.name == "acme"


def test_files_of_other_kinds_are_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("about our PSPs")

    assert load_catalog(write(tmp_path, acme="")).profiles.own == {"acme"}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"acme": 'like = "strip"'}, "acme.toml: like: there is no PSP 'strip'; did you mean 'stripe'?"),
        ({"acme": "like = 3"}, "acme.toml: like: there is no PSP 3"),
        ({"acme": 'like = "acme"'}, "acme.toml: like: goes round in a circle: acme -> acme"),
        ({"acme": 'like = "b"', "b": 'like = "acme"'}, "acme.toml: like: goes round in a circle: acme -> b -> acme"),
        ({"wallet": ""}, "wallet.toml: name: 'wallet' means the built-in wallet already"),
        ({"stripe": ""}, "stripe.toml: name: 'stripe' means the built-in card-standard already"),
        ({"Acme": ""}, "Acme.toml: name: a profile is called like its file, and that must be 1 to 40 of a-z"),
        ({"acme": 'aliases = ["paypal"]'}, "acme.toml: aliases: 'paypal' already means wallet"),
        ({"acme": 'aliases = ["sandbox"]'}, "acme.toml: aliases: 'sandbox' already means sandbox"),
        ({"acme": 'aliases = ["b"]', "b": ""}, "acme.toml: aliases: 'b' already means b"),
        ({"acme": 'aliases = ["My Bank"]'}, "acme.toml: aliases: 'My Bank' must be 1 to 40 of a-z"),
        ({"acme": "void = maybe"}, "acme.toml: not valid TOML"),
        ({"acme": "voids = true"}, "acme.toml: voids: no such fact; did you mean 'void'?"),
        ({"acme": 'void = "perhaps"'}, "acme.toml: void: is 'perhaps'; it must be true or false"),
        ({}, "holds no .toml file"),
    ],
)
def test_a_file_that_makes_no_sense_is_named_with_key_and_reason(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    folder = write(tmp_path, **files)

    with pytest.raises(CatalogError) as error:
        load_catalog(folder)

    assert str(error.value).startswith(folder)
    assert says in str(error.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"nowhere: there is no such folder"):
        load_catalog(str(tmp_path / "nowhere"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_among_the_profiles_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "north.toml")

    with pytest.raises(CatalogError, match=r"north.toml: can't be read: it is no file"):
        load_catalog(str(tmp_path))
