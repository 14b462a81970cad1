"""The measures of an earlier report, to compare with. Pure."""

from __future__ import annotations

import re

from sluicegate.core.model import Measure, Report, Verdict
from sluicegate.criteria import Measures

_ITEM = re.compile(r'(?P<kind>\w+)\["(?P<item>.*)"\]\.(?P<measure>[\w.-]+)', re.DOTALL)


def baseline_of(report: Report) -> dict[str, Measures]:
    """The measures of a report that was read back, by verdict: `coverage`, `tests.unit`, `api/coverage`.

    A measure named `file["src/a.py"].line` becomes an item of the selector `file`.
    """
    return {verdict.full_name: _measures(verdict) for verdict in report.verdicts}


def _measures(verdict: Verdict) -> Measures:
    plain: dict[str, Measure] = {}
    items: dict[str, dict[str, dict[str, Measure]]] = {}
    for key, measure in verdict.measures.items():
        if match := _ITEM.fullmatch(key):
            of_kind = items.setdefault(match["kind"], {})
            of_kind.setdefault(match["item"], {})[match["measure"]] = measure
        else:
            plain[key] = measure
    return Measures(plain, items)


def cases_of(report: Report) -> dict[str, tuple[str, ...]]:
    """The names of the test cases of a report, by verdict."""
    return {v.full_name: tuple(sorted(v.cases)) for v in report.verdicts if v.cases}
