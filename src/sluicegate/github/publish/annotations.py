"""Findings as the annotations of a check run. Pure.

Source: GitHub's "Checks" REST API: 50 annotations a request, more by updating the run; `path` and
lines are mandatory, so findings without them, and unreadable reports, appear in the summary alone.
"""

from __future__ import annotations

from sluicegate.core.model import Report
from sluicegate.github.lines import LineMap
from sluicegate.report.annotations import LEVELS, Annotation, annotate, capped

BATCH = 50
"""Annotations of one request."""

MAX = 250
"""Annotations of one check run: five requests."""

_LEVEL = {"error": "failure", "warning": "warning", "notice": "notice"}
_TITLE = 255


def check_annotations(report: Report, map_line: LineMap) -> list[dict[str, object]]:
    """At most `MAX` annotations as the API takes them, those on lines of the change first.

    Findings on touching lines are one; the last says how many more there are.
    """
    placed = [a for a in annotate(report, map_line=map_line) if a.path and a.rank[0] > 0]
    placed.sort(key=lambda a: (a.rank[:1], LEVELS.index(a.level)))
    return [_annotation(a) for a in capped(placed, MAX)]


def _annotation(annotation: Annotation) -> dict[str, object]:
    line = annotation.line or 1
    return {
        "path": annotation.path,
        "start_line": line,
        "end_line": max(line, annotation.end_line),
        "annotation_level": _LEVEL[annotation.level],
        "title": annotation.title[:_TITLE],
        "message": annotation.message or annotation.title,
    }
