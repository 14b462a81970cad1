"""Values of `run:` gates from bundles, where their commands do not run."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.bundle.runs import with_runs
from sluicegate.core.model import Better, Commit, Measure, Source
from sluicegate.criteria import MeasureSpec
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import GateSettings, RunOutput, RunSettings
from support import bundles

SIZE = GateSettings(
    "size",
    run=RunSettings(
        "size.sh", RunOutput.MEASURES, measures={"total": MeasureSpec("total", "KiB", Better.LOWER)}
    ),
)
OURS = Evidence(commit=bundles.COMMIT, change=bundles.CHANGE)


def printed(number: int, unit: str = "KiB") -> RunRecord:
    """What the command printed."""
    return RunRecord(Source("size", "run"), {"total": Measure("total", Fraction(number), unit, Better.LOWER)})


def left(folder: Path, record: RunRecord | None = None, commit: Commit = bundles.COMMIT) -> Path:
    """The bundle of a job that ran the command."""
    runs = {"size": record or printed(200)}
    return bundles.shard(folder / "bundles" / "size", {}, gates=("size",), runs=runs, commit=commit)


def said(evidence: Evidence) -> list[str]:
    return [problem.message for problem in evidence.problems.get("size", ())]


def test_the_value_counts_and_the_rest_of_the_bundle_does_not(tmp_path: Path) -> None:
    folder = bundles.shard(
        tmp_path / "bundles" / "size", {"reports/junit.xml": bundles.junit("+")}, runs={"size": printed(200)}
    )
    joined = with_runs(OURS, [SIZE], [folder])
    assert joined == replace(OURS, runs=joined.runs)
    assert joined.runs["size"].measures["total"].value == 200


def test_without_a_bundle_the_gate_has_a_problem(tmp_path: Path) -> None:
    joined = with_runs(OURS, [SIZE], [])
    assert said(joined) == ["its command is not run here, and no bundle is named for its value"]


def test_bundles_without_its_value_are_a_problem(tmp_path: Path) -> None:
    folder = bundles.shard(tmp_path / "bundles" / "other", {})
    joined = with_runs(OURS, [SIZE], [folder])
    assert said(joined) == ["its command is not run here, and no bundle holds its value"]


def test_the_value_of_another_commit_does_not_count(tmp_path: Path) -> None:
    folder = left(tmp_path, commit=replace(bundles.COMMIT, tested="9" * 40))
    joined = with_runs(OURS, [SIZE], [folder])
    assert joined.runs == {}
    assert said(joined) == ["the shard 'size' tested the commit 99999999999, not 22222222222"]


def test_a_value_in_another_unit_is_a_problem(tmp_path: Path) -> None:
    joined = with_runs(OURS, [SIZE], [left(tmp_path, printed(200, "MiB"))])
    assert said(joined) == ["the measure 'total' does not match its declaration in the policy"]


def test_a_gate_that_the_policy_does_not_have_is_left_out(tmp_path: Path) -> None:
    both = {"size": printed(200), "other": printed(1)}
    folder = bundles.shard(tmp_path / "bundles" / "size", {}, gates=("size",), runs=both)
    assert with_runs(OURS, [SIZE], [folder]).runs.keys() == {"size"}


def test_without_run_gates_bundles_are_not_opened() -> None:
    assert with_runs(OURS, [GateSettings("tests")], [Path("missing")]) is OURS


@pytest.mark.parametrize("required", [True, False])
def test_a_bundle_that_cannot_be_read_is_a_problem_required_or_not(tmp_path: Path, required: bool) -> None:
    folder = left(tmp_path)
    (folder / "analysis.json").write_text("{}")
    assert len(said(with_runs(OURS, [replace(SIZE, required=required)], [folder]))) == 1
