"""Programs of others that serve on 127.0.0.1 for as long as a test session lasts: started, awaited, ended.

Each runs on a free port, with a folder of its own, and is ended by its process group: only what was started
here is ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 180.0
"""Seconds in which a server must answer: this machine may be loaded."""


class ServerMissingError(Exception):
    """A server is not installed here, or did not start; the message says how to get it."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that other users may enter, removed in the end."""
    with tempfile.TemporaryDirectory(prefix="sluicegate-rig-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@dataclass(frozen=True, slots=True)
class Running:
    """A program that runs; `log` has what it prints."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, url: str) -> None:
        """Wait until an address answers 200.

        Raises:
            ServerMissingError: the program ended, or never answered.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of ours
                    return
            except OSError:
                time.sleep(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServerMissingError(f"{url} does not answer; the program said: {said}")


@contextlib.contextmanager
def started(
    command: Sequence[str | Path], at: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A program while the context lasts, in a folder, which gets its log."""
    log = at / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=at,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        yield Running(process, log)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program with all that it started."""
    for number, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def program(name: str, *places: Path) -> Path | None:
    """A program of this machine; None where there is none."""
    found = shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ.get("PATH", "")]))
    return Path(found) if found else None
