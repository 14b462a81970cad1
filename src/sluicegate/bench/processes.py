"""Runs commands through the spawner, measures each, and ends all of them at the end."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sluicegate.bench import spawner
from sluicegate.core.errors import WorldError
from sluicegate.engines.command import TimedOut, TooMuchOutput
from sluicegate.runtime.process import without_secrets

MAX_OUTPUT = 64 * 1024**2
"""Maximum bytes of standard output and error of one run."""

_POLL = 1.0
_TAIL = 8 * 1024
_TAIL_LINES = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """One run: seconds of wall clock and of CPU (with the descendants that it waited for), the peak
    in bytes of its largest process, and the exit code, negative for a signal."""

    exit_code: int
    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True, slots=True)
class Processes:
    """Runs one command at a time; `log` holds the output of the last. Open it with `processes`."""

    child: subprocess.Popen[bytes]
    log: Path

    def run(self, words: Sequence[str], folder: Path, seconds: float) -> Ended:
        """Run a command to its end, without standard input, its output in `log`.

        Args:
            words: the program by its path, and its arguments.
            folder: where it runs.
            seconds: how long it may take.

        Raises:
            TimedOut: it took longer; it is ended.
            TooMuchOutput: it wrote too much; it is ended.
            OSError: it could not be started.
            WorldError: the process that starts commands is gone.
        """
        stdin, stdout = _pipes(self.child)
        fields = [os.fsencode(text) for text in (str(folder), str(self.log), *words)]
        with _gone():
            stdin.write(spawner.frame(fields))
            stdin.flush()
            why = self._waited(stdout, time.monotonic() + seconds)
            if why is not None:
                stdin.write(b"!")
                stdin.flush()
            answer = stdout.readline().split()
        if not answer:
            raise _lost()
        if why is not None:
            raise why
        if answer[0] == b"errno":
            raise OSError(int(answer[1]), os.strerror(int(answer[1])))
        code, wall, cpu, memory = answer[1:]
        return Ended(int(code), max(int(wall), 1) / 1e9, float(cpu), int(memory))

    def _waited(self, stdout: IO[bytes], deadline: float) -> Exception | None:
        """Wait for the answer, or for a reason to end the run."""
        while True:
            left = deadline - time.monotonic()
            if select.select([stdout], [], [], max(min(left, _POLL), 0))[0]:
                return None
            if left <= 0:
                return TimedOut(self.said())
            if self.log.exists() and self.log.stat().st_size > MAX_OUTPUT:
                return TooMuchOutput("output", MAX_OUTPUT)

    def said(self) -> str:
        """The end of the last run's output."""
        try:
            with self.log.open("rb") as stream:
                stream.seek(max(self.log.stat().st_size - _TAIL, 0))
                told = stream.read(_TAIL).decode("utf-8", "replace")
                return "".join(told.splitlines(keepends=True)[-_TAIL_LINES:])
        except OSError:
            return ""


@contextmanager
def processes(environment: Mapping[str, str], log: Path) -> Iterator[Processes]:
    """Open a runner of commands with this environment; at the end it ends all of them.

    Raises:
        WorldError: the process that starts commands could not be started, or is gone.
    """
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", spawner.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=without_secrets(os.environ),  # its children can read it
        start_new_session=True,  # we receive interrupts of the terminal, and pass them on
    )
    try:
        stdin, _ = _pipes(child)
        pairs = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
        with _gone():
            stdin.write(spawner.frame(pairs or [b"PATH="]))
            stdin.flush()
        yield Processes(child, log)
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Close the spawner's input, so that it ends its commands; by force if it does not."""
    stdin, stdout = _pipes(child)
    with contextlib.suppress(OSError):
        stdin.close()
    try:
        child.wait(timeout=spawner.GRACE + 5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    stdout.close()


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise _lost()
    return child.stdin, child.stdout


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _lost() from error


def _lost() -> WorldError:
    return WorldError("the process that starts the commands ended", remedy="Run bench again.")
