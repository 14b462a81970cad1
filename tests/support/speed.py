"""Limits of processor time that a slow or busy machine does not break."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

STEPS = 200_000
USUAL = 0.01
"""Seconds that so many steps take on a machine of medium speed."""


@contextlib.contextmanager
def soon(seconds: float) -> Iterator[None]:
    """Fail where the work inside takes more processor time than this on a machine of medium speed.

    A slower machine gets more, as a loop before and behind the work says. It is for work whose time would be
    a multiple of the limit if it grew faster than it should.
    """
    before = _counting()
    begin = time.process_time()
    yield
    took = time.process_time() - begin
    allowed = seconds * max(1.0, before / USUAL, _counting() / USUAL)
    assert took < allowed, f"it took {took:.2f} s of processor time, and {allowed:.2f} s are allowed"


def _counting() -> float:
    begin = time.process_time()
    total = 0
    for step in range(STEPS):
        total += step
    return time.process_time() - begin
