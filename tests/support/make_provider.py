"""Providers as a plan makes them: its section is read by the keys of the factory."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.flags.interface import FlagFactory, FlagProvider
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import MetricFactory, MetricProvider
from sluicegate.net.client import Clock
from sluicegate.policy.keys import Key, Spot, plain_values
from sluicegate.policy.kinds import Section
from sluicegate.policy.yaml_positions import read_document
from sluicegate.rollout.providers import points
from sluicegate.runtime.surroundings import Surroundings


def settings(keys: Mapping[str, Key], text: str) -> dict[str, Any]:
    """The values of a section that is written as YAML; complaints are raised."""
    document = read_document(text.encode(), "plan.yml")
    spot = Spot(document, document.top)
    tree = Section(title="Provider", help="", keys=keys).read(spot)
    if spot.complaints:
        raise spot.complaints[0][1]
    return plain_values(keys, tree)


def around(root: Path, clock: Clock | None = None, **environment: str) -> Surroundings:
    """What a provider is given of the world."""
    return Surroundings(environment, root, clock or Clock())


def factory_of(group: str, name: str) -> object:
    """What the one provider of that name is made by."""
    (point,) = (point for point in points(group) if point.name == name)
    return point.load()


@lru_cache(maxsize=256)
def _settings_of(group: str, name: str, text: str) -> dict[str, Any]:
    factory = factory_of(group, name)
    assert isinstance(factory, FlagFactory | MetricFactory)
    return settings(factory.keys, text)


def make_flag(name: str, text: str, given: Surroundings) -> FlagProvider:
    """The flag provider of a section."""
    factory = factory_of(FLAGS, name)
    assert isinstance(factory, FlagFactory)
    return factory.create(copy.deepcopy(_settings_of(FLAGS, name, text)), given)


def make_metrics(name: str, text: str, given: Surroundings) -> MetricProvider:
    """The metric provider of a section."""
    factory = factory_of(METRICS, name)
    assert isinstance(factory, MetricFactory)
    return factory.create(copy.deepcopy(_settings_of(METRICS, name, text)), given)
