"""Limits of processor time that a slow or busy machine does not break."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import coverage

STEPS = 200_000
USUAL = 0.01
"""Seconds that so many steps take on a machine of medium speed."""


@contextlib.contextmanager
def soon(seconds: float) -> Iterator[None]:
    """Fail where the work inside takes more processor time than this on a machine of medium speed.

    A slower machine gets more, as a loop before and behind the work says. Coverage does not measure the work.
    Use it for work whose time would be a multiple of the limit if it grew faster than it should.
    """
    with _not_measured():
        before = _counting()
        begin = time.process_time()
        yield
        took = time.process_time() - begin
        after = _counting()
    allowed = seconds * max(1.0, before / USUAL, after / USUAL)
    assert took < allowed, f"it took {took:.2f} s of processor time, and {allowed:.2f} s are allowed"


@contextlib.contextmanager
def _not_measured() -> Iterator[None]:
    """Let coverage wait, which makes the work slower than users see it."""
    measuring = coverage.Coverage.current()
    if measuring:
        measuring.stop()
    try:
        yield
    finally:
        if measuring:
            measuring.start()


def _counting() -> float:
    begin = time.process_time()
    total = 0
    for step in range(STEPS):
        total += step
    return time.process_time() - begin
