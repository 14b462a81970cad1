"""The rigs of the cases for a flagd file: in a folder, and on a branch at GitHub."""

from __future__ import annotations

import json
from abc import abstractmethod
from fractions import Fraction
from pathlib import Path
from typing import Any

import sluicegate.github.pygithub
from sluicegate.flags.interface import FlagProvider
from support.flag_cases import FlagRig, HttpFlagRig
from support.flags_hub import PATH, SLUG, FlagsHub
from support.githubapi import TOKEN
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

FLAG = "new-checkout"
STAFF = {"in": [{"var": "targetingKey"}, ["user-1", "user-2"]]}


def a_flag(**more: Any) -> dict[str, Any]:
    """A flag that is off for everybody."""
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", **more}


def a_file(flag: dict[str, Any], **others: Any) -> bytes:
    """A file with it."""
    document = {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "flags": {"other": a_flag(), FLAG: flag, **others},
        "$evaluators": {"staff": STAFF, "beta": {"ends_with": [{"var": "email"}, "@example.com"]}},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


class FlagdRig(FlagRig):
    """What both have."""

    segments = ("beta", "staff")

    @abstractmethod
    def data(self) -> bytes:
        """The file."""

    @abstractmethod
    def put(self, data: bytes) -> None:
        """Replace it by hand."""

    def flag(self) -> dict[str, Any]:
        """The flag in the file."""
        found: dict[str, Any] = json.loads(self.data())["flags"][FLAG]
        return found

    def set(self, **changes: Any) -> None:
        """Change members of the flag by hand."""
        document = json.loads(self.data())
        document["flags"][FLAG] |= changes
        self.put(json.dumps(document).encode())

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.set(targeting={"fractional": [["on", percent], ["off", 100 - percent]]})

    def share(self) -> Fraction:
        """See `FlagRig`."""
        targeting = self.flag().get("targeting", {})
        targeting = targeting.get("if", [targeting])[-1]
        weights = dict(targeting.get("fractional", [["on", 0], ["off", 1]]))
        return Fraction(weights["on"], sum(weights.values()))


class LocalRig(FlagdRig):
    """A file of this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.path = folder / "flags.json"
        self.path.write_bytes(a_file(a_flag()))

    def provider(self) -> FlagProvider:
        """See `FlagRig`."""
        text = f"file: flags.json\nflag: {FLAG}\nwhere: local\n"
        return make_flag("flagd-file", text, around(self.folder, self.patience.clock()))

    def data(self) -> bytes:
        """See `FlagdRig`."""
        return self.path.read_bytes()

    def put(self, data: bytes) -> None:
        """See `FlagdRig`."""
        self.path.write_bytes(data)


class GitHubRig(FlagdRig, HttpFlagRig):
    """A file on the branch of the default, which is made by the first write."""

    secret = TOKEN
    branch = "sluicegate/flags"

    def __init__(self, hub: FlagsHub, proxy: Proxy) -> None:
        super().__init__(proxy)
        self.hub = hub

    def provider(self) -> FlagProvider:
        """See `FlagRig`."""
        text = f"file: {PATH}\nflag: {FLAG}\n"
        given = around(
            Path(), self.patience.clock(), GITHUB_TOKEN=TOKEN, GITHUB_REPOSITORY=SLUG,
            GITHUB_API_URL=self.proxy.url,
        )  # fmt: skip
        return make_flag("flagd-file", text, given)

    def impatient(self) -> FlagProvider:
        """See `FlagRig`; the clients are made with each operation."""
        sluicegate.github.pygithub.TIMEOUT = 1
        return self.provider()

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"type":', '"invented": {"deep": [1]}, "type":')

    def data(self) -> bytes:
        """See `FlagdRig`."""
        return self.hub.branches.get(self.branch, self.hub.branches["main"])

    def put(self, data: bytes) -> None:
        """See `FlagdRig`."""
        self.hub.branches[self.branch] = data
