"""Queries of Loki: a selector of log lines, with a pipeline, as counts of its lines. Pure.

Source: https://grafana.com/docs/loki/latest/query/. The range of `count_over_time(… [60s])` at a time is
the 60 s before it, without its begin (pkg/logql/range_vector.go of Loki), so that ranges as wide as the step
count each line once.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sluicegate.metrics.durations import Unit, threshold
from sluicegate.metrics.interface import MetricError, Query
from sluicegate.metrics.quoting import bare, for_arm, split

_FORM = 'Write a selector and a pipeline, such as {app="shop"} |= "error" | variant="$arm".'
_NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_UNWRAP = re.compile(
    rf"\|\s*unwrap\s+(?:(?:duration|duration_seconds)\(\s*(?P<text>{_NAME})\s*\)|(?P<number>{_NAME}))\s*\Z"
)
_NO_LINES = re.compile(r"[\[\]#]|\|\s*unwrap\b")
"""What makes no line filter: ranges, comments, and a value in place of the line."""


def counting(text: str, arm: str | None, width: int, where: str) -> str:
    """The query that counts the lines of an expression in steps of time.

    Args:
        text: a selector, perhaps with a pipeline.
        arm: the label value of `$arm`.
        width: of a step, seconds.
        where: names the query in errors.

    Raises:
        MetricError: the expression selects no lines, but computes; or its arm cannot be written.
    """
    pieces = split(text.strip(), '"', "`", where)
    _check(bare(pieces), text, where)
    return f"sum(count_over_time({for_arm(pieces, arm, escaped, where)} [{width}s]))"


def escaped(quote: str, value: str) -> str | None:
    """A label value between quotation marks of LogQL, which are those of Go."""
    if not value.isprintable() or (quote == "`" and "`" in value):
        return None
    return value if quote == "`" else value.replace("\\", "\\\\").replace('"', '\\"')


def durations(query: Query, over: Fraction, unit: Unit) -> tuple[str, str]:
    """The expressions of the lines over the threshold, and of all lines with a duration.

    Args:
        query: its `bad` ends with `| unwrap LABEL` or `| unwrap duration(LABEL)`.
        over: the threshold, seconds.
        unit: of a label that holds a number.

    Raises:
        MetricError: it does not.
    """
    lines, label, written = _unwrapped(query.bad, over, unit, query.name)
    total = query.total
    if _UNWRAP.search(total):
        own, own_label, _ = _unwrapped(total, over, unit, query.name)
        total = f"{own} | {own_label} >= 0{_suffix(written)}"
    return f"{lines} | {label} > {written}", total


def _unwrapped(text: str, over: Fraction, unit: Unit, where: str) -> tuple[str, str, str]:
    found = _UNWRAP.search(text)
    if not found:
        remedy = 'End it with the label of the duration: {app="shop"} | json | unwrap seconds.'
        raise MetricError("the expression names no duration", where=where, remedy=remedy)
    if found["text"]:
        written = f"{threshold(over, Unit.MICROSECONDS, where)}us"
        return text[: found.start()].strip(), found["text"], written
    return text[: found.start()].strip(), found["number"], threshold(over, unit, where)


def _suffix(written: str) -> str:
    return "us" if written.endswith("us") else ""


def _check(plain: str, text: str, where: str) -> None:
    """Refuse what is more than a selector and a pipeline, so that it stays one argument of the count."""
    depth = 0
    for character in plain:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    if depth or not plain.startswith("{") or _NO_LINES.search(plain):
        raise MetricError(f"'{text.strip()[:120]}' selects no log lines", where=where, remedy=_FORM)
