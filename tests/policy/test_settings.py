"""A key stands once: what is declared reaches the program, and rooms register sections of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from types import ModuleType

import pytest
from jsonschema import Draft202012Validator

from sluicegate.core.model import Waiver
from sluicegate.policy import settings
from sluicegate.policy.keys import Key
from sluicegate.policy.kinds import Section
from sluicegate.policy.model import SourceSettings
from sluicegate.policy.schema import policy_schema
from sluicegate.policy.settings import section
from sluicegate.policy.values import KINDS
from support.policies import messages, policy


@pytest.mark.parametrize(("name", "record"), [("source", SourceSettings), ("waiver", Waiver)])
def test_every_key_is_a_field_of_the_record(name: str, record: type) -> None:
    assert set(section(name).keys) <= {f.name for f in fields(record)}


def test_a_mandatory_key_says_what_to_do_without_it() -> None:
    for name in ("policy", "source", "waiver", "component", "suite", "criterion", "measure", "run"):
        for key, about in section(name).keys.items():
            assert about.help, f"{name}.{key}"
            assert not about.missing or f"{key}:" in about.missing, f"{name}.{key}"


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A room that registers the section `release`."""
    module = ModuleType("a_room_with_a_section")
    keys = {
        "freeze": Key(KINDS["switch"], "Whether releases are frozen.", False),
        "branches": Key(KINDS["globs"], "Globs of release branches.", ("main",)),
        "manager": Key(KINDS["label"], "Who decides.", missing="Name one, for example manager: '@a'."),
    }
    about = Section(title="ReleaseSettings", help="Releases.", subject="the section 'release'", keys=keys)
    module.SECTIONS = {"release": Key(about, "How releases are decided.")}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(settings, "FEATURES", (module.__name__,))
    section.cache_clear()
    yield
    section.cache_clear()


@pytest.mark.usefixtures("release")
class TestASectionOfAnotherRoom:
    def test_is_handed_on_with_its_defaults(self) -> None:
        found = policy('release: {manager: "@a"}').sections
        assert found == {"release": {"freeze": False, "branches": ("main",), "manager": "@a"}}

    def test_is_merged_like_every_other(self) -> None:
        found = policy(
            "extends: lower.yml\nrelease: {manager: me, freeze: true}",
            lower_yml='release: {manager: "@a", branches: r/*}',
        )
        assert found.sections["release"] == {"freeze": True, "branches": ("r/*",), "manager": "me"}

    def test_has_errors_of_the_same_kind(self) -> None:
        misspelt, wrong = messages('release: {freze: true, branches: 3, manager: "@a"}')
        assert misspelt == "sluicegate.yml:1:11: unknown key 'freze'. Perhaps you meant 'freeze'."
        assert wrong.startswith("sluicegate.yml:1:34: 'branches' is a glob or a list of globs, and this")

    def test_is_in_the_schema(self) -> None:
        accepts = Draft202012Validator(json.loads(json.dumps(policy_schema()))).is_valid
        assert accepts({"release": {"manager": "@a", "freeze": True}})
        assert not accepts({"release": {"freeze": "no"}})
