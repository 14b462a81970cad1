"""Forecasts: the same judge, the same figures for the same seed, and sizes that can be computed."""

from __future__ import annotations

import math
import random

import pytest
import scipy

from sluicegate.rollout.judge import RATIOS, BinCounts, Comparison, Counts, Guard, Test, log_course
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.simulate import (
    Forecast,
    Rates,
    Scenario,
    _draw,
    _lines,
    forecast_text,
    simulate,
)
from support.rollouts import USUAL, plan

SHORT = plan("stages: [dark, internal, {stage: 5%, bake: 1h}, 50%, GA]\n" + USUAL)


def scenario(old: float, new: float, per_minute: float = 2000) -> Scenario:
    rates = Rates(old, new)
    return Scenario({"error_rate": rates, "service_errors": rates}, per_minute)


def forecast(old: float, new: float, of: Plan = SHORT, per_minute: float = 2000) -> Forecast:
    return simulate(of, scenario(old, new, per_minute), runs=60)


def test_a_good_version_finishes_when_its_bakes_are_over() -> None:
    found = forecast(0.01, 0.01)
    assert found.finished >= 0.95
    assert found.seconds >= sum(s.bake for s in SHORT.stages)
    assert found.seconds <= sum(s.bake for s in SHORT.stages) + len(SHORT.stages) * 2 * SHORT.tick


def test_a_bad_version_is_stopped_where_it_is_seen_first() -> None:
    found = forecast(0.01, 0.15)
    passed = {s.name: s.passed for s in found.stages}
    assert passed["dark"] == 1
    assert passed["internal"] < 0.2  # the exposed arm is the segment
    assert found.finished == 0


def test_fewer_users_see_a_worse_version() -> None:
    """The clearer the fault, the earlier it is proven."""
    canary = plan("stages: [{stage: 5%, bake: 4h}, 50%, GA]\n" + USUAL)
    some, many = (forecast(0.01, rate, canary).exposed for rate in (0.03, 0.3))
    assert 0 < many <= some


def test_a_stage_without_traffic_never_ends() -> None:
    found = forecast(0.01, 0.01, per_minute=0.001)
    assert (found.finished, found.stopped) == (0, 0)
    assert found.stages[0].reached == 1


@pytest.mark.slow
def test_a_stage_lasts_until_its_samples_are_there() -> None:
    found = forecast(0.01, 0.01, per_minute=20)  # 1 a minute in the canary, which needs 1,000
    lasts = {s.name: s.seconds for s in found.stages}
    assert lasts["5%"] >= 1000 * 60


def test_the_same_seed_gives_the_same_forecast() -> None:
    assert simulate(SHORT, scenario(0.01, 0.02), 20) == simulate(SHORT, scenario(0.01, 0.02), 20)
    assert simulate(SHORT, scenario(0.01, 0.02), 20) != simulate(SHORT, scenario(0.01, 0.02), 20, seed=2)


def test_a_metric_without_rates_is_an_error() -> None:
    with pytest.raises(KeyError):
        simulate(SHORT, Scenario({}, 100))


@pytest.mark.parametrize("test", [Guard(0.05), Comparison(), Comparison(0.005), Comparison(growth=0.2)])
def test_the_evidence_is_that_of_the_judge(test: Test) -> None:
    chance, bins, parts, wanted = random.Random(3), [], [0.0] * len(RATIOS), []
    for t in range(1, 40):
        counts = BinCounts(Counts(chance.randrange(12), 100), Counts(chance.randrange(90), 1900))
        bins.append(counts)
        weight = 0.75 if t == 1 else 0.25 / ((t - 1) * t)
        parts = [
            (part + weight) * math.exp(counts.exposed.bad * a + counts.control.bad * b + c)
            for part, (a, b, c) in zip(parts, _lines(test, 100, 1900, 1.0), strict=True)
        ]
        wanted.append(sum(parts) / len(parts) + 0.25 / t)
    assert [math.exp(log) for log in log_course(test, bins)] == pytest.approx(wanted)


@pytest.mark.parametrize(("total", "rate"), [(5, 0.5), (100, 0.08), (20_000, 0.01), (7, 1.0), (3, 0.0)])
def test_draws_are_binomial(total: int, rate: float) -> None:
    chance = random.Random(1)
    found = [_draw(chance, total, rate) for _ in range(4000)]
    mean, spread = total * rate, math.sqrt(total * rate * (1 - rate))
    assert abs(sum(found) / len(found) - mean) <= 5 * spread / math.sqrt(len(found)) + 1e-12
    if 0 < rate < 1 and total <= 100:
        seen = [found.count(x) for x in range(total + 1)]
        expected = [4000 * float(scipy.stats.binom.pmf(x, total, rate)) for x in range(total + 1)]
        kept = [(s, e) for s, e in zip(seen, expected, strict=True) if e >= 5]
        statistic = sum((s - e) ** 2 / e for s, e in kept)
        assert statistic < float(scipy.stats.chi2.ppf(0.9999, len(kept)))


def test_the_table() -> None:
    text = forecast_text(forecast(0.01, 0.15))
    assert text.splitlines()[0] == "| stage | lasts | come to it | pass it | stopped in it | users by then |"
    assert "| dark | 30 min | 100.0% | 100.0% | 0.0% |" in text
    assert "users have seen the version." in text
    assert "0.0% of 60 runs finish, after -." in text
