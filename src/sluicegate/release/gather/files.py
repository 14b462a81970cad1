"""Facts on files of the commit, by git in the clone; the working tree is not read."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate.core.errors import WorldError
from sluicegate.core.globs import matches_any
from sluicegate.core.text import some
from sluicegate.git import Git
from sluicegate.release.facts import Fact, measured, unknown
from sluicegate.release.settings import MEASURES, EvidenceSource
from sluicegate.release.texts import changelog_entry, fragments, gaps

_LIMIT = 2 * 1024**2
"""Bytes of a file above which it is not read."""
_MOST = 500
"""Files of one evidence that are read."""


def file_fact(source: EvidenceSource, git: Git | None, commit: str, release: str) -> Fact:
    """The fact of a source of the kind `changelog` or `files`."""
    specs = MEASURES[source.kind]
    if git is None or not git.commit(commit):
        reason = f"this clone does not have the commit {commit[:12]}"
        return unknown(specs, reason, f"Fetch it: git fetch origin {commit}.")
    try:
        return (
            _changelog(source, git, commit, release)
            if source.kind == "changelog"
            else _files(source, git, commit)
        )
    except WorldError as error:
        return unknown(specs, error.what, error.remedy)


def _texts(git: Git, commit: str, paths: Sequence[str]) -> dict[str, str]:
    sizes = git.sizes_at(commit, paths)
    small = [path for path in paths if path in sizes and sizes[path] <= _LIMIT]
    return {path: data.decode("utf-8", "replace") for path, data in git.files_at(commit, small).items()}


def _changelog(source: EvidenceSource, git: Git, commit: str, release: str) -> Fact:
    specs, (path,) = MEASURES["changelog"], source.value
    text = _texts(git, commit, [path]).get(path, "")
    entry = changelog_entry(text, release)
    if entry is not None:
        found = gaps(entry.text, entry.line)
        is_there = measured(specs["entry"], not entry.is_empty, f"{path}:{entry.line}: the entry is empty")
        return Fact(
            {"entry": is_there, "gaps": measured(specs["gaps"], len(found), some(found[:3], len(found)))}
        )
    written = _texts(git, commit, fragments(git.names(commit))[:_MOST])
    full = {name: text for name, text in written.items() if text.strip()}
    found = [f"{name}, {gap}" for name, text in full.items() for gap in gaps(text)]
    where = "is not there" if not text else f"has no entry of {release}"
    return Fact(
        {
            "entry": measured(specs["entry"], bool(full), f"{path} {where}, and there are no fragments"),
            "gaps": measured(specs["gaps"], len(found), some(found[:3], len(found))),
        }
    )


def _files(source: EvidenceSource, git: Git, commit: str) -> Fact:
    specs = MEASURES["files"]
    paths = [path for path in git.names(commit) if matches_any(source.value, path)]
    texts = _texts(git, commit, [path for path in paths if path.endswith((".md", ".rst", ".txt"))][:_MOST])
    found = [f"{path}, {gap}" for path, text in texts.items() for gap in gaps(text)]
    missing = f"nothing matches {', '.join(source.value)}"
    return Fact(
        {
            "files": measured(specs["files"], len(paths), "" if paths else missing),
            "gaps": measured(specs["gaps"], len(found), some(found[:3], len(found))),
        }
    )
