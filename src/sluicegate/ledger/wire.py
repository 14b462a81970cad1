"""The baselines as compact bytes. Pure; `wire_read` reads them back.

A measure's values form a column, and a value is written only where it differs from the previous
entry's. A ratio is written as its two counts, any other value exactly, as `3/4`. Most entries have the same
test cases: the names of all are written once (`caselist`), and each entry lists those that it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, pairwise
from typing import Annotated, Final, TypeVar

from sluicegate.core.fields import Amount, Count, Exact, Sha, ShaOrNone, Text
from sluicegate.core.model import Better, Measure
from sluicegate.documents.codec import Codec
from sluicegate.history.caselist import MAX_NAMES, MAX_TEXT, pack
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.baselines import MAX_BASELINES, Baselines

V = TypeVar("V")

Short = Annotated[str, Text(4096)]
Digest = Annotated[str, Text(16, pattern=r"^[0-9a-f]{16}$", wanted="the digest of a document")]
OUTCOMES: Final = ("failed", "error", "flaky")
"""Outcomes of a case that failed or was flaky."""

MAX_DIGITS = 128
"""Of a value that is written as it is."""

Point = tuple[Count, Exact | None, tuple[int, int] | None]
"""First entry, then the value, or the counts whose percentage it is; neither without a value."""

Figures = tuple[Count, Amount, Amount, Count, Amount | None]
"""Of a reading: entry, median, spread, samples, ratio."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one measure."""

    unit: Short
    better: Better
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the test cases of one verdict.

    Attributes:
        names: those of all entries (`caselist`).
        lacking: entry, and the ranges of indices in `names` that it lacks, first and last.
    """

    names: Annotated[str, Text(MAX_TEXT)]
    lacking: tuple[tuple[Count, tuple[tuple[Count, Count], ...]], ...]


@dataclass(frozen=True, slots=True)
class ScopeColumns:
    """The entries of one judged folder. Entries and cases are referred to by their index.

    Attributes:
        entries: document, commit, tree, seconds of the commit, time of the report, status.
        series: by verdict and measure.
        readings: by machine and benchmark.
        cases: name and path.
        bad: entry, case, outcome.
        code: by path: first entry, and the object name of the file; empty without one.
        names: by verdict: the names of test cases.
        files: result files in which cases failed.
        failing: by verdict: entry, case, file, and how many failures the case has there.
    """

    entries: tuple[tuple[Digest, Sha, ShaOrNone, int, Short, Short], ...]
    series: Mapping[Short, Mapping[Short, Column]] = field(default_factory=dict)
    readings: Mapping[Short, Mapping[Short, tuple[Figures, ...]]] = field(default_factory=dict)
    cases: tuple[tuple[Short, Short], ...] = ()
    bad: tuple[tuple[Count, Count, str], ...] = ()
    code: Mapping[Short, tuple[tuple[Count, ShaOrNone], ...]] = field(default_factory=dict)
    names: Mapping[Short, Names] = field(default_factory=dict)
    files: tuple[Short, ...] = ()
    failing: Mapping[Short, tuple[tuple[Count, Count, Count, Count], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """All baselines; a line is a commit, its first parent, and so on."""

    line: tuple[tuple[Sha, ...], ...] = ()
    scopes: Mapping[Short, ScopeColumns] = field(default_factory=dict)


WIRE = Codec(
    Wire,
    "sluicegate.ledger.baselines/1",
    remedy="`sluicegate ledger rebuild` rebuilds the baselines.",
    limit=MAX_BASELINES,
)


def encode(baselines: Baselines) -> bytes:
    """The bytes, equal for equal baselines."""
    return WIRE.encode(to_wire(baselines))


def to_wire(baselines: Baselines) -> Wire:
    """The baselines in columns."""
    scopes = dict.fromkeys(e.scope for e in baselines.entries)
    columns = {scope: _scope(baselines.of_scope(scope)) for scope in scopes}
    return Wire(tuple(_lines(baselines.parents)), columns)


def _lines(parents: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The parents as few lines: each starts at a commit without a child, or where others end."""
    left = dict(parents)
    inner = set(parents.values())
    for start in [*(c for c in parents if c not in inner), *parents]:
        line, at = [start], start
        while at in left:
            at = left.pop(at)
            line.append(at)
        if len(line) > 1:
            yield tuple(line)


