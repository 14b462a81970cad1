"""A component of a monorepo: which evidence is its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sluicegate.core.change import Change, NoChange
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Finding, Problem
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord
from sluicegate.evidence.records import CoverageRecord, Evidence, FindingsRecord, StatedTotals, TestsRecord
from sluicegate.evidence.shards import own_path
from sluicegate.history.entries import History
from sluicegate.policy.model import Component, GateSettings, Policy
from sluicegate.policy.touched import touches

_Analysed = TypeVar("_Analysed", ComplexityRecord, DocsRecord, ChangesRecord)


def part_of(evidence: Evidence, component: Component, policy: Policy) -> Evidence:
    """The evidence that is about the component.

    What names no file stays with the whole; where that is not judged, with every component. So do
    problems, except those about a file of another component.
    """
    part = _ComponentPart(component, policy)
    tests = tuple(r for r in evidence.tests if part.owns_results(r))
    coverage = tuple(r for c in evidence.coverage if (r := part.coverage(c)).files)
    return replace(
        evidence,
        change=part.change(evidence.change),
        coverage=coverage,
        tests=tests,
        findings=tuple(map(part.findings, evidence.findings)),
        benchmarks=(),
        base_benchmarks=(),
        complexity=part.analysed(evidence.complexity, "functions"),
        docs=part.analysed(evidence.docs, "names"),
        changes=part.analysed(evidence.changes, "suppressions", "gate_changes", "lost"),
        runs={},
        problems=part.own_problems(evidence.problems),
        absent={**evidence.absent, **part.absent(evidence, tests, coverage)},
        history=part.history(evidence.history),
    )


@dataclass(slots=True)
class _ComponentPart:
    """One component, with the paths that were looked up already."""

    component: Component
    policy: Policy
    known: dict[str, bool] = field(default_factory=dict)

    def holds(self, path: str) -> bool:
        if path not in self.known:
            self.known[path] = self.component.holds(path)
        return self.known[path]

    def history(self, history: History) -> History:
        own = (tuple(c for c in e.cases if c.path and self.holds(c.path)) for e in history.entries)
        return History(tuple(replace(e, cases=c) for e, c in zip(history.entries, own, strict=True)))

    def change(self, change: Change | NoChange) -> Change | NoChange:
        if isinstance(change, NoChange):
            return change
        return Change({p: f for p, f in change.files.items() if touches(f, self.component)})

    def owns_results(self, record: TestsRecord) -> bool:
        """Is the result file its own: by shard, by place, or because its settings name it?"""
        source, name = record.source, self.component.name
        if source.shard == name or source.shard.startswith(f"{name}."):
            return True
        return self.holds(own_path(source)) or matches_any(tuple(self._patterns()), own_path(source))

    def _patterns(self) -> Iterator[str]:
        """The globs of result files that the component sets itself, not those of the whole."""
        own = next((g for g in self.component.gates if g.name == "tests"), GateSettings("tests"))
        whole = self.policy.gate("tests") or GateSettings("tests")
        if own.files != whole.files:
            yield from own.files
        for suite in own.suites:
            if suite not in whole.suites:
                yield from suite.files

    def coverage(self, record: CoverageRecord) -> CoverageRecord:
        """Its files of a report; sums that the report states are of all files, and left out."""
        files = {path: file for path, file in record.files.items() if self.holds(path)}
        if len(files) == len(record.files):
            return record
        unresolved = tuple(path for path in record.unresolved if path in files)
        return replace(record, files=files, unresolved=unresolved, stated=StatedTotals())

    def findings(self, record: FindingsRecord) -> FindingsRecord:
        return replace(
            record,
            security=self._findings(record.security, record.unresolved),
            lint=self._findings(record.lint, record.unresolved),
            suppressed=self._findings(record.suppressed, record.unresolved),
            problems=self.problems(record.problems),
        )

    def _findings(self, findings: Sequence[Finding], unresolved: Sequence[str]) -> tuple[Finding, ...]:
        """Its findings, and those that no file is known of, unless they are judged with the whole."""
        unknown = frozenset() if self.policy.whole else frozenset(("", *unresolved))
        return tuple(f for f in findings if f.path in unknown or (f.path and self.holds(f.path)))

    def analysed(self, record: _Analysed | None, *lists: str) -> _Analysed | None:
        """A record of an engine with its items of these fields, and its problems."""
        if record is None:
            return None
        own: dict[str, Any] = {
            name: tuple(item for item in getattr(record, name) if self.holds(item.path)) for name in lists
        }
        problems = "unseen" if isinstance(record, ChangesRecord) else "problems"
        own[problems] = self.problems(getattr(record, problems))
        return replace(record, **own)

    def problems(self, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Its problems, and those of no component."""
        others = [c for c in self.policy.components if c != self.component]
        return tuple(
            p
            for p in problems
            if not p.path or self.holds(p.path) or not any(other.holds(p.path) for other in others)
        )

    def own_problems(self, problems: Mapping[str, tuple[Problem, ...]]) -> dict[str, tuple[Problem, ...]]:
        """By gate: its own problems (`COMPONENT/GATE`), and those that are not another component's."""
        mine = f"{self.component.name}/"
        of_others = {k: found for k, found in problems.items() if "/" in k and not k.startswith(mine)}
        of_mine = {k: found for k, found in problems.items() if k.startswith(mine)}
        foreign = _all_of(of_others) - _all_of(of_mine)
        kept: dict[str, tuple[Problem, ...]] = {}
        for key in sorted(problems.keys() - of_others.keys()):
            own = self.problems([p for p in problems[key] if p not in foreign])
            gate = key.removeprefix(mine)
            kept[gate] = tuple(dict.fromkeys((*kept.get(gate, ()), *own)))
        return kept

    def absent(
        self, evidence: Evidence, tests: Sequence[TestsRecord], coverage: Sequence[CoverageRecord]
    ) -> dict[str, str]:
        """Why there is nothing of a kind for it, where there is something for others."""
        place = f"components.{self.component.name}"
        reasons = {}
        for gate in self.component.gates:
            reads = gate.spec.reads if gate.spec is not None else ()
            if "tests" in reads and evidence.tests and not tests:
                name = f"{place}.gates.{gate.name}.files"
                reasons[gate.name] = f"no result file is its own; name them under '{name}'"
            if "coverage" in reads and evidence.coverage and not coverage:
                reasons[gate.name] = f"no report covers a file of '{place}.paths'"
        return reasons


def _all_of(problems: Mapping[str, tuple[Problem, ...]]) -> set[Problem]:
    return {problem for found in problems.values() for problem in found}
