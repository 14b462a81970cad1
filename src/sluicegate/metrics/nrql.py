"""Queries of New Relic: an event type with a condition, as counts of its events in steps of time. Pure.

Source: https://docs.newrelic.com/docs/nrql/nrql-syntax-clauses-functions/. Agents keep a sample of the events
of a busy minute, and of each type a sample of its own, so that bad events and all events must be of one type;
and `EXTRAPOLATE` multiplies a sample up, so that its counts are estimates
(…/data-apis/understand-data/event-data/new-relic-event-limits-sampling/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluicegate.metrics.durations import Unit, threshold
from sluicegate.metrics.interface import MetricError, Query
from sluicegate.metrics.quoting import bare, for_arm, split

_QUOTES, _RAW = "'\"", "`"
_COUNT = re.compile(
    r"(?:SELECT\s+((?:count|sum)\([\w.*]+\))\s+)?FROM\s+(\w+)(?:\s+WHERE\b.*)?\Z", re.IGNORECASE | re.DOTALL
)
_DURATION = re.compile(
    r"SELECT\s+([A-Za-z_][\w.]*)\s+FROM\s+(\w+)(?:\s+WHERE\b.*)?\Z", re.IGNORECASE | re.DOTALL
)
_ANY = re.compile(r"SELECT\b.*\bFROM\b.*\Z", re.IGNORECASE | re.DOTALL)
_CLAUSE = re.compile(
    r"\b(SINCE|UNTIL|TIMESERIES|FACET|COMPARE|LIMIT|SLIDE|OFFSET|TIMEZONE|ORDER|PREDICT)\b|--|//|/\*|;",
    re.IGNORECASE,
)
"""Clauses that are ours to write, and comments, which would hide ours."""
_SELECTED = re.compile(r"\ASELECT\s+[A-Za-z_][\w.]*\s+", re.IGNORECASE)
_EXTRAPOLATE = re.compile(r"\bEXTRAPOLATE\b", re.IGNORECASE)
_FORM = "Write FROM Transaction WHERE appName = 'shop' AND variant = '$arm', without SINCE and TIMESERIES."


@dataclass(frozen=True, slots=True)
class Counting:
    """A query without its time.

    Attributes:
        text: `SELECT … FROM …`, of one value.
        kind: of events; empty for an estimate, which may count anything.
    """

    text: str
    kind: str

    def between(self, start: int, end: int, width: int) -> str:
        """The query from `start` to `end`, seconds since 1970, in steps of so many seconds."""
        return f"{self.text} SINCE {start * 1000} UNTIL {end * 1000} TIMESERIES {width} SECONDS"


def queries(query: Query, arm: str | None, unit: Unit) -> tuple[Counting, Counting]:
    """The queries of the bad events and of all events.

    Args:
        query: with `over`, `bad` selects the attribute of a duration, and so may `total`.
        arm: the label value of `$arm`.
        unit: of the durations.

    Raises:
        MetricError: an expression does not count the events of one type, or the two are of different ones.
    """
    if query.over is not None:
        over = threshold(query.over, unit, query.name)
        bad = _duration(query.bad, f"> {over}", arm, query.name)
        is_same = query.total == query.bad
        total = (
            _duration(query.total, ">= 0", arm, query.name) if is_same else _count(query.total, arm, query)
        )
    else:
        bad, total = _count(query.bad, arm, query), _count(query.total, arm, query)
    if bad.kind != total.kind and not query.approximate:
        raise MetricError(
            f"`bad` counts {bad.kind} and `total` {total.kind}, of which agents keep different samples",
            where=query.name,
            remedy="Count one type, FROM Transaction WHERE error IS TRUE; or say `approximate: true`.",
        )
    return bad, total


def _count(text: str, arm: str | None, query: Query) -> Counting:
    """What counts the events that an expression names; an estimate may select any one value."""
    written = text.strip()
    pieces = split(written, _QUOTES, _RAW, query.name)
    plain = bare(pieces)
    _refuse_clauses(plain, written, query.name)
    filled = for_arm(pieces, arm, escaped, query.name)
    if query.approximate and _ANY.match(plain):
        return Counting(filled, "")
    found = _COUNT.match(plain)
    if not found or _EXTRAPOLATE.search(plain):
        raise _refused(written, query.name)
    return Counting(filled if found[1] else f"SELECT count(*) {filled}", found[2])


def _duration(text: str, condition: str, arm: str | None, where: str) -> Counting:
    written = text.strip()
    pieces = split(written, _QUOTES, _RAW, where)
    plain = bare(pieces)
    _refuse_clauses(plain, written, where)
    found = _DURATION.match(plain)
    if not found or _EXTRAPOLATE.search(plain):
        remedy = (
            "Select the attribute of the duration: SELECT duration FROM Transaction WHERE appName = 'shop'."
        )
        raise MetricError("the expression names no duration", where=where, remedy=remedy)
    source = _SELECTED.sub("", for_arm(pieces, arm, escaped, where), count=1)
    return Counting(f"SELECT filter(count(*), WHERE {found[1]} {condition}) {source}", found[2])


def _refuse_clauses(plain: str, text: str, where: str) -> None:
    if _CLAUSE.search(plain):
        raise _refused(text, where)


def _refused(text: str, where: str) -> MetricError:
    return MetricError(f"'{text[:120]}' does not count events of one type", where=where, remedy=_FORM)


def escaped(quote: str, value: str) -> str | None:
    """A label value between quotation marks of NRQL; a backslash has no meaning that is written down."""
    if quote != "'" or not value.isprintable() or "\\" in value:
        return None
    return value.replace("'", "\\'")
