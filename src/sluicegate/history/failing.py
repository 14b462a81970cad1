"""The test cases that fail on the base, from the recorded runs: their failures are not new. Pure.

A run in which most cases fail is broken: a service is missing, or a module cannot be imported. It says
nothing of its cases, and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from sluicegate.core.model import Measure
from sluicegate.history.entries import Entry

MAX_FAILING = 500
"""Names of failing cases that are kept of one verdict; those of further ones count as new later."""

_LEAST = 5


@dataclass(frozen=True, slots=True)
class Failing:
    """A case that fails on the base.

    Attributes:
        times: how many failures have its name, as where a matrix runs it in several jobs.
        since: the first commit of those without a run between in which it did not fail, full object name.
        on: the date of that commit, `YYYY-MM-DD`.
        earlier: no run before is recorded, so it may have failed before.
    """

    times: int
    since: str
    on: str
    earlier: bool = False

    @property
    def words(self) -> str:
        """`fails on the base since 1a2b3c4 (2026-11-01)`."""
        return f"fails on the base since {self.since[:7]} ({self.on}){' or before' * self.earlier}"


def is_broken(failed: int, passed: int) -> bool:
    """Did most of the cases that ran fail, and more than a few? Then they have one cause."""
    return failed >= _LEAST and failed > passed


def was_broken(measures: Mapping[str, Measure]) -> bool:
    """The same of the recorded measures of a verdict."""
    failed, errors, passed = (
        0 if (m := measures.get(name)) is None or m.value is None else int(m.value)
        for name in ("failed", "errors", "passed")
    )
    return is_broken(failed + errors, passed)


def failing_cases(entries: Iterable[Entry], verdict: str) -> dict[str, Failing] | None:
    """The cases of a verdict (`api/tests.unit`) that failed in its newest run, by name.

    Args:
        entries: one a commit, newest first.
        verdict: of the gate `tests`.

    Returns:
        None where no run is recorded that is not broken.
    """
    runs = [e for e in entries if (own := e.measures.get(verdict)) and not was_broken(own)]
    if not runs:
        return None
    newest = runs[0].failing.get(verdict, {})
    first = {name: len(list(takewhile(partial(_fails, verdict, name), runs))) for name in newest}
    return {
        name: Failing(times, (entry := runs[first[name] - 1]).commit, entry.on, first[name] == len(runs))
        for name, times in newest.items()
    }


def _fails(verdict: str, name: str, entry: Entry) -> bool:
    return name in entry.failing.get(verdict, {})
