"""Runs a shell command of the user's own: bounded in time and output, leaving no process behind.

On POSIX the command leads a process group of its own, which is ended whole; only a process that
calls `setsid` itself gets out of it. On Windows `taskkill /T` ends the process tree (that branch
is not tested on a Windows machine).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sluicegate.runtime.process import requests_held, without_secrets

GRACE = 1.0
"""Seconds between the request to end and the end by force."""

_OURS = ("GITHUB_OUTPUT", "GITHUB_STATE", "SLUICEGATE_PYTHON")
_POLL = 0.05
_TAIL = 16 * 1024


class TimedOut(Exception):
    """The command took longer than it may. `stderr` is the end of what it wrote there."""

    def __init__(self, stderr: str) -> None:
        super().__init__("timed out")
        self.stderr = stderr


class TooMuchOutput(Exception):
    """The command wrote more than `limit` bytes to its `stream`, `standard output` or `standard error`."""

    def __init__(self, stream: str, limit: int) -> None:
        super().__init__(stream)
        self.stream = stream
        self.limit = limit


@dataclass(frozen=True, slots=True)
class CommandLimits:
    """What a command may take: seconds, and bytes of each stream."""

    seconds: float
    stdout: int = 16 * 1024**2
    stderr: int = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """How a command ended: `exit_code` is negative for the number of a signal; `stderr` is the end
    of its standard error, decoded, at most 16 KiB."""

    exit_code: int
    stdout: bytes
    stderr: str


def command_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment for a command of the user's: without what belongs to the step that runs us."""
    return {k: v for k, v in without_secrets(inherited).items() if not k.startswith(_OURS)}


def shell() -> str:
    """The shell that runs commands: bash, else sh; on Windows rather Git's than the one of WSL.

    Raises:
        FileNotFoundError: no shell was found.
    """
    candidates = [shutil.which("bash"), shutil.which("sh")]
    if sys.platform == "win32":
        git = shutil.which("git")
        beside = Path(git).parents[1] / "bin" / "bash.exe" if git else None
        candidates.insert(0, str(beside) if beside and beside.is_file() else None)
    found = next(filter(None, candidates), None)
    if found is None:
        raise FileNotFoundError("neither bash nor sh")
    return found


def run_command(
    command: str, directory: Path, limits: CommandLimits, env: Mapping[str, str]
) -> CompletedCommand:
    """Run `command` by `bash -c` in a folder, without standard input; `env` is its whole environment.

    Its streams go to temporary files, so that a process which it leaves behind cannot hold us up.

    Raises:
        TimedOut: it ran longer than `limits.seconds`.
        TooMuchOutput: it printed more than `limits` allows.
        OSError: it could not be started.
    """
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        with contextlib.ExitStack() as stack:
            with requests_held():
                process = subprocess.Popen(
                    [shell(), "-c", command],
                    cwd=directory,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    start_new_session=True,
                )
                stack.callback(_end, process)
            try:
                exit_code = _wait(process, limits, stdout, stderr)
            except subprocess.TimeoutExpired as error:
                raise TimedOut(_tail(stderr)) from error
        _check_sizes(limits, stdout, stderr)
        stdout.seek(0)
        return CompletedCommand(exit_code, stdout.read(limits.stdout), _tail(stderr))


def _wait(
    process: subprocess.Popen[bytes], limits: CommandLimits, stdout: IO[bytes], stderr: IO[bytes]
) -> int:
    deadline = time.monotonic() + limits.seconds
    while True:
        left = deadline - time.monotonic()
        try:
            return process.wait(timeout=max(min(_POLL, left), 0))
        except subprocess.TimeoutExpired:
            _check_sizes(limits, stdout, stderr)
            if left <= 0:
                raise


def _check_sizes(limits: CommandLimits, stdout: IO[bytes], stderr: IO[bytes]) -> None:
    for name, stream, limit in (
        ("standard output", stdout, limits.stdout),
        ("standard error", stderr, limits.stderr),
    ):
        if os.fstat(stream.fileno()).st_size > limit:
            raise TooMuchOutput(name, limit)


def _tail(stream: IO[bytes]) -> str:
    size = os.fstat(stream.fileno()).st_size
    stream.seek(max(size - _TAIL, 0))
    return stream.read(_TAIL).decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and all that it started; nothing happens when all of it has ended."""
    if sys.platform == "win32":
        if process.poll() is None:
            kill = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True, check=False)
    else:
        _end_group(process)
    process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end, and after the grace end it by force, also when interrupted meanwhile.

    In a container whose first process reaps no orphans they stay in the group as zombies, so that
    the whole grace passes.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        try:
            os.killpg(process.pid, signal.SIGTERM)
            deadline = time.monotonic() + GRACE
            while time.monotonic() < deadline:
                process.poll()  # a leader that nobody waits for would keep its group alive
                os.killpg(process.pid, 0)
                time.sleep(0.01)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
