"""Finds the recorded report that is the baseline of a commit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.model import Absence, Measure
from sluicegate.core.text import plural
from sluicegate.criteria import Measures
from sluicegate.history.baseline import Baseline
from sluicegate.history.entries import Entry, History, entries_of
from sluicegate.history.failing import failing_cases
from sluicegate.ledger.baselines import ParentLine, is_item, nearest

CARRY = 30
"""Number of commits for which a verdict that was not measured keeps its last value."""


@dataclass(frozen=True, slots=True)
class PriorRecord:
    """The baseline and the history before a change."""

    baseline: Baseline
    history: History = field(default_factory=History)


def remember(entries: Sequence[Entry], line: ParentLine, branch: str = "the default branch") -> PriorRecord:
    """The baseline and the history of the commit at the beginning of a line.

    The entries are of the judged scope; `branch` is whose pushes record.
    """
    distance = nearest(line.commits, (e.commit for e in entries))
    if distance < 0:
        return PriorRecord(_none(bool(entries), line, branch))
    history = History(entries_of(line.commits, entries))
    measures: dict[str, Measures] = {}
    notes: dict[str, str] = {}
    cases: dict[str, tuple[str, ...]] = {}
    for older, verdict, entry in _values(history, line, distance):
        if verdict in measures:
            continue
        measures[verdict] = _measures(entry.measures[verdict])
        cases[verdict] = entry.names.get(verdict, ())
        if older:
            notes[verdict] = f"the baseline is {entry.commit[:7]}'s, {_before(older)} the others'"
    # `abc1234, 3 commits before the base`
    label = f"{line.commits[distance][:7]}, {f'{_before(distance)} ' if distance else ''}{line.what}"
    latest = history.latest()[::-1]
    failing = {v: bad for v in measures if (bad := failing_cases(latest, v)) is not None}
    return PriorRecord(Baseline(measures, label=label, notes=notes, cases=cases, failing=failing), history)


def _values(history: History, line: ParentLine, distance: int) -> Iterator[tuple[int, str, Entry]]:
    """What was measured, newest first, as far back as values are carried.

    By how many commits it is older than the baseline, the verdict, and the entry that has it.
    """
    older = {commit: n - distance for n, commit in enumerate(line.commits)}
    for entry in reversed(history.latest()):
        if older[entry.commit] <= CARRY:
            for verdict in entry.measures:
                yield older[entry.commit], verdict, entry


def _none(any_entry: bool, line: ParentLine, branch: str) -> Baseline:
    if any_entry and not line.whole:
        return Baseline(
            absence=Absence.NOT_MEASURED,
            reason=f"which recorded commit is before {line.what} is not known in this shallow clone; "
            "run `sluicegate ledger fetch`, or set 'fetch-depth: 0' in actions/checkout",
        )
    none = f"no commit before {line.what} is recorded" if any_entry else "no baseline yet"
    reason = f"{none}: it is recorded on the next push to {branch}"
    return Baseline(absence=Absence.NOT_APPLICABLE, reason=reason)


def _before(distance: int) -> str:
    return f"{plural(distance, 'commit')} before"


def _measures(own: Mapping[str, Measure]) -> Measures:
    """Plain measures, and items by their selector."""
    plain: dict[str, Measure] = {}
    items: dict[str, dict[str, dict[str, Measure]]] = {}
    for name, measure in own.items():
        if is_item(name):
            kind, _, rest = name.partition('["')
            items.setdefault(kind, {}).setdefault(rest.rpartition('"].')[0], {})[measure.name] = measure
        else:
            plain[name] = measure
    return Measures(plain, items)
