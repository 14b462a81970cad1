"""The names of test cases in the baselines, as JSON values and back. Pure.

Most entries have the same cases. So the names of all entries stand once (`caselist`), and each entry says
which of them it has not, as runs of places:

    {VERDICT: [NAMES, [[ENTRY, [[FIRST, LAST], …]], …]]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from sluicegate.history.caselist import MAX_NAMES, pack, unpack
from sluicegate.history.entries import Entry

MAX_CELLS = 8_000_000
"""Names of all entries together: what a small file can unfold to."""

Names = dict[str, tuple[str, ...]]
Row = list[object]


def encode_names(entries: Sequence[Entry]) -> dict[str, Row]:
    """By verdict: the names, and what each entry lacks; the oldest are left out where it is too much."""
    verdicts = dict.fromkeys(verdict for entry in entries for verdict in entry.names)
    columns = ((verdict, _column([e.names.get(verdict, ()) for e in entries])) for verdict in verdicts)
    return {verdict: column for verdict, column in columns if column}


def _column(lists: Sequence[Sequence[str]]) -> Row:
    union: set[str] = set()
    kept: list[int] = []
    for n in range(len(lists) - 1, -1, -1):
        more = union.union(lists[n])
        if len(more) > MAX_NAMES:
            break
        if lists[n]:
            union, kept = more, [n, *kept]
    packed = pack(union)
    places = {name: place for place, name in enumerate(sorted(union))}
    return [packed, [[n, _runs(places, lists[n])] for n in kept]] if packed else []


def _runs(places: Mapping[str, int], names: Iterable[str]) -> list[list[int]]:
    """The places that the names leave free, as first and last of each run."""
    taken = [-1, *sorted(places[name] for name in names), len(places)]
    return [[one + 1, other - 1] for one, other in pairwise(taken) if other - one > 1]


def decode_names(value: Mapping[str, object], count: int) -> list[Names]:
    """By entry, the names of each verdict.

    Args:
        value: as `encode_names` gives it, from strangers.
        count: how many entries there are.

    Raises:
        ValueError: it is no such value.
    """
    found: list[Names] = [{} for _ in range(count)]
    room = MAX_CELLS
    for verdict, column in value.items():
        for n, names in _rows(column, count):
            room -= len(names)
            if room < 0 or verdict in found[n]:
                raise ValueError("too many names")
            found[n][verdict] = names
    return found


def _rows(column: object, count: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    match column:
        case [str(packed), list(rows)] if len(rows) <= count:
            names = unpack(packed)
        case _:
            raise ValueError("no list of names")
    for row in rows:
        match row:
            case [int(n), list(runs)] if not isinstance(n, bool) and 0 <= n < count:
                yield n, _without(names, runs)
            case _:
                raise ValueError("names of no entry")


def _without(names: tuple[str, ...], runs: Iterable[object]) -> tuple[str, ...]:
    kept: list[str] = []
    at = 0
    for run in runs:
        match run:
            case [int(first), int(last)] if at <= first <= last < len(names):
                kept.extend(names[at:first])
                at = last + 1
            case _:
                raise ValueError("no run of names")
    return (*kept, *names[at:]) if at else names
