"""Benchmarks that were measured before and are not any more, and what they may be called now. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from sluicegate.core.text import some
from sluicegate.gates.performance.past import Past, readings
from sluicegate.gates.performance.suite import Measurement, Measurements, central
from sluicegate.history.entries import History

NAMED = 3
"""Benchmarks that are named where there are more."""

CARRY = 30
"""How many recorded reports are looked through for the last one with benchmarks."""

_ALIKE = 0.6
"""How alike two names must be, as difflib measures it: its own bound for a close match."""

_AS_LONG = 0.1
"""What the times of one benchmark under two names may differ by: as two runs of the same code do."""

_LOOKED_AT = 200
"""Characters of a name that are looked at: the work grows faster than their number."""

_FEW = 10
"""Above so many that are gone or new, the suite is another one, and no names are matched."""

_ITEM = 'benchmark["'


@dataclass(frozen=True, slots=True)
class Vanished:
    """What the base has and this commit has not.

    Attributes:
        names: of the benchmarks, sorted.
        renamed: of some of them, the name that they likely have now.
    """

    names: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """The first of them in words, and how many more there are."""
        return some([self.label(name) for name in self.names[:NAMED]], len(self.names))

    def label(self, name: str) -> str:
        """One of them, with what it is likely called now."""
        return f"{name} (likely {self.renamed[name]} now)" if name in self.renamed else name


def vanished(head: Measurements, base: Measurements, removed: Iterable[str], history: History) -> Vanished:
    """What is gone: of the base that the evidence has, else of what was recorded.

    Args:
        head: of this commit.
        base: what it was measured with, or the baseline file.
        removed: names that only the base had, as the measuring tool states.
        history: of earlier commits. A base in the evidence takes precedence: it states what ran.
    """
    stated = set(removed)
    before = {*base, *stated} if base or stated else recorded(history)
    names = tuple(sorted(before - head.keys()))
    new = sorted(head.keys() - before)
    if max(len(names), len(new)) > _FEW:
        return Vanished(names)
    return Vanished(names, _renamed(names, new, head, base, history.by_benchmark()))


def recorded(history: History) -> set[str]:
    """The names of the benchmarks of the last recorded report that has any."""
    for entry in reversed(history.latest()[-CARRY:]):
        items = (n for n in entry.measures.get("performance", ()) if n.startswith(_ITEM))
        names = {r.benchmark for r in entry.readings} | {
            n.removeprefix(_ITEM).rpartition('"].')[0] for n in items
        }
        if names:
            return names
    return set()


def _renamed(
    gone: Sequence[str], new: Sequence[str], head: Measurements, base: Measurements, history: Past
) -> dict[str, str]:
    """Pairs of an old name and a new one that fit each other, and nothing else.

    They are alike, and what they name takes as long on the same kind of machine; where either fits
    several, or no time is known, there is no pair.
    """
    known = [(o, n, _time_before(o, head[n], base, history)) for o, n in product(gone, new)]
    fits = [(o, n) for o, n, before in known if _fit(before, central(head[n]), o, n)]
    olds, news = Counter(o for o, _ in fits), Counter(n for _, n in fits)
    return {o: n for o, n in fits if olds[o] == news[n] == 1}


def _fit(before: float | None, now: float | None, old: str, new: str) -> bool:
    if before is None or now is None or max(now, before) > (1 + _AS_LONG) * min(now, before):
        return False
    a, b = old[:_LOOKED_AT], new[:_LOOKED_AT]
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE


def _time_before(old: str, run: Measurement, base: Measurements, history: Past) -> float | None:
    """The time of the old one on the machine of the new one; None when unknown."""
    if old in base:
        return central(base[old]) if base[old].machine == run.machine else None
    values = readings(history, old, run.machine).values
    return values[-1] if values else None
