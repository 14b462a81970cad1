"""Which group a change belongs to: by its labels, by `.github/release.yml`, by its conventional title. Pure.

Sources: GitHub's page "Automatically generated release notes" for the file (a change goes to the first
category that fits, and `*` fits all), conventionalcommits.org for types.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluicegate.release.notes.changes import Change
from sluicegate.release.notes.messages import breaking_notes, first_paragraph, header_of


class Group(enum.StrEnum):
    """A group of changes, by its title, in the order in which notes show them."""

    BREAKING = "Breaking changes"
    FEATURES = "New features"
    IMPROVEMENTS = "Improvements"
    FIXES = "Fixes"
    SECURITY = "Security"
    OTHER = "Other changes"


_LABELS: Mapping[Group, frozenset[str]] = {
    Group.BREAKING: frozenset({"breaking", "breaking change", "semver major"}),
    Group.SECURITY: frozenset({"security", "vulnerability"}),
    Group.FEATURES: frozenset({"feature", "new feature", "feat", "semver minor"}),
    Group.FIXES: frozenset({"bug", "fix", "bugfix", "bug fix", "regression"}),
    Group.IMPROVEMENTS: frozenset({"enhancement", "improvement", "performance", "perf", "refactoring"}),
}
"""In order of precedence."""

_TYPES: Mapping[str, Group] = {
    "feat": Group.FEATURES, "feature": Group.FEATURES,
    "fix": Group.FIXES, "bugfix": Group.FIXES, "hotfix": Group.FIXES,
    "perf": Group.IMPROVEMENTS, "refactor": Group.IMPROVEMENTS, "improvement": Group.IMPROVEMENTS,
    "security": Group.SECURITY, "sec": Group.SECURITY,
}  # fmt: skip
_PREFIX = re.compile(r"^(?:[a-z]{1,20}\s*[:/]\s*)+")


@dataclass(frozen=True, slots=True)
class Excluded:
    """What is left out: labels and logins, in lower case."""

    labels: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()

    def has(self, change: Change) -> bool:
        """Is a change left out?"""
        pull = change.pull
        if pull is None:
            return False
        author = pull.author.lower()
        return bool(
            {author, f"{author}[bot]" if pull.is_bot else author} & self.authors
            or self.labels & {"*", *labels_of(change)}
        )


@dataclass(frozen=True, slots=True)
class Category:
    """A category of `.github/release.yml`."""

    title: str
    labels: frozenset[str]
    excluded: Excluded = Excluded()


@dataclass(frozen=True, slots=True)
class Categories:
    """What `.github/release.yml` says; empty without the file."""

    categories: tuple[Category, ...] = ()
    excluded: Excluded = Excluded()


def labels_of(change: Change) -> frozenset[str]:
    """The labels of a change, in lower case."""
    return (
        frozenset(label.lower() for label in change.pull.labels) if change.pull is not None else frozenset()
    )


def notes_of(change: Change) -> tuple[str, ...]:
    """What a change breaks, each footer once; empty where it breaks nothing, or does not say what."""
    pull = change.pull
    body = pull.body if pull is not None and not pull.is_bot else ""  # a bot quotes the notes of others
    texts = [*change.messages, f"{change.title}\n{body}"]
    return tuple(dict.fromkeys(filter(None, (first_paragraph(n) for t in texts for n in breaking_notes(t)))))


def is_breaking(change: Change) -> bool:
    """Does a change break something: by a footer, by `!`, by a label?"""
    titles = [change.title, *(message.partition("\n")[0] for message in change.messages)]
    headers = [header for header in map(header_of, titles) if header is not None]
    return (
        bool(notes_of(change))
        or any(header.is_breaking for header in headers)
        or bool(_plain(labels_of(change)) & _LABELS[Group.BREAKING])
    )


def group_of(change: Change, categories: Categories) -> str:
    """The title of the group of a change.

    A change that breaks something is among the breaking ones, except where a category names its label.
    """
    labels = labels_of(change)
    fit = next((c for c in categories.categories if _fits(c, change, labels)), None)
    if fit is not None and fit.labels & labels:
        return fit.title
    if is_breaking(change):
        return Group.BREAKING
    if categories.categories:
        return Group.OTHER if fit is None else fit.title
    return _by_label(labels) or _by_title(change.title)


def _fits(category: Category, change: Change, labels: frozenset[str]) -> bool:
    if category.excluded.has(change):
        return False
    return change.pull is not None and ("*" in category.labels or bool(category.labels & labels))


def _by_label(labels: Iterable[str]) -> Group | None:
    words = _plain(labels)
    return next((group for group, known in _LABELS.items() if words & known), None)


def _plain(labels: Iterable[str]) -> frozenset[str]:
    """Labels without a prefix such as `kind/` or `type: `, with spaces between words."""
    return frozenset(" ".join(re.split(r"[\s_-]+", _PREFIX.sub("", label).strip())) for label in labels)


def _by_title(title: str) -> Group:
    header = header_of(title)
    if header is None:
        return Group.OTHER
    if header.type in _TYPES and header.scope.lower() == "security":
        return Group.SECURITY
    return _TYPES.get(header.type, Group.OTHER)
