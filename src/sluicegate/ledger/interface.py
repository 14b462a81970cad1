"""The seam of the stores: what a ledger is kept in.

A store hands out views and applies updates by compare-and-swap: when somebody wrote meanwhile, it
looks again and asks anew what to write. So any number of writers lose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sluicegate.core.errors import WorldError
from sluicegate.ledger.tree import Paths


class UnreachableError(WorldError):
    """The ledger cannot be asked: network, server, or a disk."""


class NoLedgerError(UnreachableError):
    """What stands in the ledger's place is something else."""


class ReadOnlyError(WorldError):
    """The ledger can be read and not written."""


class BusyError(WorldError):
    """Others kept writing until the time was up; nothing was written."""


class View(Protocol):
    """A ledger at one moment."""

    @property
    def tip(self) -> str:
        """Names the moment; empty for a ledger that does not exist yet."""
        ...

    @property
    def paths(self) -> Paths:
        """Those of all its documents."""
        ...

    @property
    def foreign(self) -> int:
        """How many other files it holds, which nothing here wrote."""
        ...

    @property
    def lost(self) -> tuple[str, ...]:
        """What of it cannot be read, a line each; documents that `read` says are not there come besides."""
        ...

    @property
    def baselines(self) -> bytes | None:
        """The bytes of the baselines beside it; None when there are none."""
        ...

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Each path with the bytes of its document, one in memory at a time; None where there is none, or it
        is too large.

        Raises:
            UnreachableError: they could not be fetched.
        """
        ...


@dataclass(frozen=True, slots=True)
class Update:
    """What to write.

    Attributes:
        add: documents by path.
        message: says it to people, in one line.
        kept: with it, the ledger begins anew with these of its documents, and those added.
        baselines: the new bytes of the baselines; None leaves them as they are.
        badges: files to stand beside the baselines, by path below `badges/`, in place of those that
            stand in the same folder; a store that nobody looks at in a browser may leave them out.
    """

    add: Mapping[str, bytes]
    message: str
    kept: Paths | None = None
    baselines: bytes | None = None
    badges: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_of_ledger(self) -> bool:
        """Does it change the ledger itself, not the baselines alone?"""
        return bool(self.add) or self.kept is not None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an update: the new tip, and how often it had to be tried."""

    tip: str
    attempts: int


Decide = Callable[[View], Update | None]
"""From a view to what to write on it; None when there is nothing to write."""


class LedgerStore(Protocol):
    """Where a ledger is kept."""

    @property
    def name(self) -> str:
        """Says it to people."""
        ...

    def view(self) -> View:
        """The ledger as it is.

        Raises:
            UnreachableError: it cannot be asked.
        """
        ...

    def update(self, decide: Decide, *, dry: bool = False) -> Written:
        """Write what `decide` says, on the view that it was said of.

        With `dry` nothing is written, and what would refuse it does.

        Raises:
            UnreachableError: the ledger cannot be asked.
            ReadOnlyError: it may not be written.
            BusyError: others kept writing until the time was up.
        """
        ...
