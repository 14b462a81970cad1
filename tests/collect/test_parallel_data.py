"""Data of coverage.py that nobody combined."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.collect.parallel_data import notices, uncombined

DATA = b"SQLite format 3\x00 and more"


def test_data_of_processes_is_found_and_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / ".coverage.host.4711.XabcX").write_bytes(DATA)
    (notice,) = notices(uncombined(tmp_path))
    assert ".coverage.host.4711.XabcX" in notice.message
    assert "1 file of coverage.py's data was not combined" in notice.message
    assert "coverage combine" in notice.message


@pytest.mark.parametrize(("name", "data"), [(".coverage", DATA), (".coverage.json", b"{}"), ("a.b", DATA)])
def test_other_files_are_not_taken_for_it(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert notices(uncombined(tmp_path)) == ()


def test_a_folder_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert uncombined(tmp_path / "gone") == []
