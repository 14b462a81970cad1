"""A rollout on a true Prometheus whose history was written before: faults after healthy hours, late crons."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import prometheus
from support.rollout_project import COMMIT, NAME, PLAN, Project

BASE = 1_790_000_000
FAULT = BASE + 100 * 60
END = BASE + 13 * 3600
STEP = 15
METRICS = """\
metrics:
  error_rate: {bad: 'requests_total{code="500",variant="$arm"}', total: 'requests_total{variant="$arm"}', of: exposed}
  service_errors: {bad: 'requests_total{code="500"}', total: requests_total}
"""  # noqa: E501
STAGES = "stages: [{stage: dark, bake: 10min, min-samples: 100}, {stage: 5%, bake: 24h}, GA]\n"

pytestmark = pytest.mark.slow


def counter(variant: str, code: str, per_step: int, after: int) -> prometheus.Series:
    """So many events a step, and another number after the fault."""
    value, values = 0, []
    for time in range(BASE, END, STEP):
        value += after if time > FAULT else per_step
        values.append((time, float(value)))
    return "requests_total", {"variant": variant, "code": code}, values


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    series = [
        counter("off", "200", 470, 470), counter("off", "500", 5, 5),
        counter("on", "200", 25, 17), counter("on", "500", 0, 8),
    ]  # fmt: skip
    with prometheus.prometheus(series) as found:
        yield found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, now=BASE + 60)
    head, _, rest = PLAN.partition("metrics-from:")
    tail = rest[rest.index("arms:") : rest.index("stages:")]
    plan = f"{head}metrics-from: {{prometheus: {{url: '{url}'}}}}\n{METRICS}{tail}{STAGES}tick-every: 5min\n"
    (tmp_path / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    made.run("validate", "--live")
    made.start()
    made.now += 15 * 60
    made.tick()
    assert made.share > 0
    return made


def test_a_fault_after_healthy_bins_is_found_within_minutes(project: Project) -> None:
    while project.share:
        project.now += 300
        found = project.invoked("tick", NAME, "--deployed", COMMIT)
        assert found.exit_code in (0, 1), found
        assert project.now < FAULT + 900
    assert project.now > FAULT
    assert "error_rate <= 5% is broken at 5%" in project.run("status", NAME)


def test_a_cron_that_is_twelve_hours_late_finds_it_in_its_first_tick(project: Project) -> None:
    project.now += 12 * 3600
    said = project.tick(code=1)
    assert "overdue: nothing was recorded since" in said
    assert project.share == 0
