"""A package of a third party with a gate, as files that can be put on the import path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ENTRY = """\
gate: census
title: Census
about: How many test cases there are.
in-component: How many test cases it has.
reads: [tests]
keys:
  files: Globs of the result files to count.
headlines: [cases]
charted: {cases: cases counted}
rule: too-few
why: A suite that shrinks tests less.
evidence: JUnit XML
looks-for: ["*.xml in reports/"]
measures:
  cases: {better: higher, help: "test cases that ran"}
remedies:
  cases: "Write more tests."
example: |
  gates:
    census: {criteria: [cases >= 3]}
"""

MODULE = """\
from sluicegate.core.model import Better, Finding, Measure, Severity
from sluicegate.criteria import Measures
from sluicegate.gates.interface import Gate, Measured


def measure(evidence, context):
    if not evidence.tests:
        return Measured(absent=evidence.absent.get("census", "no results"))
    cases = sum(record.tests for record in evidence.tests)
    few = [Finding("too-few", Severity.LOW, f"only {cases} test cases", tool="census", fingerprint="few")]
    return Measured(
        Measures({"cases": Measure("cases", cases, "", Better.HIGHER)}),
        summary=f"{cases} cases counted",
        findings=tuple(few),
    )


GATE = Gate("census", measure)
"""


def install(
    site: Path, *, name: str = "census", module: str = MODULE, entry: str | None = ENTRY
) -> Mapping[str, str]:
    """The package `acme-gates` below `site`; the environment in which it is there."""
    package, about = site / "acme_gates", site / "acme_gates-1.dist-info"
    package.mkdir(parents=True)
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "rules.py").write_text(module)
    if entry is not None:
        (package / f"{name}.yml").write_text(entry)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-gates\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[sluicegate.gates]\n{name} = acme_gates.rules\n")
    return {"PYTHONPATH": str(site)}
