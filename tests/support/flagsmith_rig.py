"""The rig of the cases for Flagsmith: a flag, the segment of its split, and a fake of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.flagsmith.provider import Flagsmith
from sluicegate.flags.interface import FlagProvider
from support import proxy
from support.flag_cases import TIMEOUT, HttpFlagRig
from support.flagsmith_fake import KEY, SECRET, FakeFlagsmith
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

SPLIT = "new checkout in production"


class FlagsmithRig(HttpFlagRig):
    """A new flag that is off, and the segments of a project."""

    def __init__(self, fake: FakeFlagsmith, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake
        self.secret = SECRET
        self.flag_name = "new-checkout"
        self.flag = fake.flag(self.flag_name)
        self.split = fake.segment(SPLIT, ("PERCENTAGE_SPLIT", "", "0"))
        self.segments = ("beta testers", "staff")
        self.named = [
            fake.segment(name, ("EQUAL", "group", name))
            for name in ("beta testers", "staff", "beta testers 2")
        ]

    @property
    def state(self) -> dict[str, Any]:
        """The live state of the flag."""
        return self.fake.state(self.flag)

    @property
    def condition(self) -> dict[str, Any]:
        """The condition of the split."""
        found: dict[str, Any] = self.fake.segments[self.split]["rules"][0]["rules"][0]["conditions"][0]
        return found

    def create_the_split_anew(self) -> None:
        """Delete the segment of the split, and create it anew with override and percentage, by hand."""
        condition, old = self.condition, self.split
        self.split = self.fake.segment(
            SPLIT, (condition["operator"], condition["property"], condition["value"])
        )
        del self.fake.segments[old]
        for override in self.state["segment_overrides"]:
            if override["segment"]["id"] == old:
                override["segment"] = {"id": self.split}

    def order(self) -> list[tuple[int, bool]]:
        """The overrides as they count: segment, and whether it is on."""
        found = sorted(self.state["segment_overrides"], key=lambda o: o["priority"])
        return [(o["segment"]["id"], o["enabled"]) for o in found]

    def provider(self, **more: str) -> Flagsmith:
        """See `FlagRig`."""
        text = f"url: {self.proxy.url}\nenvironment: {KEY}\nflag: {self.flag_name}\nsegment: {SPLIT}\n"
        text += "".join(f"{key}: {value}\n" for key, value in more.items())
        given = around(Path(), self.patience.clock(), FLAGSMITH_TOKEN=SECRET)
        return cast("Flagsmith", make_flag("flagsmith", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.condition["value"] = str(percent)

    def share(self) -> Fraction:
        """See `FlagRig`."""
        if self.state["environment_default"]["enabled"]:
            return Fraction(1)
        on = [o["segment"]["id"] for o in self.state["segment_overrides"] if o["enabled"]]
        return Fraction(self.condition["value"]) / 100 if self.split in on else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"enabled":', '"invented": {"deep": [1]}, "enabled":')


@contextmanager
def a_rig(*, versioned: bool = True) -> Iterator[FlagsmithRig]:
    """A rig while the context lasts; at its end all requests and answers must be as described."""
    fake = FakeFlagsmith(versioned=versioned)
    with proxy.before(fake) as before:
        yield FlagsmithRig(fake, before)
    assert not fake.wrong, fake.wrong
