"""Which of the files that were found or named may count, by what git says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.collect.tracked import FIXTURE, POINTER, Standing, Tracked, refusal
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Notice, Problem
from sluicegate.core.text import some

_SAID = {
    Standing.REWRITTEN: "tracked, and not as the commit has it, so taken as results of this run: {}; "
    "name fixtures that tests rewrite under 'source.fixtures' in the policy",
    Standing.FIXTURE: "tracked and as the commit has it, so nothing shows that this run wrote it: {}; "
    "let git ignore it",
    Standing.POINTER: "kept by Git LFS, and not what the commit names, so not taken: {}; "
    "take it out of git, and let git ignore it",
    Standing.EMBEDDED: "in a submodule or another repository, so not known whether it is tracked: {}; "
    "write results into a folder of this repository",
}
_REASONS = {Standing.FIXTURE: FIXTURE, Standing.POINTER: POINTER}
NOT_TAKEN = frozenset(_REASONS.values())
"""Why tracked files are passed over."""


@dataclass(slots=True)
class Sieve:
    """Keeps files out that this run may not have written, and remembers what is to be said.

    Attributes:
        tracked: the commit; None where there is none.
        fixtures: globs of the policy, of files that are never results.
    """

    tracked: Tracked | None = None
    fixtures: tuple[str, ...] = ()
    _standings: dict[Path, Standing] = field(default_factory=dict)
    _said: dict[Standing, dict[str, None]] = field(default_factory=dict)

    def look(self, paths: Iterable[Path]) -> None:
        """Ask git about all these files at once.

        Raises:
            WorldError: git failed.
        """
        if self.tracked is not None:
            self._standings |= self.tracked.standings(p for p in paths if p not in self._standings)

    def is_untracked(self, path: Path) -> bool:
        """Is a file that was looked at none of the commit's?"""
        return self._standings.get(path, Standing.UNTRACKED) is Standing.UNTRACKED

    def why_not(self, path: Path, shown: str, *, alone: bool = False) -> Problem | str | None:
        """Why a file that was looked at is not taken: refused, or passed over; None for one that is.

        Args:
            path: as it was looked at.
            shown: as reports show it.
            alone: the command line names this one file.
        """
        if not alone and matches_any(self.fixtures, shown):
            return "is named under 'source.fixtures' in the policy"
        standing = self._standings.get(path, Standing.UNTRACKED)
        if problem := refusal(standing, shown):
            return problem
        reason = "" if alone and standing is Standing.FIXTURE else _REASONS.get(standing, "")
        if not reason or standing is Standing.POINTER:
            self._said.setdefault(standing, {})[shown] = None
        return reason or None

    def notices(self) -> Iterator[Notice]:
        """What is to be said of tracked files."""
        for standing, paths in self._said.items():
            if text := _SAID.get(standing):
                names = some(list(paths)[:3], len(paths))
                yield Notice("warning", "tracked-evidence", text.format(names))
