"""The files that the settings and workflows of base and head name, and what these name in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from sluicegate.core.change import FileChange
from sluicegate.core.model import Problem
from sluicegate.engines.gate_changes import fate, is_shared
from sluicegate.engines.interface import Workspace
from sluicegate.engines.named_files import FOLDER, ROOTS, SCRIPT, SETTINGS, NamedFile, is_read, named
from sluicegate.evidence.analysed import GateChange

WORKFLOWS = ".github/workflows"
"""Where GitHub looks for workflows."""

_ACTION = ("action.yml", "action.yaml")
_MOST_FILES = 300
_DEPTH = 4
_MAX_BYTES = 512 * 1024
_WORDS = {
    SETTINGS: "settings that {} names",
    SCRIPT: "a script that {} runs",
    FOLDER: "an action that {} uses",
}


def named_files(workspace: Workspace, changed: Iterable[FileChange]) -> dict[str, NamedFile]:
    """By path, what is named; of a folder with an action, the folder.

    Both versions of a changed file are read, so that a name counts which the change takes out or brings in.
    """
    found: dict[str, NamedFile] = {}
    seen: set[str] = set()
    touched = chain.from_iterable((f.path, f.old_path) for f in changed)
    own = (path for path in touched if ROOTS.fullmatch(path) or path.startswith(f"{WORKFLOWS}/"))
    level = [*roots(workspace.listing), *own]
    for _ in range(_DEPTH):
        fresh = list(dict.fromkeys(level).keys() - seen)[: _MOST_FILES - len(seen)]
        seen.update(fresh)
        names = list(chain.from_iterable(_named_in(workspace, path) for path in sorted(fresh)))
        found = {one.path: one for one in reversed(names)} | found
        level = list(chain.from_iterable(map(_next, names)))
    return found


def roots(listing: Callable[[str], list[str]]) -> list[str]:
    """The files to begin with, of those that `listing` finds in a folder."""
    top = [name for name in listing("") if ROOTS.fullmatch(name)]
    return [*top, *(f"{WORKFLOWS}/{name}" for name in listing(WORKFLOWS))]


def _named_in(workspace: Workspace, path: str) -> Iterator[NamedFile]:
    head = workspace.read(path, limit=_MAX_BYTES)
    versions = {None if isinstance(head, Problem) else head, workspace.before(path)}
    for data in versions - {None}:
        yield from named(path, (data or b"")[:_MAX_BYTES].decode("utf-8", "replace"))


def _next(one: NamedFile) -> Iterator[str]:
    """The files to read after this one was named."""
    if one.kind == FOLDER:
        yield from (f"{one.path}/{name}".lstrip("/") for name in _ACTION)
    if is_read(one.path):
        yield one.path


def folders_of(names: Mapping[str, NamedFile]) -> dict[str, NamedFile]:
    """By folder, the first that is named below it."""
    found: dict[str, NamedFile] = {}
    for path in sorted(names):
        parts = path.split("/")
        for length in range(1, len(parts)):
            found.setdefault("/".join(parts[:length]), names[path])
    return found


def change_of(
    file: FileChange, names: Mapping[str, NamedFile], below: Mapping[str, NamedFile]
) -> GateChange | None:
    """What a changed file means for the gate because it is named; None for one that is not.

    Args:
        file: the change.
        names: what is named, by path.
        below: what is named below a folder, for a link or a submodule in its place; see `folders_of`.
    """
    for path in dict.fromkeys((file.path, file.old_path)):
        one = _naming(path, names) or below.get(path) if path and not is_shared(path) else None
        if one is not None:
            verb = "were" if one.kind == SETTINGS else "was"
            return GateChange(path, f"{_WORDS[one.kind].format(one.by)} {verb} {fate(file, path)}")
    return None


def _naming(path: str, names: Mapping[str, NamedFile]) -> NamedFile | None:
    """The name of the file itself, or of a folder above it that holds an action."""
    if path in names and names[path].kind != FOLDER:
        return names[path]
    parts = path.split("/")
    above = ("/".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((names[folder] for folder in above if folder in names and names[folder].kind == FOLDER), None)
