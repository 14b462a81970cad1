"""What the change does to the gate itself, and which checks it switches off."""

from __future__ import annotations

from collections.abc import Iterable

import sluicegate
from sluicegate.change import Change, FileChange
from sluicegate.engines import gate_changes, suppressions
from sluicegate.engines.interface import Workspace
from sluicegate.evidence.records import ChangesRecord, GateChange, Suppression
from sluicegate.model import Problem, Source

DEFINITION = (
    "comments and marks on added lines that switch a check off and are more than in the base's "
    "version of the file; changed files and sections of settings that the gate rests on"
)


def record(workspace: Workspace) -> ChangesRecord:
    """Look at every changed file, sources or not; nothing to see when there is no change."""
    found: list[Suppression] = []
    changes: list[GateChange] = []
    files = workspace.change.files if isinstance(workspace.change, Change) else {}
    for path in sorted(files):
        file = files[path]
        found.extend(_suppressions(workspace, file))
        changes.extend(_gate_changes(workspace, file))
    source = Source("changes", "changes", tool="sluicegate", version=sluicegate.__version__, note=DEFINITION)
    return ChangesRecord(source, tuple(found), tuple(changes))


def _suppressions(workspace: Workspace, file: FileChange) -> Iterable[Suppression]:
    if file.deleted or file.binary or not file.added:
        return ()
    head = _head(workspace, file)
    if head is None:
        return ()
    return suppressions.added(head, lambda: workspace.base_of(file), file)


def _gate_changes(workspace: Workspace, file: FileChange) -> Iterable[GateChange]:
    if not gate_changes.is_shared(file.path) and not gate_changes.is_shared(file.old_path):
        return gate_changes.find(file, None, None)
    return gate_changes.find(file, _head(workspace, file), workspace.base_of(file))


def _head(workspace: Workspace, file: FileChange) -> bytes | None:
    if file.deleted:
        return None
    data = workspace.read(file.path)
    return None if isinstance(data, Problem) else data
