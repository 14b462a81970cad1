"""`sluicegate rollout` with each vendor of flags, against its fake: from the start to 5 %, and back."""

from __future__ import annotations

import os
from collections.abc import Callable
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
from support import launchdarkly_fake as launchdarkly
from support import posthog_fake as posthog
from support.appconfig_rig import VARIABLES
from support.appconfig_rig import a_rig as a_appconfig
from support.configcat_rig import a_rig as a_configcat
from support.flag_cases import FlagRig, HttpFlagRig
from support.flagsmith_rig import SPLIT
from support.flagsmith_rig import a_rig as a_flagsmith
from support.flipt_rig import a_rig as a_flipt
from support.goff_rig import a_rig as a_goff
from support.launchdarkly_rig import a_rig as a_launchdarkly
from support.posthog_rig import a_rig as a_posthog
from support.rollout_project import NAME, PLAN, Project


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
}
SEGMENT = "  - {stage: staff, bake: 10min}\n"


class VendorProject(Project):
    """A project whose flag is a vendor's."""

    rig: FlagRig

    @property
    def share(self) -> Fraction:
        """See `Project`."""
        return self.rig.share()


@pytest.mark.parametrize("name", VENDORS)
def test_a_rollout_reaches_a_share_and_is_turned_back(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = VENDORS[name]
    for variable in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(variable)
    for variable, value in {"USER": "alice", **vendor.variables}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    project = VendorProject(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", project.clock)
    with vendor.rig() as rig:
        project.rig = rig
        url = f"url: '{rig.proxy.url}', " if vendor.has_url and isinstance(rig, HttpFlagRig) else ""
        flags = f"flags: [{{{name}: {{{url}{vendor.settings}, refresh: 5}}}}]\n"
        plan = PLAN.replace(SEGMENT, "").partition("\n")[2]
        (tmp_path / "rollouts" / f"{NAME}.yml").write_text(flags + plan, encoding="utf-8")
        project.passes(13)
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
    assert not [value for value in vendor.variables.values() if value in said]
