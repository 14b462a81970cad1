"""Where the temporary files of `make test` lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import needs, scratch

pytestmark = needs.posix


def test_a_folder_with_enough_of_both_is_taken(tmp_path: Path) -> None:
    folder = scratch.in_memory(tmp_path, needed=0)
    assert folder is not None
    assert (folder.parent, list(folder.iterdir())) == (tmp_path, [])


@pytest.mark.parametrize("parent", [".", "missing"])
def test_without_space_there_is_none_and_nothing_is_left(tmp_path: Path, parent: str) -> None:
    assert scratch.in_memory(tmp_path / parent, needed=1 << 60) is None
    assert list(tmp_path.iterdir()) == []


def test_one_that_starts_no_programs_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container mounts it so that nothing in it can be executed; here the mode of the file says no."""
    monkeypatch.setattr(Path, "chmod", lambda _self, _mode: None)
    assert scratch.in_memory(tmp_path, needed=0) is None
