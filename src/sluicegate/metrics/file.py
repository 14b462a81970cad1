"""Counts events of a file of this machine: one JSON object a line, for tests, demonstrations and other tools.

    {"time": 1700000000, "arm": "on", "counts": {"requests": 20, "errors": 1}}

A query's expressions are names in `counts`. A line is of the bin that its time falls into; `arm` may be
absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluicegate.core.errors import EvidenceError
from sluicegate.documents.parsing import parse
from sluicegate.metrics.counters import Counted, pair
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, Query, Window
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.runtime.files import read_whole
from sluicegate.runtime.surroundings import Surroundings

LIMIT = 64 * 1024**2
"""Bytes of the file."""

_FORM = 'Write lines such as {"time": 1700000000, "arm": "on", "counts": {"requests": 20, "errors": 1}}.'


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    time: int
    arm: str | None
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MetricFile:
    """One file."""

    path: Path

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        if query.over is not None:
            remedy = "Let a count of its own have the slow events."
            raise MetricError("a file has no histograms", where=query.name, remedy=remedy)
        lines = [line for line in self._lines() if query.of == "service" or line.arm == arm]
        bad, total = (_count(lines, name, window) for name in (query.bad, query.total))
        return pair(bad, total, window, query.name)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        lines = list(self._lines())
        names = {name for line in lines for name in line.counts}
        wrong = [f"{query.name}: no line counts '{query.total}'"] if query.total not in names else []
        if query.of == "exposed" and arm not in {line.arm for line in lines}:
            wrong.append(f"{query.name}: no line has the arm '{arm}'")
        return tuple(wrong)

    def _lines(self) -> Iterator[Line]:
        data = read_whole(self.path, LIMIT)
        if data is None:
            remedy = "It must be a plain file of at most 64 MiB."
            raise MetricError("there is no such file", where=str(self.path), remedy=remedy)
        for number, text in enumerate(data.splitlines(), 1):
            if text.strip():
                yield self._line(text, f"{self.path.name}:{number}")

    def _line(self, text: bytes, where: str) -> Line:
        try:
            found = parse(text, where)
        except EvidenceError as error:
            raise MetricError(f"the line {error.what}", where=where, remedy=_FORM) from error
        line = found if isinstance(found, dict) else {}
        time, arm, counts = line.get("time"), line.get("arm"), line.get("counts")
        sound = (
            _is_whole(time)
            and isinstance(arm, str | None)
            and isinstance(counts, dict)
            and all(map(_is_whole, counts.values()))
        )
        if not sound:
            raise MetricError("the line is no count", where=where, remedy=_FORM)
        return Line(line["time"], arm, line["counts"])


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(lines: list[Line], name: str, window: Window) -> Counted:
    events, known = [0] * window.count, [False] * window.count
    for line in lines:
        if window.start < line.time <= window.end and name in line.counts:
            index = (line.time - window.start - 1) // window.width
            events[index] += line.counts[name]
            known[index] = True
    return Counted(tuple(events), tuple(known))


KEYS: Mapping[str, Key] = {
    "file": Key(
        v.PATH, "Path of the file in the project.", missing="Name it, for example file: counts.jsonl."
    ),
}


def _create(settings: Mapping[str, Any], around: Surroundings) -> MetricFile:
    return MetricFile(around.root / settings["file"])


FACTORY = MetricFactory(KEYS, _create, tells_arms=True)
