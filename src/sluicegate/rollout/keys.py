"""The section `rollouts` of the policy: the kinds of its values, and the keys that `keys.yml` declares.

Every check of a pull request imports this module, so what a plan needs is read only where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.policy import values as v
from sluicegate.policy.catalogue import load_yaml
from sluicegate.policy.keys import Definitions, Form, Key, Kind, Short, Spot
from sluicegate.policy.kinds import Choice, ListOf, Named, Section, Text, Value
from sluicegate.policy.settings import keys_of
from sluicegate.policy.tree import Tree

NAME = Form(
    r"^[a-z0-9][a-z0-9-]{0,59}\Z",
    "is no name for a rollout",
    "Use lower case letters, digits and '-', for example new-checkout.",
)
_METRIC = Form(
    r"^[A-Za-z_][A-Za-z0-9_]{0,59}\Z",
    "is no name for a metric",
    "Begin with a letter; then letters, digits and '_'.",
)
_DURATION = Form(
    r"^([0-9]{1,6}(\.[0-9]{1,3})?)\s?(s|min|h|d)\Z", "is not a time", "Write it as 90s, 30min, 24h or 7d."
)
_UNITS: Mapping[str, int] = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_LONGEST = 90 * 86400
_PERCENT = Form(
    r"^[0-9]{1,2}(\.[0-9]{1,3})?\s?%\Z|^100\s?%\Z", "is not a chance", "Write it as 5%; at most 50%."
)
_STAGE = Form(
    r"^(dark|GA|ga|[0-9]{1,2}(\.[0-9]{1,3})?\s?%|100\s?%|[A-Za-z][A-Za-z0-9 _.-]{0,59})\Z",
    "is not a stage",
    "Write dark, a percentage such as 5%, GA, or the name of a segment.",
)
_APPROVER = Form(
    r"^(write|maintain|admin|@[A-Za-z0-9][A-Za-z0-9-]{0,38}(/[A-Za-z0-9._-]{1,100})?)\Z",
    "is not a permission, a login or a team",
    "Write write, maintain, admin, @login or @org/team.",
)


def percentage(text: str) -> Fraction | None:
    """The share of a text such as `2.5%`; None for another text."""
    return Fraction(text.rstrip("%").strip()) / 100 if re.match(_PERCENT.pattern, text) else None


def _share(value: str) -> Fraction:
    share = percentage(value)
    if share is None or not 0 < share <= Fraction(1, 2):
        raise PolicyError(f"'{value[:40]}' {_PERCENT.what}", remedy=_PERCENT.remedy)
    return share


def _duration(least: int) -> Callable[[str | float], int]:
    def convert(value: str | float) -> int:
        if isinstance(value, bool | str):
            _DURATION.check(str(value))
        match = re.match(_DURATION.pattern, str(value))
        seconds = Fraction(match[1]) * _UNITS[match[3]] if match else Fraction(str(value))
        if seconds.denominator != 1 or not least <= seconds <= _LONGEST:
            remedy = f"Give whole seconds, from {least} up to 90d."
            raise PolicyError(f"a time of {value} is out of range", remedy=remedy)
        return int(seconds)

    return convert


def _duration_kind(least: int) -> Value:
    return Value(
        what="'{name}' is a time",
        remedy=_DURATION.remedy,
        takes=(str, int, float),
        convert=_duration(least),
        json={
            "anyOf": [
                {"type": "string", **_DURATION.json},
                {"type": "integer", "minimum": least, "maximum": _LONGEST},
            ]
        },
    )


def _whole(least: int, most: int) -> Value:
    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            remedy = f"Write a whole number from {least} to {most:,}."
            raise PolicyError(f"'{str(value)[:40]}' is not such a number", remedy=remedy)
        return value

    return Value(
        what="'{name}' is a whole number",
        remedy=f"Write a whole number from {least} to {most:,}.",
        takes=(int, float, str),
        convert=convert,
        json={"type": "integer", "minimum": least, "maximum": most},
    )


def _dispersion(value: float) -> float:
    if isinstance(value, bool) or not 1 <= value <= 1000:
        raise PolicyError(f"a dispersion of {value} is out of range", remedy="Write a number from 1 to 1000.")
    return float(value)


def _matched(form: Form) -> Text:
    what = f"'{{name}}' {form.what.replace('is not', 'is')}"
    return Text(longest=100, check=form.check, json=form.json, what=what, remedy=form.remedy)


def _check_window(text: str) -> None:
    from sluicegate.rollout.freeze import parse_window

    parse_window(text)


def _check_zone(text: str) -> None:
    from sluicegate.rollout.plan import time_zone

    time_zone(text)


def _text_as(key: str) -> Callable[[Any], Short]:
    return lambda value: {key: value} if isinstance(value, str) else value


# --- sections ----------------------------------------------------------------------------------


@cache
def _data() -> dict[str, Any]:
    return load_yaml(Path(__file__).with_name("keys.yml").read_text(encoding="utf-8"))


def _one_count(keys: Sequence[str]) -> PolicyError | None:
    written = [key for key in ("bad", "good", "durations") if key in keys]
    if len(written) > 1:
        what = f"a metric counts '{written[0]}' or '{written[1]}', and this one has both"
        return PolicyError(what, remedy="Delete one.")
    if not written:
        remedy = "Add 'bad', 'good' or 'durations', an expression of the provider."
        return PolicyError("the metric counts nothing", remedy=remedy)
    if "total" not in keys and "durations" not in keys:
        remedy = "Add 'total', the expression for all events: a rate has two counts."
        return PolicyError("the metric has no 'total'", remedy=remedy)
    return None


_RULES: Mapping[str, Callable[[Section], Section]] = {
    "stage": lambda own: replace(own, short=_text_as("stage"), short_json=({"type": "string"},)),
    "criterion": lambda own: replace(own, short=_text_as("expect"), short_json=({"type": "string"},)),
    "window": lambda own: replace(own, short=_text_as("when"), short_json=({"type": "string"},)),
    "metric": lambda own: replace(
        own,
        rule=_one_count,
        rule_json={
            "oneOf": [
                {"required": ["bad", "total"]},
                {"required": ["good", "total"]},
                {"required": ["durations"]},
            ]
        },
    ),
}


@cache
def section(name: str) -> Section:
    """A section of `keys.yml`: `rollout`, `stage`, `metric` and others."""
    about: dict[str, Any] = {key: text for key, text in _data()[name].items() if key != "keys"}
    made = Section(**about, keys=keys_of(_data()[name]["keys"], _kind))
    return _RULES[name](made) if name in _RULES else made


@cache
def _kind(name: str) -> Kind:
    if name in _KINDS:
        return _KINDS[name]()
    return v.KINDS[name]


def _list(name: str, what: str, remedy: str, least: int = 0, most: int = 50) -> ListOf:
    return ListOf(
        section(name), what=f"'{{name}}' is a list of {what}", remedy=remedy, least=least, most=most
    )


def _provider(group: str, example: str) -> Kind:
    from sluicegate.rollout.providers import Provider

    return Provider(
        group=group,
        what="'{name}' is a provider with its settings",
        remedy=f"Write one provider, for example {example}.",
    )


def _choice(name: str) -> Kind:
    from sluicegate.rollout import plan

    options = {
        "on-breach": plan.OnBreach, "promotion": plan.Promotion, "of": plan.MetricOf, "counted": plan.Counted,
    }  # fmt: skip
    return Choice(options=options[name])


_KINDS: Mapping[str, Callable[[], Kind]] = {
    "flags": lambda: ListOf(
        _provider("sluicegate.flags", "flagd-file: {file: flags.json, flag: new-checkout}"),
        what="'{name}' is a list of flags",
        remedy="For example [{flagd-file: {file: flags.json, flag: new-checkout}}].",
        least=1,
        most=20,
    ),
    "metric-provider": lambda: _provider(
        "sluicegate.metrics", "prometheus: {url: https://prometheus.example}"
    ),
    "metrics": lambda: Named(
        section("metric"),
        _METRIC,
        most=50,
        what="'{name}' is a mapping from names of metrics",
        remedy="For example error_rate: {bad: ..., total: ...}.",
    ),
    "arms": lambda: section("arms"),
    "limits": lambda: section("limits"),
    "freeze": lambda: section("freeze"),
    "stages": lambda: _list("stage", "stages", "For example [dark, 5%, 50%, GA].", least=1, most=50),
    "rollout-criteria": lambda: _list(
        "criterion", "criteria", "Write it as [error_rate <= 5%], or as items that begin with '- '.", most=50
    ),
    "windows": lambda: _list("window", "windows", "For example [fri after 15:00].", most=200),
    "window": lambda: Text(longest=100, check=_check_window),
    "zone": lambda: Text(longest=100, check=_check_zone),
    "on-breach": lambda: _choice("on-breach"),
    "promotion": lambda: _choice("promotion"),
    "of": lambda: _choice("of"),
    "counted": lambda: _choice("counted"),
    "duration": lambda: _duration_kind(1),
    "duration-or-none": lambda: _duration_kind(0),
    "count": lambda: _whole(0, 10**9),
    "bad": lambda: _whole(1, 10**6),
    "issue": lambda: _whole(1, 10**9),
    "dispersion": lambda: Value(
        what="'{name}' is a number",
        remedy="Write a number from 1 to 1000.",
        takes=(int, float),
        convert=_dispersion,
        json={"type": "number", "minimum": 1, "maximum": 1000},
    ),
    "percent": lambda: Value(
        what="'{name}' is a chance",
        remedy="Write it as 5%; at most 50%.",
        takes=(str,),
        convert=_share,
        json={"type": "string", **_PERCENT.json},
    ),
    "stage-name": lambda: _matched(_STAGE),
    "labels": lambda: ListOf(
        v.LABEL,
        single=True,
        least=1,
        most=20,
        what="'{name}' is a list of names",
        remedy="For example [staff].",
    ),
    "approvers": lambda: ListOf(
        _matched(_APPROVER),
        single=True,
        least=1,
        most=50,
        what="'{name}' is a list of permissions, logins and teams",
        remedy="For example [maintain, '@alice', '@org/team'].",
    ),
    "expression": lambda: replace(v.TEXT, longest=4000),
}


class PlanKind(Kind):
    """A plan. Its keys are read only where there is one; where a part was refused, it has `damaged`."""

    __slots__ = ()

    def _read(self, spot: Spot) -> Tree | None:
        before = len(spot.complaints)
        tree = section("rollout").read(spot)
        if tree is None or len(spot.complaints) == before:
            return tree
        return replace(tree, value={**tree.value, "damaged": Tree(True)})

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return section("rollout").schema(definitions)


SECTIONS: Mapping[str, Key] = {
    "rollouts": Key(
        Named(
            PlanKind(),
            NAME,
            most=100,
            what="'{name}' is a mapping from names of rollouts",
            remedy="For example new-checkout: {flags: [...], metrics: {...}}.",
        ),
        "How releases reach their users, by name: flags, stages, metrics and criteria. A file "
        "`rollouts/NAME.yml` holds one of them as well.",
        {},
    )
}


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a file `rollouts/NAME.yml`, draft 2020-12, as plain values."""
    definitions: dict[str, Any] = {}
    top = section("rollout").definition(definitions)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluicegate:rollout:1",
        "title": "Rollout of Sluicegate",
    }
    return {**head, **top, "$defs": dict(sorted(definitions.items()))}


def build(name: str, tree: Tree) -> tuple[Any, tuple[PolicyError, ...]]:
    """The plans of the section, by name, and what is wrong with them."""
    from sluicegate.rollout.plan_read import build_plans

    return build_plans(tree)


def parse_duration(text: str) -> int:
    """The seconds of a time as a plan has it: `90s`, `15min`, `24h`; `15m` is `15min`.

    Raises:
        PolicyError: without a place: the text is no time, or not one from 1 second to 90 days.
    """
    return _duration(1)(f"{text}in" if re.fullmatch(r"[0-9.]+\s?m", text) else text)
