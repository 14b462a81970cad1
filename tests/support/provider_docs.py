"""The pages of providers, from their own keys, what they state of themselves, and a few words on each.

The words on a provider stand in `provider_pages/`, a file each: `title`, `example` (its settings, YAML) and
perhaps `text` (Markdown).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from sluicegate.core.text import plural
from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.flags.interface import Capabilities, FlagFactory, FlagProvider
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import MetricFactory, MetricProvider
from sluicegate.policy.keys import Key
from sluicegate.rollout.providers import provider_names
from sluicegate.runtime.surroundings import Surroundings
from support.make_provider import around, factory_of, make_flag, make_metrics, settings

_WORDS = Path(__file__).with_name("provider_pages")
_INTRO = """# Providers of flags and metrics

A rollout changes a feature flag and watches metrics, each through a provider. A provider of flags
computes from the flag's whole state who sees the new variation. What it cannot compute it refuses: it
then writes nothing, and says why. After every write the flag is read again. A token is given by the name
of its environment variable, and goes to the one server whose address the plan names, over https or on
this machine.

A rollout must find the flag off, or with a form that the provider's page names. Do not change salts,
groups, stickiness, the order of variants or the key that users are drawn by while it lasts: everybody is
drawn anew then.

## Flags

| provider | of | smallest step | lock | a person may have to approve | a kill is seen within |
| --- | --- | --- | --- | --- | --- |
"""
_METRICS = """
## Metrics

A metric is two counts: `bad` events, and all events (`total`). Where `total` has data and `bad` has none,
there were no bad events; without `total` there is no data. In the query of an arm, `$arm` stands for its
label value.

| provider | of |
| --- | --- |
"""
_OTHERS = """
## Providers of other packages

A Python package adds a provider through an entry point of the group `sluicegate.flags` or
`sluicegate.metrics`. Its value is a `FlagFactory` (from `sluicegate.flags.interface`) or a
`MetricFactory` (`sluicegate.metrics.interface`): the keys of its settings, and a function that makes the
provider of them. A provider of flags behind HTTP inherits `RemoteFlag` (`sluicegate.flags.remote`), which
turns the errors of its server into errors of the flag. Only packages of the environment that runs
Sluicegate are loaded, never those of the checkout.
"""


def words(group: str, name: str) -> Mapping[str, str]:
    """What a person wrote of a provider."""
    path = _WORDS / group.rpartition(".")[2] / f"{name}.yml"
    found: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _given(keys: Mapping[str, Key], example: str) -> Surroundings:
    """An environment with every variable that the example names."""
    named = [v for v in settings(keys, example).values() if isinstance(v, str)]
    variables = {each: "x:x" for each in named if re.fullmatch(r"[A-Z][A-Z0-9_]+", each)}
    return around(Path(), None, **variables, GITHUB_REPOSITORY="octo-org/octo-repo")


def flag_of(name: str) -> FlagProvider:
    """The provider of an example."""
    example = words(FLAGS, name)["example"]
    return make_flag(name, example, _given(_flag_keys(name), example))


def metric_of(name: str) -> MetricProvider:
    """The provider of an example."""
    example = words(METRICS, name)["example"]
    return make_metrics(name, example, _given(_metric_keys(name), example))


def _flag_keys(name: str) -> Mapping[str, Key]:
    factory = factory_of(FLAGS, name)
    assert isinstance(factory, FlagFactory)
    return factory.keys


def _metric_keys(name: str) -> Mapping[str, Key]:
    factory = factory_of(METRICS, name)
    assert isinstance(factory, MetricFactory)
    return factory.keys


def index() -> str:
    """The page of all."""
    rows = [_row(name) for name in sorted(provider_names(FLAGS))]
    meters = [
        f"| {_link(name)} | {words(METRICS, name)['title']} |\n" for name in sorted(provider_names(METRICS))
    ]
    return "".join((_INTRO, *rows, _METRICS, *meters, _OTHERS))


def _link(name: str) -> str:
    return f"[`{name}`](providers/{name}.md)"


def _row(name: str) -> str:
    about = flag_of(name).capabilities
    cells = (
        _link(name),
        words(FLAGS, name)["title"],
        _step(about),
        f"`{about.lock}`",
        "yes" if about.approvals else "no",
        plural(about.kill_delay, "second"),
    )
    return f"| {' | '.join(cells)} |\n"


def _flag_page(name: str) -> str:
    return f"{_head('Flags', FLAGS, name)}{_stated(flag_of(name).capabilities)}\n{_keys(_flag_keys(name))}"


def _metric_page(name: str) -> str:
    return f"{_head('Metrics', METRICS, name)}{_keys(_metric_keys(name))}"


def _head(what: str, group: str, name: str) -> str:
    said = words(group, name)
    example = "".join(f"    {line}\n" for line in said["example"].splitlines())
    text = f"{said['text']}\n" if "text" in said else ""
    return f"# {what}: {said['title']}\n\n```yaml\n- {name}:\n{example}```\n\n{text}"


def _step(about: Capabilities) -> str:
    return f"{float(about.step * 100):.3g} %" if about.step >= 1e-6 else "below a millionth of a percent"


def _stated(about: Capabilities) -> str:
    rows = {
        "the flag": about.flag,
        "segments": about.segments or "none",
        "smallest step": _step(about),
        "lock": f"`{about.lock}`",
        "users without a key": about.without_key,
        "approvals": "a write may wait for a person" if about.approvals else "none",
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
    return "\n".join(["| key | meaning |", "| --- | --- |", *rows]) + "\n"


def _default(value: Any) -> str:
    if value in (None, (), ""):
        return ""
    return f" Default: `{value:g}`." if isinstance(value, float) else f" Default: `{value}`."


def pages() -> Mapping[str, Callable[[], str]]:
    """What makes each page, by its path."""
    made = {name: partial(_flag_page, name) for name in provider_names(FLAGS)}
    made |= {name: partial(_metric_page, name) for name in provider_names(METRICS)}
    return {"docs/providers.md": index, **{f"docs/providers/{name}.md": make for name, make in made.items()}}
