"""Reads the documents of a release: changelog entries, fragments, marks of gaps, ticked items. Pure.

A changelog is as keepachangelog.com has it: a heading of the version, with text until the next heading of its
level. Fragments are files in the folders that towncrier (`newsfragments`, `changelog.d`, `changes`) and scriv
(`changelog.d`) use by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_RULE = re.compile(r"^(={3,}|-{3,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_MARK = re.compile(r"\b(TBD|TODO|FIXME|XXX)\b")
_ITEM = re.compile(r"^[ \t>]*[-*+][ \t]+\[([ xX])\][ \t]+(.*?)[ \t]*$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRAGMENT = re.compile(
    r"^(?:.*/)?(?:newsfragments|changelog\.d|changes)/(?!README|\.|_|template)[^/]+\.(?:md|rst|txt|[a-z]+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with its text until the next heading of its level or above; `line` is 1-based."""

    level: int
    title: str
    line: int
    text: str
    is_empty: bool


def version_of(release: str) -> str:
    """`1.4.0` of `v1.4.0` and of `release/1.4.0`."""
    return re.sub(r"^[vV](?=\d)", "", release.rpartition("/")[2])


def changelog_entry(text: str, release: str) -> Part | None:
    """The entry of a version; None where the changelog has none."""
    wanted = re.escape(version_of(release))
    of_version = re.compile(rf"^\[?(?:[A-Za-z][\w.-]*[ \t]+)?[vV]?{wanted}\]?(?![\w.+-]*\w)")
    return next((part for part in parts_of(text) if of_version.match(part.title)), None)


def fragments(paths: Iterable[str]) -> list[str]:
    """The fragments of towncrier or scriv among paths."""
    return sorted(path for path in paths if _FRAGMENT.match(path))


def parts_of(text: str) -> list[Part]:
    """The headings of Markdown, with the text below each; headings in code do not count."""
    lines = _COMMENT.sub(_blanked, text).splitlines()
    heads = list(_headings(lines))
    of_heads = {n for begin, below, *_ in heads for n in range(begin, below)}
    found: list[Part] = []
    for index, (start, first, level, title) in enumerate(heads):
        end = next((other for other, _, deeper, _ in heads[index + 1 :] if deeper <= level), len(lines))
        body = lines[first:end]
        is_empty = not any(lines[n].strip() for n in range(first, end) if n not in of_heads)
        found.append(Part(level, title, start + 1, "\n".join(body), is_empty))
    return found


def _blanked(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _plain_lines(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that are not in a block of code, each with its index."""
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark is not None:
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence:
            yield number, line


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, int, str]]:
    """Each heading: the index of its first line and of the one below it, its level and title."""
    for number, line in _plain_lines(lines):
        if match := _HEADING.match(line):
            yield number, number + 1, len(match[1]), match[2]
        elif number and _RULE.match(line) and _is_text(lines[number - 1]):
            yield number - 1, number + 1, (1 if line[0] == "=" else 2), lines[number - 1].strip()


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not _HEADING.match(line) and not line.lstrip().startswith(("-", "*", "|"))


def gaps(text: str, before: int = 0) -> list[str]:
    """Marks of missing text and empty sections, a line each with its number; what is code is left alone.

    Args:
        text: of a file, or of a part of one.
        before: lines of the file before the part.
    """
    found = [
        (number + 1, word[1])
        for number, line in _plain_lines(text.splitlines())
        if (word := _MARK.search(re.sub(r"`[^`]*`", "", line)))
    ]
    found += [(part.line, f"'{part.title}' is empty") for part in parts_of(text) if part.is_empty]
    return [f"line {before + number}: {words}" for number, words in sorted(found)]


def open_items(text: str, items: Iterable[str]) -> list[str]:
    """Those of the items that no ticked box of a text has; `- [x] Deployment plan` is one."""
    boxes = (_ITEM.match(line) for line in _COMMENT.sub(_blanked, text).splitlines())
    ticked = {_plain(box[2]) for box in boxes if box is not None and box[1] in "xX"}
    return [item for item in items if not any(_begins(box, _plain(item)) for box in ticked)]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`~]", "", text).casefold().split()).rstrip(".:;")


def _begins(box: str, item: str) -> bool:
    """Is a box about an item? More text may follow: `Support briefed (by Ann)`."""
    return box == item or re.match(rf"{re.escape(item)}\W", box) is not None
