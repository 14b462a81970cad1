"""The interface of the stores that keep a ledger.

A store returns views and applies updates by compare-and-swap: when another writer was first, it reads
the ledger again and decides again what to write. So any number of writers lose nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sluicegate.core.errors import WorldError
from sluicegate.ledger.documents import Paths

FIRST, FACTOR, LONGEST = 0.25, 1.8, 10.0
"""Seconds: the bound of a writer's first pause, how it grows, and its end."""

REF = "refs/sluicegate/ledger"
"""The default ref of the ledger. Clones do not fetch it."""


class UnreachableError(WorldError):
    """The ledger cannot be read: network, server or disk failed."""


class NoLedgerError(UnreachableError):
    """The ledger's ref names something else."""


class ReadOnlyError(WorldError):
    """The ledger can be read but not written."""


class BusyError(WorldError):
    """Others kept writing until the time was up; nothing was written."""


class View(Protocol):
    """A ledger at one moment."""

    @property
    def tip(self) -> str:
        """Name of this state; empty for a ledger that does not exist yet."""

    @property
    def paths(self) -> Paths:
        """Paths of all its documents."""

    @property
    def foreign(self) -> int:
        """Number of files in it that are not documents."""

    @property
    def lost(self) -> tuple[str, ...]:
        """What cannot be read, a line each; documents for which `read` gives None come besides."""

    @property
    def baselines(self) -> bytes | None:
        """The bytes of the baselines beside it; None when there are none."""

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Each path with the bytes of its document, one in memory at a time; None for one
        that is missing or too large.

        Raises:
            UnreachableError: they could not be fetched.
        """


@dataclass(frozen=True, slots=True)
class Update:
    """What to write.

    Attributes:
        add: documents by path.
        message: for people, one line.
        kept: if set, a new chain starts with these of its documents, and those added.
        baselines: the new bytes of the baselines; None leaves them as they are.
        badges: files to write beside the baselines, by path below `badges/`; they replace those of the
            same folder. A store that browsers do not read may leave them out.
        once: a name that one update alone may ever have, by which two writers of one place in a sequence find
            each other; empty without one. With it, exactly one document is added. A store that compares its
            whole state before it writes needs no names.
    """

    add: Mapping[str, bytes]
    message: str
    kept: Paths | None = None
    baselines: bytes | None = None
    badges: Mapping[str, bytes] = field(default_factory=dict)
    once: str = ""

    @property
    def is_of_ledger(self) -> bool:
        """Does it change the ledger itself, not the baselines alone?"""
        return bool(self.add) or self.kept is not None


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """The result of an update: the new tip, and the number of attempts."""

    tip: str
    attempts: int


Decide = Callable[[View], Update | None]
"""From a view to what to write on it; None when there is nothing to write."""


class LedgerStore(Protocol):
    """Where a ledger is kept."""

    @property
    def name(self) -> str:
        """Name for people."""

    def view(self) -> View:
        """The ledger as it is.

        Raises:
            UnreachableError: it cannot be read.
        """

    def update(self, decide: Decide, *, dry: bool = False) -> UpdateResult:
        """Write what `decide` returns for a view, if the ledger still is as viewed.

        With `dry` nothing is written; what would be refused is refused.

        Raises:
            UnreachableError: the ledger cannot be read.
            ReadOnlyError: it may not be written.
            BusyError: others kept writing until the time was up.
        """


@dataclass(frozen=True, slots=True)
class Refs:
    """The chain of all documents, and one commit with the compact measures of the last recorded ones."""

    ledger: str = REF

    @property
    def baselines(self) -> str:
        """`refs/sluicegate/baselines`, or the ledger's own name with `-baselines`."""
        folder, _, name = self.ledger.rpartition("/")
        return f"{folder}/baselines" if name == "ledger" else f"{self.ledger}-baselines"


@dataclass(frozen=True, slots=True)
class Patience:
    """A time budget in seconds, the clock that measures it, and numbers from 0 to 1."""

    seconds: float = 180.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = field(default=random.random)

    def attempts(self) -> Iterator[int]:
        """1, 2, … with a pause before each but the first, until the time is up.

        The pause is random between zero and a growing bound, so that writers do not collide again.
        """
        end = self.now() + self.seconds
        number, bound = 1, FIRST
        while True:
            yield number
            pause = self.random() * bound
            if self.now() + pause >= end:
                return
            self.sleep(pause)
            number, bound = number + 1, min(bound * FACTOR, LONGEST)
