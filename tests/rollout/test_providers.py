"""Providers of other packages: found by name, and refused when they cannot be used."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

import support.rollouts
from sluicegate.core.errors import WorldError
from sluicegate.flags.interface import GROUP, FlagFactory
from sluicegate.rollout import providers
from sluicegate.rollout.providers import factory, points, provider_names, provider_section
from support.rollouts import (
    ARMS,
    CRITERIA,
    FLAG,
    FLAG_FACTORY,
    METRIC_FACTORY,
    METRIC_LINES,
    PROVIDER,
    complaints,
)

POINTS = (
    EntryPoint("good", "support.rollouts:FLAG_FACTORY", GROUP),
    EntryPoint("gone", "support.no_such_module:FACTORY", GROUP),
    EntryPoint("strange", "support.rollouts:USUAL", GROUP),
    EntryPoint("twice", "support.rollouts:FLAG_FACTORY", GROUP),
    EntryPoint("twice", "support.rollouts:USUAL", GROUP),
)


@pytest.fixture(autouse=True)
def _points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "points", lambda group: POINTS if group == GROUP else ())


def test_a_provider_is_found_by_its_name() -> None:
    assert provider_names(GROUP) == ("good", "gone", "strange", "twice")
    assert factory(GROUP, "good") is FLAG_FACTORY
    assert set(provider_section(GROUP, "good").keys) == {"path", "flag", "timeout"}


@pytest.mark.parametrize("others", [(), "stale"])
def test_ours_need_no_package_that_is_installed(monkeypatch: pytest.MonkeyPatch, others: object) -> None:
    """The Action names our sources on the import path; an older install may name them as entry points."""
    stale = EntryPoint("unleash", "sluicegate.flags.unleash.provider:FACTORY", GROUP)
    monkeypatch.setattr(providers, "points", points)
    monkeypatch.setattr(providers, "plugins", lambda _group: (stale,) if others else ())
    assert provider_names(GROUP) == tuple(providers._OURS[GROUP])
    assert isinstance(factory(GROUP, "unleash"), FlagFactory)


def test_a_name_that_none_has_is_no_key() -> None:
    with pytest.raises(KeyError):
        factory(GROUP, "other")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone", "ModuleNotFoundError: No module named 'support.no_such_module'"),
        ("strange", "it is not a factory of providers"),
        ("twice", "support.rollouts:FLAG_FACTORY has that name already"),
    ],
)
def test_a_package_that_cannot_be_used_is_named_with_what_to_do(name: str, reason: str) -> None:
    with pytest.raises(WorldError) as caught:
        factory(GROUP, name)
    assert caught.value.what.endswith(f"cannot be used: {reason}")
    assert caught.value.remedy.startswith("Fix the package, or uninstall it: pip uninstall")


def test_a_plan_says_so_at_the_place_of_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.rollouts.POINTS", {GROUP: POINTS, "sluicegate.metrics": ()})
    (found,) = complaints("flags: [{strange: {}}]\n")
    assert found.startswith("rollouts/new-checkout.yml:1:10: the provider 'strange' of")


def test_a_provider_that_tells_arms_apart_needs_none_in_expressions(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = METRIC_LINES.replace('{v="$arm"}', "")
    assert len(complaints(FLAG + PROVIDER + lines + ARMS + CRITERIA)) == 3
    monkeypatch.setattr(support.rollouts, "METRIC_FACTORY", replace(METRIC_FACTORY, tells_arms=True))
    assert complaints(FLAG + PROVIDER + lines + ARMS + CRITERIA) == []


def test_a_metric_provider_where_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.rollouts.POINTS", {GROUP: POINTS, "sluicegate.metrics": ()})
    found = complaints("flags: [{good: {path: a.json, flag: a}}]\nmetrics-from: {tally: {}}\n")
    assert found == [
        "rollouts/new-checkout.yml:2:16: unknown provider 'tally'. Providers: none is installed."
    ]
