"""Which bundles are of the run that is judged, by what is known without them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.bundle.layout import Manifest, Run
from sluicegate.core.text import cut, one_line


@dataclass(frozen=True, slots=True)
class Admission:
    """What a bundle must agree with to be joined.

    Attributes:
        run: the workflow run that is judged, and its attempt; zeros where they are not known.
        tested: the commits that a job of the run may have tested; empty for any.
        refused: folders that are no bundles of a run, each with the reason.
    """

    run: Run = field(default_factory=Run)
    tested: frozenset[str] = frozenset()
    refused: Mapping[Path, str] = field(default_factory=dict)

    def why_not(self, manifest: Manifest) -> str:
        """Why a bundle is not joined; empty for one that is."""
        if reason := not_of_run(manifest, self.run):
            return f"is {reason}"
        own = manifest.commit.tested
        return f"tested the commit {short(own)}, not {self._tested()}" if self._is_foreign(own) else ""

    def _is_foreign(self, commit: str) -> bool:
        return bool(self.tested) and commit not in self.tested

    def _tested(self) -> str:
        return " or ".join(sorted(map(short, self.tested)))


def not_of_run(manifest: Manifest, run: Run) -> str:
    """Why a bundle is none of the run, or of a later attempt; empty when it is one.

    Bundles of earlier attempts are the run's own: their jobs did not run again.
    """
    theirs = manifest.run
    if run.id and theirs.id != run.id:
        return f"of run {theirs.id}, not of {run.id}"
    return f"of attempt {theirs.attempt}, after {run.attempt}" if 0 < run.attempt < theirs.attempt else ""


def short(commit: str) -> str:
    """A commit as messages show it."""
    return cut(one_line(commit), 12).rstrip("…") or "of no repository"