def _scope(entries: Sequence[Entry]) -> ScopeColumns:
    keys = dict.fromkeys(key for part in (_listed, _unlisted) for e in entries for key in part(e))
    cases = {key: n for n, key in enumerate(keys)}
    files = {file: n for n, file in enumerate(dict.fromkeys(chain.from_iterable(map(_files, entries))))}
    bad = ((n, cases[c.name, c.path], c.outcome) for n, e in enumerate(entries) for c in _sorted(e.cases))
    return ScopeColumns(
        tuple((e.document, e.commit, e.tree, e.committed, e.at, e.status) for e in entries),
        _all_series(entries),
        _readings(entries),
        tuple(cases),
        tuple(bad),
        _code(entries),
        encode_names(entries),
        tuple(files),
        _failing(entries, cases, files),
    )


def _listed(entry: Entry) -> list[tuple[str, str]]:
    return [(c.name, c.path) for c in _sorted(entry.cases)]


def _unlisted(entry: Entry) -> list[tuple[str, str]]:
    """The failing cases of which no outcome is listed."""
    names = {name for own in entry.failing.values() for name, _ in own}
    return [(name, "") for name in sorted(names - {c.name for c in entry.cases})]


def _files(entry: Entry) -> list[str]:
    return sorted({file for own in entry.failing.values() for _, file in own})


def _failing(
    entries: Sequence[Entry], cases: Mapping[tuple[str, str], int], files: Mapping[str, int]
) -> dict[str, tuple[tuple[int, int, int, int], ...]]:
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for n, entry in enumerate(entries):
        paths = {c.name: c.path for c in _sorted(entry.cases)}
        for verdict, own in entry.failing.items():
            for (name, file), times in sorted(own.items()):
                row = (n, cases[name, paths.get(name, "")], files[file], times)
                found.setdefault(verdict, []).append(row)
    return {verdict: tuple(rows) for verdict, rows in found.items()}


def _sorted(cases: Iterable[Case]) -> list[Case]:
    return sorted(cases, key=lambda c: (c.name, c.path, c.outcome))


def _all_series(entries: Sequence[Entry]) -> dict[str, dict[str, Column]]:
    names = dict.fromkeys((v, n) for e in entries for v, own in e.measures.items() for n in own)
    found: dict[str, dict[str, Column]] = {}
    for verdict, name in names:
        values = [e.measures.get(verdict, {}).get(name) for e in entries]
        found.setdefault(verdict, {})[name] = _column(values)
    return found


def _column(values: Sequence[Measure | None]) -> Column:
    """One measure. Values before a change of the unit are dropped: they do not compare."""
    newest = next(m for m in reversed(values) if m is not None)
    same = [m if m and (m.unit, m.better) == (newest.unit, newest.better) else None for m in values]
    points = ((n, *own) for n, own in _changes(map(_value, same), (None, None)))
    return Column(newest.unit, newest.better, tuple(points))


def _changes(values: Iterable[V], last: V) -> Iterator[tuple[int, V]]:
    """Each value that differs from the one before, the first from `last`, with its index."""
    for n, value in enumerate(values):
        if value != last:
            yield n, value
            last = value


def _value(measure: Measure | None) -> tuple[Fraction | None, tuple[int, int] | None]:
    """The exact value or counts; a value of `MAX_DIGITS` digits or more is rounded."""
    if measure is None or measure.value is None:
        return None, None
    if measure.of and measure.of[1] and Fraction(100 * measure.of[0], measure.of[1]) == measure.value:
        return None, measure.of
    digits = len(str(measure.value.numerator)) + len(str(measure.value.denominator))
    return measure.value if digits < MAX_DIGITS else measure.value.limit_denominator(10**30), None


def _readings(entries: Sequence[Entry]) -> dict[str, dict[str, tuple[Figures, ...]]]:
    found: dict[str, dict[str, tuple[Figures, ...]]] = {}
    for n, entry in enumerate(entries):
        for r in sorted(entry.readings, key=lambda r: (r.machine, r.benchmark)):
            ratio = None if r.ratio is None else float(f"{r.ratio:.4g}")
            row = (n, float(f"{r.median:.6g}"), float(f"{r.spread:.3g}"), r.samples, ratio)
            own = found.setdefault(r.machine, {})
            own[r.benchmark] = (*own.get(r.benchmark, ()), row)
    return found


def _code(entries: Sequence[Entry]) -> dict[str, tuple[tuple[int, str], ...]]:
    paths = dict.fromkeys(p for e in entries for p in e.code)
    return {path: tuple(_changes((e.code.get(path, "") for e in entries), "")) for path in paths}


def encode_names(entries: Sequence[Entry]) -> dict[str, Names]:
    """By verdict: the names, and what each entry lacks; the oldest are left out above the limit."""
    verdicts = dict.fromkeys(verdict for entry in entries for verdict in entry.names)
    columns = ((verdict, _names([e.names.get(verdict, ()) for e in entries])) for verdict in verdicts)
    return {verdict: column for verdict, column in columns if column.names}


def _names(lists: Sequence[Sequence[str]]) -> Names:
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
