"""Arbitrary reports: a Hypothesis strategy of every shape that the model allows."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from sluicegate.core.model import (
    Absence,
    Better,
    Commit,
    CriterionResult,
    Discovery,
    Finding,
    Measure,
    Notice,
    Point,
    PolicyRef,
    Problem,
    Report,
    Series,
    Severity,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.trust import Override, PolicyChange
from support.examples import at_most
from support.hostile import HOSTILE
from support.reports import by_name

words = st.one_of(
    st.sampled_from(("total", "patch.line", "src/a.py", "B602", "x y", "")),
    st.sampled_from(HOSTILE),
    st.text(max_size=20),
)
numbers = st.one_of(
    st.integers(-(10**6), 10**12).map(Fraction),
    st.fractions(min_value=-1000, max_value=10**6, max_denominator=10**4),
)
eighths = st.integers(-999, 10**6).map(lambda n: Fraction(n, 8))
"""Baselines: a document has no fraction of them, so only what a JSON number is exactly is read back."""
ratios = st.none() | st.tuples(st.integers(0, 10**6), st.integers(1, 10**6))
units = st.sampled_from(("", "%", "s", "B", "/s"))
expects = st.one_of(
    st.sampled_from(("total >= 80%", "p95 <= baseline + 10%", "high == 0")),
    st.just('file["src/**"].line >= baseline - 1pp'),
    words,
)  # fmt: skip
helps = words | st.just("https://docs.astral.sh/ruff/rules/?q=a&b#f401")
waivers = st.builds(
    Waiver, words, words, words, st.dates(), rule=words, path=words, fingerprint=words, criterion=words,
    where=words,
)  # fmt: skip
findings = st.builds(
    Finding, words, st.sampled_from(Severity), words, words, st.integers(0, 9999), st.integers(0, 9999),
    st.none() | st.booleans(), words, words, helps, st.none() | waivers,
)  # fmt: skip
comparisons = st.builds(
    CriterionResult, words, expects, st.sampled_from(CriterionStatus), st.sampled_from(Otherwise),
    st.none() | numbers, units, words, ratios, st.none() | eighths, words, st.none() | waivers,
)  # fmt: skip
results = comparisons | st.lists(comparisons, min_size=2, max_size=3).map(
    lambda parts: replace(parts[0], expect=" or ".join(p.expect for p in parts), parts=tuple(parts))
)
measures = st.one_of(
    st.builds(Measure, words, numbers, units, st.sampled_from(Better), ratios),
    st.builds(
        Measure, words, st.none(), units, st.sampled_from(Better), absence=st.sampled_from(Absence),
        reason=words,
    ),
)  # fmt: skip
tables = st.builds(
    Table, words, st.lists(words, min_size=1, max_size=3).map(tuple),
    st.lists(st.lists(words, max_size=4).map(tuple), max_size=3).map(tuple),
    st.sampled_from(("", "l", "lr", "rrrr")), st.integers(0, 9),
)  # fmt: skip
sources = st.builds(Source, words, words, words, words, words, words)
points = st.builds(Point, words, words, st.none() | st.integers(-9, 10**9).map(Fraction), st.booleans())
courses = st.builds(
    Series, words, words, units, st.sampled_from(Better), st.lists(points, max_size=5).map(tuple)
)


def tuples(strategy: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """Tuples of at most `size`."""
    return st.lists(strategy, max_size=size).map(tuple)


verdicts = st.builds(
    Verdict, st.sampled_from(("coverage", "tests", "security", "bundle-size")) | words,
    st.sampled_from(GateStatus), st.booleans(), words, suite=st.none() | words, component=st.none() | words,
    blocking=st.booleans(), criteria=tuples(results),
    measures=st.lists(measures, max_size=3).map(lambda m: by_name(*m)),
    before=st.dictionaries(words, numbers, max_size=2),
    findings=tuples(findings), problems=tuples(st.builds(Problem, words, words, words), 2),
    remedies=tuples(words, 2), tables=tuples(tables, 2), sources=tuples(sources, 2),
)  # fmt: skip
reports = st.builds(
    Report, st.sampled_from(ReportStatus), st.builds(Commit, words, words, words, words, st.booleans()),
    st.dates(), st.builds(PolicyRef, st.sampled_from(("base", "head", "preset")), words, words),
    tuples(verdicts),
    tuples(st.builds(Notice, st.sampled_from(("info", "warning")), words, words)),
    st.builds(Discovery, tuples(sources, 2), tuples(st.tuples(words, words), 2),
              st.dictionaries(words, tuples(words, 2), max_size=2)),
    st.none() | st.builds(
        PolicyChange, words, words, st.sampled_from(ReportStatus).map(str), words, tuples(words),
        st.integers(0, 9),
    ),
    st.none() | st.builds(
        Override, st.sampled_from(("label", "comment", "approval")), words, words, words, words, words
    ),
    trends=tuples(courses),
)  # fmt: skip
"""Reports of every shape that the model allows, sensible or not, with hostile texts."""

quick = settings(max_examples=at_most(40), deadline=None)
"""For properties of whole reports, which take a while to draw."""
