"""The baselines read back from bytes of strangers: any bytes give baselines or a `DocumentError`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Better, Measure
from sluicegate.core.readings import LEAST, MOST, Reading
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.json_file import parse
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.baselines import MAX_ENTRIES, MAX_SCOPES, Baselines, edges
from sluicegate.ledger.documents import DocumentError, NewerError
from sluicegate.ledger.wire_names import Names, decode_names

MAX_EXACT = 128
"""Characters of an exact value."""

MAX_CELLS = 4_000_000
"""Values of all measures in all entries: what a small file can unfold to."""

_MAX_TEXT = 4096
_SCHEMA: Final = re.compile(r"sluicegate\.ledger\.baselines/([1-9][0-9]{0,5})")
_EXACT: Final = re.compile(r"(-?[0-9]{1,100})/([0-9]{1,100})")
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIGEST: Final = re.compile(r"[0-9a-f]{16}")
OUTCOMES = ("failed", "error", "flaky")
"""How a case can end that did not simply pass."""


class _BadError(Exception):
    """What stands at a place is not what belongs there."""


def decode(data: bytes, where: str) -> Baselines:
    """The baselines.

    Raises:
        NewerError: a newer schema version wrote them.
        DocumentError: anything else that is wrong.
    """
    if not data:
        raise _wrong("is no commit with a file of baselines within the limit", where)
    try:
        value = parse(data, where)
        return decode_value(value, where)
    except EvidenceError as error:
        if isinstance(error, DocumentError):
            raise
        raise _wrong(error.what, where) from error


def decode_value(value: object, where: str) -> Baselines:
    """The baselines, from parsed JSON.

    Raises:
        DocumentError: as `decode`.
    """
    if not isinstance(value, dict) or not isinstance(schema := value.get("schema"), str):
        raise _wrong("names no schema of the ledger", where)
    match = _SCHEMA.fullmatch(schema)
    if match is None:
        raise _wrong(f"has the schema '{cut(one_line(schema), 60)}'", where)
    if match[1] != "1":
        raise NewerError(
            f"has the schema '{match[0]}', which this version does not know", where=where,
            remedy="Use the newest sluicegate everywhere.",
        )  # fmt: skip
    try:
        return _baselines(value)
    except _BadError as error:
        raise _wrong(f"is damaged: {error}", where) from error


def _wrong(what: str, where: str) -> DocumentError:
    return DocumentError(what, where=where, remedy="`sluicegate ledger rebuild` makes the baselines anew.")


def _baselines(value: Mapping[str, object]) -> Baselines:
    parents: dict[str, str] = {}
    for line in _list(value.get("line"), "line"):
        parents |= edges([_sha(c, "line") for c in _list(line, "line")])
    scopes = _object(value.get("scopes"), "scopes")
    if len(scopes) > MAX_SCOPES:
        raise _BadError("it has too many scopes")
    read = [_Scope(name, _object(scope, "scopes")) for name, scope in sorted(scopes.items())]
    if sum(s.cells for s in read) > MAX_CELLS:
        raise _BadError("it has too many values")
    return Baselines(tuple(e for s in read for e in s.entries()), parents)


@dataclass(frozen=True, slots=True)
class _Scope:
    """One scope of the document, read by columns."""

    name: str
    value: Mapping[str, object]

    @property
    def cells(self) -> int:
        series = _object(self.value.get("series"), "series")
        codes = _object(self.value.get("code"), "code")
        columns = sum(len(_object(own, "series")) for own in series.values()) + len(codes)
        return columns * len(_list(self.value.get("entries"), "entries"))

    def entries(self) -> Iterator[Entry]:
        rows = _list(self.value.get("entries"), "entries")
        if len(rows) > MAX_ENTRIES:
            raise _BadError("it has too many entries")
        entries = [_entry(row, self.name) for row in rows]
        count = len(entries)
        measures = _measures(_object(self.value.get("series"), "series"), count)
        readings = _readings(_object(self.value.get("readings"), "readings"), count)
        cases = _cases(self.value, count)
        code = _code(_object(self.value.get("code"), "code"), count)
        names = _names(_object(self.value.get("names", {}), "names"), count)
        for n, entry in enumerate(entries):
            yield replace(
                entry,
                measures=measures[n],
                readings=tuple(readings[n]),
                cases=tuple(cases[n]),
                code=code[n],
                names=names[n],
            )


def _entry(row: object, scope: str) -> Entry:
    match row:
        case [str(document), str(commit), str(tree), int(committed), str(at), str(status)] if (
            _DIGEST.fullmatch(document) and not isinstance(committed, bool) and abs(committed) < 1 << 53
        ):
            return Entry(
                document, _sha(commit, "entries"), _sha(tree, "entries") if tree else "", committed,
                _text(at, "entries"), _text(scope, "scopes"), _text(status, "entries"),
            )  # fmt: skip
        case _:
            raise _BadError("an entry is none")


def _measures(series: Mapping[str, object], count: int) -> list[dict[str, dict[str, Measure]]]:
    found: list[dict[str, dict[str, Measure]]] = [{} for _ in range(count)]
    for verdict, columns in series.items():
        for name, column in _object(columns, "series").items():
            plain, points = _column(name, column)
            for start, end, row in _segments(points, count):
                if (measure := _measure(plain, row)) is None:
                    continue
                for own in found[start:end]:
                    own.setdefault(_text(verdict, "series"), {})[name] = measure  # one for all of them
    return found


def _column(name: str, column: object) -> tuple[Measure, Sequence[object]]:
    """A measure without value, and its points."""
    match column:
        case [str(unit), "higher" | "lower" as better, list(points)]:
            short = _text(name, "series").rpartition('"].')[2]
            return Measure(short, None, _text(unit, "series"), Better(better)), points
        case _:
            raise _BadError("a measure is none")


def _measure(plain: Measure, row: Sequence[object]) -> Measure | None:
    """The measure with the value of a row; None where it says that there is none."""
    match row[1:]:
        case []:
            return None
        case [str(text)] if (match := _EXACT.fullmatch(text)) and int(match[2]):
            value = Fraction(int(match[1]), int(match[2]))
            return Measure(plain.name, value, plain.unit, plain.better)
        case [int(part), int(whole)] if whole > 0 and max(abs(part), whole) < 1 << 53:
            return Measure(plain.name, Fraction(100 * part, whole), plain.unit, plain.better, (part, whole))
        case _:
            raise _BadError("a value is none")


def _segments(points: Sequence[object], count: int) -> Iterator[tuple[int, int, Sequence[object]]]:
    """From which entry to before which other each row holds."""
    rows = [_list(row, "values") for row in points]
    starts = [_index(row, count) for row in rows]
    if any(b <= a for a, b in pairwise(starts)):
        raise _BadError("values are not in order")
    yield from zip(starts, [*starts[1:], count], rows, strict=False)


def _index(row: Sequence[object], count: int) -> int:
    number = row[0] if row else None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < count:
        raise _BadError("a value belongs to no entry")
    return number


def _readings(machines: Mapping[str, object], count: int) -> list[list[Reading]]:
    found: list[list[Reading]] = [[] for _ in range(count)]
    for machine, benchmarks in machines.items():
        for name, rows in _object(benchmarks, "readings").items():
            for row in _list(rows, "readings"):
                cells = _list(row, "readings")
                n = _index(cells, count)
                found[n].append(_reading(_text(name, "readings"), _text(machine, "readings"), cells[1:]))
    return found


def _reading(name: str, machine: str, cells: Sequence[object]) -> Reading:
    match cells:
        case [int() | float() as median, int() | float() as spread, int(samples), *rest] if (
            0 < median <= MOST and 0 <= spread <= MOST and 0 <= samples < 1 << 31
        ):
            reading = Reading(name, machine, float(median), float(spread), int(samples), _ratio(rest))
            if reading.is_sound:
                return reading
    raise _BadError("a reading is none")


def _ratio(rest: Sequence[object]) -> float | None:
    match rest:
        case []:
            return None
        case [int() | float() as ratio] if 0 < ratio <= MOST / LEAST:
            return float(ratio)
        case _:
            raise _BadError("a reading's ratio is none")


def _cases(scope: Mapping[str, object], count: int) -> list[list[Case]]:
    names: list[tuple[str, str]] = []
    for row in _list(scope.get("cases"), "cases"):
        match row:
            case [str(name), str(path)]:
                names.append((_text(name, "cases"), _text(path, "cases")))
            case _:
                raise _BadError("a case is none")
    found: list[list[Case]] = [[] for _ in range(count)]
    for row in _list(scope.get("bad"), "bad"):
        match row:
            case [_, int(case), str(outcome)] if 0 <= case < len(names) and outcome in OUTCOMES:
                found[_index(row, count)].append(Case(*names[case], outcome))
            case _:
                raise _BadError("an outcome is none")
    return found


def _code(paths: Mapping[str, object], count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{} for _ in range(count)]
    for path, rows in paths.items():
        for start, end, row in _segments(_list(rows, "code"), count):
            blob = row[1] if len(row) == 2 else None
            if blob == "":
                continue
            name = _sha(blob, "code")
            for own in found[start:end]:
                own[_text(path, "code")] = name
    return found


def _names(verdicts: Mapping[str, object], count: int) -> list[Names]:
    try:
        return decode_names({_text(v, "names"): column for v, column in verdicts.items()}, count)
    except ValueError as error:
        raise _BadError(f"'names' holds {error}") from error


def _sha(value: object, place: str) -> str:
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        raise _BadError(f"'{place}' holds no object name where one belongs")
    return value


def _text(value: str, place: str) -> str:
    if len(value) > _MAX_TEXT:
        raise _BadError(f"'{place}' holds a text of {len(value):,} characters")
    return value


def _list(value: object, place: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise _BadError(f"'{place}' is no list")
    return value


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _BadError(f"'{place}' is no object")
    return value
