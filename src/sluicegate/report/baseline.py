"""The measures of an earlier report, to compare with. Pure."""

from __future__ import annotations

import re
from collections import Counter

from sluicegate.core.model import Measure, Report, Verdict
from sluicegate.criteria import Measures
from sluicegate.history.failing import MAX_FAILING, Failing, by_name, was_broken

MAX_NAME = 1000
"""Characters of the name of a failing case."""

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


def failing_of(report: Report) -> dict[str, dict[str, Failing]]:
    """The test cases that fail in a report, by verdict; those of a run that was broken are left out."""
    commit = report.commit.tested or report.commit.head
    on = report.evaluated_on.isoformat()
    whole = (v for v in report.verdicts if v.gate == "tests" and v.measures and not was_broken(v.measures))
    return {
        v.full_name: {
            name: Failing(places, commit, on, earlier=True) for name, places in by_name(failing(v)).items()
        }
        for v in whole
    }


def failing(verdict: Verdict) -> dict[tuple[str, str], int]:
    """How many failures each case has, by its name and result file; at most `MAX_FAILING` of these."""
    bad = (f for f in verdict.findings if f.rule in ("test-failed", "test-error"))
    counts = Counter((f.fingerprint, f.source) for f in bad if 0 < len(f.fingerprint) <= MAX_NAME)
    return {pair: counts[pair] for pair in sorted(counts)[:MAX_FAILING]}


def failing_by_verdict(report: Report) -> dict[str, dict[tuple[str, str], int]]:
    """What `failing` gives, by verdict of the gate `tests`, without those in which no case fails."""
    found = {v.full_name: failing(v) for v in report.verdicts if v.gate == "tests"}
    return {name: own for name, own in found.items() if own}
