"""The rig of the cases for LaunchDarkly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest

from sluicegate.flags.interface import Exposure, FlagProvider, FlagRefused
from sluicegate.flags.launchdarkly.provider import LaunchDarkly
from support import proxy
from support.approval_cases import ApprovalRig
from support.flag_cases import TIMEOUT, share
from support.launchdarkly_fake import ENVIRONMENT, FLAG, PROJECT, TOKEN, WHOLE, FakeLaunchDarkly
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

OLD, NEW = 0, 1
"""The indexes of the two variations."""


class LaunchDarklyRig(ApprovalRig):
    """The flag `new-checkout` in `production`, whose variations are `false` and `true`."""

    segments = ("beta", "staff")
    secret = TOKEN

    def __init__(self, fake: FakeLaunchDarkly, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake

    def provider(self, **more: Any) -> LaunchDarkly:
        """See `FlagRig`."""
        lines = {"url": self.proxy.url, "project": PROJECT, "flag": FLAG, "environment": ENVIRONMENT, **more}
        text = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in lines.items())
        given = around(Path(), self.patience.clock(), LAUNCHDARKLY_TOKEN=TOKEN)
        return cast("LaunchDarkly", make_flag("launchdarkly", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    @property
    def new(self) -> int:
        """The index of the variation `true`."""
        return [each["value"] for each in self.fake.page["variations"]].index(True)

    def lists(self, *weights: tuple[int, int], **more: Any) -> None:
        """Give the default rule a list of variations with weights, by hand."""
        listed = [{"variation": index, "weight": weight} for index, weight in weights]
        self.edit(fallthrough={"rollout": {"variations": listed, "contextKind": "user", **more}})

    def edit(self, **changes: Any) -> None:
        """Change the flag in the environment by hand."""
        self.fake.own.update(changes, version=self.fake.own["version"] + 1)

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        weight = percent * WHOLE // 100
        self.lists((1 - self.new, WHOLE - weight), (self.new, weight))

    def share(self) -> Fraction:
        """See `FlagRig`."""
        own = self.fake.own
        if not own["on"]:
            return Fraction(0)
        fallthrough = own["fallthrough"]
        if "variation" in fallthrough:
            return Fraction(int(fallthrough["variation"] == self.new))
        weights = {each["variation"]: each["weight"] for each in fallthrough["rollout"]["variations"]}
        return Fraction(weights.get(self.new, 0), WHOLE)

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.fake.approvals = True

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return sum(each["status"] == "pending" for each in self.fake.requests)

    def approve(self) -> None:
        """See `ApprovalRig`; whoever writes next applies it."""
        self.fake.requests[-1]["reviewStatus"] = "approved"

    def limits(self, seconds: int) -> list[dict[str, str]]:
        """See `LimitRig`: the header of each family of limits."""
        ends = str(round((time.time() + seconds) * 1000))
        families = ("global", "route")
        return [
            *({f"x-ratelimit-{each}-remaining": "0", "x-ratelimit-reset": ends} for each in families),
            {"retry-after": str(seconds), "x-ratelimit-reset": "1"},
        ]

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"version":', '"invented": {"deep": [1]}, "version":')

    def sdk_data(self) -> dict[str, Any]:
        """What LaunchDarkly sends SDKs of the flag, by the members that its SDK for Python 9.20 reads."""
        own = self.fake.own
        kept = ("on", "salt", "version", "offVariation", "fallthrough", "prerequisites", "targets")
        rules = [{**rule, "id": rule["_id"]} for rule in own["rules"]]
        flag = {
            "key": FLAG, "variations": [each["value"] for each in self.fake.page["variations"]],
            **{key: own[key] for key in kept}, "contextTargets": own["contextTargets"], "rules": rules,
        }  # fmt: skip
        segments = {
            key: {name: found[name] for name in ("key", "version", "included", "excluded", "rules")}
            for key, found in self.fake.segments.items()
        }  # fmt: skip
        return {"flags": {FLAG: flag}, "segments": segments}


@contextmanager
def a_rig(fake: FakeLaunchDarkly | None = None) -> Iterator[LaunchDarklyRig]:
    """A rig; whatever was not as LaunchDarkly's description has it fails the test."""
    server = fake or FakeLaunchDarkly()
    with proxy.before(server) as before:
        yield LaunchDarklyRig(server, before)
    assert server.wrong == []


def is_refused(rig: LaunchDarklyRig, match: str, target: Exposure | None = None) -> None:
    """The flag is left alone, with the reason and a remedy."""
    before = dict(rig.fake.own)
    rig.proxy.calm()
    provider = rig.provider()
    with pytest.raises(FlagRefused, match=match) as caught:
        provider.write(target or share(25), provider.read())
    assert caught.value.remedy
    assert rig.fake.own == before
    assert rig.proxy.writes == []
