"""The test cases that fail on the base, from the recorded runs: their failures are not new. Pure.

A run in which most cases fail is broken: a service is missing, or a module cannot be imported. It says
nothing of its cases, and is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sluicegate.core.model import Measure
from sluicegate.history.entries import Entry

MAX_FAILING = 500
"""Failing cases that are kept of one verdict, in each result file; further ones count as new later."""

_LEAST = 5


@dataclass(frozen=True, slots=True)
class Failing:
    """A case that fails on the base.

    Attributes:
        places: by result file, how many failures have its name: a matrix runs it in several jobs.
        since: the first commit of those without a run between in which it did not fail, full object name.
        on: the date of that commit, `YYYY-MM-DD`.
        earlier: no run before is recorded, so it may have failed before.
    """

    places: Mapping[str, int]
    since: str
    on: str
    earlier: bool = False

    @property
    def words(self) -> str:
        """`fails on the base since 1a2b3c4 (2026-11-01)`."""
        return f"fails on the base since {self.since[:7]} ({self.on}){' or before' * self.earlier}"

    def covers(self, here: Mapping[str, int], files: Collection[str]) -> bool:
        """Did it fail on the base wherever it fails here, and as often?

        Where a result file of the base is missing, files have other names in each run: the number counts.

        Args:
            here: how often it fails, by result file.
            files: all result files.
        """
        if self.places.keys() <= set(files):
            return all(n <= self.places.get(file, 0) for file, n in here.items())
        return sum(here.values()) <= sum(self.places.values())


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
    found: dict[str, Failing] = {}
    failing = [by_name(run.failing.get(verdict, {})) for run in runs]
    for name, places in failing[0].items():
        count = next((n for n, failed in enumerate(failing) if name not in failed), len(runs))
        first = runs[count - 1]
        found[name] = Failing(places, first.commit, first.on, count == len(runs))
    return found


def by_name(failing: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """The failures of each case by result file, from those by both."""
    found: dict[str, dict[str, int]] = {}
    for (name, file), times in failing.items():
        found.setdefault(name, {})[file] = times
    return found
