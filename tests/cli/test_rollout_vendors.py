"""A rollout through each vendor of flags, by the command line: from start to 5 %, and back by a rollback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import proxy
from support.fake_server import serving
from support.goff_rig import GoffRig
from support.posthog_fake import PROJECT, TOKEN, FakePostHog
from support.posthog_rig import FLAG, PostHogRig
from support.rollout_project import NAME, Project

PLAN = """\
flags: [{%s}]
metrics-from: {file: {file: counts.jsonl}}
metrics: {errors: {bad: errors, total: requests}}
criteria: [errors <= 5%%]
stages: [{stage: 5%%, bake: 10min}, GA]
tick-every: 5min
"""


@dataclass(frozen=True)
class Vendor:
    """A vendor with a flag that is off.

    Attributes:
        plan: of the flag, one line of YAML.
        share: of the users who see it, by a look past the provider.
        variables: of the environment.
    """

    plan: str
    share: Callable[[], Fraction]
    variables: dict[str, str] = field(default_factory=dict)


@contextmanager
def posthog(_root: Path) -> Iterator[Vendor]:
    """A fake of PostHog."""
    fake = FakePostHog()
    with serving(fake) as url, proxy.before(url) as before:
        rig = PostHogRig(fake, before)
        plan = f"posthog: {{url: '{before.url}', project: {PROJECT}, flag: {FLAG}}}"
        yield Vendor(plan, rig.share, {"POSTHOG_PERSONAL_API_KEY": TOKEN})
    assert fake.wrong == []


@contextmanager
def goff(root: Path) -> Iterator[Vendor]:
    """A file of GO Feature Flag."""
    rig = GoffRig(root, is_yaml=True)
    yield Vendor(f"goff-file: {{file: {rig.path.name}, flag: {FLAG}, where: local}}", rig.share)


Make = Callable[[Path], AbstractContextManager[Vendor]]


@pytest.mark.parametrize("make", [goff, posthog])
def test_a_rollout_goes_to_5_percent_and_is_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "alice")
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", project.clock)
    with make(tmp_path) as vendor:
        for name, value in vendor.variables.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "rollouts" / f"{NAME}.yml").write_text(PLAN % vendor.plan, encoding="utf-8")
        project.passes(1)
        assert "may be written" in project.run("validate", "--live", NAME)
        project.start()
        assert vendor.share() == Fraction(5, 100)
        project.passes(3)
        assert "RUNNING" in project.tick()
        project.run("rollback", NAME, "--reason", "a test")
        assert vendor.share() == 0
        assert "ROLLED_BACK" in project.run("list")
    assert all(value not in "\n".join(project.said) for value in vendor.variables.values())
