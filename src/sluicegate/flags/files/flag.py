"""One flag of a file: what the providers of files do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.files.places import Place, Stored
from sluicegate.flags.interface import FlagError, FlagState, Rights


@dataclass(frozen=True, slots=True)
class Variants:
    """The names of the two variants of a rollout."""

    new: str
    old: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """A flag or a rule whose exposure is not computed, and why."""

    why: str


def misspelt(found: Mapping[str, object], known: tuple[str, ...]) -> str:
    """A key that is not a known one but becomes one when Go's JSON folds the case of letters, or empty."""
    lower = {key.casefold() for key in known}
    return next((key for key in found if key not in known and key.casefold() in lower), "")


def spelt(found: Mapping[str, object], known: tuple[str, ...]) -> dict[str, object]:
    """All members but those whose keys are misspelt."""
    return {key: value for key, value in found.items() if not misspelt({key: value}, known)}


@dataclass(frozen=True, slots=True)
class FileFlag(ABC):
    """One flag of a file. See `FlagProvider` for its methods."""

    place: Place
    flag: str
    variants: Variants
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.place.name}"

    def read(self) -> FlagState:
        """See `FlagProvider`."""
        return self._state(self.place.read())

    def try_rights(self) -> Rights:
        """See `TriesRights`."""
        why = self.place.lacks(self.place.read())
        return Rights((why,) if why else ())

    @abstractmethod
    def _state(self, stored: Stored) -> FlagState:
        """The state of the flag in the file."""

    def _unreadable(self, error: EvidenceError, remedy: str) -> FlagError:
        return FlagError(f"the file {error.what}", where=self.place.name, remedy=error.remedy or remedy)

    def _missing(self) -> FlagError:
        remedy = f"Add it with the variants '{self.variants.new}' and '{self.variants.old}'."
        return FlagError(f"the file has no flag '{self.flag}'", where=self.place.name, remedy=remedy)
