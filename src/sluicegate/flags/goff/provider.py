"""Reads, writes and kills one flag of a file of GO Feature Flag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.flags.files import json_text, yaml_text, yaml_tree
from sluicegate.flags.files.flag import FileFlag, Variants
from sluicegate.flags.files.places import Stored
from sluicegate.flags.files.settings import file_keys, place_of
from sluicegate.flags.files.writing import change
from sluicegate.flags.goff.model import BUCKETS, Flag, exposed, switched_off
from sluicegate.flags.interface import (
    Capabilities,
    Exposure,
    FlagFactory,
    FlagRefused,
    FlagState,
)
from sluicegate.flags.normal import check_seen
from sluicegate.policy.keys import Key
from sluicegate.runtime.surroundings import Surroundings

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class GoffFile(FileFlag):
    """One flag of a file.

    Attributes:
        is_yaml: is it YAML, or JSON?
    """

    is_yaml: bool = True

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        new, old = self.variants.new, self.variants.old
        return Capabilities(
            step=Fraction(1, BUCKETS),
            lock=self.place.lock,
            without_key="without a key the default of the calling code counts, at 100 % too",
            kill_delay=int(self.refresh),
            kill="targeting",
            refuses=(
                "scheduledRollout, progressiveRollout and experimentation",
                "a disabled flag: the calling code's default counts then",
                "a third variation with a percentage, or percentages that do not sum up to 100",
                f"enabled rules of targeting that have no name, or lead not to '{new}' alone",
                "TOML; flags of YAML with tags; a write where an anchor shares a part of the flag",
            ),
            token=self.place.needs,
            flag=f"with the variations '{new}' and '{old}', and `defaultRule: {{variation: {old}}}` or a "
            "percentage of the two, in YAML or JSON",
            segments=f"a rule of the flag's targeting by its name, with a query and `variation: {new}`; "
            "`disable: true` before",
        )

    def write(self, target: Exposure, seen: FlagState) -> None:
        """See `FlagProvider`."""

        def edit(stored: Stored) -> bytes:
            check_seen(self._state(stored), seen, self.name)
            return self._replaced(stored, exposed(self._flag(stored), target, self.name))

        change(self.place, edit, f"Set the exposure of {self.flag}")

    def kill(self) -> None:
        """See `FlagProvider`; where the text cannot be changed narrowly, the flag is written anew."""

        def edit(stored: Stored) -> bytes:
            body = switched_off(self._flag(stored), self.name)
            try:
                return self._replaced(stored, body)
            except FlagRefused:
                return self._safely(lambda: yaml_text.rewrite_flag(stored.data, self.flag, body))

        change(self.place, edit, f"Switch {self.flag} off")

    def _state(self, stored: Stored) -> FlagState:
        return self._flag(stored).state(stored.version)

    def _replaced(self, stored: Stored, body: Mapping[str, object]) -> bytes:
        if body == self._flag(stored).body:
            return stored.data
        if self.is_yaml:
            return self._safely(lambda: yaml_text.replace_flag(stored.data, self.flag, body))
        return json_text.replace_flag(stored.data, (self.flag,), body)

    def _safely(self, edit: Callable[[], bytes]) -> bytes:
        try:
            return edit()
        except yaml_text.Unsafe as error:
            raise FlagRefused(
                f"the flag cannot be changed in the file: {error}", where=self.name,
                remedy="Write the flag as plain blocks, one key a line, without anchors and aliases.",
            ) from error  # fmt: skip

    def _flag(self, stored: Stored) -> Flag:
        try:
            body = self._body(stored.data)
        except EvidenceError as error:
            raise self._unreadable(error, "Write it as GO Feature Flag has it.") from error
        if not isinstance(body, dict):
            raise self._missing()
        return Flag(self.flag, body, self.variants)

    def _body(self, data: bytes) -> object:
        if not self.is_yaml:
            return json_text.read_document(data, self.place.name).get(self.flag)
        document = yaml_tree.read(data, self.place.name)
        found = [node for key, node in document.top.pairs if key.text == self.flag]
        try:
            return yaml_tree.plain(found[0]) if found else None
        except ValueError as error:
            remedy = "Write the flag without aliases of large parts."
            raise EvidenceError("has a flag that is too large", remedy=remedy) from error


KEYS: Mapping[str, Key] = file_keys("flags.goff.yaml", "GO Feature Flag", "on", "off", "Variation")


def _create(settings: Mapping[str, Any], around: Surroundings) -> GoffFile:
    ending = PurePosixPath(settings["file"]).suffix.lower()
    if ending not in (*_YAML, ".json"):
        raise UsageError(
            f"a file of GO Feature Flag that ends with '{ending}' is not read", where="file",
            remedy="Keep the flags of rollouts as YAML (.yaml, .yml) or JSON (.json).",
        )  # fmt: skip
    place = place_of(settings, around, "goff-file")
    variants = Variants(settings["new"], settings["old"])
    return GoffFile(place, settings["flag"], variants, settings["refresh"], ending in _YAML)


FACTORY = FlagFactory(KEYS, _create)
