"""A plan with a vendor's flag, through the command line: from the start to 5 %, and back by a kill."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import fake_server, proxy
from support.appconfig_fake import AT_ONCE, AppConfigFake
from support.appconfig_rig import FLAG, AppConfigRig
from support.rollout_project import NAME, PLAN, Project

DARK = "  - {stage: dark, bake: 10min, min-samples: 100}\n  - {stage: staff, bake: 10min}\n"
STAGES = PLAN.replace(DARK, "")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A flag at a vendor: its settings in a plan, and the share that the vendor gives."""

    settings: str
    share: Callable[[], Fraction]


@contextmanager
def appconfig(patch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """A flag of AWS AppConfig."""
    fake = AppConfigFake()
    with fake_server.serving(fake) as url, proxy.before(url) as before:
        rig = AppConfigRig(fake, before, patch)
        ids = f"application: {fake.application}, environment: {rig.environment}, profile: {rig.profile}"
        settings = f"appconfig: {{region: eu-central-1, {ids}, flag: {FLAG}, strategy: {AT_ONCE}}}"
        yield Vendor(settings, rig.share)
        assert fake.wrong == []


VENDORS: dict[str, Callable[[pytest.MonkeyPatch], AbstractContextManager[Vendor]]] = {"appconfig": appconfig}


@pytest.mark.parametrize("name", VENDORS)
def test_from_the_start_to_five_percent_and_back_by_a_kill(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("USER", "alice")
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", project.clock)
    with VENDORS[name](monkeypatch) as vendor:
        flags = f"flags: [{{{vendor.settings}}}]\n"
        plan = flags + STAGES.partition("\n")[2]
        (tmp_path / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")
        project.passes(20)
        assert "may be written" in project.run("validate", "--live")
        project.start()
        assert vendor.share() == Fraction(5, 100)
        assert "at 5%" in project.run("status", NAME)
        project.run("rollback", NAME, "--reason", "a test")
        assert vendor.share() == 0
        assert "ROLLED_BACK" in project.run("status", NAME)
