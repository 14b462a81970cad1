"""Counts of Acme: a file with a line `TIME ARM NAME COUNT` for each count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Counts:
    """One file."""

    path: Path

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        bad, total = (self._count(name, arm, window) for name in (query.bad, query.total))
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        known = {name for _, _, name, _ in self._lines()}
        return () if query.total in known else (f"{query.name}: Acme counts no {query.total}",)

    def _count(self, name: str, arm: str | None, window: Window) -> Counted:
        events, known = [0] * window.count, [False] * window.count
        for time, own, counted, count in self._lines():
            if counted == name and arm in (None, own) and window.start < int(time) <= window.end:
                index = (int(time) - window.start - 1) // window.width
                events[index] += int(count)
                known[index] = True
        return Counted(tuple(events), tuple(known))

    def _lines(self) -> list[tuple[str, str, str, str]]:
        try:
            lines = [line.split() for line in self.path.read_text(encoding="utf-8").splitlines()]
            return [(time, arm, name, count) for time, arm, name, count in lines]
        except (OSError, ValueError) as error:
            raise MetricError(f"no counts: {error}", where=str(self.path), remedy="Run Acme.") from error


def _create(settings: Mapping[str, Any], around: Surroundings) -> Counts:
    return Counts(around.root / settings["file"])


FACTORY = MetricFactory(
    {"file": Key(v.PATH, "File of the counts of Acme.", missing="Name it.")}, _create, tells_arms=True
)
