"""The one runner of git: guarded, bounded in time and output, and ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from sluicegate.core.errors import WorldError
from sluicegate.git.environment import Settings, find_git, guarded, outside, search_path
from sluicegate.runtime.process import requests_held

TIMEOUT = 120.0
"""Seconds that one call of git may take."""

MAX_OUTPUT = 256 * 1024**2
"""Bytes that git may say: a hostile tree unfolds to more than any ledger."""

_ERRORS = 64 * 1024

_RUNNING: dict[subprocess.Popen[bytes], bool] = {}
_CALLS = threading.Lock()
_ended = threading.Event()


@dataclass(frozen=True, slots=True)
class Done:
    """What git answered."""

    code: int
    out: bytes
    err: str

    @property
    def ok(self) -> bool:
        """Did it succeed?"""
        return self.code == 0

    @property
    def line(self) -> str:
        """The output without its end; empty when it failed."""
        return self.out.decode("utf-8", "surrogateescape").strip() if self.ok else ""

    @property
    def last_words(self) -> str:
        """The last line that a failed git printed."""
        lines = self.err.strip().splitlines()
        return lines[-1] if lines else "git failed without a word"


@dataclass(frozen=True, slots=True)
class Runner:
    """Git in one folder; make it with `runner`.

    Attributes:
        program: git's absolute path.
        environ: its whole environment. The repository is named there, not found.
        timeout: seconds that a call, or an answer of `blobs`, may take.
        max_output: bytes that a call may answer.
        apart: in a process group of its own, which ends as a whole. Not where a program that git starts
            may ask a person at the terminal.
    """

    folder: Path
    program: str
    environ: Mapping[str, str] = field(repr=False)
    timeout: float = TIMEOUT
    max_output: int = MAX_OUTPUT
    apart: bool = True

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Call it once.

        Raises:
            WorldError: git is missing, or there is no room for what it is given.
        """
        with self._started(arguments, stdin) as (process, errors):
            with _watched(process, self.timeout, apart=self.apart) as watch, watch:
                out = _out(process).read(self.max_output + 1)
                if len(out) > self.max_output:
                    _kill(process, apart=self.apart)
                process.wait()
            _go_on()
            printed = _printed(errors).decode("utf-8", "replace")
        if watch.is_late:
            return Done(124, b"", f"fatal: timed out after {self.timeout:.0f} s\n{printed}")
        if len(out) > self.max_output:
            return Done(125, b"", f"fatal: git printed more than {self.max_output:,} bytes")
        return Done(process.returncode, out, printed)

    def over(self, protocol: str) -> Runner:
        """The same, for a call that speaks `protocol`; programs that git starts may ask at the terminal."""
        return replace(self, environ={**self.environ, "GIT_ALLOW_PROTOCOL": protocol}, apart=False)

    def blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The bytes of these blobs, which are here, by one `git cat-file`; one of them in memory at a time.

        Raises:
            WorldError: as a call, or git ended before the last.
        """
        given = "".join(f"{name}\n" for name in names).encode()
        with (
            self._started(("cat-file", "--batch"), given) as (process, _),
            _watched(process, self.timeout, apart=self.apart) as watch,
        ):
            for _name in names:
                with watch:
                    head = _out(process).readline().split()
                    size = int(head[2]) if len(head) == 3 and head[2].isdigit() else None
                    data = b"" if size is None else _out(process).read(size + 1)
                if size is None or len(data) <= size:
                    raise WorldError("git ended while documents were read", remedy="Run it again.")
                yield data[:-1]

    @contextlib.contextmanager
    def _started(
        self, arguments: Sequence[str], stdin: bytes
    ) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """The process, and the file of its errors; it does not outlive the context."""
        command = [self.program, "--no-pager", "-C", str(self.folder), *arguments]
        group = 0 if self.apart and sys.platform != "win32" else None
        with contextlib.ExitStack() as stack:
            with in_scratch():
                errors = stack.enter_context(tempfile.TemporaryFile())
                given = stack.enter_context(tempfile.TemporaryFile()) if stdin else subprocess.DEVNULL
                if not isinstance(given, int):
                    given.write(stdin)
                    given.seek(0)
            with requests_held(), _CALLS:
                _go_on()
                try:
                    process = subprocess.Popen(
                        command, stdin=given, stdout=subprocess.PIPE, stderr=errors, env=dict(self.environ),
                        process_group=group,
                    )  # fmt: skip
                except OSError as error:
                    raise WorldError(f"git cannot be started: {error.strerror}") from error
                _RUNNING[process] = self.apart
                stack.callback(_RUNNING.pop, process)
                stack.enter_context(_out(process))
                stack.callback(_end, process, apart=self.apart)
            yield process, errors


def runner(
    folder: Path,
    inherited: Mapping[str, str],
    *,
    checkout: Path | None = None,
    settings: Settings = (),
    named: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    max_output: int = MAX_OUTPUT,
) -> Runner:
    """Git in a folder, guarded and without any network.

    Args:
        folder: where it runs.
        inherited: the process's environment.
        checkout: no program is taken from it; the folder itself by default.
        settings: more settings of git.
        named: the variables that name the repository.
        timeout, max_output: seconds, and bytes of the answer, of a call.

    Raises:
        WorldError: there is no git.
    """
    place = checkout or folder
    path = search_path(inherited, place)
    environ = guarded(outside(inherited, place), path, settings) | dict(named or {})
    return Runner(folder, find_git(path), environ, timeout, max_output)


def end_calls() -> None:
    """End all calls of git in this process, and let none begin: `SystemExit` in the threads that make one.

    For a process that ends while other threads call git: so each unwinds, and removes what it wrote.
    """
    with _CALLS:
        _ended.set()
        for process, apart in list(_RUNNING.items()):
            _kill(process, apart=apart)


def _go_on() -> None:
    if _ended.is_set():
        raise SystemExit(128 + signal.SIGTERM)


def _printed(errors: IO[bytes]) -> bytes:
    """What is in the file of errors, whose place is not moved: children of git may still write there."""
    if sys.platform != "win32":
        return os.pread(errors.fileno(), _ERRORS, 0)
    errors.seek(0)
    return errors.read(_ERRORS)


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    return process.stdout


def _end(process: subprocess.Popen[bytes], *, apart: bool) -> None:
    """End it with all that it started: a checkout is the work of a child of git's, which would go on."""
    if process.poll() is None:
        _kill(process, apart=apart)
        process.wait()


