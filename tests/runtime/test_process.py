"""Commands and steps in an unkind process: closed and full streams, other encodings, requests to end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import needs, programs
from support.processes import is_running, wait_until
from support.repo import repository

pytestmark = [pytest.mark.slow, needs.linux]

FAILING = '<testsuite name="s"><testcase name="n"><failure message="no"/></testcase></testsuite>'
HEAD = {"sha": "c" * 40, "ref": "work", "repo": {"full_name": "octo-org/octo-repo"}}
ENDED_RUN: dict[str, object] = {
    "workflow_run": {
        "id": 77, "run_attempt": 1, "event": "pull_request", "conclusion": "success",
        "head_sha": "c" * 40, "head_branch": "work", "pull_requests": [],
        "repository": HEAD["repo"], "head_repository": {"full_name": "stranger/octo-repo"},
    }
}  # fmt: skip
CHECK = f"{sys.executable} -m sluicegate check"
"""For a shell, which starts it with the streams that a test is about."""
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
        timeout=300,
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


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", pytest.param("utf-8", marks=pytest.mark.soak)])
def test_any_encoding_of_the_terminal_does(root: Path, encoding: str) -> None:
    done = shell(root, CHECK, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("columns", ["1", "99999999"])
def test_any_width_of_the_terminal_does(root: Path, columns: str) -> None:
    assert programs.sluicegate(root, "check", COLUMNS=columns).returncode == 1


def test_a_folder_that_is_gone_is_the_worlds_failure(root: Path) -> None:
    done = shell(root, f"mkdir gone && cd gone && rmdir ../gone && {CHECK}")
    assert done.returncode == 3
    assert "current folder" in done.stderr


ENDED = "Sluicegate was asked to end before it was done.\n"


def waiting_policy() -> str:
    command = f"{sys.executable} -c {json.dumps(WAIT)}"
    return f"gates:\n  own: {{run: {json.dumps(command)}, output: nothing, criteria: [exit_code == 0]}}\n"


def asked_to_end(root: Path, command: str, number: int, **environment: str) -> tuple[int, str]:
    """The exit code and all words of a command that is asked to end when the file `pid` is there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    process = programs.start(command.split(), root, {**kept, **environment})
    named = root / "pid"
    wait_until(lambda: process.poll() is not None or (named.exists() and bool(named.read_text())))
    process.send_signal(number)
    out, said = process.communicate(timeout=300)
    return process.returncode, out + said


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_request_to_end_leaves_no_process_and_no_file(root: Path, number: int, code: int) -> None:
    (root / "sluicegate.yml").write_text(waiting_policy())
    temporary = root / "tmp"
    temporary.mkdir()
    ended, said = asked_to_end(root, CHECK, number, TMPDIR=str(temporary))
    assert ended == code
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    wait_until(lambda: not is_running(int((root / "pid").read_text())))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_job_says_one_line_and_leaves_no_process(root: Path, number: int, code: int) -> None:
    (root / "sluicegate.yml").write_text(waiting_policy())
    step = f"{sys.executable} -m sluicegate.action.judge"
    assert asked_to_end(root, step, number, GITHUB_WORKSPACE=str(root)) == (code, ENDED)
    wait_until(lambda: not is_running(int((root / "pid").read_text())))


