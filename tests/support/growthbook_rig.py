"""The rig of the cases for GrowthBook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.growthbook.provider import GrowthBook
from sluicegate.flags.interface import FlagProvider
from support import proxy
from support.approval_cases import ApprovalRig
from support.flag_cases import TIMEOUT
from support.growthbook_fake import TOKEN, FakeGrowthBook, group
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

FLAG = "new-checkout"


class GrowthBookRig(ApprovalRig):
    """A new feature without rules, off in `production`."""

    def __init__(self, fake: FakeGrowthBook, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake
        self.secret = TOKEN
        self.segments = ("beta", "staff")
        fake.groups = [group(n, name, "user-1", "user-2") for n, name in enumerate(self.segments)]
        fake.add(FLAG)

    def provider(self, **more: str) -> GrowthBook:
        """See `FlagRig`."""
        text = f"url: {self.proxy.url}\nflag: {FLAG}\nenvironment: production\n"
        text += "".join(f"{key}: '{value}'\n" for key, value in more.items())
        given = around(Path(), self.patience.clock(), GROWTHBOOK_TOKEN=TOKEN)
        return cast("GrowthBook", make_flag("growthbook", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    @property
    def feature(self) -> dict[str, Any]:
        """As the server has it."""
        return self.fake.features[FLAG]

    def rule(self, *without: str, **more: Any) -> dict[str, Any]:
        """Publish a rule by hand: as the provider adds it, but for `more` and the keys `without`."""
        made = {
            "id": f"fr_hand{len(self.feature['rules'])}", "type": "rollout", "description": "",
            "enabled": True, "value": "true", "coverage": 0.05, "hashAttribute": "id", "seed": FLAG,
            "hashVersion": 2,
            "allEnvironments": False, "environments": ["production"], "condition": "",
            "prerequisites": [], **more,
        }  # fmt: skip
        made = {key: value for key, value in made.items() if key not in without}
        self.fake.edit(FLAG, lambda feature: feature["rules"].append(made))
        return made

    def switch(self, enabled: bool = True) -> None:
        """Switch the environment by hand."""
        self.fake.edit(FLAG, lambda feature: feature["environmentsEnabled"].update(production=enabled))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""

        def change(feature: dict[str, Any]) -> None:
            (rule,) = (r for r in feature["rules"] if not r.get("savedGroups"))
            rule["coverage"] = percent / 100

        self.fake.edit(FLAG, change)

    def share(self) -> Fraction:
        """See `FlagRig`."""
        if not self.feature["environmentsEnabled"]["production"]:
            return Fraction(0)
        rules = [r for r in self.feature["rules"] if r["enabled"] and not r.get("savedGroups")]
        shares = [Fraction(str(r["coverage"])) if r["type"] == "rollout" else Fraction(1) for r in rules]
        return max(shares, default=Fraction(0))

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"enabled":', '"invented": {"deep": [1]}, "enabled":')

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.fake.demands = {"production"}

    @property
    def _pending(self) -> list[dict[str, Any]]:
        return [r for r in self.fake.revisions[FLAG].values() if r["status"] == "pending-review"]

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return len(self._pending)

    def approve(self) -> None:
        """See `ApprovalRig`."""
        self._pending[-1]["status"] = "approved"


@contextmanager
def a_rig() -> Iterator[GrowthBookRig]:
    """A rig before a fake of its own, while the context lasts."""
    fake = FakeGrowthBook()
    with proxy.before(fake) as before:
        yield GrowthBookRig(fake, before)
