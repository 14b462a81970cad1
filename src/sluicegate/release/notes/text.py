"""Release notes as Markdown, and as data. Titles and bodies are strangers' text, and are escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.text import clean, cut, plural
from sluicegate.release.notes.changes import Change, CommitText
from sluicegate.release.notes.groups import Categories, Group, group_of, notes_of
from sluicegate.release.notes.messages import header_of
from sluicegate.release.notes.pairs import settle
from sluicegate.release.texts import parts_of
from sluicegate.report.escape import md, md_prose

DEFAULT_TEMPLATE = """\
{{breaking}}
{{upgrade}}
{{changes}}
{{known-issues}}
{{reverted}}
{{commits}}
{{contributors}}
"""
PARTS = ("breaking", "upgrade", "changes", "known-issues", "reverted", "commits", "contributors", "range")

_SLOT = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_UPGRADE = re.compile(
    r"(?:upgrad(?:e|ing)|migrat(?:ion|ing))(?: (?:notes?|guide|steps|instructions))?:?", re.I
)
_NOTHING = re.compile(r"(?:none|n/?a|nothing|no|-)\.?", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_BULLET = re.compile(r"^( {0,8})([-*+]|\d{1,3}[.)])[ \t]+(?=\S)")
_TITLE, _NOTE = 300, 2000


@dataclass(frozen=True, slots=True)
class Issue:
    """An open issue that users should know of."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What notes say.

    Attributes:
        range: as people write it, `v1.3.0..v1.4.0`.
        groups: changes by the title of their group, in the order in which they are shown.
        reverted: each change with what reverted it.
        issues: known ones; None where nobody was asked.
        commits: number of commits of the range, merges included.
    """

    range: str
    groups: Mapping[str, tuple[Change, ...]]
    reverted: tuple[tuple[Change, Change], ...] = ()
    issues: tuple[Issue, ...] | None = None
    commits: int = 0
    excluded: tuple[Change, ...] = field(default=())

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that are shown."""
        return tuple(change for group in self.groups.values() for change in group)


def notes_from(
    range_: str,
    commits: Sequence[CommitText],
    changes: Sequence[Change],
    categories: Categories,
    issues: tuple[Issue, ...] | None,
) -> Notes:
    """The notes of a range, of its changes, oldest first."""
    settled = settle(changes)
    titles = [c.title for c in categories.categories] or list(Group)
    order = dict.fromkeys([Group.BREAKING.value, *titles, Group.OTHER.value])
    excluded = tuple(change for change in settled.changes if categories.excluded.has(change))
    kept = [(group_of(c, categories), c) for c in settled.changes if not categories.excluded.has(c)]
    shown = _grouped(kept, list(order))
    return Notes(range_, shown, settled.pairs, issues, len(commits), excluded)


