"""Runs a command of rollouts that dies at a point of its life: `python killed.py POINT NOW WORD...`.

Points are counted at every call to the ledger, to a flag's file and to a server, before it and after it. At
the point of that number the process kills itself by SIGKILL, so that nothing is cleaned up. Below 0 it lives,
and writes how many points there were to the file that SLUICEGATE_TEST_POINTS names. No server is waited for
longer than SLUICEGATE_TEST_TIMEOUT seconds, where that is set.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sluicegate.cli import rollout_sessions
from sluicegate.cli.main import main
from sluicegate.core.errors import SluicegateError
from sluicegate.flags.files.places import LocalFile
from sluicegate.ledger.gitstore import GitStore
from sluicegate.net.client import Clock
from sluicegate.net.transport import HttpTransport

CALLS: tuple[tuple[type, str], ...] = (
    (GitStore, "view"), (GitStore, "_push"), (LocalFile, "read"), (LocalFile, "write"),
    (HttpTransport, "_once"),
)  # fmt: skip


class Points:
    """Counts points, and dies at one."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def reach(self) -> None:
        """One more."""
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with a point before it and one after."""

        @functools.wraps(call)
        def counted(*values: object, **named: object) -> object:
            self.reach()
            found = call(*values, **named)
            self.reach()
            return found

        return counted


def impatient(once: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """The same request, which waits for so long."""
    return lambda transport, *given: once(replace(transport, timeout=seconds), *given)


def run(last: int, now: float, words: list[str]) -> int:
    """The exit code of the command."""
    points = Points(last)
    if timeout := os.environ.get("SLUICEGATE_TEST_TIMEOUT"):
        HttpTransport._once = impatient(HttpTransport._once, float(timeout))  # type: ignore[method-assign]
    for kind, name in CALLS:
        setattr(kind, name, points.around(getattr(kind, name)))
    clock = Clock(now=lambda: now)
    rollout_sessions.clock = lambda: clock
    try:
        code = main.main(["rollout", *words], standalone_mode=False)
    except SluicegateError as error:
        code = int(error.exit_code)
    Path(os.environ["SLUICEGATE_TEST_POINTS"]).write_text(str(points.count), encoding="ascii")
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
