"""Rollouts by the flags of vendors, through the command line: from the start to 5 %, and back by a kill."""

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
from support.flag_cases import HttpFlagRig
from support.growthbook_fake import TOKEN as GROWTHBOOK
from support.growthbook_fake import FakeGrowthBook
from support.growthbook_rig import GrowthBookRig
from support.rollout_project import NAME, PLAN, Project
from support.statsig_fake import KEY as STATSIG
from support.statsig_fake import FakeStatsig
from support.statsig_rig import StatsigRig


@dataclass(frozen=True)
class Vendor:
    """A vendor's flag: its rig, its provider in a plan (YAML), and the variables with tokens."""

    rig: HttpFlagRig
    settings: str
    variables: dict[str, str]


@contextmanager
def growthbook() -> Iterator[Vendor]:
    fake = FakeGrowthBook()
    with serving(fake) as url, proxy.before(url) as before:
        settings = f"growthbook: {{url: '{before.url}', flag: {NAME}, environment: production}}"
        yield Vendor(GrowthBookRig(fake, before), settings, {"GROWTHBOOK_TOKEN": GROWTHBOOK})


@contextmanager
def statsig() -> Iterator[Vendor]:
    fake = FakeStatsig()
    with serving(fake) as url, proxy.before(url) as before:
        settings = f"statsig: {{url: '{before.url}', flag: {NAME}}}"
        yield Vendor(StatsigRig(fake, before), settings, {"STATSIG_CONSOLE_KEY": STATSIG})


VENDORS: dict[str, Callable[[], AbstractContextManager[Vendor]]] = {
    "growthbook": growthbook,
    "statsig": statsig,
}


@dataclass
class VendorProject(Project):
    """The project, with a vendor's flag in place of the flagd file."""

    vendor: Vendor = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.flags.unlink()
        lines = [line for line in PLAN.splitlines() if "staff" not in line]
        plan = "\n".join([f"flags: [{{{self.vendor.settings}}}]", *lines[1:], ""])
        (self.root / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")

    @property
    def share(self) -> Fraction:
        """See `Project`."""
        return self.vendor.rig.share()


@pytest.fixture(params=VENDORS)
def project(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VendorProject]:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "alice")
    monkeypatch.chdir(tmp_path)
    with VENDORS[request.param]() as vendor:
        for name, value in vendor.variables.items():
            monkeypatch.setenv(name, value)
        made = VendorProject(tmp_path, vendor=vendor)
        monkeypatch.setattr(rollout_sessions, "clock", made.clock)
        yield made


def test_a_rollout_goes_to_five_percent_and_back_by_a_kill(project: VendorProject) -> None:
    live = project.invoked("validate", NAME, "--live").output  # its metrics have no data yet
    assert "may be written" in live
    assert "exposes nobody" in live
    project.start()
    project.passes(13)
    project.tick()
    assert project.share == Fraction(5, 100)
    assert "5%" in project.run("status", NAME)
    project.run("rollback", NAME, "--reason", "it hurts")
    assert project.share == 0
    assert all(secret not in "\n".join(project.said) for secret in project.vendor.variables.values())


class TestGrowthBook:
    """What a user sees of its reviews."""

    @pytest.mark.parametrize("project", ["growthbook"], indirect=True)
    def test_a_gate_that_the_token_bypasses_is_a_warning(self, project: VendorProject) -> None:
        rig = project.vendor.rig
        assert isinstance(rig, GrowthBookRig)
        rig.fake.demands, rig.fake.bypass = {"production"}, True
        project.start()
        project.passes(13)
        said = project.tick()
        assert "closed gate 'approval-required'" in said
        assert project.share == Fraction(5, 100)

    @pytest.mark.parametrize("project", ["growthbook"], indirect=True)
    def test_a_review_pauses_and_an_approved_draft_is_published_by_a_resume(
        self, project: VendorProject
    ) -> None:
        rig = project.vendor.rig
        assert isinstance(rig, GrowthBookRig)
        rig.demand_approval()
        project.start()
        project.passes(13)
        said = project.tick()
        assert "waits for an approval" in said
        assert f"https://app.growthbook.io/features/{NAME}?v=2" in said
        assert project.share == 0
        rig.approve()
        project.run("resume", NAME)
        project.passes(13)
        project.tick()
        assert project.share == Fraction(5, 100)
