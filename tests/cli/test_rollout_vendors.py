"""`sluicegate rollout` with each vendor of flags, against its fake: from the start to 5 %, and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import appconfig_fake as appconfig
from support import configcat_fake as configcat
from support import flagsmith_fake as flagsmith
from support import flipt_fake as flipt
from support import growthbook_fake as growthbook
from support import launchdarkly_fake as launchdarkly
from support import posthog_fake as posthog
from support import statsig_fake as statsig
from support.appconfig_rig import VARIABLES
from support.appconfig_rig import a_rig as a_appconfig
from support.configcat_rig import a_rig as a_configcat
from support.flag_cases import FlagRig, HttpFlagRig
from support.flagsmith_rig import SPLIT
from support.flagsmith_rig import a_rig as a_flagsmith
from support.flipt_rig import a_rig as a_flipt
from support.goff_rig import a_rig as a_goff
from support.growthbook_rig import GrowthBookRig
from support.growthbook_rig import a_rig as a_growthbook
from support.launchdarkly_rig import a_rig as a_launchdarkly
from support.posthog_rig import a_rig as a_posthog
from support.rollout_project import NAME, PLAN, Project
from support.statsig_rig import a_rig as a_statsig

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Vendor:
    """A vendor.

    Attributes:
        rig: makes a rig of it.
        settings: of a plan, beside the `url` of one behind HTTP.
        variables: with tokens.
        has_url: is the server of one behind HTTP named in a plan?
    """

    rig: Callable[[], AbstractContextManager[FlagRig]]
    settings: str
    variables: dict[str, str]
    has_url: bool = True


VENDORS = {
    "appconfig": Vendor(
        a_appconfig,
        "region: eu-central-1, application: app0001, environment: env0000, profile: pro0000, "
        f"flag: new-checkout, strategy: {appconfig.AT_ONCE}",
        VARIABLES,
        has_url=False,
    ),
    "configcat": Vendor(
        a_configcat,
        f"flag: new-checkout, environment: {configcat.ENVIRONMENT}, setting: {configcat.SETTING}",
        {"CONFIGCAT_TOKEN": f"{configcat.USER}:{configcat.PASSWORD}"},
    ),
    "flagsmith": Vendor(
        a_flagsmith,
        f"environment: {flagsmith.KEY}, flag: new-checkout, segment: {SPLIT}",
        {"FLAGSMITH_TOKEN": flagsmith.SECRET},
    ),
    "flipt": Vendor(
        a_flipt,
        f"environment: {flipt.ENVIRONMENT}, namespace: {flipt.NAMESPACE}, flag: new-checkout",
        {"FLIPT_TOKEN": flipt.TOKEN},
    ),
    "goff-file": Vendor(a_goff, "file: flags.goff.yaml, flag: new-checkout, where: local", {}),
    "growthbook": Vendor(
        a_growthbook,
        "flag: new-checkout, environment: production",
        {"GROWTHBOOK_TOKEN": growthbook.TOKEN},
    ),
    "launchdarkly": Vendor(
        a_launchdarkly,
        "project: shop, flag: new-checkout, environment: production",
        {"LAUNCHDARKLY_TOKEN": launchdarkly.TOKEN},
    ),
    "posthog": Vendor(
        a_posthog,
        f"project: {posthog.PROJECT}, flag: new-checkout",
        {"POSTHOG_PERSONAL_API_KEY": posthog.TOKEN},
    ),
    "statsig": Vendor(a_statsig, "flag: new-checkout", {"STATSIG_CONSOLE_KEY": statsig.KEY}),
}
SEGMENT = "  - {stage: staff, bake: 10min}\n"


class VendorProject(Project):
    """A project whose flag is a vendor's."""

    rig: FlagRig

    @property
    def share(self) -> Fraction:
        """See `Project`."""
        return self.rig.share()


@pytest.fixture
def project(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VendorProject]:
    vendor = VENDORS[name]
    for variable in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(variable)
    for variable, value in {"USER": "alice", **vendor.variables}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    made = VendorProject(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    with vendor.rig() as rig:
        made.rig = rig
        url = f"url: '{rig.proxy.url}', " if vendor.has_url and isinstance(rig, HttpFlagRig) else ""
        flags = f"flags: [{{{name}: {{{url}{vendor.settings}, refresh: 5}}}}]\n"
        plan = PLAN.replace(SEGMENT, "").partition("\n")[2]
        (tmp_path / "rollouts" / f"{NAME}.yml").write_text(flags + plan, encoding="utf-8")
        made.passes(13)
        yield made


@pytest.mark.parametrize("name", VENDORS)
def test_a_rollout_reaches_a_share_and_is_turned_back(name: str, project: VendorProject) -> None:
    rig = project.rig
    assert "may be written" in project.run("validate", "--live", NAME)
    project.start()
    assert rig.share() == 0
    project.passes(13)
    project.tick()
    assert rig.share() == Fraction(5, 100)
    assert "5%" in project.run("status", NAME)
    project.run("rollback", NAME, "--reason", "a test")
    assert rig.share() == 0
    said = "\n".join(project.said)
    assert not [value for value in VENDORS[name].variables.values() if value in said]


@pytest.mark.parametrize("name", ["growthbook"])
class TestReviewsOfGrowthBook:
    """What a user sees of them."""

    @pytest.fixture
    def rig(self, project: VendorProject) -> GrowthBookRig:
        assert isinstance(project.rig, GrowthBookRig)
        return project.rig

    def test_a_gate_that_the_token_bypasses_is_a_warning(
        self, project: VendorProject, rig: GrowthBookRig
    ) -> None:
        rig.fake.demands, rig.fake.bypass = {"production"}, True
        project.start()
        project.passes(13)
        assert "closed gate 'approval-required'" in project.tick()
        assert rig.share() == Fraction(5, 100)

    def test_a_review_pauses_and_an_approved_draft_is_published_by_a_resume(
        self, project: VendorProject, rig: GrowthBookRig
    ) -> None:
        rig.demand_approval()
        project.start()
        project.passes(13)
        said = project.tick()
        assert "waits for an approval" in said
        assert f"https://app.growthbook.io/features/{NAME}?v=2" in said
        assert rig.share() == 0
        rig.approve()
        project.run("resume", NAME)
        project.passes(13)
        project.tick()
        assert rig.share() == Fraction(5, 100)
