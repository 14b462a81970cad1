"""Files are written whole or not at all, and no link is followed."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluicegate.runtime import commands, files
from sluicegate.runtime.files import read_whole, write_text, write_whole
from support import needs


class FullDisk(io.BytesIO):
    """Takes some bytes, and no more."""

    def write(self, data: Any) -> int:
        super().write(bytes(data)[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.json", "{}\n")
    assert (tmp_path / "a" / "b.json").read_bytes() == b"{}\n"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.json"]


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "\ud800")
    assert (tmp_path / "a").read_bytes() == b"?"


@needs.linux
def test_a_new_file_has_the_user_s_mask_and_one_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new", "x")
    finally:
        os.umask(before)
    (tmp_path / "old").write_text("y")
    (tmp_path / "old").chmod(0o604)
    write_text(tmp_path / "old", "x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "old")]
    assert modes == [0o640, 0o604]


@needs.linux
def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "report").symlink_to("precious")
    write_text(tmp_path / "report", "x")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "report").is_symlink()


@needs.linux
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("before")
    real = os.fdopen

    def full(number: int, *_: object) -> FullDisk:
        real(number, "wb").close()
        return FullDisk()

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        write_text(tmp_path / "report", "after")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("report", "before")]


@needs.linux
def test_a_pipe_that_is_named_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "x")
    reader.join(10)
    assert (read, stat.S_ISFIFO(pipe.lstat().st_mode)) == (["x"], True)


@needs.linux
def test_a_device_that_is_named_is_written_to() -> None:
    write_text(Path("/dev/null"), "x")
    assert stat.S_ISCHR(Path("/dev/null").lstat().st_mode)


@needs.linux
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_in_its_order_and_stays_what_it_is(tmp_path: Path, name: str) -> None:
    program = (
        "import sys; from pathlib import Path; from sluicegate.runtime.files import write_text\n"
        f"print('one'); write_text(Path({name!r}), 'two\\n'); print('three')"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True, timeout=300)
    assert (tmp_path / "out").read_text() == "one\ntwo\nthree\n"
    assert Path("/dev/stdout").is_symlink()


@needs.linux
@pytest.mark.parametrize("reason", [errno.EBUSY, errno.EACCES])
def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(*_: object) -> Path:
        raise OSError(reason, os.strerror(reason))

    (tmp_path / "report").write_text("a longer text from before")
    monkeypatch.setattr(Path, "replace", refuse)
    write_text(tmp_path / "report", "after")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("report", "after")]


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - another error on each system
        write_text(tmp_path / "report", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"0123456789")
    assert (read_whole(tmp_path / "a", 10), read_whole(tmp_path / "a", 9)) == (b"0123456789", None)


@needs.linux
def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"x")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ("link", "zero", "folder", "pipe", "missing")
    assert [read_whole(tmp_path / name, 10) for name in names] == [None] * 5


@needs.linux
def test_an_output_is_appended_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "output"
    file.write_text("before=1\n")
    real = io.FileIO.write

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            real(self, bytes(data)[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", lambda path, *_args, **_more: Full(path, "ab"))
    said: list[str] = []
    assert not commands.append("GITHUB_OUTPUT", str(file), "status=BLOCKED", said.append)
    monkeypatch.undo()
    assert (file.read_text(), len(said)) == ("before=1\n", 1)


@pytest.mark.parametrize("write", [files.write_whole, files.write_text])
def test_a_link_on_the_way_below_the_current_folder_is_refused(
    tmp_path: Path, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "work" / "reports").symlink_to(tmp_path / "out")
    monkeypatch.chdir(tmp_path / "work")
    data = b"x" if write is files.write_whole else "x"
    for path in (Path("reports/a.json"), tmp_path / "work" / "reports" / "deep" / "a.json"):
        with pytest.raises(OSError, match="reports on the way is a link"):
            write(path, data)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_elsewhere_is_the_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "out")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    files.write_whole(tmp_path / "way" / "a.json", b"x")
    assert (tmp_path / "out" / "a.json").read_bytes() == b"x"


class TestIsInside:
    def test_a_file_below_the_folder_is(self, tmp_path: Path) -> None:
        assert files.is_inside(tmp_path / "a" / "b", tmp_path)
        assert files.is_inside(tmp_path, tmp_path)

    def test_a_neighbour_whose_name_begins_alike_is_not(self, tmp_path: Path) -> None:
        assert not files.is_inside(f"{tmp_path}-other/a", tmp_path)

    def test_a_link_that_leads_into_the_folder_is(self, tmp_path: Path) -> None:
        (tmp_path / "top").mkdir()
        (tmp_path / "link").symlink_to("top", target_is_directory=True)
        assert files.is_inside(tmp_path / "link" / "a", tmp_path / "top")

    def test_a_parent_that_is_the_same_folder_by_another_spelling_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Path, "samefile", lambda one, two: str(one).lower() == str(two).lower())
        assert files.is_inside(tmp_path / "TOP" / "a", tmp_path / "top")
