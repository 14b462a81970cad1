"""The names of test cases in the baselines, as JSON values and back. Pure.

Most entries have the same cases. So the names of all entries are written once (`caselist`), and each
entry lists those that it lacks, as ranges of indices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from sluicegate.core.fields import Count, Text
from sluicegate.history.caselist import MAX_NAMES, MAX_TEXT, pack, unpack
from sluicegate.history.entries import Entry

MAX_CELLS = 8_000_000
"""Names of all entries together: what a small file can unfold to."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one verdict.

    Attributes:
        names: those of all entries (`caselist`).
        lacking: entry, and the ranges of indices in `names` that it lacks, first and last.
    """

    names: Annotated[str, Text(MAX_TEXT)]
    lacking: tuple[tuple[Count, tuple[tuple[Count, Count], ...]], ...]


def encode_names(entries: Sequence[Entry]) -> dict[str, Names]:
    """By verdict: the names, and what each entry lacks; the oldest are left out above the limit."""
    verdicts = dict.fromkeys(verdict for entry in entries for verdict in entry.names)
    columns = ((verdict, _column([e.names.get(verdict, ()) for e in entries])) for verdict in verdicts)
    return {verdict: column for verdict, column in columns if column.names}


def _column(lists: Sequence[Sequence[str]]) -> Names:
    union: set[str] = set()
    kept: list[int] = []
    for n in range(len(lists) - 1, -1, -1):
        more = union.union(lists[n])
        if len(more) > MAX_NAMES:
            break
        if lists[n]:
            union, kept = more, [n, *kept]
    places = {name: place for place, name in enumerate(sorted(union))}
    return Names(pack(union), tuple((n, tuple(_runs(places, lists[n]))) for n in kept))


def _runs(places: Mapping[str, int], names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The ranges of indices without these names, first and last of each."""
    taken = [-1, *sorted(places[name] for name in names), len(places)]
    return ((one + 1, other - 1) for one, other in pairwise(taken) if other - one > 1)


def decode_names(columns: Mapping[str, Names], count: int) -> list[dict[str, tuple[str, ...]]]:
    """By entry, the names of each verdict.

    Args:
        columns: as `encode_names` gives them, untrusted.
        count: number of entries.

    Raises:
        ValueError: they are invalid.
    """
    found: list[dict[str, tuple[str, ...]]] = [{} for _ in range(count)]
    room = MAX_CELLS
    for verdict, column in columns.items():
        names = unpack(column.names)
        for n, runs in column.lacking:
            if n >= count or verdict in found[n]:
                raise ValueError("names belong to no entry")
            found[n][verdict] = _without(names, runs)
            room -= len(found[n][verdict])
            if room < 0:
                raise ValueError("too many names")
    return found


def _without(names: tuple[str, ...], runs: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    kept: list[str] = []
    at = 0
    for first, last in runs:
        if not at <= first <= last < len(names):
            raise ValueError("a range of names is invalid")
        kept.extend(names[at:first])
        at = last + 1
    return (*kept, *names[at:]) if at else names
