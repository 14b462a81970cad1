"""The rig of the cases for PostHog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.interface import FlagProvider
from sluicegate.flags.posthog.provider import PostHog
from support import proxy
from support.approval_cases import ApprovalRig
from support.flag_cases import TIMEOUT
from support.make_provider import around, make_flag
from support.posthog_fake import PROJECT, REQUEST, TOKEN, FakePostHog
from support.proxy import Proxy, replacing

FLAG = "new-checkout"
COHORTS = {"beta": 11, "staff": 12}


def cohort(name: str, percent: float | None = 0) -> dict[str, Any]:
    """A condition for a cohort alone."""
    of = {"key": "id", "type": "cohort", "value": COHORTS[name], "operator": "in", "cohort_name": name}
    return {"properties": [of], "rollout_percentage": percent, "variant": None}


def everybody(percent: float | None = 0, **more: Any) -> dict[str, Any]:
    """A condition for all users."""
    return {"properties": [], "rollout_percentage": percent, "variant": None, **more}


class PostHogRig(ApprovalRig):
    """A flag with conditions for everybody and for two cohorts, all at 0 %."""

    secret = TOKEN
    segments = ("beta", "staff")

    def __init__(self, fake: FakePostHog, before: Proxy, variant: str = "") -> None:
        super().__init__(before)
        self.fake, self.variant = fake, variant
        fake.add(f"{FLAG}-2", name=f"more than {FLAG}")
        self.flag = fake.add(FLAG)
        self.flag["filters"]["groups"] += [cohort("beta"), cohort("staff")]
        if variant:
            self.set(multivariate={"variants": [share_of("control", 0), share_of(variant, 100)]})

    def provider(self) -> PostHog:
        """See `FlagRig`."""
        text = f"url: {self.proxy.url}\nproject: {PROJECT}\nflag: {FLAG}\n"
        text += f"variant: {self.variant}\n" if self.variant else ""
        given = around(Path(), self.patience.clock(), POSTHOG_PERSONAL_API_KEY=TOKEN)
        return cast("PostHog", make_flag("posthog", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def set(self, **filters: Any) -> None:
        """Change members of the filters by hand."""
        with self.fake.lock:
            self.flag["filters"] = {**self.flag["filters"], **filters}
            self.flag["version"] = (self.flag["version"] or 0) + 1

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        first, *others = self.flag["filters"]["groups"]
        self.set(groups=[{**first, "rollout_percentage": percent}, *others])

    def share(self) -> Fraction:
        """See `FlagRig`."""
        shares = [
            Fraction(str(each["rollout_percentage"])) / 100
            for each in self.flag["filters"]["groups"]
            if not each["properties"]
        ]
        return max(shares, default=Fraction(0)) if self.flag["active"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"properties":', '"invented": {"deep": [1]}, "properties":')

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.fake.gated = {"filters"}

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return len(self.fake.waiting)

    def approve(self) -> None:
        """See `ApprovalRig`."""
        self.fake.approve()

    @property
    def link(self) -> str:
        """To the one request."""
        return f"{self.proxy.url}/project/{PROJECT}/approvals/{REQUEST}"


@contextmanager
def a_rig(variant: str = "") -> Iterator[PostHogRig]:
    """A rig with its server; requests that the real one would not take fail the test."""
    fake = FakePostHog()
    with proxy.before(fake) as before:
        yield PostHogRig(fake, before, variant)
    assert fake.wrong == []


def share_of(variant: str, percent: float) -> dict[str, Any]:
    """A variant with its share of the distribution."""
    return {"key": variant, "name": "", "rollout_percentage": percent}
