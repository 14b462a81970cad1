"""Runs the parts of a step side by side, and ends them with the step.

Each part waits for the network, so threads are enough. A part may hold a file with a token while git runs; a
step that is asked to end therefore ends all calls of git, and waits until the parts have cleaned up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from sluicegate.git.runner import end_calls

PATIENCE = 2.0
"""Seconds that the parts may take to clean up. The runner kills what is left 2.5 s after its last request."""

_LOOK = 0.25
"""Seconds after which a wait for a thread looks for signals, which on Windows do not end it."""

T = TypeVar("T")


class _ParallelPart(threading.Thread, Generic[T]):
    """One part, in a thread that does not keep the process alive."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._found: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._found.append(self._work())
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._found[0]


def side_by_side(parts: Sequence[Callable[[], T]]) -> list[T]:
    """The results in order; all have ended. What a part raises is raised, that of the first one.

    One alone runs in this thread.
    """
    if len(parts) < 2:
        return [part() for part in parts]
    threads = [_ParallelPart(part) for part in parts]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_LOOK)
    except BaseException:
        _end(threads)
        raise
    return [thread.result() for thread in threads]


def _end(threads: Iterable[threading.Thread]) -> None:
    """End what the threads wait for, and give them a moment to clean up."""
    end_calls()
    end = time.monotonic() + PATIENCE
    for thread in threads:
        if thread.ident is not None:  # it was started
            thread.join(max(0.0, end - time.monotonic()))
