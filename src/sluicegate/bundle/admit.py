"""Decides which bundles belong to the judged run, by facts from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.bundle.layout import Manifest, WorkflowRun
from sluicegate.core.text import cut, one_line


@dataclass(frozen=True, slots=True)
class Admission:
    """The facts that a bundle must match to be joined.

    Attributes:
        run: the workflow run that is judged, and its attempt; zeros where they are not known.
        tested: the commits that a job of the run may have tested; empty for any.
        refused: folders that are not bundles of a run, each with the reason.
    """

    run: WorkflowRun = field(default_factory=WorkflowRun)
    tested: frozenset[str] = frozenset()
    refused: Mapping[Path, str] = field(default_factory=dict)

    def why_not(self, manifest: Manifest) -> str:
        """Why a bundle is not joined; empty for a joined one."""
        if reason := not_of_run(manifest, self.run):
            return f"is {reason}"
        own = manifest.commit.tested
        if not self.tested or own in self.tested:
            return ""
        return f"tested the commit {short(own)}, not {' or '.join(sorted(map(short, self.tested)))}"


def not_of_run(manifest: Manifest, run: WorkflowRun) -> str:
    """Why a bundle does not belong to the run, or is of a later attempt; empty when it belongs.

    Bundles of earlier attempts belong to the run: their jobs did not run again.
    """
    own = manifest.run
    if run.id and own.id != run.id:
        return f"of run {own.id}, not of {run.id}"
    return f"of attempt {own.attempt}, after {run.attempt}" if 0 < run.attempt < own.attempt else ""


def short(commit: str) -> str:
    """A commit as messages show it."""
    return cut(one_line(commit), 12).rstrip("…") or "of no repository"
