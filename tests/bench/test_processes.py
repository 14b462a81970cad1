"""Runs of real programs: what they took, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.bench import processes as subject
from sluicegate.bench.processes import Ended, Processes, processes
from sluicegate.core.errors import WorldError
from sluicegate.engines.command import TimedOut, TooMuchOutput
from support.benching import is_gone, needs_posix, wait_for_line, wait_until_gone

pytestmark = needs_posix

SHELL = "/bin/sh"
MIB = 1 << 20


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Processes]:
    with processes({"PATH": os.environ["PATH"], "WORD": "a=b"}, tmp_path / "log") as made:
        yield made


def sh(runner: Processes, script: str, seconds: float = 30) -> Ended:
    return runner.run((SHELL, "-c", script), runner.log.parent, seconds)


def python(runner: Processes, program: str) -> Ended:
    return runner.run((sys.executable, "-I", "-S", "-c", program), runner.log.parent, 30)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9)])
def test_the_exit_code_is_the_programs(runner: Processes, script: str, code: int) -> None:
    assert sh(runner, script).exit_code == code


def test_a_run_takes_its_wall_clock(runner: Processes) -> None:
    assert 0.2 <= sh(runner, "sleep 0.2").wall < 10
    assert sh(runner, ":").wall > 0


def test_cpu_time_is_that_of_the_whole_tree(runner: Processes) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {busy!r}])"
    assert python(runner, child).cpu >= 0.2
    assert sh(runner, "sleep 0.2").cpu < 0.2


def test_memory_is_that_of_the_run_and_not_of_who_started_it(runner: Processes) -> None:
    held = bytearray(100 * MIB)
    small = sh(runner, ":").memory
    large = python(runner, f"bytearray(b'x') * {60 * MIB}").memory
    assert len(held) > small
    assert small < 30 * MIB
    assert 60 * MIB <= large < 100 * MIB


def test_output_is_kept_of_the_last_run_alone(runner: Processes) -> None:
    sh(runner, "echo one; echo two >&2")
    assert runner.said() == "one\ntwo\n"
    sh(runner, ":")
    assert runner.said() == ""


def test_of_many_short_lines_the_last_hundred_are_shown(runner: Processes) -> None:
    sh(runner, "seq 1000")
    assert runner.said().splitlines() == [str(n) for n in range(901, 1001)]


def test_a_run_has_the_environment_and_no_input(runner: Processes) -> None:
    sh(runner, 'echo "$WORD ${HOME-none}"; cat')
    assert runner.said() == "a=b none\n"


def test_a_run_is_in_its_folder(runner: Processes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    runner.run((SHELL, "-c", "pwd"), tmp_path / "in", 30)
    assert runner.said().strip() == str((tmp_path / "in").resolve())


def test_a_broken_pipe_ends_a_program_as_it_does_in_a_shell(runner: Processes) -> None:
    sh(runner, "yes | head -n 1 >/dev/null")
    assert runner.said() == ""


@pytest.mark.parametrize(
    ("program", "error"), [(f"{__file__}.nothing", FileNotFoundError), ("/etc/passwd", PermissionError)]
)
def test_what_cannot_be_started_is_said(runner: Processes, program: str, error: type[OSError]) -> None:
    with pytest.raises(error):
        runner.run((program,), runner.log.parent, 30)
    assert sh(runner, ":").exit_code == 0


def test_a_run_that_takes_too_long_is_ended_and_the_next_is_not(runner: Processes, tmp_path: Path) -> None:
    with pytest.raises(TimedOut):
        sh(runner, "echo $$ >pid; exec sleep 600", 0.3)
    assert is_gone(int(wait_for_line(tmp_path / "pid")))
    assert sh(runner, "exit 5").exit_code == 5


def test_one_that_ignores_the_request_is_ended_by_force(runner: Processes) -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut):
        sh(runner, "trap '' TERM; while :; do sleep 0.05; done", 0.2)
    assert time.monotonic() - started < 20


def test_a_run_that_floods_its_output_is_ended(runner: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_OUTPUT", 1000)
    with pytest.raises(TooMuchOutput):
        sh(runner, "head -c 100000 /dev/zero; exec sleep 600")


def test_what_a_run_leaves_in_the_background_is_ended(runner: Processes, tmp_path: Path) -> None:
    sh(runner, "sleep 600 & echo $! >pid")
    wait_until_gone(int(wait_for_line(tmp_path / "pid")))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of daemons")
def test_a_daemon_serves_the_next_run_and_ends_with_the_last(tmp_path: Path) -> None:
    daemon = "import os, sys, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
    with processes({"PATH": os.environ["PATH"]}, tmp_path / "log") as runner:
        sh(runner, f"{sys.executable} -S -c '{daemon}' >pid & until [ -s pid ]; do sleep 0.01; done")
        pid = int(wait_for_line(tmp_path / "pid"))
        assert sh(runner, f"kill -0 {pid}").exit_code == 0
    assert is_gone(pid)


def test_the_end_of_the_one_that_asked_ends_the_run(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sluicegate.bench.processes import processes\n"
        f"with processes({{}}, Path({str(tmp_path / 'log')!r})) as p:\n"
        f"    p.run(('/bin/sh', '-c', 'echo $$ >pid; exec sleep 600'), Path({str(tmp_path)!r}), 600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PATH": os.environ["PATH"]}
    ) as parent:
        pid = int(wait_for_line(tmp_path / "pid"))
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(pid)


def test_the_loss_of_the_spawner_is_the_worlds_failure(runner: Processes) -> None:
    runner.child.kill()
    runner.child.wait()
    with pytest.raises(WorldError, match="that starts the commands ended"):
        sh(runner, ":")
