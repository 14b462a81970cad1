"""Presets that were fetched are kept as they are, and a damaged one counts as absent."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import PresetError, WorldError
from sluicegate.policy.fetched import DEFAULT_SERVER, FetchedPresets, folder
from sluicegate.policy.pinned import Pinned
from support import needs
from support.repo import repository

PINNED = Pinned("acme", "policies", "quality.yml", "8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4")
CONTENT = b"gates: {coverage: {}}\n"


def kept(place: Path) -> FetchedPresets:
    made = FetchedPresets(place / "presets")
    made.keep(PINNED, CONTENT)
    return made


def file_of(made: FetchedPresets) -> Path:
    assert made.place is not None
    (file,) = made.place.iterdir()
    return file


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    assert kept(tmp_path).read(PINNED) == CONTENT


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb", b"\x00\xff\r\n"])
def test_any_content_is_kept_byte_for_byte(tmp_path: Path, content: bytes) -> None:
    made = FetchedPresets(tmp_path)
    made.keep(PINNED, content)
    assert made.find(PINNED) == content


def test_another_commit_path_or_server_is_another_preset(tmp_path: Path) -> None:
    made = kept(tmp_path)
    others = [replace(PINNED, path="other.yml"), replace(PINNED, owner="x"), replace(PINNED, sha="0" * 40)]
    assert [made.find(other) for other in others] == [None] * 3
    assert FetchedPresets(made.place, "https://github.acme.example/api/v3").find(PINNED) is None


def test_what_was_never_fetched_is_an_error(tmp_path: Path) -> None:
    for made in (FetchedPresets(tmp_path), FetchedPresets(None)):
        with pytest.raises(PresetError, match="has not been fetched"):
            made.read(PINNED)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.replace(b"coverage", b"security"),
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data.replace(b"acme", b"evil"),
        lambda _data: b"",
        lambda _data: b"x" * 3_000_000,
    ],
)
def test_a_file_that_was_changed_counts_as_absent(tmp_path: Path, damage: object) -> None:
    made = kept(tmp_path)
    assert callable(damage)
    file_of(made).write_bytes(damage(file_of(made).read_bytes()))
    assert made.find(PINNED) is None
    with pytest.raises(PresetError, match="is damaged where it was kept"):
        made.read(PINNED)


def test_a_file_under_another_s_name_counts_as_absent(tmp_path: Path) -> None:
    made = kept(tmp_path)
    data = file_of(made).read_bytes()
    file_of(made).unlink()
    other = Pinned("acme", "policies", "lax.yml", PINNED.sha)
    made.keep(other, b"")
    file_of(made).write_bytes(data)
    assert made.find(other) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_no_preset(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    made = kept(tmp_path_factory.mktemp("kept"))
    file_of(made).write_bytes(data)
    assert made.find(PINNED) is None


@needs.linux
def test_a_link_or_a_pipe_in_its_place_counts_as_absent_and_is_replaced(tmp_path: Path) -> None:
    made = kept(tmp_path)
    for stand_in in (os.mkfifo, partial(os.symlink, "/dev/zero")):
        file = file_of(made)
        file.unlink()
        stand_in(file)
        assert made.find(PINNED) is None
        made.keep(PINNED, CONTENT)
        assert made.find(PINNED) == CONTENT


def test_without_a_folder_nothing_is_kept_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (None, tmp_path / "file"):
        with pytest.raises(WorldError, match="SLUICEGATE_PRESETS"):
            FetchedPresets(place).keep(PINNED, CONTENT)


HOME = {"HOME": "/home/mona", "LOCALAPPDATA": "/home/mona/AppData"}


def test_the_folder_is_the_named_one_the_runner_s_or_the_user_s() -> None:
    assert folder({**HOME, "SLUICEGATE_PRESETS": "/x", "RUNNER_TEMP": "/t"}) == Path("/x")
    assert folder({**HOME, "SLUICEGATE_PRESETS": "", "RUNNER_TEMP": "/t"}) == Path("/t/sluicegate/presets")
    user = folder(HOME)
    assert user is not None
    assert user.parts[-2:] == ("sluicegate", "presets")
    assert folder({**HOME, "CI": "true"}) is None
    assert folder({**HOME, "SLUICEGATE_PRESETS": "relative"}) is None


def test_the_server_is_the_one_that_the_runner_names() -> None:
    assert FetchedPresets.of({}).server == DEFAULT_SERVER
    assert (
        FetchedPresets.of({"GITHUB_API_URL": "https://ghe.example/api/v3"}).server
        == "https://ghe.example/api/v3"
    )


@pytest.mark.parametrize("name", ["SLUICEGATE_PRESETS", "RUNNER_TEMP", "XDG_CACHE_HOME"])
def test_no_presets_are_taken_from_the_checkout(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repository(tmp_path / "r", {"sub/a.py": ""})
    monkeypatch.chdir(repo.root / "sub")
    assert folder({name: str(repo.root / "cache")}) is None
    assert folder({name: str(tmp_path / "cache")}) is not None
