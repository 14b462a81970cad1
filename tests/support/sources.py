"""Workspaces in a few words: the files of the head, and those of the base where there is one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from sluicegate.core.change import Change, FileChange, NoChange, lines_to_bits
from sluicegate.engines.analyse import Analysis, analyse
from sluicegate.engines.interface import Workspace

Text = str | bytes


def as_bytes(text: Text) -> bytes:
    """Source text of a test as the bytes of a file."""
    return text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode()


def file_change(path: str, head: Text | None, base: Text | None, old_path: str = "") -> FileChange:
    """What a diff would say about one file."""
    new = as_bytes(head or b"").splitlines()
    old = as_bytes(base or b"").splitlines()
    added: list[int] = []
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag in {"insert", "replace"}:
            added.extend(range(start + 1, end + 1))
    before = "" if base is None else old_path or path
    return FileChange(path, before, lines_to_bits(added), deleted=head is None)


def workspace(
    root: Path,
    head: Mapping[str, Text],
    base: Mapping[str, Text] | None = None,
    *,
    renamed: Mapping[str, str] | None = None,
    workers: int = 1,
) -> Workspace:
    """Write the head's files below `root`; compare with `base` unless it is None.

    `renamed` maps a new path to its old one.
    """
    for path, text in head.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(text))
    files = tuple(path for path in head if path.endswith(".py"))
    if base is None:
        return Workspace(root, files, NoChange("not a git repository"), lambda _: None, workers)
    old = renamed or {}
    changes = {}
    for path in {*head, *(set(base) - set(old.values()))}:
        before = old.get(path, path)
        if before != path or head.get(path) != base.get(path):
            changes[path] = file_change(path, head.get(path), base.get(before), before)
    texts = {path: as_bytes(text) for path, text in base.items()}
    former = tuple(sorted(p for p, f in changes.items() if f.old_path.endswith(".py") and p not in files))
    return Workspace(root, files, Change(changes), texts.get, workers, former=former)


def silent(_label: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


def analysis(given: Workspace, *wanted: str) -> Analysis:
    """Run some engines."""
    return analyse(given, set(wanted), silent)
