"""What the change does to the gate itself, which checks it switches off, and which tests it takes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

import sluicegate
from sluicegate.core.change import Change, FileChange
from sluicegate.core.endings import is_source
from sluicegate.core.model import Problem, Source
from sluicegate.engines import coverage_marks, gate_changes, suppressions
from sluicegate.engines.functions_of_tests import tests_of
from sluicegate.engines.gate_files import change_of, folders_of, named_files
from sluicegate.engines.interface import Workspace
from sluicegate.engines.lost_tests import ChangedTestFile, lost
from sluicegate.engines.named_files import SETTINGS, NamedFile
from sluicegate.engines.source_text import UndecodableError
from sluicegate.engines.suppression_patterns import Patterns, is_test
from sluicegate.evidence.analysed import ChangesRecord, GateChange, Suppression

DEFINITION = (
    "comments and marks on added lines that switch a check off and are more than in the base's "
    "version of the file; changed files and sections of settings that the gate rests on; tests that are "
    "gone from changed files, and those with fewer assertions than in the base"
)

_MOST_SETTINGS = 50
_REMEDY = "Look at it by hand, or exclude it under `gates.changes.exclude` in the policy."


def record(workspace: Workspace) -> ChangesRecord:
    """Look at every changed file, sources or not; nothing to see when there is no change."""
    files = workspace.change.files if isinstance(workspace.change, Change) else {}
    names = named_files(workspace, files.values()) if files else {}
    look = _ChangeScan(workspace, _marks(workspace, names) if files else ())
    for path in sorted(files):
        look.at(files[path])
    look.gate_changes.extend(_named(files, names, {change.path for change in look.gate_changes}))
    look.gate_changes.sort(key=lambda change: change.path)
    missed = {problem.path for problem in look.unseen}
    source = Source("changes", "changes", tool="sluicegate", version=sluicegate.__version__, note=DEFINITION)
    return ChangesRecord(
        source,
        tuple(look.suppressions),
        tuple(look.gate_changes),
        tuple(lost(look.tests)),
        tuple(look.unseen),
        tuple(path for path in sorted(files) if not missed & {path, files[path].old_path}),
    )


def _named(
    files: Mapping[str, FileChange], names: Mapping[str, NamedFile], known: Set[str]
) -> Iterator[GateChange]:
    """Changed files that settings and workflows name, beside those that are known by their own names."""
    below = folders_of(names)
    for path in sorted(files):
        change = change_of(files[path], names, below)
        if change is not None and not known & {path, change.path}:
            yield change


def _marks(workspace: Workspace, names: Mapping[str, NamedFile]) -> Patterns:
    """The comments by which the base's own settings of coverage.py exclude lines."""
    named = sorted(path for path, one in names.items() if one.kind == SETTINGS)[:_MOST_SETTINGS]
    texts = {path: workspace.before(path) for path in (*coverage_marks.FILES, *named)}
    return coverage_marks.marks({p: data.decode("utf-8", "replace") for p, data in texts.items() if data})


@dataclass(slots=True)
class _ChangeScan:
    """The results so far."""

    workspace: Workspace
    marks: Patterns
    suppressions: list[Suppression] = field(default_factory=list)
    gate_changes: list[GateChange] = field(default_factory=list)
    tests: list[ChangedTestFile] = field(default_factory=list)
    unseen: list[Problem] = field(default_factory=list)

    def at(self, file: FileChange) -> None:
        """Look at one changed file."""
        try:
            self._sources(file)
        except UndecodableError as error:
            self._not_looked_at(file.path, str(error))
        self.gate_changes.extend(self._settings(file))

    def _sources(self, file: FileChange) -> None:
        """The suppressions and tests of a file."""
        named = is_source(file.path)
        if file.submodule:
            self._not_looked_at(file.path, "it is a submodule, or was one")
        is_closed = not file.deleted if file.submodule else file.binary and not named
        if is_closed:
            return
        if file.added or file.binary:
            self.suppressions.extend(self._suppressions(file, named=named))
        if is_test(file.path) or is_test(file.old_path):
            self.tests.append(self._versions(file))

    def _suppressions(self, file: FileChange, *, named: bool) -> Iterator[Suppression]:
        head = self._head(file)
        if isinstance(head, Problem):
            if named:
                self._not_looked_at(file.path, head.message)
        elif head is not None:
            yield from suppressions.added(head, lambda: self.workspace.base_of(file), file, self.marks)

    def _versions(self, file: FileChange) -> ChangedTestFile:
        base = self.workspace.base_of(file) if file.old_path else None
        if base is None and file.old_path and is_source(file.old_path):
            self._not_looked_at(file.old_path, "its version in the base cannot be read")
        versions = ((self._head(file), file.path), (base, file.old_path))
        head, old = (tests_of(data, path) if isinstance(data, bytes) else {} for data, path in versions)
        return ChangedTestFile(file.path, file.old_path, head, old)

    def _settings(self, file: FileChange) -> Iterator[GateChange]:
        if not gate_changes.needs_versions(file):
            return gate_changes.find(file, None, None)
        head = self._head(file)
        if isinstance(head, Problem):
            return iter((GateChange(file.path, f"settings in a file that {head.message} were changed"),))
        return gate_changes.find(file, head, self.workspace.base_of(file))

    def _head(self, file: FileChange) -> bytes | Problem | None:
        return None if file.deleted else self.workspace.read(file.path)

    def _not_looked_at(self, path: str, why: str) -> None:
        problem = Problem(f"was not looked at: {why}", path, _REMEDY)
        if problem not in self.unseen:
            self.unseen.append(problem)
