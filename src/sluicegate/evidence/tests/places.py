"""The source location of a test case, if its result states it. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import TestCase

_TRACE = re.compile(
    r"^[^\S\n]*(?:\u276f (?:[^\s:()]{1,200} )?|at (?:async )?(?:[^\n()]{1,200} \()?)?"
    r"\(?([^\s:()]{1,400}):(\d{1,7})\b",
    re.MULTILINE,
)
"""A frame of Python (`a.py:3: in add`), of V8 (`at Object.add (a.js:3:5)`), or of Vitest, behind an angle."""
_FILE = re.compile(r"[^\s:]{1,400}\.[cm]?[jt]sx?")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def place(case: TestCase, index: PathIndex) -> TestCase:
    """The case with `path` and `line` resolved to the repository's files, or without a place.

    The path is the file that the result names, else the class name where that is a file (Vitest), or the
    module that it spells in Python (`tests.test_cart.TestCart`); the line is the last one of that file in the
    trace.
    """
    path = index.resolve(case.path) if case.path else _named(case.suite, index)
    if not path:
        return replace(case, path="", line=0)
    line = case.line if case.path else 0
    traced = [int(n) for raw, n in _TRACE.findall(case.details) if index.resolve(raw) == path]
    return replace(case, path=path, line=traced[-1] if traced else line)


def _named(suite: str, index: PathIndex) -> str | None:
    if _FILE.fullmatch(suite):
        return index.resolve(suite)
    parts = suite.split(".") if _DOTTED.fullmatch(suite) else []
    candidates = ("/".join(parts[:length]) + ".py" for length in range(len(parts), 1, -1))
    return next(filter(None, map(index.resolve, candidates)), None)
