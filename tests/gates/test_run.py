"""`run:` gates."""

from __future__ import annotations

from fractions import Fraction

from sluicegate.core.model import Better, Measure, Problem, Source, Verdict
from sluicegate.core.statuses import GateStatus
from sluicegate.criteria import Criterion, MeasureSpec, Reference, Vocabulary, parse
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context
from sluicegate.gates.judge import judge
from sluicegate.gates.registry import gate
from sluicegate.policy.model import GateSettings, RunOutput, RunSettings
from support.evidence import TODAY, change, finding, policy

SOURCE = Source("size", "run")
SPECS = {"total": MeasureSpec("total", "B", Better.LOWER)}


def judged(evidence: Evidence, criterion: Criterion, output: RunOutput = RunOutput.MEASURES) -> Verdict:
    settings = GateSettings("size", (criterion,), required=True, run=RunSettings("true", output))
    measured = gate(settings).measure(evidence, Context(policy(settings), settings))
    return judge(measured, Context(policy(settings), settings), TODAY, Reference())


def test_a_printed_measure_is_judged() -> None:
    record = RunRecord(SOURCE, {"total": Measure("total", Fraction(300 * 1024), "B", Better.LOWER)})
    result = judged(Evidence(runs={"size": record}), parse("total <= 250KiB", Vocabulary(SPECS)))
    assert (result.status, result.summary) == (GateStatus.FAIL, "total 300KiB")


def test_a_command_that_failed_is_an_error() -> None:
    evidence = Evidence(problems={"size": (Problem("exit code 1"),)})
    assert judged(evidence, parse("total <= 1B", Vocabulary(SPECS))).status is GateStatus.ERROR


def test_sarif_of_a_command_is_judged_by_severity_and_newness() -> None:
    specs = {"new.high": MeasureSpec("new.high", "", Better.LOWER)}
    record = RunRecord(SOURCE, findings=(finding("high X1 src/a.py:3"),))
    evidence = Evidence(runs={"size": record}, change=change("src/a.py: 3"))
    result = judged(evidence, parse("new.high == 0", Vocabulary(specs)), RunOutput.SARIF)
    assert (result.status, result.findings[0].new) == (GateStatus.FAIL, True)


def test_a_path_of_sarif_that_may_be_a_file_of_the_change_is_new() -> None:
    specs = {"new.high": MeasureSpec("new.high", "", Better.LOWER)}
    record = RunRecord(SOURCE, findings=(finding("high X1 lib/a.py:3"),), unresolved=("lib/a.py",))
    evidence = Evidence(runs={"size": record}, change=change("new src/lib/a.py: 1-3"))
    result = judged(evidence, parse("new.high == 0", Vocabulary(specs)), RunOutput.SARIF)
    assert (result.status, result.findings[0].new) == (GateStatus.FAIL, True)
