"""Which Python sources the engines of ours do not look at, counted and named. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from sluicegate.core.globs import matches_any
from sluicegate.core.model import Notice
from sluicegate.core.text import plural, some
from sluicegate.policy.model import SourceSettings

_NAMED = 3


def left_out(files: Iterable[str], source: SourceSettings) -> Iterator[Notice]:
    """One notice on the Python files that are tests, foreign or excluded; none without such files."""
    found: dict[str, list[str]] = {}
    for path in files:
        if path.endswith((".py", ".pyw")) and (why := _why(path, source)):
            found.setdefault(why, []).append(path)
    if found:
        counted = (f"{len(paths):,} {why} ({_folders(paths)})" for why, paths in sorted(found.items()))
        whole = plural(sum(map(len, found.values())), "Python file")
        yield Notice("info", "sources-left-out", f"{whole} not analysed as sources: {'; '.join(counted)}")


def _why(path: str, source: SourceSettings) -> str:
    if source.is_excluded(path):
        return "left out by the policy"
    if matches_any(source.vendored, path):
        return "of foreign or generated code"
    return "of tests" if source.is_test(path) else ""


def _folders(paths: Iterable[str]) -> str:
    """The outermost folders of these files, and those of them that lie at the top."""
    folders = {posixpath.dirname(path) or path for path in paths}
    outermost: list[str] = []
    for folder in sorted(folders, key=lambda name: name.split("/")):
        if not outermost or not folder.startswith(f"{outermost[-1]}/"):
            outermost.append(folder)
    return some(outermost[:_NAMED], len(outermost))
