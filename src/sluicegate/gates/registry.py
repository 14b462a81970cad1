"""Which module measures which gate."""

from __future__ import annotations

from collections.abc import Mapping

from sluicegate.gates import changes, complexity, coverage, docs, findings, performance, run, tests
from sluicegate.gates.interface import Gate, seeing

BUILT_IN: Mapping[str, Gate] = {
    g.name: g
    for g in (
        tests.GATE,
        coverage.GATE,
        findings.SECURITY,
        findings.LINT,
        complexity.GATE,
        docs.GATE,
        performance.GATE,
        changes.GATE,
    )
}


def gate(name: str) -> Gate:
    """The gate of that name; any name that is not built in is a `run:` gate."""
    found = BUILT_IN.get(name) or run.gate(name)
    return Gate(found.name, seeing(found.measure))
