"""Running git for the ledger, in a bare repository of its own that is made for it and goes with it.

Nothing of the user's repository is touched: not its index, HEAD, settings, hooks, objects or refs, nor
what a shallow clone has of history. Only a push changes refs, those that it names.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sluicegate.errors import WorldError
from sluicegate.git import environment
from sluicegate.github import gitconfig

PROTOCOLS = "file:https:http:ssh"
"""What a remote may be reached by; never `ext`, which runs a program that the address names."""

TIMEOUT = 120.0
"""Seconds that one call of git may take."""

MAX_OUTPUT = 256 * 1024**2
"""Bytes that git may say: a hostile tree unfolds to more than any ledger."""

_ERRORS = 64 * 1024

_SETTINGS = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.version", "2"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("submodule.recurse", "false"),
    ("fastimport.unpackLimit", "0"),
    ("transfer.credentialsInUrl", "allow"),
)

_TALK = ("GIT_TRACE", "GIT_CURL_VERBOSE")
"""Beginnings of the variables that make git talk among its errors, which are read here."""


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
        """The output without its end."""
        return self.out.decode("utf-8", "replace").strip() if self.ok else ""


@dataclass(frozen=True, slots=True)
class Run:
    """Git in the bare repository `folder`, with `environ`; a call or an answer takes `timeout` s at most.

    The repository is named, not found: `safe.bareRepository=explicit` forbids to find it.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    timeout: float = TIMEOUT

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Call it once.

        Raises:
            WorldError: git is missing, or there is no room for what it is given.
        """
        with self._started(arguments, stdin) as (process, errors):
            with _ended_late(process, self.timeout) as late:
                out = _out(process).read(MAX_OUTPUT + 1)
                if len(out) > MAX_OUTPUT:
                    process.kill()
                process.wait()
            said = _said(errors).decode("utf-8", "replace")
        if late.is_set():
            return Done(124, b"", f"fatal: timed out after {self.timeout:.0f} s\n{said}")
        if len(out) > MAX_OUTPUT:
            return Done(125, b"", f"fatal: git said more than {MAX_OUTPUT:,} bytes")
        return Done(process.returncode, out, said)

    def blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The bytes of these blobs, which are here, by one `git cat-file`; one of them in memory at a time.

        Raises:
            WorldError: as a call, or git ended before the last.
        """
        given = "".join(f"{name}\n" for name in names).encode()
        with (
            self._started(("cat-file", "--batch"), given) as (process, _),
            _ended_silent(process, self.timeout) as waiting,
        ):
            for _name in names:
                with waiting:
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
        named = {**self.environ, "GIT_DIR": str(self.folder)}
        command = ["git", "--no-pager", "-C", str(self.folder), *arguments]
        with contextlib.ExitStack() as stack:
            with in_scratch():
                given, errors = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
                given.write(stdin)
                given.seek(0)
            try:
                process = subprocess.Popen(
                    command, stdin=given, stdout=subprocess.PIPE, stderr=errors, env=named
                )
            except FileNotFoundError as error:
                raise WorldError("git is not installed", remedy="Install git.") from error
            except OSError as error:
                raise WorldError(f"git cannot be started: {error.strerror}") from error
            stack.enter_context(_out(process))
            stack.callback(_end, process)
            yield process, errors


def _said(errors: IO[bytes]) -> bytes:
    """What stands in the file of errors. Its place is shared with the children of git, which may still write
    there: so it is not moved."""
    if sys.platform != "win32":
        return os.pread(errors.fileno(), _ERRORS, 0)
    errors.seek(0)
    return errors.read(_ERRORS)


def _out(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    return process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _ended_late(process: subprocess.Popen[bytes], timeout: float) -> Iterator[threading.Event]:
    """End the process where it takes longer than `timeout` seconds; the event says so."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


class _Waiting:
    """While its context lasts somebody waits for git; `since` says from when, on the monotonic clock."""

    def __init__(self) -> None:
        self.since: float | None = None

    def __enter__(self) -> None:
        self.since = time.monotonic()

    def __exit__(self, *_error: object) -> None:
        self.since = None


@contextlib.contextmanager
def _ended_silent(process: subprocess.Popen[bytes], timeout: float) -> Iterator[_Waiting]:
    """End the process where an answer takes longer than `timeout` seconds, or a quarter more."""
    waiting, over = _Waiting(), threading.Event()

    def watch() -> None:
        while not over.wait(timeout / 4):
            since = waiting.since
            if since is not None and time.monotonic() - since > timeout:
                process.kill()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield waiting
    finally:
        over.set()
        watcher.join()


def variables(inherited: Mapping[str, str], settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The environment: guarded as `git.environment` does, with the network, and with settings added.

    Ours stand behind those, which may include a clone's own: the last one holds. What git traces may go
    to files, not among its errors.
    """
    quiet = {k: v for k, v in inherited.items() if not k.startswith(_TALK) or v.startswith("/")}
    guarded = environment(quiet, PROTOCOLS) | {"GIT_NO_LAZY_FETCH": "0"}
    return gitconfig.with_settings(guarded, [*settings, *_SETTINGS])


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
