"""Addresses of remotes, judged by their form."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.git.address import parse_address

SERVERS = [
    ("https://github.com/o/r", "https"),
    ("http://ghe.example/o/r", "http"),
    ("ssh://git@github.com/o/r", "ssh"),
    ("git+ssh://git@github.com/o/r", "ssh"),
    ("git@github.com:o/r.git", "ssh"),
    ("host:path", "ssh"),
    ("https:/o/r", "ssh"),  # one slash: a path on the host `https`, as git reads it
]
PATHS = [
    ("/srv/r.git", "/srv/r.git"),
    ("../r", "../r"),
    ("r", "r"),
    ("./a:b", "./a:b"),
    ("file:///srv/r.git", "/srv/r.git"),
    ("file:///srv/a%20b", "/srv/a b"),
    ("file://srv/r.git", "//srv/r.git"),
]
REFUSED = ["ext::sh -c id", "fd::7", "ftp://h/r", "git://h/r", "HTTPS://h/r", "-u", "", "a\nb", "x+y://h/r"]


@pytest.mark.parametrize(("url", "protocol"), SERVERS)
def test_a_server_has_one_protocol(url: str, protocol: str) -> None:
    address = parse_address(url, windows=False)
    assert (address.protocol, address.path) == (protocol, "")


@pytest.mark.parametrize(("url", "path"), PATHS)
def test_a_path_is_a_folder(url: str, path: str) -> None:
    address = parse_address(url, windows=False)
    assert (address.protocol, address.path) == ("file", path)


@pytest.mark.parametrize("url", REFUSED)
def test_what_names_a_program_or_nothing_of_ours_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="address of the remote"):
        parse_address(url, windows=False)


@pytest.mark.parametrize(("url", "path"), [("C:\\r", "C:\\r"), ("c:/r", "c:/r"), ("file:///C:/r", "C:/r")])
def test_a_drive_of_windows_is_no_host(url: str, path: str) -> None:
    assert parse_address(url, windows=True).path == path


@given(st.text())
def test_any_text_is_judged(url: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_address(url, windows=False).protocol in ("https", "http", "ssh", "file")


def test_a_password_is_known_and_not_shown() -> None:
    address = parse_address("https://me:p%40ss@h/r")
    assert address.password == "p@ss"
    assert "p%40ss" not in repr(address)


@pytest.mark.parametrize("url", ["https:/github.com/o/r", "git@github.com:o", "file:x/y"])
def test_git_takes_a_folder_named_like_an_address_for_the_address(tmp_path: Path, url: str) -> None:
    """What git does, by its own protocol lock: it looks at the form, and never whether a folder is there."""
    folder = tmp_path / url
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    done = subprocess.run(
        ["git", "ls-remote", url], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "GIT_ALLOW_PROTOCOL": "none"},
    )  # fmt: skip
    assert f"transport '{parse_address(url, windows=False).protocol}' not allowed" in done.stderr
