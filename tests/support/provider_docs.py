"""`docs/providers.md`, from the providers' own keys and from what they state of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sluicegate.core.text import plural
from sluicegate.flags.interface import Capabilities, FlagFactory, FlagProvider
from sluicegate.metrics.interface import MetricFactory, MetricProvider
from sluicegate.policy.keys import Key
from support.make_provider import around, factory_of, make_flag, make_metrics

_INTRO = """# Providers of flags and metrics

A rollout changes a feature flag and watches metrics, each through a provider. A provider of flags
computes from the flag's whole state who sees the new variation. What it cannot compute it refuses: it
then writes nothing, and says why. After every write the flag is read again. A token is given by the name
of its environment variable, and goes to the one server whose address the plan names, over https or on
this machine.

A rollout must find the flag off, or with a form that the provider's table names. Do not change salts,
groups, stickiness, the order of variants or the key that users are drawn by while it lasts: everybody is
drawn anew then.

"""
_METRICS = """## Metrics

A metric is two counts: `bad` events, and all events (`total`). Where `total` has data and `bad` has none,
there were no bad events; without `total` there is no data. In the query of an arm, `$arm` stands for its
label value.

"""
_COUNTS = {
    "prometheus": """`bad` and `total` are plain selectors of counters, `http_requests_total{arm="$arm"}`.
They are read raw and counted here, exactly: the steps upwards of each series are summed, and a step
downwards is a restart. A series that appears begins at zero. `increase()` would extrapolate; a computed
expression is taken as an estimate where the metric says `approximate: true`, `$width` being the length of
a bin. For durations, a histogram is named, and the threshold must be a bound of its buckets: events above
it are bad. An answer with warnings is not whole, and is an error.
""",
    "json": """An expression is a path and a JSONPath with a blank between them. With `$first`, `$last`
(seconds since 1970), `$width` (seconds) and `$count` in the path the whole window is asked at once, and
the JSONPath names one whole number for each bin, the oldest first. With `$start` and `$end` each bin is
asked by itself. `null` is no data.

    /counts?what=errors&arm=$arm&from=$first&to=$last&every=$width $.points[*].count

JSONPath is that of RFC 9535 without slices, descendants and functions; filters compare one path with one
literal, `$.rows[?@.name == "on"].count`.
""",
    "file": """One JSON object a line; `bad` and `total` are names in `counts`:

    {"time": 1700000000, "arm": "on", "counts": {"requests": 20, "errors": 1}}
""",
}
FLAGS: Mapping[str, str] = {
    "flagd-file": """- flagd-file:
    file: deploy/flags.json
    flag: new-checkout
""",
    "unleash": """- unleash:
    url: https://unleash.example.com
    flag: new-checkout
    environment: production
""",
    "http": """- http:
    url: https://flags.example.com
    flag: new-checkout
    read: /api/flags/new-checkout
    share: $.rollout
    enabled: $.enabled
    version: $.version
    set: {path: /api/flags/new-checkout, body: {rollout: $percent, version: $version}}
    kill: {verb: POST, path: /api/flags/new-checkout/off}
    switch-on: {verb: POST, path: /api/flags/new-checkout/on}
""",
}
METRICS: Mapping[str, str] = {
    "prometheus": "- prometheus:\n    url: https://prometheus.example.com\n    token: PROMETHEUS_TOKEN\n",
    "json": "- json:\n    url: https://metrics.example.com\n",
    "file": "- file:\n    file: counts.jsonl\n",
}
_TITLES = {
    "flagd-file": "a flagd file",
    "unleash": "Unleash",
    "http": "any HTTP API",
    "prometheus": "Prometheus",
    "json": "JSON over HTTP",
    "file": "a local file",
}
_GIVEN = around(
    Path(), GITHUB_TOKEN="x", GITHUB_REPOSITORY="octo-org/octo-repo", UNLEASH_TOKEN="x", FLAGS_TOKEN="x",
    PROMETHEUS_TOKEN="x",
)  # fmt: skip


def _settings(example: str) -> str:
    """The settings of an example's only provider."""
    (entry,) = yaml.safe_load(example)
    (settings,) = entry.values()
    return str(yaml.safe_dump(settings))


def flag_of(name: str) -> FlagProvider:
    """The provider of an example."""
    return make_flag(name, _settings(FLAGS[name]), _GIVEN)


def metric_of(name: str) -> MetricProvider:
    """The provider of an example."""
    return make_metrics(name, _settings(METRICS[name]), _GIVEN)


def page() -> str:
    """The page."""
    parts = [_INTRO]
    for name, example in FLAGS.items():
        stated = _stated(flag_of(name).capabilities)
        factory = factory_of("sluicegate.flags", name)
        assert isinstance(factory, FlagFactory)
        parts += [_head(name, example), stated, "\n", _keys(factory.keys)]
    parts.append(_METRICS)
    for name, example in METRICS.items():
        factory = factory_of("sluicegate.metrics", name)
        assert isinstance(factory, MetricFactory)
        parts += [_head(name, example, "#"), f"{_COUNTS[name]}\n", _keys(factory.keys)]
    parts.append(_OTHERS)
    return "".join(parts)


def _head(name: str, example: str, deeper: str = "") -> str:
    return f"##{deeper} `{name}`: {_TITLES[name]}\n\n```yaml\n{example}```\n\n"


def _stated(about: Capabilities) -> str:
    step = f"{float(about.step * 100):.3g} %"
    rows = {
        "the flag": about.flag,
        "segments": about.segments or "none",
        "smallest step": step if about.step >= 1e-6 else "below a millionth of a percent",
        "lock": f"`{about.lock}`",
        "users without a key": about.without_key,
        "a kill": f"by `{about.kill}`; clients see it within {plural(about.kill_delay, 'second')}",
        "token": about.token,
        "refused": "; ".join(about.refuses),
    }
    lines = [f"| {key} | {value} |" for key, value in rows.items()]
    return "\n".join(["| | |", "| --- | --- |", *lines]) + "\n"


def _keys(keys: Mapping[str, Key]) -> str:
    rows = []
    for name, key in keys.items():
        text = " ".join(key.help.split()).replace("|", "\\|")
        rows.append(f"| `{name}` | {text}{' Mandatory.' if key.missing else _default(key.default)} |")
    return "\n".join(["| key | meaning |", "| --- | --- |", *rows]) + "\n\n"


def _default(value: Any) -> str:
    if value in (None, ()):
        return ""
    return f" Default: `{value:g}`." if isinstance(value, float) else f" Default: `{value}`."


_OTHERS = """## Providers of other packages

A Python package adds a provider through an entry point of the group `sluicegate.flags` or
`sluicegate.metrics`. Its value is a `FlagFactory` (from `sluicegate.flags.interface`) or a
`MetricFactory` (`sluicegate.metrics.interface`): the keys of its settings, and a function that makes the
provider of them. Only packages of the environment that runs Sluicegate are loaded, never those of the
checkout.
"""