def _grouped(kept: Sequence[tuple[str, Change]], order: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """The changes of each group that has any, in the order of the groups."""
    groups = ((title, tuple(change for group, change in kept if group == title)) for title in order)
    return {title: found for title, found in groups if found}


def render(notes: Notes, template: str = DEFAULT_TEMPLATE) -> str:
    """The notes in a template, whose `{{names}}` are `PARTS`.

    Raises:
        UsageError: the template has another name.
    """
    parts = {
        "breaking": _group(Group.BREAKING, notes.groups.get(Group.BREAKING, ())),
        "upgrade": _upgrade(notes.changes),
        "changes": "\n\n".join(_listed(notes)),
        "known-issues": _issues(notes.issues or ()),
        "reverted": _reverted(notes.reverted),
        "commits": _commits(notes),
        "contributors": _contributors(notes.changes),
        "range": md(notes.range),
    }
    unknown = [name for name in _SLOT.findall(template) if name not in parts]
    if unknown:
        what = f"the template has the unknown name {{{{{unknown[0]}}}}}"
        raise UsageError(what, where="--template", remedy=f"There are: {', '.join(PARTS)}.")
    text = _SLOT.sub(lambda match: parts[match[1]] + "\n", template)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def as_json(notes: Notes) -> dict[str, Any]:
    """The notes as plain data."""
    return {
        "range": notes.range,
        "commits": notes.commits,
        "groups": {title: [_plain(change) for change in group] for title, group in notes.groups.items()},
        "upgrade": {c.name: upgrade_of(c) for c in notes.changes if upgrade_of(c)},
        "known_issues": _plain_issues(notes.issues),
        "reverted": [[change.name, by.name] for change, by in notes.reverted],
        "excluded": [change.name for change in notes.excluded],
        "without_pull_request": [change.name for change in notes.changes if change.pull is None],
        "contributors": contributors(notes.changes),
    }


def _plain_issues(issues: Sequence[Issue] | None) -> list[list[Any]] | None:
    return None if issues is None else [[issue.number, issue.title] for issue in issues]


def _plain(change: Change) -> dict[str, Any]:
    return {
        "name": change.name, "title": change.title, "breaking": list(notes_of(change)),
        "backports": list(change.backports), "author": change.pull.author if change.pull else "",
    }  # fmt: skip


def _listed(notes: Notes) -> Iterator[str]:
    """The groups, without the breaking ones, and without commits that nothing is known of."""
    for title, group in notes.groups.items():
        shown = [c for c in group if title != Group.OTHER or c.pull is not None]
        if title != Group.BREAKING and shown:
            yield _group(title, shown)


def _group(title: str, changes: Sequence[Change]) -> str:
    return "\n".join([f"### {md(title)}", "", *map(_entry, changes)]) if changes else ""


def _entry(change: Change) -> str:
    """A line of a list, with a line for each thing that it breaks."""
    header = header_of(change.title)
    scope = f"**{md(header.scope)}:** " if header is not None and header.scope else ""
    text = md_prose(cut(header.subject if header is not None else change.title, _TITLE))
    too = f"; also {', '.join(change.backports)}" if change.backports else ""
    by = _by(change)
    notes = [f"  - {md_prose(cut(note, _NOTE))}" for note in notes_of(change) if note != change.title]
    return "\n".join([f"- {scope}{text} ({change.name}{too}){by}", *notes])


def _by(change: Change) -> str:
    who = change.pull.author if change.pull is not None and not change.pull.is_bot else ""
    return f" by @{who}" if _LOGIN.fullmatch(who) else ""


def contributors(changes: Sequence[Change]) -> list[str]:
    """The logins of the people who wrote changes, in order of the alphabet."""
    found = {c.pull.author for c in changes if c.pull is not None and not c.pull.is_bot}
    return sorted((who for who in found if _LOGIN.fullmatch(who)), key=str.lower)


def _contributors(changes: Sequence[Change]) -> str:
    people = contributors(changes)
    return f"### Contributors\n\n{', '.join(f'@{who}' for who in people)}" if people else ""


def _issues(issues: Sequence[Issue]) -> str:
    lines = [f"- {md(cut(issue.title, _TITLE))} (#{issue.number})" for issue in issues]
    return "\n".join(["### Known issues", "", *lines]) if lines else ""


def _reverted(pairs: Sequence[tuple[Change, Change]]) -> str:
    """One line, so that nobody looks for them."""
    if not pairs:
        return ""
    named = ", ".join(f"{change.name} by {by.name}" for change, by in pairs)
    return f"Merged and reverted in this range, so not listed: {named}."


def _commits(notes: Notes) -> str:
    """How many commits belong to no pull request, and those that no group lists."""
    alone = [change for change in notes.changes if change.pull is None]
    if not alone:
        return ""
    rest = [change for change in notes.groups.get(Group.OTHER, ()) if change.pull is None]
    head = f"{plural(len(alone), 'commit')} of {notes.commits:,} without a pull request"
    if not rest:
        return f"{head}, listed above."
    title = head if len(rest) == len(alone) else f"{head}, {len(alone) - len(rest):,} of them listed above"
    lines = [f"- {md(cut(change.title, _TITLE))} ({change.name})" for change in rest]
    return "\n".join(["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"])


def upgrade_of(change: Change) -> str:
    """The section about upgrades in the text of a pull request; empty without one, and where it says none."""
    body = change.pull.body if change.pull is not None else ""
    for part in parts_of(body):
        text = part.text.strip()
        if _UPGRADE.fullmatch(part.title.strip()) and text and not _NOTHING.fullmatch(text):
            return text
    return ""


def _upgrade(changes: Sequence[Change]) -> str:
    parts = [
        f"**{md(cut(change.title, _TITLE))}** ({change.name})\n\n{_safe(text)}"
        for change in changes
        if (text := upgrade_of(change))
    ]
    return "\n\n".join(["### Upgrade notes", *parts]) if parts else ""


def _safe(text: str) -> str:
    """Prose, lists and code of a pull request; all other Markdown is shown as it is written."""
    out: list[str] = []
    fence = ""
    for line in clean(text).split("\n"):
        mark = _FENCE.match(line)
        if mark is not None and not fence:
            fence = mark[1]
            out.append(fence)
        elif mark is not None and mark[1].startswith(fence) and not line.strip(" `~"):
            out.append(fence)
            fence = ""
        else:
            out.append(line if fence else _prose(line))
    return "\n".join([*out, fence] if fence else out)


def _prose(line: str) -> str:
    bullet = _BULLET.match(line)
    head = bullet[0] if bullet else ""
    return head + md_prose(line[len(head) :])
