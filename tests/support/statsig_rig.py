"""The rig of the cases for Statsig."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.interface import FlagProvider
from sluicegate.flags.statsig.provider import Statsig
from support import proxy
from support.approval_cases import ApprovalRig
from support.flag_cases import TIMEOUT
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing
from support.statsig_fake import KEY, FakeStatsig, segment

GATE = "new-checkout"


class StatsigRig(ApprovalRig):
    """A new gate that is off, with a rule for everyone at 0 %."""

    def __init__(self, fake: FakeStatsig, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake
        self.secret = KEY
        self.segments = ("beta", "staff")
        fake.segments = {name: segment(name, "user-1", "user-2") for name in self.segments}
        fake.add(GATE)

    def provider(self, **more: str) -> Statsig:
        """See `FlagRig`."""
        text = f"url: {self.proxy.url}\nflag: {GATE}\n"
        text += "".join(f"{key}: '{value}'\n" for key, value in more.items())
        given = around(Path(), self.patience.clock(), STATSIG_CONSOLE_KEY=KEY)
        return cast("Statsig", make_flag("statsig", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    @property
    def gate(self) -> dict[str, Any]:
        """As the server has it."""
        return self.fake.gates[GATE]

    @property
    def everyone(self) -> dict[str, Any]:
        """Its rule for everyone."""
        return next(r for r in self.gate["rules"] if r["conditions"] == [{"type": "public"}])

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.everyone["passPercentage"] = percent
        self.gate["version"] += 1

    def share(self) -> Fraction:
        """See `FlagRig`."""
        return Fraction(str(self.everyone["passPercentage"])) / 100 if self.gate["isEnabled"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"isEnabled":', '"invented": {"deep": [1]}, "isEnabled":')

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.fake.reviews = "wait"

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return len(self.fake.waiting)

    def approve(self) -> None:
        """See `ApprovalRig`."""
        self.fake.waiting.pop()()


@contextmanager
def a_rig() -> Iterator[StatsigRig]:
    """A rig before a fake of its own, while the context lasts."""
    fake = FakeStatsig()
    with proxy.before(fake) as before:
        yield StatsigRig(fake, before)
