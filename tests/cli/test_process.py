"""The command line in an unkind process: closed and full streams, other encodings, requests to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import needs
from support.repo import repository

pytestmark = [pytest.mark.slow, needs.posix]

FAILING = '<testsuite name="s"><testcase name="n"><failure message="no"/></testcase></testsuite>'
CHECK = f"{sys.executable} -m sluicegate check"
WAIT = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose build failed."""
    made = repository(tmp_path / "r", {".gitignore": "*.xml\n"})
    made.write({"junit.xml": FAILING})
    return made.root


def shell(root: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=root,
        env={**kept, **environment},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&- <&-", "2>/dev/full"])
def test_the_verdict_needs_no_stream(root: Path, redirect: str) -> None:
    done = shell(root, f"{CHECK} {redirect}")
    assert (done.returncode, done.stderr) == (1, "")


def test_a_reader_that_leaves_early_does_not_change_the_verdict(root: Path) -> None:
    done = shell(root, f"(sleep 0.1; {CHECK}; echo $? >code) | true")
    assert ((root / "code").read_text(), done.stderr) == ("1\n", "")


def test_a_full_disk_is_the_worlds_failure(root: Path) -> None:
    done = shell(root, f"{CHECK} >/dev/full")
    assert done.returncode == 3
    assert done.stderr == "sluicegate: error: standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_encoding_of_the_terminal_does(root: Path, encoding: str) -> None:
    done = shell(root, CHECK, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("columns", ["1", "99999999"])
def test_any_width_of_the_terminal_does(root: Path, columns: str) -> None:
    assert shell(root, CHECK, COLUMNS=columns).returncode == 1


def test_a_folder_that_is_gone_is_the_worlds_failure(root: Path) -> None:
    done = shell(root, f"mkdir gone && cd gone && rmdir ../gone && {CHECK}")
    assert done.returncode == 3
    assert "current folder" in done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_request_to_end_leaves_no_process_and_no_file(root: Path, number: int, code: int) -> None:
    command = f"{sys.executable} -c {json.dumps(WAIT)}"
    policy = f"gates:\n  own: {{run: {json.dumps(command)}, output: nothing, criteria: [exit_code == 0]}}\n"
    (root / "sluicegate.yml").write_text(policy)
    temporary = root / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        CHECK.split(),
        cwd=root,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while not (root / "pid").exists() or not (root / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in said
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((root / "pid").read_text()), 0)
