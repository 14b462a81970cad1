"""The rig of the cases for Unleash: the same for the fake and for a real server."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

from sluicegate.flags.interface import FlagProvider
from sluicegate.flags.unleash.provider import Unleash
from support.flag_cases import TIMEOUT, HttpFlagRig
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing
from support.unleash import Flag, Server

NUMBERS = itertools.count(1)


class UnleashRig(HttpFlagRig):
    """A new flag without strategies in `development`."""

    def __init__(self, server: Server, proxy: Proxy) -> None:
        super().__init__(proxy)
        self.server = server
        self.secret = server.admin
        self.flag: Flag = server.flag(f"flag-{next(NUMBERS)}")
        self.segments = (f"beta-{self.flag.name}", f"staff-{self.flag.name}")
        for name in self.segments:
            server.segment(name, "user-1", "user-2")

    def provider(self, **more: str) -> Unleash:
        """See `FlagRig`."""
        text = f"url: {self.proxy.url}\nflag: {self.flag.name}\nenvironment: development\n"
        text += "".join(f"{key}: {value}\n" for key, value in more.items())
        given = around(Path(), self.patience.clock(), UNLEASH_TOKEN=self.server.admin)
        return cast("Unleash", make_flag("unleash", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        (number,) = (s["id"] for s in self.flag.page()["strategies"] if not s["segments"])
        self.flag.set(number, "/parameters/rollout", str(percent))

    def share(self) -> Fraction:
        """See `FlagRig`."""
        page = self.flag.page()
        shares = [
            int(s["parameters"]["rollout"])
            for s in page["strategies"]
            if not s["disabled"] and not s["segments"]
        ]
        return Fraction(max(shares, default=0), 100) if page["enabled"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"name":', '"invented": {"deep": [1]}, "name":')
