"""Alerts and dashboards of each tool: added, removed, changed."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.release.impact.alerts import compared, may_watch, watches
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.model import Alert

RULES = """\
groups:
- name: api
  rules:
  - record: job:errors:rate5m
    expr: rate(errors[5m])
  - alert: HighErrors
    expr: |
      # a comment
      job:errors:rate5m > %s
    for: %s
    labels: {severity: page}
"""
CRD = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n" + "".join(
    f"  {line}\n" for line in (RULES % ("0.1", "5m")).splitlines()
)
MANAGER = "route: {receiver: team, routes: []}\nreceivers:\n- name: team\n  slack_configs: [{channel: x}]\n"
GRAFANA_ALERT = "apiVersion: 1\ngroups:\n- rules:\n  - {uid: a, title: Slow, for: 5m, data: [{expr: x}]}\n"


def dashboard(expr: str, threshold: int) -> str:
    steps = {"defaults": {"thresholds": {"steps": [{"value": threshold}]}}}
    panel = {"title": "Errors", "type": "graph", "targets": [{"expr": expr}], "fieldConfig": steps}
    row = {"type": "row", "title": "Row", "panels": [panel]}
    return json.dumps({"title": "API", "schemaVersion": 39, "panels": [row]})


def monitor(critical: float) -> str:
    return json.dumps(
        {
            "name": "Slow",
            "type": "metric alert",
            "query": "avg(last_5m):x > 1",
            "options": {"thresholds": {"critical": critical}},
        }
    )


def of(before: str, after: str, path: str = "rules.yml", old_path: str = "") -> list[tuple[Any, ...]]:
    old = {old_path or path: watches(before.encode(), old_path or path)} if before else {}
    new = {path: watches(after.encode(), path)} if after else {}
    return [_short(alert) for alert in compared(old, new)]


def _short(alert: Alert) -> tuple[Any, ...]:
    whole = (str(alert.kind), alert.type, alert.name, alert.what, alert.before, alert.after)
    return whole if alert.what else whole[:3]


P = "Prometheus alert"


def test_rules_of_prometheus() -> None:
    text = RULES % ("0.1", "5m")
    assert of("", text) == [("added", P, "HighErrors")]
    assert of(text, "") == [("removed", P, "HighErrors")]
    assert of(text, RULES % ("0.2", "10m")) == [
        ("changed", P, "HighErrors", "expr", "job:errors:rate5m > 0.1", "job:errors:rate5m > 0.2"),
        ("changed", P, "HighErrors", "for", "5m", "10m"),
    ]
    assert of(text, text.replace("# a comment", "# another")) == []
    assert watches(text.encode(), "rules.yml")[0].line == 6


def test_a_rule_that_moves_to_another_file_or_into_a_resource_is_the_same() -> None:
    assert of(RULES % ("0.1", "5m"), CRD, "k8s/rules.yaml", "rules.yml") == []


def test_two_rules_of_one_name() -> None:
    one = RULES % ("0.1", "5m")
    two = one + "".join(line + "\n" for line in (RULES % ("0.5", "1m")).splitlines()[3:])
    assert of(one, two) == [("added", P, "HighErrors")]


def test_alertmanager_grafana_and_datadog() -> None:
    assert of(MANAGER, MANAGER.replace("- name: team", "- name: other")) == [
        ("added", "Alertmanager receiver", "other"), ("removed", "Alertmanager receiver", "team"),
    ]  # fmt: skip
    assert [change[3] for change in of(MANAGER, MANAGER.replace("routes: []", "routes: [x]"))] == ["routes"]
    assert of(GRAFANA_ALERT, GRAFANA_ALERT.replace("5m", "9m")) == [
        ("changed", "Grafana alert", "Slow", "for", "5m", "9m")
    ]
    found = of(dashboard("a", 1), dashboard("b", 2), "d.json")
    assert [(change[2], change[3]) for change in found] == [
        ("API", "panel Errors"),
        ("API", "threshold of Errors"),
    ]
    (changed,) = of(monitor(1), monitor(2), "m.json")
    assert changed[1:4] == ("Datadog monitor", "Slow", "threshold")


def test_other_files_have_none() -> None:
    assert watches(b'{"type": "module", "query": "x"}', "package.json") == []
    assert watches(b"jobs: {alert: x}", "a.yml") == []
    assert not may_watch("node_modules/a.yml")
    assert not may_watch("a.py")


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(UnreadableError, match="not YAML"):
        watches(b"groups:\n- rules:\n  - alert: [\n", "a.yml")


@given(st.text(max_size=200))
def test_any_text_gives_watches_or_an_error(text: str) -> None:
    for path, whole in (
        ("a.yml", f"groups:\n- rules:\n  - alert: {text}"),
        ("a.json", f'{{"panels": [{text}]}}'),
    ):
        with suppress(UnreadableError):
            watches(whole.encode(), path)
