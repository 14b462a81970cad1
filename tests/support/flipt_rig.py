"""The rig of the cases for Flipt: a boolean flag, and a fake of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.flipt.provider import Flipt
from sluicegate.flags.interface import FlagProvider
from support import proxy
from support.approval_cases import ApprovalRig
from support.flag_cases import TIMEOUT
from support.flipt_fake import ENVIRONMENT, NAMESPACE, TOKEN, FakeFlipt, evaluated
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

IDS = [f"user-{number}" for number in range(10_000)]
BRANCH = "rollout"


class FliptRig(ApprovalRig):
    """A new boolean flag that is off.

    Attributes:
        branch: to which its providers write; empty for none.
    """

    def __init__(self, fake: FakeFlipt, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake
        self.secret = TOKEN
        self.flag = "new-checkout"
        self.branch = ""
        fake.flag(self.flag)
        fake.flag("another")
        self.segments = ("beta", "staff")
        for key in self.segments:
            fake.segment(key, key)

    @property
    def payload(self) -> dict[str, Any]:
        """The flag as it is."""
        found: dict[str, Any] = self.fake.environments[ENVIRONMENT]["flipt.core.Flag"][self.flag]
        return found

    def provider(self, **more: str) -> Flipt:
        """See `FlagRig`."""
        text = (
            f"url: {self.proxy.url}\nenvironment: {ENVIRONMENT}\nnamespace: {NAMESPACE}\nflag: {self.flag}\n"
        )
        more = {**({"branch": self.branch} if self.branch else {}), **more}
        text += "".join(f"{key}: {value}\n" for key, value in more.items())
        given = around(Path(), self.patience.clock(), FLIPT_TOKEN=TOKEN)
        return cast("Flipt", make_flag("flipt", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def edit(self, *rollouts: dict[str, Any], enabled: bool = False) -> None:
        """Set rollouts and default by hand."""
        self.payload.update(rollouts=list(rollouts), enabled=enabled)
        self.fake.touch()

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.edit(threshold(percent))

    def share(self) -> Fraction:
        """See `FlagRig`: by percentage alone."""
        if self.payload["enabled"]:
            return Fraction(1)
        return (
            Fraction(sum(r["threshold"]["percentage"] for r in self.payload["rollouts"] if "threshold" in r))
            / 100
        )

    def seen(self, users: int = len(IDS)) -> list[bool]:
        """Whether each of so many users sees the flag."""
        return [evaluated(self.payload, each) for each in IDS[:users]]

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.branch = BRANCH

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return sum(each["state"] == "PROPOSAL_STATE_OPEN" for each in self.fake.proposals.values())

    def approve(self) -> None:
        """See `ApprovalRig`."""
        self.fake.merge(BRANCH)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"enabled":', '"invented": {"deep": [1]}, "enabled":')


def threshold(percent: float, *, value: bool = True) -> dict[str, Any]:
    """A rollout to a share, as the server has it."""
    return {
        "type": "THRESHOLD_ROLLOUT_TYPE",
        "description": "",
        "threshold": {"percentage": percent, "value": value},
    }


def segments(*keys: str, value: bool = True, all_of: bool = False) -> dict[str, Any]:
    """A rollout to segments, as the server has it."""
    operator = "AND_SEGMENT_OPERATOR" if all_of else "OR_SEGMENT_OPERATOR"
    segment = {"value": value, "segments": list(keys), "segmentOperator": operator}
    return {"type": "SEGMENT_ROLLOUT_TYPE", "description": "", "segment": segment}


@contextmanager
def a_rig() -> Iterator[FliptRig]:
    """A rig while the context lasts; at its end all requests and answers must be as described."""
    fake = FakeFlipt()
    with proxy.before(fake) as before:
        yield FliptRig(fake, before)
    assert not fake.wrong, fake.wrong
