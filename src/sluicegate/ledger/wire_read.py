"""Reads baselines from untrusted bytes: any bytes give baselines or a `DocumentError`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, TypeVar

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Measure
from sluicegate.core.readings import Reading
from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import parse
from sluicegate.history.caselist import unpack
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.baselines import MAX_ENTRIES, MAX_SCOPES, Baselines, edges
from sluicegate.ledger.documents import DocumentError, NewerError
from sluicegate.ledger.wire import OUTCOMES, WIRE, Column, Names, Point, ScopeColumns, Wire

MAX_CELLS = 4_000_000
"""Values of all measures in all entries: what a small file can unfold to."""

MAX_ALL_NAMES = 8_000_000
"""Names of test cases in all entries together."""

_SCHEMA: Final = re.compile(r"sluicegate\.ledger\.baselines/[1-9][0-9]{0,5}")

R = TypeVar("R", bound=tuple[Any, ...])


def decode(data: bytes, where: str) -> Baselines:
    """The baselines.

    Raises:
        NewerError: a newer schema version wrote them.
        DocumentError: they are invalid in any other way.
    """
    if not data:
        raise _wrong("must be a commit with a baselines file within the size limit", where)
    try:
        value = parse(data, where)
        stated = value.get("schema") if isinstance(value, dict) else None
        if isinstance(stated, str) and stated != WIRE.schema and _SCHEMA.fullmatch(stated):
            raise NewerError(
                f"has the schema '{stated}', which this version does not support", where=where,
                remedy="Use the newest sluicegate everywhere.",
            )  # fmt: skip
        return of_wire(WIRE.take(value, where), where)
    except EvidenceError as error:
        if isinstance(error, DocumentError):
            raise
        raise _wrong(error.what, where) from error


def of_wire(wire: Wire, where: str) -> Baselines:
    """The baselines of a document.

    Raises:
        DocumentError: it unfolds to too much, or an index is out of range.
    """
    parents: dict[str, str] = {}
    for line in wire.line:
        parents |= edges(line)
    try:
        if len(wire.scopes) > MAX_SCOPES:
            raise ValueError("it has too many scopes")
        scopes = wire.scopes.values()
        if sum((sum(map(len, s.series.values())) + len(s.code)) * len(s.entries) for s in scopes) > MAX_CELLS:
            raise ValueError("it has too many values")
        entries = (e for name, scope in sorted(wire.scopes.items()) for e in _entries(name, scope))
        return Baselines(tuple(entries), parents)
    except ValueError as error:
        raise _wrong(f"is damaged: {cut(one_line(str(error)), 100)}", where) from error


def _wrong(what: str, where: str) -> DocumentError:
    return DocumentError(what, where=where, remedy=WIRE.remedy)


def _entries(name: str, scope: ScopeColumns) -> Iterator[Entry]:
    count = len(scope.entries)
    if count > MAX_ENTRIES:
        raise ValueError("it has too many entries")
    measures = _measures(scope.series, count)
    readings = _readings(scope, count)
    cases = _cases(scope, count)
    code = _code(scope.code, count)
    names, failing = decode_names(scope.names, count), _failing(scope, count)
    for n, (document, commit, tree, committed, at, status) in enumerate(scope.entries):
        entry = Entry(document, commit, tree, committed, at, name, status, measures[n])
        tests = replace(entry, cases=tuple(cases[n]), code=code[n], names=names[n], failing=failing[n])
        yield replace(tests, readings=tuple(readings[n]))


def _measures(series: Mapping[str, Mapping[str, Column]], count: int) -> list[dict[str, dict[str, Measure]]]:
    found: list[dict[str, dict[str, Measure]]] = [{} for _ in range(count)]
    for verdict, columns in series.items():
        for name, column in columns.items():
            for start, end, point in _segments(column.points, count):
                measure = _measure(name.rpartition('"].')[2], column, point)
                if measure is None:
                    continue
                for own in found[start:end]:
                    own.setdefault(verdict, {})[name] = measure  # one for all of them
    return found


def _measure(name: str, column: Column, point: Point) -> Measure | None:
    """The measure with the value of a point; None for a point without a value."""
    _, value, of = point
    if of is None:
        return None if value is None else Measure(name, value, column.unit, column.better)
    part, whole = of
    if whole <= 0 or value is not None:
        raise ValueError("a value is invalid")
    return Measure(name, Fraction(100 * part, whole), column.unit, column.better, of)


def _segments(rows: Sequence[R], count: int) -> Iterator[tuple[int, int, R]]:
    """Each row with the first entry that it holds for, and the first that it does not."""
    starts = [_index(row[0], count) for row in rows]
    if any(b <= a for a, b in pairwise(starts)):
        raise ValueError("values are not in order")
    yield from zip(starts, [*starts[1:], count], rows, strict=False)


def _index(number: int, count: int) -> int:
    if number >= count:
        raise ValueError("a value belongs to no entry")
    return number


def _readings(scope: ScopeColumns, count: int) -> list[list[Reading]]:
    found: list[list[Reading]] = [[] for _ in range(count)]
    for machine, benchmarks in scope.readings.items():
        for name, rows in benchmarks.items():
            for n, median, spread, samples, ratio in rows:
                reading = Reading(name, machine, median, spread, samples, ratio)
                if not reading.is_sound:
                    raise ValueError("a reading is invalid")
                found[_index(n, count)].append(reading)
    return found


def _cases(scope: ScopeColumns, count: int) -> list[list[Case]]:
    found: list[list[Case]] = [[] for _ in range(count)]
    for n, case, outcome in scope.bad:
        if case >= len(scope.cases) or outcome not in OUTCOMES:
            raise ValueError("an outcome is invalid")
        found[_index(n, count)].append(Case(*scope.cases[case], outcome))
    return found


def _failing(scope: ScopeColumns, count: int) -> list[dict[str, dict[tuple[str, str], int]]]:
    found: list[dict[str, dict[tuple[str, str], int]]] = [{} for _ in range(count)]
    for verdict, rows in scope.failing.items():
        for n, case, file, times in rows:
            if case >= len(scope.cases) or file >= len(scope.files) or not times:
                raise ValueError("a failing case is invalid")
            own = found[_index(n, count)].setdefault(verdict, {})
            key = (scope.cases[case][0], scope.files[file])
            if key in own:
                raise ValueError("a failing case is there twice")
            own[key] = times
    return found


def _code(paths: Mapping[str, Sequence[tuple[int, str]]], count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{} for _ in range(count)]
    for path, rows in paths.items():
        for start, end, (_, name) in _segments(rows, count):
            for own in found[start:end] if name else ():
                own[path] = name
    return found


def decode_names(columns: Mapping[str, Names], count: int) -> list[dict[str, tuple[str, ...]]]:
    """By entry, the names of each verdict; the columns are untrusted.

    Raises:
        ValueError: they are invalid.
    """
    found: list[dict[str, tuple[str, ...]]] = [{} for _ in range(count)]
    room = MAX_ALL_NAMES
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
