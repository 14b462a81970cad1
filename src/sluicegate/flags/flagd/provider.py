"""Reads, writes and kills one flag of a flagd file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.files.flag import FileFlag, Variants
from sluicegate.flags.files.json_text import read_document, replace_flag
from sluicegate.flags.files.places import Stored
from sluicegate.flags.files.settings import file_keys, place_of
from sluicegate.flags.files.writing import change
from sluicegate.flags.flagd.model import MOST, Flag, exposed, switched_off
from sluicegate.flags.interface import (
    Capabilities,
    Exposure,
    FlagFactory,
    FlagState,
)
from sluicegate.flags.normal import check_seen, mapping
from sluicegate.policy.keys import Key
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class FlagdFile(FileFlag):
    """One flag of a file."""

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, MOST),
            lock=self.place.lock,
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

    def write(self, target: Exposure, seen: FlagState) -> None:
        """See `FlagProvider`."""

        def make(stored: Stored) -> Mapping[str, object]:
            check_seen(self._state(stored), seen, self.name)
            return exposed(self._flag(stored), target, self.name)

        self._change(make, f"Set the exposure of {self.flag}")

    def kill(self) -> None:
        """See `FlagProvider`."""
        self._change(lambda stored: switched_off(self._flag(stored)), f"Switch {self.flag} off")

    def _change(self, make: Callable[[Stored], Mapping[str, object]], message: str) -> None:
        """Write what `make` makes of the flag."""

        def edit(stored: Stored) -> bytes:
            body = make(stored)
            if body == self._flag(stored).body:
                return stored.data
            return replace_flag(stored.data, ("flags", self.flag), body)

        change(self.place, edit, message)

    def _state(self, stored: Stored) -> FlagState:
        return self._flag(stored).state(stored.version)

    def _flag(self, stored: Stored) -> Flag:
        try:
            document = read_document(stored.data, self.place.name)
        except EvidenceError as error:
            raise self._unreadable(error, "Write it as flagd's JSON.") from error
        body = mapping(document.get("flags")).get(self.flag)
        if not isinstance(body, dict):
            raise self._missing()
        return Flag(self.flag, body, mapping(document.get("$evaluators")), self.variants)


KEYS: Mapping[str, Key] = file_keys("flags.json", "flagd", "on", "off")


def _create(settings: Mapping[str, Any], around: Surroundings) -> FlagdFile:
    place = place_of(settings, around, "flagd-file")
    variants = Variants(settings["new"], settings["old"])
    return FlagdFile(place, settings["flag"], variants, settings["refresh"])


FACTORY = FlagFactory(KEYS, _create)
