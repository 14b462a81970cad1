"""Facts from servers of the operator: health addresses, and counts of metric providers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.errors import SluicegateError
from sluicegate.metrics.interface import GROUP, MetricFactory, Query, Window
from sluicegate.net.client import Answer, ApiError, PatientClient
from sluicegate.net.transport import HttpTransport
from sluicegate.release.facts import Fact, measured, unknown
from sluicegate.release.settings import MEASURES, EvidenceSource, MetricSource
from sluicegate.rollout.providers import factory, settings_of
from sluicegate.runtime.surroundings import Surroundings

_SECONDS = 15.0
"""That an answer may take, its second try too."""
_LAG = 90
"""Seconds that metrics are late."""


@dataclass(frozen=True, slots=True)
class _AnyAnswer:
    """Every answer is one; only a lost one is asked for again."""

    between_writes: float = 0.0

    def succeeds(self, answer: Answer) -> bool:
        return True

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        return None

    def reason(self, answer: Answer) -> str:
        return str(answer.status)


def health_fact(source: EvidenceSource, around: Surroundings) -> Fact:
    """Whether an address answers well, and how fast."""
    specs, (url,) = MEASURES["health"], source.value
    transport = HttpTransport(url, {"Accept": "*/*"}, _SECONDS / 2)
    client = PatientClient(transport, around.clock, seconds=_SECONDS, rules=_AnyAnswer())
    began = around.clock.monotonic()
    try:
        answer = client.read("", {})
    except ApiError as error:
        taken = unknown(specs, error.message, "Look whether it can be reached from here.").measures["time"]
        return Fact({"up": measured(specs["up"], 0, error.message), "time": taken}, url=url)
    taken = measured(specs["time"], Fraction(str(round(around.clock.monotonic() - began, 3))))
    is_up = 200 <= answer.status < 300
    return Fact({"up": measured(specs["up"], is_up, f"it answered {answer.status}"), "time": taken}, url=url)


def metric_fact(source: EvidenceSource, around: Surroundings) -> Fact:
    """The bad events of all, over the time of the source."""
    specs, metric = MEASURES["metric"], source.metric
    if metric is None:
        raise AssertionError(f"{source.name} has no metric")
    try:
        bad, total = _counts(metric, source.name, around)
    except (SluicegateError, KeyError) as error:
        return unknown(specs, str(error), "Look whether the provider answers: address, token, expressions.")
    if not total:
        return unknown(specs, "the provider counted no event", "Look at the expressions of the metric.")
    rate = measured(specs["rate"], Fraction(100 * bad, total), f"{bad:,} of {total:,} events")
    return Fact({"rate": rate, "events": measured(specs["events"], total)})


def _counts(metric: MetricSource, name: str, around: Surroundings) -> tuple[int, int]:
    """Bad events and all events.

    Raises:
        SluicegateError: the provider cannot be used, or failed.
        KeyError: it is not installed.
    """
    made = factory(GROUP, metric.provider.name)
    if not isinstance(made, MetricFactory):
        raise KeyError(metric.provider.name)
    provider = made.create(settings_of(metric.provider.values, GROUP, metric.provider.name), around)
    width = max(60, metric.over // 60)
    count = max(1, metric.over // width)
    end = int(around.clock.now()) - _LAG
    bins = provider.counts(
        Query(name, metric.bad, metric.total), None, Window(end - width * count, width, count, _LAG)
    )
    known = [one for one in bins if one.known]
    return sum(one.bad for one in known), sum(one.total for one in known)
