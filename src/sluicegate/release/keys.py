"""The section `release` of the policy: the kinds of its values, and the keys that `keys.yml` declares.

Every check of a pull request imports this module, so what a release needs is read only where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.core.statuses import Otherwise
from sluicegate.policy import values as v
from sluicegate.policy.catalogue import load_yaml
from sluicegate.policy.document import Scalar
from sluicegate.policy.keys import Definitions, Form, Key, Kind, Short, Spot
from sluicegate.policy.kinds import Choice, ListOf, Named, Section, Text
from sluicegate.policy.settings import keys_of
from sluicegate.policy.tree import Merge, Tree

_EVIDENCE = Form(
    r"^(?!(report|gate|checklist|role)\Z)[A-Za-z_][A-Za-z0-9_-]{0,59}\Z",
    "is no name for evidence",
    "Begin with a letter; then letters, digits, '_' and '-'. report, gate, checklist and role are taken.",
)
_SOURCES = ("deployment", "workflow", "issues", "health", "changelog", "files", "changed", "impact", "metric")


@cache
def _data() -> dict[str, Any]:
    return load_yaml(Path(__file__).with_name("keys.yml").read_text(encoding="utf-8"))


def _one_source(keys: Sequence[str]) -> PolicyError | None:
    written = [key for key in _SOURCES if key in keys]
    if len(written) == 1:
        return None
    what = f"evidence has one source, and this has {' and '.join(written) or 'none'}"
    return PolicyError(what, remedy=f"Write one of: {', '.join(_SOURCES)}.")


def _off(value: Scalar) -> Short:
    return {"enabled": False} if value is False or value == "off" else value


def _as_expect(value: Scalar) -> Short:
    return {"expect": value} if isinstance(value, str) else value


_RULES: Mapping[str, Mapping[str, Any]] = {
    "dimension": {
        "short": _off,
        "short_json": ({"enum": ["off"], "type": "string"}, {"type": "boolean", "const": False}),
        "finish": lambda entries: {"enabled": Tree(True), **entries},
    },
    "check": {"short": _as_expect, "short_json": (v.EXPECT.schema({}),)},
    "evidence": {"rule": _one_source, "rule_json": {"oneOf": [{"required": [key]} for key in _SOURCES]}},
}


@cache
def section(name: str) -> Section:
    """A section of `keys.yml`: `release`, `dimension`, `check` and others."""
    about: dict[str, Any] = {key: text for key, text in _data()[name].items() if key != "keys"}
    keys = keys_of(_data()[name]["keys"], _kind)
    if name == "evidence":
        keys = {key: replace(of, help=_with_measures(key, of.help)) for key, of in keys.items()}
    return (_Replaced if name == "evidence" else Section)(**about, keys=keys, **_RULES.get(name, {}))


class _Replaced(Section):
    """A section that replaces the one below it as a whole: another source is another fact."""

    __slots__ = ()

    def _read(self, spot: Spot) -> Tree | None:
        tree = super()._read(spot)
        return None if tree is None else replace(tree, merge=Merge.REPLACE)


def _with_measures(key: str, text: str) -> str:
    from sluicegate.release.settings import MEASURES

    words = "; ".join(f"`{m.name}`: {m.help}" for m in MEASURES[key].values())
    return text.replace(f"{{measures.{key}}}", f"Measures: {words}.")


@cache
def _kind(name: str) -> Kind:
    return _KINDS[name]() if name in _KINDS else v.KINDS[name]


def _of_rollout(section_name: str, key: str) -> Kind:
    """The kind that a key of a rollout has."""
    from sluicegate.rollout import keys

    return keys.section(section_name).keys[key].kind


def _check_address(text: str) -> None:
    from sluicegate.net.transport import check_address

    try:
        check_address(text, "health")
    except UsageError as error:
        raise PolicyError(f"the address {error.what}", remedy=error.remedy) from None


def _named(entry: str, names: Form, what: str, example: str, most: int) -> Named:
    sentence = f"'{{name}}' is a mapping from {what}"
    return Named(section(entry), names, most=most, what=sentence, remedy=example)


_KINDS: Mapping[str, Callable[[], Kind]] = {
    "dimensions": lambda: _named(
        "dimension",
        v.name_of("a dimension"),
        "names of dimensions",
        "For example infrastructure: {checks: [staging.current == 1]}.",
        50,
    ),
    "evidence": lambda: _named(
        "evidence", _EVIDENCE, "names of evidence", "For example staging: {deployment: staging}.", 100
    ),
    "roles": lambda: _named(
        "role", v.name_of("a role"), "names of roles", "For example qa: {from: ['@alice']}.", 50
    ),
    "checks": lambda: ListOf(
        section("check"),
        most=100,
        what="'{name}' is a list of checks",
        remedy="Write it as [staging.current == 1], or as items that begin with '- '.",
    ),
    "checklists": lambda: Named(
        ListOf(
            v.LABEL,
            most=100,
            what="'{name}' is a list of items",
            remedy="For example [Deployment plan, Support briefed].",
        ),
        v.name_of("a checklist"),
        most=20,
        what="'{name}' is a mapping from names of checklists",
        remedy="For example operations: [Deployment plan, Support briefed].",
    ),
    "checkpoints": lambda: ListOf(
        _of_rollout("rollout", "lag"),
        least=1,
        most=20,
        what="'{name}' is a list of times",
        remedy="For example [24h, 2h, 0s].",
    ),
    "otherwise": lambda: Choice(options=Otherwise),
    "people": lambda: _of_rollout("rollout", "approvers"),
    "duration": lambda: _of_rollout("rollout", "bin"),
    "freeze": lambda: _of_rollout("rollout", "freeze"),
    "metric-provider": lambda: _of_rollout("rollout", "metrics-from"),
    "expression": lambda: _of_rollout("metric", "bad"),
    "labels": lambda: _of_rollout("stage", "segments"),
    "quorum": lambda: _of_rollout("rollout", "min-bad"),
    "release-metric": lambda: section("metric"),
    "release-changed": lambda: section("changed"),
    "address": lambda: Text(longest=1000, check=_check_address),
}


class ReleaseKind(Kind):
    """The section. Its keys are read only where there is one."""

    __slots__ = ()

    def _read(self, spot: Spot) -> Tree | None:
        return section("release").read(spot)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return section("release").schema(definitions)


SECTIONS: Mapping[str, Key] = {
    "release": Key(
        ReleaseKind(),
        "Go or no-go of a release: what it must show, and who signs it off. Without it the default applies: "
        "see [release.md](release.md).",
    )
}


def build(name: str, tree: Tree) -> tuple[Any, tuple[PolicyError, ...]]:
    """The settings of the section, and what is wrong with it."""
    from sluicegate.release.read import build_settings

    return build_settings(tree)
