"""Criteria about metrics become hypotheses about counts, or are refused with what to write."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sluicegate.core.errors import CriterionError
from sluicegate.criteria.metrics import CountCriterion, MetricSpec, described, metric_criterion

METRICS = (
    MetricSpec("error_rate"),
    MetricSpec("success_rate", counts_good=True),
    MetricSpec("latency", durations=True),
)


def criterion(text: str, *more: MetricSpec) -> CountCriterion:
    return metric_criterion(text, (*METRICS, *more))


@pytest.mark.parametrize(
    ("text", "metric", "over", "bound"),
    [
        ("error_rate <= 5%", "error_rate", None, "1/20"),
        ("error_rate < 0.1%", "error_rate", None, "1/1000"),
        ("error_rate <= 0%", "error_rate", None, "0"),
        ("success_rate >= 95%", "success_rate", None, "1/20"),
        ("success_rate > 99.9%", "success_rate", None, "1/1000"),
        ("p95 <= 2s", "latency", "2", "1/20"),
        ("p99_9 < 250ms", "latency", "1/4", "1/1000"),
        ("latency.p50 <= 1s", "latency", "1", "1/2"),
        ('latency["500ms"].over <= 1%', "latency", "1/2", "1/100"),
    ],
)
def test_a_number_is_a_guard(text: str, metric: str, over: str | None, bound: str) -> None:
    found = criterion(text)
    assert (found.metric, found.bound, found.compared) == (metric, Fraction(bound), False)
    assert found.over == (Fraction(over) if over else None)


@pytest.mark.parametrize(
    ("text", "margin", "growth", "over"),
    [
        ("error_rate <= control", "0", "0", None),
        ("error_rate <= control + 0.5pp", "1/200", "0", None),
        ("error_rate <= control * 1.2", "0", "1/5", None),
        ("success_rate >= control - 1pp", "1/100", "0", None),
        ('latency["2s"].over <= control + 1pp', "1/100", "0", "2"),
    ],
)
def test_control_is_a_comparison(text: str, margin: str, growth: str, over: str | None) -> None:
    found = criterion(text)
    assert found.compared
    assert (found.margin, found.growth) == (Fraction(margin), Fraction(growth))
    assert found.over == (Fraction(over) if over else None)


def test_of_several_metrics_of_durations_each_percentile_has_a_name_before_it() -> None:
    search = MetricSpec("search", durations=True)
    assert criterion("search.p95 <= 1s", search).metric == "search"
    with pytest.raises(CriterionError, match=r"unknown measure 'p95'"):
        criterion("p95 <= 1s", search)


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("error_rate == 0%", "'==' cannot be decided while counts grow", "Write 'error_rate <= 0%'."),
        ("success_rate != 5%", "'!=' cannot be decided while counts grow", "Write 'success_rate >= 5%'."),
        ("p95 == 2s", "'==' cannot be decided while counts grow", "Write 'p95 <= 2s'."),
        (
            "p95 <= control + 100ms",
            "'p95 <= control + 100ms' compares a percentile, which no count decides",
            "Compare the share of events over a fixed threshold: 'latency[\"2s\"].over <= control + 0.5pp'.",
        ),
        ("p95 <= control * 1.1", "'p95 <= control * 1.1' compares a percentile", "Compare the share"),
        ("p95 <= 0s", "'p95 <= 0s' can never be satisfied", "Write a time above 0"),
        ("error_rate >= 1%", "'error_rate >= 1%' asks 'error_rate' to be worse", "Write 'error_rate <= 1%'."),
        (
            "success_rate < 95%",
            "'success_rate < 95%' asks 'success_rate' to be",
            "Write 'success_rate >= 95%'.",
        ),
        ("error_rate <= baseline", "a rollout has no baseline", "Compare with the control arm"),
        (
            "error_rate <= 100%",
            "'error_rate <= 100%' is always satisfied",
            "Write a bound that can be missed",
        ),
        (
            "success_rate >= 0%",
            "'success_rate >= 0%' is always satisfied",
            "Write a bound that can be missed",
        ),
        (
            "error_rate <= control - 1pp",
            "'error_rate <= control - 1pp' asks the new version",
            "Write what it",
        ),
        (
            "success_rate >= control + 1pp",
            "'success_rate >= control + 1pp' asks the new",
            "Write what it may",
        ),
        (
            "error_rate <= control * 0.9",
            "'error_rate <= control * 0.9' asks the new version",
            "Write a factor",
        ),
        (
            "success_rate >= control * 0.9",
            "a factor on 'success_rate', which counts good",
            "Write percentage",
        ),
        (
            "error_rate <= 5% or p95 <= 2s",
            "'error_rate <= 5% or p95 <= 2s' leaves open",
            "Write one comparison",
        ),
        ('latency["fast"].over <= 1%', "'fast' is not a duration", 'Write it as latency["2s"].over'),
        ('latency["5%"].over <= 1%', "'5%' is not a duration", 'Write it as latency["2s"].over'),
        ("errors <= 5%", "unknown measure 'errors'", "Perhaps you meant 'error_rate'."),
        (
            "error_rate <= control + 20%",
            "a relative '20%' on 'error_rate'",
            "Write 'control + 20pp' for perc",
        ),
    ],
)
def test_what_counts_cannot_decide_is_refused(text: str, what: str, remedy: str) -> None:
    with pytest.raises(CriterionError) as caught:
        criterion(text)
    assert caught.value.what.startswith(what)
    assert caught.value.remedy.startswith(remedy)


def test_the_remedy_for_a_relative_offset_is_a_criterion() -> None:
    with pytest.raises(CriterionError) as caught:
        criterion("error_rate <= control + 20%")
    assert "or 'control * 1.2'." in caught.value.remedy
    assert criterion("error_rate <= control * 1.2").growth == Fraction(1, 5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("error_rate <= 5%", "more than 5% are bad"),
        ("p95 <= 2s", "more than 5% take longer than 2s"),
        ("error_rate <= control", "more than the control's share are bad"),
        ("error_rate <= control + 0.5pp", "more than the control's share plus 0.5pp are bad"),
        ("error_rate <= control * 1.2", "more than 120% of the control's share are bad"),
    ],
)
def test_what_a_breach_proves_is_a_sentence(text: str, words: str) -> None:
    assert described(criterion(text)) == words
