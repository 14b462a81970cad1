"""The programs of the package as users start them: in processes of their own, with an exit code.

Most of the time of a small program is the start of Python and its imports. `run` lets a process that has
done both (`support.fork_server`) fork a child for each program: a process of its own, with its own folder,
environment, streams and modules, that ends as any other. `SLUICEGATE_TESTS_TRUE_STARTS=1` starts a fresh
interpreter for each instead; `make test-real` does, and `test_programs` holds the two to one result.

What only a fresh interpreter shows (imports, the search for modules, signals while it starts) is tested with
`subprocess` alone.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

SERVER = Path(__file__).with_name("fork_server.py")
CAN_FORK = sys.platform == "linux"
"""macOS does not let a process that loaded its frameworks fork safely; Windows cannot."""

PATIENCE = 300.0
"""Seconds until a program counts as one that hangs."""

Completed = subprocess.CompletedProcess[str]


def true_starts() -> bool:
    """Is every program to be a fresh interpreter?"""
    return not CAN_FORK or os.environ.get("SLUICEGATE_TESTS_TRUE_STARTS") == "1"


def sluicegate(folder: Path, *arguments: str, **environment: str) -> Completed:
    """The command line in a folder, on a laptop: none of GitHub's variables but those that are given."""
    return run([sys.executable, "-m", "sluicegate", *arguments], folder, {**laptop(), **environment})


def laptop() -> dict[str, str]:
    """This process's environment without what GitHub's runner and the tests set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "SLUICEGATE"))}
    return {**kept, "COLUMNS": "100", "SLUICEGATE_CACHE": "off"}


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    merged: bool = False,
    path: Sequence[Path] = (),
) -> Completed:
    """Run a program to its end, without any input.

    Args:
        command: as for `subprocess`; those that fork are `PYTHON [-I] -m MODULE ARGUMENTS…`, and
            `PYTHON FILE.py ARGUMENTS…` with the whole path of the file.
        folder: the current folder.
        environment: all of it.
        merged: standard error goes where standard output goes.
        path: folders for `PYTHONPATH` that need no fresh interpreter: they hold no `sitecustomize`.
    """
    program = _program(command)
    server = _server(program.interpreter, _of_the_start(environment)) if program else None
    if path:
        environment = {**environment, "PYTHONPATH": os.pathsep.join(map(str, path))}
    if program and server and server.lock.acquire(blocking=False):
        forked = server.fork(program, folder, environment, merged=merged)
        out, said = forked.communicate()
        return subprocess.CompletedProcess(command, forked.code(), out, said)
    return subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE, encoding="utf-8", errors="replace",
        check=False, timeout=PATIENCE,
    )  # fmt: skip


class Running(Protocol):
    """A program that runs: what `subprocess.Popen` and `Forked` have in common."""

    @property
    def returncode(self) -> int | Any:
        """Its exit code; None as long as nobody has seen it end."""

    def poll(self) -> int | None:
        """Its exit code; None as long as it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; what it wrote to standard output and standard error."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it runs."""

    def kill(self) -> None:
        """End it at once."""


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Running:
    """Start a program that is not waited for, without any input; arguments are those of `run`."""
    program = _program(command)
    server = _server(program.interpreter, _of_the_start(environment)) if program else None
    if program and server and server.lock.acquire(blocking=False):
        return server.fork(program, folder, environment)
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
    )  # fmt: skip


_RUN = "exec(__import__('sys').argv.pop(1), {'__name__': 'fork_server'})"


@dataclass(frozen=True, slots=True)
class _Program:
    interpreter: tuple[str, ...]
    name: str
    arguments: tuple[str, ...]


def _program(command: Sequence[str]) -> _Program | None:
    """What a command starts, where a child of a server can be it."""
    interpreter: tuple[str, ...] = (_placed(command[0]),)
    flag, rest = tuple(command[1:2]), tuple(command[2:])
    if flag == ("-I",):
        interpreter, flag, rest = (*interpreter, "-I"), rest[:1], rest[1:]
    if true_starts():
        return None
    if flag == ("-m",) and rest:
        return _Program(interpreter, rest[0], rest[1:])
    file = "".join(flag)
    return _Program(interpreter, file, rest) if file.endswith(".py") and Path(file).is_absolute() else None


