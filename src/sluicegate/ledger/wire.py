"""The baselines as bytes, compact, and back, strictly. Pure.

A measure's values stand in columns, and a value is written only where it differs from the one of the
entry before. A ratio is written as its two counts, any other value exactly, as `3/4`.

    {"schema": "sluicegate.ledger.baselines/1", "line": [[COMMIT, PARENT, GRANDPARENT…], …],
     "scopes": {SCOPE: {
       "entries": [[DOCUMENT, COMMIT, TREE, COMMITTED, AT, STATUS], …],
       "series": {VERDICT: {MEASURE: [UNIT, BETTER, [[ENTRY] | [ENTRY, VALUE] | [ENTRY, PART, WHOLE], …]]}},
       "readings": {MACHINE: {BENCHMARK: [[ENTRY, MEDIAN, SPREAD, SAMPLES], …]}},
       "cases": [[NAME, PATH], …], "bad": [[ENTRY, CASE, OUTCOME], …],
       "code": {PATH: [[ENTRY, BLOB], …]},
       "names": {VERDICT: [NAMES, [[ENTRY, [[FIRST, LAST], …]], …]]}}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from sluicegate.core.model import Measure
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.baselines import Baselines
from sluicegate.ledger.wire_fields import MAX_EXACT
from sluicegate.ledger.wire_names import encode_names

SCHEMA = "sluicegate.ledger.baselines/1"

Row = list[object]


def encode(baselines: Baselines) -> bytes:
    """The bytes: the same baselines, the same bytes."""
    scopes = dict.fromkeys(e.scope for e in baselines.entries)
    value = {
        "schema": SCHEMA,
        "line": list(_lines(baselines.parents)),
        "scopes": {scope: _scope(baselines.of_scope(scope)) for scope in scopes},
    }
    return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False).encode() + b"\n"


def _lines(parents: Mapping[str, str]) -> Iterator[list[str]]:
    """The parents as few lines: each begins with a commit that is nobody's parent, or where others end."""
    left = dict(parents)
    inner = set(parents.values())
    for start in [*(c for c in parents if c not in inner), *parents]:
        line, at = [start], start
        while at in left:
            at = left.pop(at)
            line.append(at)
        if len(line) > 1:
            yield line


def _scope(entries: Sequence[Entry]) -> dict[str, object]:
    cases = {
        key: n
        for n, key in enumerate(dict.fromkeys((c.name, c.path) for e in entries for c in _sorted(e.cases)))
    }
    return {
        "entries": [[e.document, e.commit, e.tree, e.committed, e.at, e.status] for e in entries],
        "series": _all_series(entries),
        "readings": _readings(entries),
        "cases": [list(key) for key in cases],
        "bad": [
            [n, cases[c.name, c.path], c.outcome] for n, e in enumerate(entries) for c in _sorted(e.cases)
        ],
        "code": _code(entries),
        "names": encode_names(entries),
    }


def _sorted(cases: Iterable[Case]) -> list[Case]:
    return sorted(cases, key=lambda c: (c.name, c.path, c.outcome))


def _all_series(entries: Sequence[Entry]) -> dict[str, dict[str, object]]:
    names = dict.fromkeys((v, n) for e in entries for v, own in e.measures.items() for n in own)
    found: dict[str, dict[str, object]] = {}
    for verdict, name in names:
        values = [e.measures.get(verdict, {}).get(name) for e in entries]
        found.setdefault(verdict, {})[name] = _column(values)
    return found


def _column(values: Sequence[Measure | None]) -> Row:
    """One measure. A unit that changed makes another one of it: what was before does not compare."""
    newest = next(m for m in reversed(values) if m is not None)
    same = [m if m and (m.unit, m.better) == (newest.unit, newest.better) else None for m in values]
    return [newest.unit, str(newest.better), _points(same)]


def _points(values: Sequence[Measure | None]) -> list[Row]:
    points: list[Row] = []
    last: Row = []
    for n, measure in enumerate(values):
        told = _told(measure)
        if told != last:
            points.append([n, *told])
            last = told
    return points


def _told(measure: Measure | None) -> Row:
    if measure is None or measure.value is None:
        return []
    if measure.of and measure.of[1] and Fraction(100 * measure.of[0], measure.of[1]) == measure.value:
        return list(measure.of)
    text = _exact(measure.value)
    return [text] if text else []


def _exact(value: Fraction) -> str:
    """`3/4`; one of more digits than anything measures has is rounded, or left out."""
    for form in (value, value.limit_denominator(10**30)):
        text = f"{form.numerator}/{form.denominator}"
        if len(text) <= MAX_EXACT:
            return text
    return ""


def _readings(entries: Sequence[Entry]) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = {}
    for n, entry in enumerate(entries):
        for r in sorted(entry.readings, key=lambda r: (r.machine, r.benchmark)):
            rows = found.setdefault(r.machine, {}).setdefault(r.benchmark, [])
            ratio = () if r.ratio is None else (float(f"{r.ratio:.4g}"),)
            rows.append([n, float(f"{r.median:.6g}"), float(f"{r.spread:.3g}"), r.samples, *ratio])
    return found


def _code(entries: Sequence[Entry]) -> dict[str, list[Row]]:
    paths = dict.fromkeys(p for e in entries for p in e.code)
    found: dict[str, list[Row]] = {}
    for path in paths:
        last = ""
        for n, entry in enumerate(entries):
            blob = entry.code.get(path, "")
            if blob != last:
                found.setdefault(path, []).append([n, blob])
                last = blob
    return found
