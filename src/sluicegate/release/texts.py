"""What the documents of a release say: changelog entries, fragments, marks of gaps, ticked items. Pure.

A changelog is as keepachangelog.com has it: a heading of the version, with text until the next heading of its
level. Fragments are files in the folders that towncrier (`newsfragments`, `changelog.d`, `changes`) and scriv
(`changelog.d`) use by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_RULE = re.compile(r"^(=+|-+)[ \t]*$")
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
    """The headings of Markdown, with what stands below each; headings in code are none."""
    lines = _COMMENT.sub(_blanked, text).splitlines()
    heads = list(_headings(lines))
    found: list[Part] = []
    for index, (number, level, title) in enumerate(heads):
        end = next((n for n, deeper, _ in heads[index + 1 :] if deeper <= level), len(lines))
        body = lines[number + 1 : end]
        is_empty = not any(line.strip() and not _HEADING.match(line) for line in body)
        found.append(Part(level, title, number + 1, "\n".join(body), is_empty))
    return found


def _blanked(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    fence = ""
    for number, line in enumerate(lines):
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and (match := _HEADING.match(line)):
            yield number, len(match[1]), match[2]
        elif not fence and number and _RULE.match(line) and lines[number - 1].strip():
            level, title = (1 if line[0] == "=" else 2), lines[number - 1].strip()
            if len(line.strip()) >= 3:
                yield number, level, title


def gaps(text: str, before: int = 0) -> list[str]:
    """Marks of missing text and empty sections, a line each with its number; what is code is left alone.

    Args:
        text: of a file, or of a part of one.
        before: lines of the file before the part.
    """
    found: list[tuple[int, str]] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        elif not fence and (word := _MARK.search(re.sub(r"`[^`]*`", "", line))):
            found.append((number, f"line {before + number}: {word[1]}"))
    empty = (part for part in parts_of(text) if part.is_empty)
    found += ((part.line, f"line {before + part.line}: '{part.title}' is empty") for part in empty)
    return [words for _, words in sorted(found)]


def open_items(text: str, items: Iterable[str]) -> list[str]:
    """Those of the items that no ticked box of a text has; `- [x] Deployment plan` is one."""
    boxes = (_ITEM.match(line) for line in _COMMENT.sub(_blanked, text).splitlines())
    ticked = {_plain(box[2]) for box in boxes if box is not None and box[1] in "xX"}
    return [item for item in items if not any(_begins(box, _plain(item)) for box in ticked)]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`~]", "", text).casefold().split()).rstrip(".:;")


def _begins(box: str, item: str) -> bool:
    """Is a box about an item? More may be written behind it: `Support briefed (by Ann)`."""
    return box == item or re.match(rf"{re.escape(item)}\W", box) is not None


def checklist_text(lists: Mapping[str, Sequence[str]]) -> str:
    """The items as Markdown, for the text of a pull request."""
    return "".join(
        f"### {name.capitalize()}\n\n" + "".join(f"- [ ] {item}\n" for item in items) + "\n"
        for name, items in lists.items()
    )
