"""Changed sources that are not on the disk, since the checkout is sparse: no engine looked at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Problem
from sluicegate.engines.analyse import OF_SOURCES
from sluicegate.policy.catalogue import engine_gates
from sluicegate.policy.model import SourceSettings

_REMEDY = "Check it out: widen 'sparse-checkout' of actions/checkout, or leave it out."


def unseen_files(
    root: Path, change: Change | NoChange, source: SourceSettings
) -> Iterator[tuple[str, Problem]]:
    """What the gates that read changed files could not look at, each with the gate.

    A file that the change deletes is none, nor is one that was deleted and not committed where the change
    goes up to the working tree.
    """
    files = change.files if isinstance(change, Change) else {}
    for path in sorted(files):
        if not (files[path].deleted or files[path].submodule) and not os.path.lexists(root / path):
            problem = Problem("is changed and not on the disk, so it was not looked at", path, _REMEDY, True)
            yield from ((gate, problem) for gate in _gates(path, source))


def _gates(path: str, source: SourceSettings) -> tuple[str, ...]:
    """The gates that look at a changed file themselves; `changes` says on its own what it did not see."""
    is_source = path.endswith(".py") and source.is_analysed(path) and not source.is_test(path)
    return engine_gates(OF_SOURCES) if is_source else ()
