"""Rollouts on a true Prometheus whose history was written before: faults, silence, late crons."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import evaluators, prometheus
from support.rollout_project import MINUTE, NAME, PLAN, Project

BASE = 1_790_000_040  # a whole minute
REFRESH = 5
"""Seconds until users see a change of the flag: a stage's bins begin then."""
DARK, CANARY, HALF, ALL = (BASE + minutes * MINUTE for minutes in (5, 20, 40, 60))
"""When the bins of each stage begin, where nothing holds it."""
FAULT = CANARY + 60 * MINUTE
END = BASE + 14 * 60 * MINUTE
PER_MINUTE = 2000
METRICS = """\
metrics:
  error_rate:
    bad: 'requests_total{app="APP",code="500",variant="$arm"}'
    total: 'requests_total{app="APP",variant="$arm"}'
    of: exposed
  service_errors: {bad: 'requests_total{app="APP",code="500"}', total: 'requests_total{app="APP"}'}
"""
BOTH = "service_errors <= 5%, error_rate <= 5%"
STAGES = (
    "stages: [{stage: dark, bake: 10min, min-samples: 100}, {stage: 5%, bake: 10min}, "
    "{stage: 50%, bake: 10min}, GA]\n"
)
LONG = STAGES.replace("5%, bake: 10min}, {", "5%, bake: 24h}, {")

Rate = Callable[[int], float]

pytestmark = pytest.mark.slow


def stage_share(time: int) -> float:
    """The part of the users who see the flag in a minute of a rollout that nothing holds."""
    return next(share for begin, share in ((ALL, 1.0), (HALF, 0.5), (CANARY, 0.05), (0, 0.0)) if time > begin)


def canary_share(time: int) -> float:
    return 0.05 if time > CANARY else 0.0


def late(rate: float) -> Rate:
    """1 % until the fault."""
    return lambda time: rate if time > FAULT else 0.01


APPS: dict[str, tuple[Rate, Rate]] = {
    "good": (stage_share, lambda _time: 0.01),
    "bad": (canary_share, lambda _time: 0.08),
    "later15": (canary_share, late(0.15)),
    "later50": (canary_share, late(0.5)),
    "quiet": (canary_share, lambda _time: 0.01),
}
"""By name: the part of users who see the flag, and what part of their requests fails; 1 % of the others'."""
SILENCE = range(CANARY + 5 * MINUTE, CANARY + 25 * MINUTE)


def counters(app: str) -> Iterator[prometheus.Series]:
    """Its counters, by minute."""
    share, bad = APPS[app]
    for variant, part, rate in (
        ("on", share, bad),
        ("off", lambda time: 1 - share(time), lambda _time: 0.01),
    ):
        every = wrong = 0
        good_values, bad_values = [], []
        for time in range(BASE, END, MINUTE):
            events = round(PER_MINUTE * part(time))
            every, wrong = every + events, wrong + round(events * rate(time))
            if app != "quiet" or time not in SILENCE:
                good_values.append((time, float(every - wrong)))
                bad_values.append((time, float(wrong)))
        for code, values in (("200", good_values), ("500", bad_values)):
            yield "requests_total", {"app": app, "variant": variant, "code": code}, values


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with prometheus.prometheus([series for app in APPS for series in counters(app)]) as found:
        yield found


Make = Callable[..., Project]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Make:
    """Makes a project that measures an app, before its start."""
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def made(app: str, criteria: str = BOTH, stages: str = STAGES) -> Project:
        project = Project(tmp_path, now=DARK - REFRESH)
        flags, _, rest = PLAN.partition("metrics-from:")
        arms = rest[rest.index("arms:") : rest.index("criteria:")]
        plan = (
            f"{flags}metrics-from: {{prometheus: {{url: '{url}'}}}}\n{METRICS.replace('APP', app)}{arms}"
            f"criteria: [{criteria}]\n{stages}tick-every: 5min\n"
        )
        (tmp_path / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")
        monkeypatch.setattr(rollout_sessions, "clock", project.clock)
        return project

    return made


def at_canary(project: Project) -> Project:
    """A rollout whose bins at 5 % begin at `CANARY`."""
    project.start()
    project.now = CANARY - REFRESH
    project.tick()
    assert float(project.share) == 0.05
    return project


def seen_bins(project: Project, bins: int, code: int = 0) -> str:
    """A tick at the moment when so many bins at 5 % are complete."""
    project.now = CANARY + bins * MINUTE + 90
    return project.tick(code)


def test_a_good_version_reaches_everybody_and_flagd_s_evaluator_sees_each_stage(make: Make) -> None:
    project = at_canary(make("good", f"{BOTH}, error_rate <= control + 0.5pp"))
    files: list[Path] = []
    for moment in (HALF, ALL, ALL + 20 * MINUTE):
        files.append(Path(shutil.copy(project.flags, project.root / f"at-{len(files)}.json")))
        project.now = moment - REFRESH
        project.tick()
    assert "COMPLETED" in project.run("status", NAME)
    users = evaluators.USERS[:2000]
    answers = evaluators.flagd(files, NAME, users)
    for share, each in zip((0.05, 0.5, 1), answers, strict=True):
        assert evaluators.within(sum(each), share, len(users))
    assert evaluators.is_monotone(answers)


def test_a_version_that_fails_in_8_percent_is_rolled_back_at_the_canary(make: Make) -> None:
    project = at_canary(make("bad", f"{BOTH}, error_rate <= control + 0.5pp"))
    seen_bins(project, 5, code=1)
    assert project.share == 0
    assert "is broken at 5%" in project.run("status", NAME)


@pytest.mark.parametrize(("app", "bins"), [("later15", 3), ("later50", 1)])
def test_a_fault_after_an_hour_of_healthy_bins_is_found_within_its_first_ones(
    make: Make, app: str, bins: int
) -> None:
    project = at_canary(make(app, stages=LONG))
    seen_bins(project, 60 + bins - 1)
    assert project.share > 0
    seen_bins(project, 60 + bins, code=1)
    assert "error_rate <= 5% is broken at 5%" in project.run("status", NAME)
    assert project.share == 0


def test_a_cron_that_is_twelve_hours_late_finds_it_in_its_first_tick(make: Make) -> None:
    project = at_canary(make("later15", stages=LONG))
    project.now += 12 * 3600
    said = project.tick(code=1)
    assert "overdue: nothing was recorded since" in said
    assert project.share == 0


def test_silent_metrics_hold_the_stage_until_they_return(make: Make) -> None:
    project = at_canary(make("quiet"))
    assert "there are no data" in seen_bins(project, 20)
    assert float(project.share) == 0.05
    seen_bins(project, 27)
    assert float(project.share) == 0.5


def test_flagger_883_a_wrong_metric_name_is_found_before_the_start(make: Make) -> None:
    project = make("good")
    assert "valid" in project.run("validate", "--live")
    plan = project.root / "rollouts" / f"{NAME}.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("requests_total", "request_total"), "utf-8")
    assert "no series has the name request_total" in project.run("validate", "--live", code=2)


def test_aws_serverless_workshops_343_a_wrong_dimension_is_found_before_the_start(make: Make) -> None:
    said = make("payments").run("validate", "--live", code=2)
    assert 'no series requests_total has app="payments"; it has: bad, good' in said


def test_a_clock_that_is_ahead_of_the_metrics_promotes_nothing(make: Make) -> None:
    project = at_canary(make("good"))
    project.now = END + 1800
    assert "there are no data" in project.tick()
    assert float(project.share) == 0.05