def _kill(process: subprocess.Popen[bytes], *, apart: bool) -> None:
    if process.poll() is not None:
        return
    if sys.platform == "win32" or not apart:
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Watch:
    """While its context lasts somebody waits for git, and ends it after `timeout` seconds."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float, *, apart: bool) -> None:
        self.process, self.timeout, self.apart = process, timeout, apart
        self.is_late = False
        self.since: float | None = None  # on the monotonic clock
        self.over = threading.Event()

    def __enter__(self) -> None:
        self.since = time.monotonic()

    def __exit__(self, *_error: object) -> None:
        self.since = None

    def run(self) -> None:
        """Look whenever time may be up; while nobody waits, four times as often."""
        left = self.timeout
        while not self.over.wait(left):
            since = self.since
            left = self.timeout / 4 if since is None else since + self.timeout - time.monotonic()
            if left <= 0:
                self.is_late = True
                _kill(self.process, apart=self.apart)
                return


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes], timeout: float, *, apart: bool) -> Iterator[_Watch]:
    watch = _Watch(process, timeout, apart=apart)
    # a request to end may come while it starts; the process must not wait for it
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()


@contextlib.contextmanager
def in_scratch() -> Iterator[None]:
    """Errors of the disk that the scratch repository is on, as ours.

    Raises:
        WorldError: one occurred.
    """
    try:
        yield
    except OSError as error:
        raise WorldError(
            f"the temporary folder cannot be written: {error.strerror}",
            where=tempfile.gettempdir(),
            remedy="Make room there, or name another by TMPDIR.",
        ) from error
