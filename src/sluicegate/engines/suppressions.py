"""Comments and marks that switch a check off, in the lines that the change adds.

What counts is what the tools obey, by their own patterns (`suppression_patterns`, `coverage_marks`), in the
text that they read (`source_text`); skips in Python tests are read from the syntax tree (`skip_marks`).

One counts as added when it is on an added line and the file has more of its kind and text than its version in
the base: moving a line, or editing the code beside the comment, adds nothing. Where lines are not known (git
takes the file for binary, or its encoding has other lines than git), any in excess counts, on any line.
"""

from __future__ import annotations

import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from itertools import product
from operator import attrgetter
from pathlib import PurePosixPath
from typing import NamedTuple

from sluicegate.core.change import FileChange
from sluicegate.core.model import Problem
from sluicegate.engines import skip_marks
from sluicegate.engines.source_text import Decoded, decode, is_binary, is_python
from sluicegate.engines.suppression_patterns import (
    LINE_LENGTH,
    PYTHON_COMMENTS,
    PYTHON_TEXT,
    Patterns,
    is_unsafe,
    matches,
    of_file,
)
from sluicegate.engines.syntax import parse, quiet
from sluicegate.evidence.analysed import Suppression

_TEXT_LENGTH = 200
_OWN_LENGTH = 500


class SuppressionMatch(NamedTuple):
    """One suppression in a file. `key` is its own text: what makes two of them the same."""

    line: int
    kind: str
    key: str


_KIND_AND_KEY = attrgetter("kind", "key")


def added(
    head: bytes, base_text: Callable[[], bytes | None], file: FileChange, own: Patterns = ()
) -> list[Suppression]:
    """The suppressions that a change adds to one file, in the order of their lines.

    Args:
        head, file: the file's bytes, any at all, and what the change did to it.
        base_text: gives its bytes in the base, None for a new file; asked when it matters.
        own: patterns of the project's own settings, for lines of Python sources.

    Raises:
        UndecodableError: the file is in an encoding that is not read.
    """
    text = decode(head, python=is_python(file.path, head))
    everything = find(head, file.path, own, text)
    lines = -1 if file.binary or not text.aligned else file.added
    candidates = [found for found in everything if lines >> found.line & 1]
    if not candidates:
        return []
    base, old_path = base_text() or b"", file.old_path or file.path
    old = _old_text(base, old_path)
    budget = Counter(map(_KIND_AND_KEY, everything))
    budget -= Counter(map(_KIND_AND_KEY, find(base, old_path, own, old)))
    shown = list(map(str.strip, text.lines))
    chosen = _within(budget, candidates, shown, set(map(str.strip, old.lines)))
    return [
        Suppression(file.path, f.line, f.kind, _text(shown, f.line)[:_TEXT_LENGTH], is_unsafe(f.kind, f.key))
        for f in chosen
    ]


def _within(
    budget: Counter[tuple[str, str]], found: Iterable[SuppressionMatch], lines: list[str], old_lines: Set[str]
) -> list[SuppressionMatch]:
    """As many of each kind and text as came; those on lines that the base has not go first."""
    result = []
    for one in sorted(found, key=lambda f: (_text(lines, f.line) in old_lines, f)):
        if budget[one[1:]] > 0:
            budget[one[1:]] -= 1
            result.append(one)
    return sorted(result, key=lambda f: f[:2])


def _old_text(base: bytes, path: str) -> Decoded:
    """The base's lines; a version that cannot be decoded counts as empty, so that all is new."""
    try:
        return decode(base, python=is_python(path, base))
    except ValueError:
        return Decoded([], aligned=False)


def find(data: bytes, path: str, own: Patterns = (), text: Decoded | None = None) -> list[SuppressionMatch]:
    """Every suppression of a file; any bytes give a list. `text` is what they decode to, where that is known.

    Raises:
        UndecodableError: the file is in an encoding that is not read.
    """
    text = text or decode(data, python=is_python(path, data))
    if is_binary(path, data):
        return []
    if not is_python(path, data):
        return list(_scan(text.lines, of_file(path)))
    found = _comments(text)
    for more in (_in_text(text), _marked(text.lines, own)):
        seen = {(one.line, one.kind) for one in found}
        found += [one for one in more if one[:2] not in seen]
    return [*found, *_skips(data, text, path)]


def _in_text(text: Decoded) -> Iterator[SuppressionMatch]:
    """What tools find that search a Python source as a whole: a match may go over the end of a line."""
    whole = text.text
    for kind, pattern in PYTHON_TEXT:
        line = at = 0
        for match in pattern.finditer(whole):
            line += whole.count("\n", at, match.start())
            at = match.start()
            yield SuppressionMatch(line + 1, kind, " ".join(match[0].split()))


def _text(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _scan(lines: Iterable[str], patterns: Patterns) -> Iterator[SuppressionMatch]:
    if not patterns:
        return
    for number, line in enumerate(lines, 1):
        yield from (SuppressionMatch(number, kind, key) for kind, key in matches(line, patterns))


def _marked(lines: Iterable[str], own: Patterns) -> Iterator[SuppressionMatch]:
    """What the project's own patterns match in a comment, or what looks like one."""
    marked = ((number, line[:_OWN_LENGTH]) for number, line in enumerate(lines, 1) if "#" in line)
    for (number, line), (kind, pattern) in product(marked, own):
        match = pattern.search(line)
        if match and match[0] and "#" in line[: match.end()]:
            yield SuppressionMatch(number, kind, " ".join(match[0].split()))


def _comments(text: Decoded) -> list[SuppressionMatch]:
    """Suppressing comments of a Python source; line by line where it cannot be tokenized."""
    found: list[SuppressionMatch] = []
    try:
        with quiet():
            for token in tokenize.generate_tokens(io.StringIO(text.text).readline):
                if token.type == tokenize.COMMENT:
                    comment, line = token.string[:LINE_LENGTH], token.start[0]
                    found.extend(SuppressionMatch(line, *one) for one in matches(comment, PYTHON_COMMENTS))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return list(_scan(text.lines, PYTHON_COMMENTS))
    return found


def _skips(data: bytes, text: Decoded, path: str) -> Iterator[SuppressionMatch]:
    if not skip_marks.may_hold(text.text):
        return
    with quiet():
        tree = parse(data, "")
    if isinstance(tree, Problem):
        marks = skip_marks.of_lines(text.lines)
    else:
        marks = skip_marks.of_tree(tree, text.lines, conftest=PurePosixPath(path).name == "conftest.py")
    yield from (SuppressionMatch(line, "test-skip", mark) for line, mark in marks)
