"""What names metrics of CloudWatch in a plan: `NAMESPACE NAME{DIMENSION="value", …}`, added by `+`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.metrics.interface import ARM, MetricError
from sluicegate.metrics.quoting import no_arm

_METRIC = re.compile(r'\s*([\w./#:-]{1,255})\s+([^\s{}"=,+]{1,255}|"[^"\\{}]{1,255}")\s*')
_DIMENSION = re.compile(r'\s*([^\s{}"=,]{1,255}|"[^"\\]{1,255}")\s*=\s*"((?:[^"\\]|\\["\\])*)"\s*')
_MOST = 10
_FORM = (
    'Write one such as AWS/ApplicationELB HTTPCode_Target_5XX_Count{LoadBalancer="app/shop/1a2b"}, or say '
    "`approximate: true` for metric maths."
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; its dimensions are all that it has, in any order."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        named = ", ".join(f'{name}="{value}"' for name, value in self.dimensions)
        return f"{self.namespace} {self.name}" + (f"{{{named}}}" if named else "")

    @property
    def names(self) -> frozenset[str]:
        """The names of its dimensions."""
        return frozenset(name for name, _ in self.dimensions)

    @property
    def asked(self) -> dict[str, Any]:
        """As CloudWatch names it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


def metric_of(found: Mapping[str, Any]) -> Metric:
    """A metric that CloudWatch lists."""
    pairs = (
        (str(each.get("Name", "")), str(each.get("Value", ""))) for each in found.get("Dimensions") or []
    )
    return Metric(str(found.get("Namespace", "")), str(found.get("MetricName", "")), tuple(sorted(pairs)))


def parse_metrics(text: str, arm: str | None, where: str) -> tuple[Metric, ...]:
    """The metrics whose sums are added.

    Args:
        text: of the plan.
        arm: the label value that replaces `$arm` in values of dimensions.
        where: names the query in errors.

    Raises:
        MetricError: the text names none, or it wants an arm and the query is of no arm.
    """
    found: list[Metric] = []
    at = 0
    while not found or text.startswith("+", at):
        metric, at = _metric(text, at + 1 if found else at, arm, where)
        found.append(metric)
    if text[at:].strip() or len(found) > _MOST:
        raise MetricError(f"'{text[:120]}' names no metrics of CloudWatch", where=where, remedy=_FORM)
    return tuple(found)


def _metric(text: str, at: int, arm: str | None, where: str) -> tuple[Metric, int]:
    head = _METRIC.match(text, at)
    if head is None:
        raise MetricError(f"'{text[:120]}' names no metrics of CloudWatch", where=where, remedy=_FORM)
    at, pairs = head.end(), []
    if text.startswith("{", at):
        at += 1
        while pair := _DIMENSION.match(text, at):
            pairs.append((pair[1].strip('"'), _value(pair[2], arm, where)))
            at = pair.end() + text.startswith(",", pair.end())
        closed = re.compile(r"\s*\}\s*").match(text, at)
        if closed is None or len(dict(pairs)) != len(pairs):
            raise MetricError(f"'{text[:120]}' has no such dimensions", where=where, remedy=_FORM)
        at = closed.end()
    return Metric(head[1], head[2].strip('"'), tuple(sorted(pairs))), at


def _value(written: str, arm: str | None, where: str) -> str:
    value = re.sub(r"\\(.)", r"\1", written)
    if ARM not in value:
        return value
    if arm is None:
        raise no_arm(where)
    return value.replace(ARM, arm)


IN_MATHS = re.compile(r"[\w.:/@+ -]{1,255}")
"""Label values that mean nothing else in metric maths, whose texts have no documented escapes."""
