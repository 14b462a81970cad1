"""Alerts, their receivers, and dashboards of a file: Prometheus, Alertmanager, Grafana, Datadog. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.text import cut, one_line
from sluicegate.policy.document import Node
from sluicegate.release.impact.data import below, entries, items, plain, read_data, text_of
from sluicegate.release.impact.model import Alert, Kind, Place

_CANDIDATE = re.compile(r"\.(?:ya?ml|json|rules)$", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"(?:^|/)(?:node_modules|vendor|testdata|fixtures|__fixtures__|tests?|locales?|i18n)/|package(?:-lock)?\.json$"
)
_HINT = re.compile(
    rb"\balert:|\breceivers:|\"panels\"|\bpanels:|\"type\"\s*:\s*\"[a-z0-9 -]{3,20} (?:alert|check)\""
    rb"|\"type\"\s*:\s*\"composite\"|\bapiVersion:\s*1\b"
)
_MAX_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that watches: its values are what is compared, by name."""

    name: str
    type: str
    line: int = 0
    values: Mapping[str, str] = field(default_factory=dict)


def may_watch(path: str) -> bool:
    """May a file of this path have alerts or dashboards? Its text decides."""
    return _CANDIDATE.search(path) is not None and _OUTSIDE.search(path) is None


def watches(data: bytes, path: str) -> list[Watch]:
    """What a file has; nothing where it is of another kind.

    Raises:
        UnreadableError: it looks like such a file, and cannot be read.
    """
    if not _HINT.search(data) or (b"{{" in data and b"{{-" in data and b"alert" not in data):
        return []
    name = path if path.endswith(".json") else "alerts.yml"
    return [watch for document in read_data(data, name) for watch in _of_document(document)]


def _of_document(top: Node) -> Iterator[Watch]:
    for each in items(top) or [top]:
        groups = items(below(each, "groups")) or items(below(each, "spec", "groups"))
        rules = (rule for group in groups for rule in items(below(group, "rules")))
        yield from (watch for rule in rules for watch in _rule(rule))
        yield from _whole(each)


def _whole(top: Node) -> Iterator[Watch]:
    """A file that is of one kind as a whole."""
    if items(below(top, "receivers")) and below(top, "route").value is not None:
        yield from _alertmanager(top)
    if items(below(top, "panels")) and below(top, "schemaVersion").value is not None:
        yield _dashboard(top)
    elif _is_monitor(top):
        yield _monitor(top)


def _rule(rule: Node) -> Iterator[Watch]:
    """A rule of Prometheus, or of Grafana's provisioning."""
    alert = below(rule, "alert")
    if text_of(alert):
        values = {"expr": _flat(text_of(below(rule, "expr"))), "for": text_of(below(rule, "for"))}
        values["severity"] = text_of(below(rule, "labels", "severity"))
        yield Watch(text_of(alert), "Prometheus alert", alert.mark[0], values)
    elif text_of(below(rule, "title")) and items(below(rule, "data")):
        title = below(rule, "title")
        values = {"for": text_of(below(rule, "for")), "queries": _json(below(rule, "data"))}
        yield Watch(text_of(title), "Grafana alert", title.mark[0], values)


def _flat(text: str) -> str:
    """A query on one line, without the comments that end its lines."""
    return " ".join(" ".join(map(_without_comment, text.split("\n"))).split())


_COMMENT = re.compile(r"(?:^|\s)#")


def _without_comment(line: str) -> str:
    found = _COMMENT.search(line, line.rfind('"') + 1)
    return line[: found.start()] if found else line


def _json(node: Node) -> str:
    return json.dumps(plain(node), sort_keys=True, default=str)


def _alertmanager(top: Node) -> Iterator[Watch]:
    for receiver in items(below(top, "receivers")):
        name = below(receiver, "name")
        kinds = ", ".join(
            key.removesuffix("_configs") for key in entries(receiver) if key.endswith("_configs")
        )
        yield Watch(text_of(name), "Alertmanager receiver", name.mark[0], {"kinds": kinds})
    route = below(top, "route")
    yield Watch("route", "Alertmanager route", route.mark[0], {"routes": _json(route)})
    for rule in items(below(top, "inhibit_rules")):
        yield Watch(cut(_json(rule), _MAX_SHOWN), "Alertmanager inhibition", rule.mark[0])


def _dashboard(top: Node) -> Watch:
    values: dict[str, str] = {}
    stack = list(items(below(top, "panels")))
    while stack:
        panel = stack.pop()
        stack += items(below(panel, "panels"))
        title = text_of(below(panel, "title")) or f"panel {text_of(below(panel, 'id'))}"
        if text_of(below(panel, "type")) != "row":
            queries = [text_of(below(t, key)) for t in items(below(panel, "targets")) for key in _QUERIES]
            steps = below(panel, "fieldConfig", "defaults", "thresholds")
            values[f"panel {title}"] = _flat(" ; ".join(filter(None, queries)))
            values[f"threshold of {title}"] = _json(steps) if steps.value is not None else ""
    name = text_of(below(top, "title")) or text_of(below(top, "uid"))
    return Watch(name, "Grafana dashboard", 0, values)


_QUERIES = ("expr", "query", "rawSql", "target")
_MONITORS = re.compile(
    r"(?:metric|query|event|event-v2|log|rum|trace-analytics|slo|process|audit) alert|service check|composite"
)


def _is_monitor(top: Node) -> bool:
    return _MONITORS.fullmatch(text_of(below(top, "type"))) is not None and text_of(below(top, "query")) != ""


def _monitor(top: Node) -> Watch:
    thresholds = below(top, "options", "thresholds")
    values = {"query": _flat(text_of(below(top, "query"))), "threshold": _json(thresholds)}
    name = below(top, "name")
    return Watch(text_of(name), "Datadog monitor", name.mark[0], values)


# --- compare -----------------------------------------------------------------------------------

Found = Mapping[str, Sequence[Watch]]
"""By path of the file."""


def compared(before: Found, after: Found) -> Iterator[Alert]:
    """What was added or removed, and each value that changed. What moved to another file is the same."""
    old, new = _by_name(before), _by_name(after)
    for key in sorted({*old, *new}):
        was, is_ = old.get(key, []), new.get(key, [])
        for (path, first), (_, last) in zip(is_, was, strict=False):
            yield from _changed(path, last, first)
        for path, watch in is_[len(was) :]:
            yield Alert(watch.name, watch.type, Kind.ADDED, Place(path, watch.line))
        for path, watch in was[len(is_) :]:
            yield Alert(watch.name, watch.type, Kind.REMOVED, Place(path, watch.line))


def _by_name(found: Found) -> dict[tuple[str, str], list[tuple[str, Watch]]]:
    named: dict[tuple[str, str], list[tuple[str, Watch]]] = {}
    for path, each in sorted(found.items()):
        for watch in each:
            named.setdefault((watch.type, watch.name), []).append((path, watch))
    for same in named.values():
        same.sort(key=lambda pair: sorted(pair[1].values.items()))
    return named


def _changed(path: str, was: Watch, now: Watch) -> Iterator[Alert]:
    for what in sorted({*was.values, *now.values}):
        before, after = was.values.get(what, ""), now.values.get(what, "")
        if before != after:
            shown = [cut(one_line(text), _MAX_SHOWN) for text in (before, after)]
            yield Alert(now.name, now.type, Kind.CHANGED, Place(path, now.line), what, shown[0], shown[1])
