"""Reads, writes and kills one flag of a flagd file."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.flags.flagd.model import MOST, Flag, Variants, exposed, switched_off
from sluicegate.flags.flagd.places import GitHubFile, LocalFile, Place, Stored
from sluicegate.flags.flagd.text import read_document, replace_flag
from sluicegate.flags.interface import (
    Capabilities,
    Exposure,
    FlagConflict,
    FlagError,
    FlagFactory,
    FlagState,
    Rights,
)
from sluicegate.flags.normal import check_seen, mapping
from sluicegate.github.client import connect
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.kinds import Choice
from sluicegate.policy.provider_keys import refresh_key, token_key
from sluicegate.runtime.surroundings import Surroundings

TRIES = 5
"""Of one write, while others write other flags of the file."""

BRANCH = "sluicegate/flags"


class Where(enum.StrEnum):
    """Where the file is."""

    GITHUB = "github"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class FlagdFile:
    """One flag of a file."""

    place: Place
    flag: str
    variants: Variants
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.place.name}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, MOST),
            lock=self.place.lock,
            approvals=False,
            sticky="user",
            without_key=f"without a targeting key everybody gets '{self.variants.old}', at 100 % too",
            kill_delay=int(self.refresh),
            kill="targeting",
            refuses=(
                "a flag that is not ENABLED: the calling code's default counts then",
                "a third variant in the rule, weights that are computed, users drawn by `cat`",
                "conditions that are no shared evaluator (`$ref`)",
                f"a default variant other than '{self.variants.old}' beside a rule",
            ),
            token=self.place.needs,
            flag=f"ENABLED, with the variants '{self.variants.new}' and '{self.variants.old}', in JSON",
            segments="a shared evaluator of `$evaluators` in the same file",
        )

    def read(self) -> FlagState:
        """See `FlagProvider`."""
        return self._state(self.place.read())

    def write(self, target: Exposure, seen: FlagState) -> None:
        """See `FlagProvider`."""

        def change(stored: Stored) -> Mapping[str, object]:
            check_seen(self._state(stored), seen, self.name)
            return exposed(self._flag(stored), target, self.name)

        self._change(change, f"Set the exposure of {self.flag}")

    def kill(self) -> None:
        """See `FlagProvider`."""
        self._change(lambda stored: switched_off(self._flag(stored)), f"Switch {self.flag} off")

    def try_rights(self) -> Rights:
        """See `TriesRights`."""
        why = self.place.lacks(self.place.read())
        return Rights((why,) if why else ())

    def _change(self, change: Callable[[Stored], Mapping[str, object]], message: str) -> None:
        """Write what `change` makes of the flag, anew for each version of the file."""
        for left in reversed(range(TRIES)):
            stored = self.place.read()
            body, before = change(stored), self._flag(stored).body
            if body == before:
                return
            try:
                self.place.write(replace_flag(stored.data, self.flag, body), stored, message)
            except FlagConflict:
                if not left:
                    raise
            else:
                return

    def _state(self, stored: Stored) -> FlagState:
        return self._flag(stored).state(stored.version)

    def _flag(self, stored: Stored) -> Flag:
        try:
            document = read_document(stored.data, self.place.name)
        except EvidenceError as error:
            what, remedy = f"the file {error.what}", error.remedy or "Write it as flagd's JSON."
            raise FlagError(what, where=self.place.name, remedy=remedy) from error
        body = mapping(document.get("flags")).get(self.flag)
        if not isinstance(body, dict):
            remedy = f"Add it with the variants '{self.variants.new}' and '{self.variants.old}'."
            raise FlagError(f"the file has no flag '{self.flag}'", where=self.place.name, remedy=remedy)
        return Flag(self.flag, body, mapping(document.get("$evaluators")), self.variants)


KEYS: Mapping[str, Key] = {
    "file": Key(
        v.PATH, "Path of the file in the repository.", missing="Name it, for example file: flags.json."
    ),
    "flag": Key(v.LABEL, "Key of the flag.", missing="Name the flag, for example flag: new-checkout."),
    "new": Key(v.LABEL, "Variant that is rolled out.", "on"),
    "old": Key(v.LABEL, "Variant that everybody else gets.", "off"),
    "where": Key(
        Choice(options=Where), "`github` writes commits by the contents API, `local` a file of this machine.",
        Where.GITHUB,
    ),
    "branch": Key(
        v.LABEL, "Branch of the file, which flagd is synchronised from. A branch that is protected refuses "
        "the commits.", BRANCH,
    ),
    "token": token_key("GITHUB_TOKEN", " It needs `contents: write`."),
    "refresh": refresh_key("Longest time from a commit until flagd has the file.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> FlagdFile:
    local = settings["where"] is Where.LOCAL
    place: Place = LocalFile(around.root / settings["file"]) if local else _at_github(settings, around)
    variants = Variants(settings["new"], settings["old"])
    if variants.new == variants.old:
        raise UsageError(
            "the new and the old variant are the same", where="new", remedy="Name two variants of the flag."
        )
    return FlagdFile(place, settings["flag"], variants, settings["refresh"])


def _at_github(settings: Mapping[str, Any], around: Surroundings) -> GitHubFile:
    environment = around.environment
    token, repository = environment.get(settings["token"], ""), environment.get("GITHUB_REPOSITORY", "")
    if not token or not repository:
        lacks = settings["token"] if not token else "GITHUB_REPOSITORY"
        raise UsageError(
            f"the variable {lacks} is empty or not set", where="flagd-file",
            remedy="In a workflow the runner sets GITHUB_REPOSITORY, and `env:` the token; on a laptop write "
            "`where: local`.",
        )  # fmt: skip
    url = environment.get("GITHUB_API_URL", "")
    return GitHubFile(
        lambda: connect(token, url, seconds=60.0, clock=around.clock), repository, settings["file"],
        settings["branch"],
    )  # fmt: skip


FACTORY = FlagFactory(KEYS, _create)
