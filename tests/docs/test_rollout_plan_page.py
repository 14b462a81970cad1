"""docs/rollout-plan.md says what the code says: the default stages, and criteria that are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.rollout_judge import MARKS
from sluicegate.criteria.metrics import MetricSpec, metric_criterion
from sluicegate.rollout.plan import DEFAULT_STAGES, DefaultStage, Promotion

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "rollout-plan.md").read_text(encoding="utf-8")
METRICS = (
    MetricSpec("error_rate"),
    MetricSpec("success_rate", counts_good=True),
    MetricSpec("latency", durations=True),
)
CRITERIA = re.findall(r"^\| `([^`]+)` \|", TEXT.partition("| criterion | asks |")[2], re.MULTILINE)


def lasts(seconds: int) -> str:
    if not seconds:
        return ""
    return f"{seconds // 3600} h" if seconds % 3600 == 0 else f"{seconds // 60} min"


@pytest.mark.parametrize("stage", DEFAULT_STAGES, ids=lambda stage: stage.stage)
def test_a_default_stage_stands_as_it_is(stage: DefaultStage) -> None:
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| {stage.stage} |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2] == lasts(stage.bake)
    assert cells[3] == (f"{stage.min_samples:,}" if stage.min_samples else "none")
    assert ("by hand" in cells[4]) == (stage.promotion is Promotion.MANUAL)


@pytest.mark.parametrize("text", CRITERIA)
def test_a_criterion_of_the_page_is_one(text: str) -> None:
    assert metric_criterion(text, METRICS).criterion.expect == text


def test_the_page_has_criteria_and_the_figures_of_the_judge() -> None:
    assert len(CRITERIA) == 6
    figures = TEXT.partition(MARKS[0])[2].partition(MARKS[1])[0]
    assert "| 8%, 100 |" in figures
    assert "sticky users" in figures