@pytest.mark.parametrize("name", ["fetch", "publish"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_step_leaves_no_git(root: Path, name: str, number: int, code: int) -> None:
    programs.sluicegate(root, "check", "--output", "json=report.json")
    (root / "event.json").write_text(json.dumps({"ref": "refs/heads/main", "before": "0" * 40}))
    given = {
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(root / "event.json"),
        "GITHUB_SHA": json.loads((root / "report.json").read_text())["commit"]["tested"],
        "GITHUB_WORKSPACE": str(root),
        "SLUICEGATE_REPORT": str(root / "report.json"),
        "SLUICEGATE_RECORD": "true",
    }
    instead = root.parent / "programs"  # none of the checkout is run
    instead.mkdir()
    (instead / "git").write_text("#!/bin/sh\necho $$ > pid\nexec sleep 600\n")
    (instead / "git").chmod(0o755)
    step = f"{sys.executable} -m sluicegate.action.{name}"
    path = os.pathsep.join((str(instead), os.environ["PATH"]))
    assert asked_to_end(root, step, number, PATH=path, **given) == (code, ENDED)
    wait_until(lambda: not is_running(int((root / "pid").read_text())))


@contextlib.contextmanager
def silent_server(root: Path) -> Iterator[str]:
    """The address of a server that takes a request, writes the file `pid`, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as open_ones:

        def take() -> None:
            with contextlib.suppress(OSError):
                open_ones.enter_context(server.accept()[0])
                (root / "pid").write_text("asked")

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("name", ["subject", "approvals", "publish"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_request_is_no_crash(root: Path, name: str, number: int, code: int) -> None:
    event: dict[str, object] = {"number": 7, "pull_request": {"number": 7, "head": HEAD, "base": HEAD}}
    if name == "subject":
        event = ENDED_RUN
    (root / "event.json").write_text(json.dumps(event))
    programs.sluicegate(root, "check", "--output", "json=report.json")
    with silent_server(root) as url:
        given = {
            "GITHUB_API_URL": url,
            "GITHUB_EVENT_NAME": "workflow_run" if name == "subject" else "pull_request",
            "GITHUB_EVENT_PATH": str(root / "event.json"),
            "GITHUB_REPOSITORY": "octo-org/octo-repo",
            "GITHUB_RUN_ID": "1",
            "GITHUB_SHA": "c" * 40,
            "GITHUB_WORKSPACE": str(root),
            "RUNNER_TEMP": str(root),
            "INPUT_OVERRIDE": "true",
            "INPUT_LEDGER": "off",
            "INPUT_MERGE": "bundles/*",
            "INPUT_TOKEN": "ghs_tokenOfTheTests",
            "SLUICEGATE_REPORT": str(root / "report.json"),
        }
        step = f"{sys.executable} -m sluicegate.action.{'publish' if name == 'publish' else 'fetch'}"
        ended, said = asked_to_end(root, step, number, **given)
    assert (ended, said.endswith(ENDED), "Traceback" in said) == (code, True, False), said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_cancelled_fetch_of_several_leaves_no_git_and_no_token(root: Path, number: int, code: int) -> None:
    """Approvals and ledger are fetched in threads, and git has its token in a file."""
    shell(root, "git remote add origin http://127.0.0.1:1/octo-org/octo-repo")
    base = {**HEAD, "sha": shell(root, "git rev-parse HEAD").stdout.strip()}
    event = {"number": 7, "pull_request": {"number": 7, "head": HEAD, "base": base}}
    (root / "event.json").write_text(json.dumps(event))
    instead, temporary = root.parent / "programs", root.parent / "tmp"
    instead.mkdir()
    temporary.mkdir()
    fetching = f"sleep 0.1; ls {temporary}/*/credentials > {root}/token; echo $$ > {root}/pid; exec sleep 600"
    git = f'#!/bin/sh\ncase "$*" in *" fetch "*) {fetching};; esac\nexec {shutil.which("git")} "$@"\n'
    (instead / "git").write_text(git)
    (instead / "git").chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        given = {
            "GITHUB_API_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(root / "event.json"),
            "GITHUB_REPOSITORY": "octo-org/octo-repo",
            "GITHUB_SERVER_URL": "http://127.0.0.1:1",
            "GITHUB_SHA": "c" * 40,
            "GITHUB_WORKSPACE": str(root),
            "INPUT_OVERRIDE": "true",
            "INPUT_TOKEN": "ghs_tokenOfTheTests",
            "PATH": os.pathsep.join((str(instead), os.environ["PATH"])),
            "TMPDIR": str(temporary),
        }
        step = f"{sys.executable} -m sluicegate.action.fetch"
        assert asked_to_end(root, step, number, **given) == (code, ENDED)
    wait_until(lambda: not is_running(int((root / "pid").read_text())))
    assert ((root / "token").read_text() != "", list(temporary.iterdir())) == (True, [])