def _placed(interpreter: str) -> str:
    """An interpreter by its own place: one server is for all the links that lead to its environment."""
    folder, name = os.path.split(interpreter)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118


def _of_the_start(environment: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """The variables that an interpreter obeys when it starts."""
    return frozenset((k, v) for k, v in environment.items() if k.startswith(("PYTHON", "LANG", "LC_", "LD_")))


@cache
def _server(interpreter: tuple[str, ...], start: frozenset[tuple[str, str]]) -> _Server | None:
    """The server for programs of an interpreter; None where the variables ask for something unusual."""
    if any(name.startswith("PYTHON") and os.environ.get(name) != value for name, value in start):
        return None
    return _Server.start(interpreter, dict(start))


@dataclass(slots=True)
class _Server:
    """A process that forks programs, one after the other."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    child: int = 0

    @classmethod
    def start(cls, interpreter: Sequence[str], environment: Mapping[str, str]) -> _Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            process = subprocess.Popen(
                [*interpreter, "-c", _RUN, SERVER.read_text(encoding="utf-8"), str(number)],
                cwd=os.sep, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, pass_fds=[number],
            )  # fmt: skip
        made = cls(process, ours)
        atexit.register(made.end)
        return made

    def end(self) -> None:
        if self.child:  # its test has failed
            os.kill(self.child, signal.SIGKILL)
        self.channel.close()
        self.process.communicate(timeout=300)

    def fork(
        self, program: _Program, folder: Path, environment: Mapping[str, str], *, merged: bool = False
    ) -> Forked:
        """Begin with a program; the lock must be held, and its end releases it."""
        request = {
            "program": program.name,
            "arguments": program.arguments,
            "folder": str(folder),
            "environment": dict(environment),
        }
        outputs = [os.pipe()] if merged else [os.pipe(), os.pipe()]
        try:
            with Path(os.devnull).open("rb") as nothing:
                streams = [nothing.fileno(), outputs[0][1], outputs[-1][1]]
                socket.send_fds(self.channel, [json.dumps(request).encode()], streams)
            for _, write in outputs:
                os.close(write)
            self.child = self.answer()["pid"]
        except BaseException:
            self.give_up()
            raise
        return Forked(self, [read for read, _ in outputs], self.child)

    def answer(self) -> dict[str, int]:
        """Its next answer."""
        message = self.channel.recv(1 << 16)
        if not message:
            raise RuntimeError(f"the server of programs ended: {self.process.communicate()[1].decode()}")
        answer: dict[str, int] = json.loads(message)
        return answer

    def give_up(self) -> None:
        """Use it no more: it may still owe an answer."""
        _server.cache_clear()
        self.lock.release()


@dataclass(slots=True)
class Forked:
    """A program that a server has forked; a `Running`."""

    server: _Server
    descriptors: list[int]
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code; None as long as it runs."""
        if self.returncode is None and select.select([self.server.channel], [], [], 0)[0]:
            self.code()
        return self.returncode

    def code(self) -> int:
        """Its exit code, when it has ended; the server is free again."""
        if self.returncode is None:
            try:
                self.returncode = self.server.answer()["code"]
            except BaseException:
                self.server.give_up()
                raise
            self.server.child = 0
            self.server.lock.release()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, as soon as it has ended.

        Raises:
            subprocess.TimeoutExpired: it runs longer.
        """
        if self.returncode is None and not select.select([self.server.channel], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked program", timeout or 0.0)
        return self.code()

    def communicate(self, *, timeout: float | None = PATIENCE) -> tuple[str, str]:
        """All that it wrote, by stream, when it has ended and nobody holds its streams any more."""
        texts = _read(self.descriptors, self.pid, PATIENCE if timeout is None else timeout)
        self.code()
        return texts[0], "" if len(texts) == 1 else texts[-1]

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _read(descriptors: Sequence[int], pid: int, patience: float) -> list[str]:
    """All that is written to pipes until nobody holds them any more; who takes too long is killed."""
    texts = {descriptor: bytearray() for descriptor in descriptors}
    deadline = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(timeout=max(0.0, deadline - time.monotonic()))
            if not ready:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise TimeoutError(f"process {pid} had not ended after {patience:g} s")
            for key, _ in ready:
                part = os.read(key.fd, 1 << 16)
                texts[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [bytes(t).decode("utf-8", "replace").replace("\r\n", "\n") for t in texts.values()]
