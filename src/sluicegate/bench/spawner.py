"""Starts commands, one at a time, and measures each. Run as a script: `python -I -S spawner.py`.

A separate process for two reasons. The largest memory of a child that the kernel reports is never
below that of the process that started it, so that one has to be small. And when the one that asks is
gone, by whatever signal, the end of standard input tells it, and the running command is ended.

Frames are `=`, four bytes of length, then fields that NUL separates. The first holds the environment
(`NAME=VALUE`) of all commands; each further one a folder, a file for the output, and the words of a
command. The answer is a line: `exit CODE WALL_NS CPU_S PEAK` or `errno NUMBER`. A `!` that comes while
a command runs has it ended; one that comes too late is passed over.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time

GRACE = 1.0
"""Seconds between the request to end and the end by force."""

_STDIN, _STDOUT = 0, 1
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in a unit of ru_maxrss


def frame(fields: list[bytes]) -> bytes:
    """The fields as the spawner reads them."""
    body = b"\0".join(fields)
    return b"=" + len(body).to_bytes(4, "big") + body


def main() -> None:
    """Serve until standard input ends."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    _adopt()
    first = _received()
    environment = dict(pair.split(b"=", 1) for pair in first or ())
    while (fields := _received()) is not None:
        folder, output, *words = fields
        try:
            os.chdir(folder)
            answer = _run(words, environment, output, woken)
        except OSError as error:
            answer = f"errno {error.errno}"
        with contextlib.suppress(BrokenPipeError):
            os.write(_STDOUT, f"{answer}\n".encode())
    _end_adopted()


def _received() -> list[bytes] | None:
    while (mark := _exactly(1)) == b"!":
        pass
    size = _exactly(4) if mark else b""
    body = _exactly(int.from_bytes(size, "big")) if size else b""
    return body.split(b"\0") if body else None


def _exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = os.read(_STDIN, count - len(data))
        if not part:
            return b""
        data += part
    return data


def _run(words: list[bytes], environment: dict[bytes, bytes], output: bytes, woken: int) -> str:
    """Run one command in a new process group, and end the processes that it leaves behind."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    fresh = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)  # what Python changed, as a command expects it
    started = time.monotonic_ns()
    pid = os.posix_spawn(words[0], words, environment, file_actions=actions, setpgroup=0, setsigdef=fresh)
    try:
        status, cpu, peak = _waited(pid, woken)
        ended = time.monotonic_ns()
    finally:
        _signal_group(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    return f"exit {code} {ended - started} {cpu:.6f} {peak}"


def _waited(pid: int, woken: int) -> tuple[int, float, int]:
    """Wait for the command, ending it when there is something to read, or the end, on standard input.

    Returns:
        Its status, CPU seconds, and peak in bytes.
    """
    asked = [_STDIN]
    deadline = None
    while True:
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNIT
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        ready = select.select([woken, *asked], [], [], left)[0]
        if woken in ready:
            os.read(woken, 4096)
        if _STDIN in ready:
            os.read(_STDIN, 1)
            asked = []
            deadline = time.monotonic() + GRACE
            _signal_group(pid, signal.SIGTERM)
        elif not ready:
            _signal_group(pid, signal.SIGKILL)
            deadline = None


def _adopt() -> None:
    """Adopt orphaned descendants (prctl(2), PR_SET_CHILD_SUBREAPER), so that a daemon, which has its own
    session, can be ended too."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _end_adopted() -> None:
    """End all children, and their children, which become ours when their parents end."""
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        for pid in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _children() -> list[int]:
    """The child processes of this one (proc(5), `task/TID/children`)."""
    try:
        file = os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY)
    except OSError:
        return []
    try:
        return [int(pid) for pid in os.read(file, 65536).split()]
    finally:
        os.close(file)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


if __name__ == "__main__":
    main()
