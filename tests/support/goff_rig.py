"""The rigs of the cases for a file of GO Feature Flag: YAML and JSON, in a folder and at GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from sluicegate.flags.goff.provider import GoffFile
from sluicegate.flags.interface import FlagProvider
from support.flag_cases import FlagRig
from support.flags_hub import SLUG, FlagsHub
from support.githubapi import TOKEN
from support.goff_evaluator import read
from support.make_provider import around, make_flag

FLAG = "new-checkout"
YAML = """\
# Flags of the shop.
other:
  variations: {a: 1, b: 2}
  defaultRule: {variation: a}

new-checkout: # ours
  variations:
    on: true
    off: false
  targeting:
    # who works here
    - name: staff
      query: email ew "@example.com" # all of them
      variation: on
      disable: true
    - name: beta
      query: beta eq true
      variation: on
      disable: true
  defaultRule:
    # everybody else
    variation: off
  metadata:
    issue: "#12"

# The last one.
last:
  variations: {a: 1, b: 2}
  defaultRule: {percentage: {a: 10, b: 90}}
"""


def as_json() -> str:
    """The same flags as JSON."""
    found = read(YAML.encode(), is_yaml=True)
    ours = found[FLAG]
    ours["variations"] = {"on": True, "off": False}
    for rule in ours["targeting"]:
        rule["disable"] = True
    return json.dumps(found, indent=2) + "\n"


class GoffRig(FlagRig):
    """A file of this machine."""

    segments = ("beta", "staff")

    def __init__(self, folder: Path, *, is_yaml: bool) -> None:
        super().__init__()
        self.folder, self.is_yaml = folder, is_yaml
        self.path = folder / ("flags.goff.yaml" if is_yaml else "flags.json")
        self.put((YAML if is_yaml else as_json()).encode())

    def provider(self) -> FlagProvider:
        """See `FlagRig`."""
        text = f"file: {self.path.name}\nflag: {FLAG}\nwhere: local\n"
        return make_flag("goff-file", text, around(self.folder, self.patience.clock()))

    def data(self) -> bytes:
        """The file."""
        return self.path.read_bytes()

    def put(self, data: bytes) -> None:
        """Replace it by hand."""
        self.path.write_bytes(data)

    def flag(self) -> dict[str, Any]:
        """The flag in the file."""
        found: dict[str, Any] = read(self.data(), is_yaml=self.is_yaml)[FLAG]
        return found

    def set(self, **members: Any) -> None:
        """The file with another flag in place of ours, in one line, which YAML also reads."""
        lines = self.data().decode().split("\n")
        if not self.is_yaml:
            found = json.loads(self.data())
            found[FLAG] |= members
            self.put(json.dumps(found, indent=2).encode())
            return
        start = next(n for n, line in enumerate(lines) if line.startswith(FLAG))
        end = next(n for n, line in enumerate(lines) if n > start and line and line[0] not in " -")
        whole = {"variations": {"on": True, "off": False}, "defaultRule": {"variation": "off"}, **members}
        self.put("\n".join([*lines[:start], f"{FLAG}: {json.dumps(whole)}", "", *lines[end:]]).encode())

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        text = self.data().decode()
        old = self.flag()["defaultRule"]["percentage"]
        for name, new in (("on", percent), ("off", 100 - percent)):
            for spelt in (f'"{name}": {old[name]}', f"{name}: {old[name]}"):
                if spelt in text:
                    text = text.replace(spelt, f'"{name}": {new}')
                    break
            else:
                raise AssertionError(text)
        self.put(text.encode())

    def share(self) -> Fraction:
        """See `FlagRig`."""
        rule = self.flag()["defaultRule"]
        if "percentage" in rule:
            return Fraction(str(rule["percentage"]["on"])) / 100
        return Fraction(int(rule["variation"] == "on"))


class GoffAtGitHub(GoffRig):
    """A file of YAML on the branch of the default."""

    branch = "sluicegate/flags"

    def __init__(self, folder: Path, hub: FlagsHub, url: str) -> None:
        self.hub, self.url = hub, url
        hub.path = "flags.goff.yaml"
        super().__init__(folder, is_yaml=True)

    def provider(self) -> GoffFile:
        """See `FlagRig`."""
        given = around(
            Path(), self.patience.clock(), GITHUB_TOKEN=TOKEN, GITHUB_REPOSITORY=SLUG, GITHUB_API_URL=self.url
        )
        made = make_flag("goff-file", f"file: {self.hub.path}\nflag: {FLAG}\n", given)
        assert isinstance(made, GoffFile)
        return made

    def data(self) -> bytes:
        """See `GoffRig`."""
        return self.hub.branches.get(self.branch, self.hub.branches["main"])

    def put(self, data: bytes) -> None:
        """See `GoffRig`."""
        self.hub.branches[self.branch if self.branch in self.hub.branches else "main"] = data


@contextmanager
def a_rig() -> Iterator[GoffRig]:
    """A file of YAML in the folder where the test is."""
    yield GoffRig(Path.cwd(), is_yaml=True)
