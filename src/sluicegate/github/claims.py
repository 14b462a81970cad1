"""What the bundles of a run claim, before it is verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sluicegate.bundle.admit import not_of_run
from sluicegate.bundle.layout import WorkflowRun
from sluicegate.bundle.read import open_bundle
from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line


@dataclass(frozen=True, slots=True)
class Claims:
    """The bundles of one run, unreadable ones among them, which joining reports.

    Attributes:
        tested: the commit that the newest readable one claims to have tested; None without one.
        refused: why others are left out.
    """

    folders: tuple[Path, ...]
    readable: int = 0
    tested: str | None = None
    refused: tuple[str, ...] = ()


def claims_of(folders: Iterable[Path], run: int, attempt: int) -> Claims:
    """The bundles of an attempt of a run, and of earlier attempts whose jobs did not run again."""
    kept: list[Path] = []
    refused: list[str] = []
    ours: list[tuple[tuple[int, int], str, str]] = []
    for folder in folders:
        try:
            manifest = open_bundle(folder).manifest
        except EvidenceError:
            kept.append(folder)
            continue
        if reason := not_of_run(manifest, WorkflowRun(run, attempt)):
            refused.append(f"the bundle '{cut(one_line(manifest.shard), 100)}' is {reason}")
        else:
            kept.append(folder)
            ours.append((manifest.age, manifest.shard, manifest.commit.tested))
    return Claims(tuple(kept), len(ours), max(ours)[2] if ours else None, tuple(refused))
