"""The providers that there are: ours, and entry points of the groups of `flags` and `metrics`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from sluicegate.core.errors import PolicyError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.flags.interface import FlagFactory
from sluicegate.metrics.interface import MetricFactory
from sluicegate.policy.document import Document, Node
from sluicegate.policy.keys import Definitions, Kind, Spot, plain_values
from sluicegate.policy.kinds import Section
from sluicegate.policy.plugins import plugins
from sluicegate.policy.tree import Tree

Factory = FlagFactory | MetricFactory

_OURS: Mapping[str, Mapping[str, str]] = {
    "sluicegate.flags": {
        "appconfig": "sluicegate.flags.appconfig.provider",
        "configcat": "sluicegate.flags.configcat.keys",
        "flagd-file": "sluicegate.flags.flagd.provider",
        "flagsmith": "sluicegate.flags.flagsmith.provider",
        "flipt": "sluicegate.flags.flipt.provider",
        "goff-file": "sluicegate.flags.goff.provider",
        "http": "sluicegate.flags.declared.keys",
        "launchdarkly": "sluicegate.flags.launchdarkly.keys",
        "posthog": "sluicegate.flags.posthog.provider",
        "unleash": "sluicegate.flags.unleash.provider",
    },
    "sluicegate.metrics": {
        "cloudwatch": "sluicegate.metrics.cloudwatch.provider",
        "file": "sluicegate.metrics.file",
        "json": "sluicegate.metrics.json_api",
        "prometheus": "sluicegate.metrics.prometheus",
    },
}
"""By group and name: the module with a `FACTORY`. No entry points, since the Action does not install us."""


def points(group: str) -> tuple[EntryPoint, ...]:
    """The providers of a group, not imported yet: ours, then those of other packages."""
    ours = [EntryPoint(name, f"{module}:FACTORY", group) for name, module in _OURS[group].items()]
    known = {point.value for point in ours}
    return (*ours, *(point for point in plugins(group) if point.value not in known))


def provider_names(group: str) -> tuple[str, ...]:
    """The providers of a group, `sluicegate.flags` or `sluicegate.metrics`."""
    return tuple(dict.fromkeys(point.name for point in points(group)))


def factory(group: str, name: str) -> Factory:
    """The factory of a provider.

    Raises:
        WorldError: its package cannot be used.
        KeyError: there is no such provider.
    """
    there = [point for point in points(group) if point.name == name]
    if not there:
        raise KeyError(name)
    if len(there) > 1:
        raise _unusable(there[1], f"{there[0].value} has that name already")
    try:
        found: object = there[0].load()
    except Exception as error:  # whatever a stranger's package does wrong
        raise _unusable(there[0], f"{type(error).__name__}: {error}") from error
    if not isinstance(found, Factory):
        raise _unusable(there[0], "it is not a factory of providers")
    return found


def tells_arms(name: str) -> bool:
    """Does a metric provider tell arms apart by itself?

    Raises:
        WorldError, KeyError: as of `factory`.
    """
    found = factory("sluicegate.metrics", name)
    return isinstance(found, MetricFactory) and found.tells_arms


def _unusable(point: EntryPoint, reason: str) -> WorldError:
    package = point.dist.name if point.dist is not None else point.module
    return WorldError(
        f"the provider '{one_line(point.name)}' of '{package}' cannot be used: {one_line(reason)}",
        remedy=f"Fix the package, or uninstall it: pip uninstall {package}.",
    )


def provider_section(group: str, name: str) -> Section:
    """The settings of a provider in a plan.

    Raises:
        WorldError: its package cannot be used.
        KeyError: there is no such provider.
    """
    what = "flag" if group == "sluicegate.flags" else "metric"
    return Section(
        title="".join(part.capitalize() for part in name.split("-")) + f"{what.capitalize()}Provider",
        help=f"The settings of the {what} provider `{name}`.",
        subject=f"the {what} provider '{name}'",
        what=f"the {what} provider '{name}' is a mapping of settings",
        remedy=f"For example '{name}: {{}}' with its settings.",
        keys=factory(group, name).keys,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider(Kind):
    """One provider with its settings, `{unleash: {…}}`.

    Attributes:
        group: of entry points.
    """

    group: str

    def _read(self, spot: Spot) -> Tree | None:
        nodes = spot.node.value
        if not isinstance(nodes, dict):
            raise self._refusal(spot)
        if len(nodes) != 1:
            what = f"'{spot.name}' has {len(nodes)} providers in one place"
            raise PolicyError(what, remedy=self.remedy)
        ((name, node),) = nodes.items()
        own = spot.below(name, node, spot.node.keys[name])
        try:
            section = provider_section(self.group, name)
        except KeyError:
            names = provider_names(self.group)
            remedy = did_you_mean(name, names) + f"Providers: {', '.join(names) or 'none is installed'}."
            own.complain(f"unknown provider '{cut(one_line(name), 60)}'", remedy, at=own.mark)
            return None
        except WorldError as error:
            own.complain(error.what, error.remedy, at=own.mark)
            return None
        tree = section.read(own)
        return None if tree is None else spot.tree({name: tree})

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        names = provider_names(self.group)
        return {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {name: provider_section(self.group, name).schema(definitions) for name in names},
        }


def settings_of(values: Mapping[str, Any], group: str, name: str) -> Mapping[str, Any]:
    """The settings of a provider as its factory takes them: by the names of fields, defaults filled in.

    Args:
        values: as a plan in the journal has them.
        group, name: of the provider.

    Raises:
        PolicyError: a setting is no longer one that the provider takes.
        WorldError: the provider's package cannot be used.
        KeyError: there is no such provider.
    """
    section, node = provider_section(group, name), _node(dict(values))
    spot = Spot(Document("the plan in the journal", node), node)
    tree = section.read(spot)
    if spot.complaints:
        raise spot.complaints[0][1]
    if tree is None:
        raise PolicyError(f"the settings of '{name}' cannot be read")
    return plain_values(section.keys, tree)


def _node(value: object) -> Node:
    """A plain value of JSON as if it had been written in a file."""
    match value:
        case dict():
            children = {str(key): _node(child) for key, child in value.items()}
            return Node(children, (1, 1), dict.fromkeys(children, (1, 1)))
        case list():
            return Node([_node(child) for child in value], (1, 1))
        case str() | int() | float() | bool() | None:
            return Node(value, (1, 1))
    raise AssertionError(f"no value of JSON: {value!r}")
