"""The impact of pairs of files: each is looked at once, and what it has is added up. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from sluicegate.core.globs import matches_any
from sluicegate.release.impact import alerts, apis, dependencies, migrations, rules, settings
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.databases import POSTGRESQL, databases
from sluicegate.release.impact.migration_python import UnparsedError
from sluicegate.release.impact.model import (
    Api,
    Group,
    Impact,
    Kind,
    Migration,
    Runbook,
    Unread,
)
from sluicegate.release.impact.settings_key import SETTING, Key

MAX_KEYS = 5_000
"""Configuration keys of one file."""
MAX_LISTED = 10_000
"""Entries of each list of an impact."""
T = TypeVar("T")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class FilePair:
    """A file before and after: its bytes, None on the side where it is not there; `old_path` of a rename."""

    path: str
    before: bytes | None
    after: bytes | None
    old_path: str = ""


def groups_of(path: str) -> tuple[Group, ...]:
    """The groups that a file of this path may belong to."""
    may = {
        Group.SETTINGS: settings.reader_of(path) is not None,
        Group.MIGRATIONS: migrations.may_migrate(path),
        Group.APIS: apis.may_describe(path),
        Group.ALERTS: alerts.may_watch(path),
        Group.DEPENDENCIES: dependencies.format_of(path) is not None,
    }
    return tuple(group for group, is_possible in may.items() if is_possible)


def certain_groups_of(path: str) -> tuple[Group, ...]:
    """Those of them that the path alone tells, so that a file which cannot be read is missing there."""
    open_ones = (
        set()
        if re.search(r"openapi|swagger|asyncapi|\.proto$|\.graphqls?$|\.gql$", path, re.IGNORECASE)
        else {Group.APIS}
    )
    return tuple(group for group in groups_of(path) if group not in open_ones | {Group.ALERTS})


def decoded(data: bytes) -> str:
    """The text of bytes: UTF-16 with a mark, else UTF-8; what is not valid is replaced."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


@dataclass(slots=True)
class _Side:
    """What the files of one side have."""

    keys: dict[str, Sequence[Key]] = field(default_factory=dict)
    watches: dict[str, Sequence[alerts.Watch]] = field(default_factory=dict)
    versions: dependencies.Versions = field(default_factory=dependencies.Versions)


@dataclass(slots=True)
class Comparison:
    """Adds up the changed files of a range."""

    runbook_globs: Sequence[str] = ()
    files: int = 0
    unread: list[Unread] = field(default_factory=list)
    _before: _Side = field(default_factory=_Side)
    _after: _Side = field(default_factory=_Side)
    _migrations: list[Migration] = field(default_factory=list)
    _apis: list[Api] = field(default_factory=list)
    _runbooks: dict[str, str] = field(default_factory=dict)
    _schemas: list[str] = field(default_factory=list)

    def add(self, pair: FilePair) -> None:
        """Look at a changed file; what cannot be read is noted."""
        old_path = pair.old_path or pair.path
        for side, path, data in ((self._before, old_path, pair.before), (self._after, pair.path, pair.after)):
            if data is not None:
                self._add_side(side, path, data)
        self._try(Group.MIGRATIONS, pair.path, lambda: self._add_migration(pair))
        api = apis.compared(pair.path, pair.before, pair.after) if apis.may_describe(pair.path) else None
        if api is not None:
            self._apis.append(api)
            if api.unjudged:
                self.unread.append(Unread(Group.APIS, pair.path, api.unjudged))
        if pair.after is not None and matches_any(self.runbook_globs, pair.path):
            self._runbooks[pair.path] = decoded(pair.after)

    def add_unchanged(self, path: str, data: bytes, groups: Sequence[Group]) -> None:
        """Take the keys and dependencies of a file that is the same on both sides."""
        for side in (self._before, self._after):
            if Group.SETTINGS in groups:
                self._add_keys(side, path, data)
            if Group.DEPENDENCIES in groups:
                self._add_packages(side, path, data)

    def add_schemas(self, schemas: Iterable[bytes]) -> None:
        """Take the schemas of Prisma, which say the database."""
        self._schemas += map(decoded, schemas)

    def cannot_read(self, path: str, reason: str) -> None:
        """Note a file in the groups that it belongs to by its path."""
        self.unread += [Unread(group, path, reason) for group in certain_groups_of(path)]

    def may_matter(self, path: str) -> bool:
        """May a file of this path belong to a group, or is it a runbook?"""
        return bool(groups_of(path)) or matches_any(self.runbook_globs, path)

    @property
    def needs_databases(self) -> bool:
        """Is there a danger that only PostgreSQL has?"""
        return any(danger.rule == rules.INDEX for m in self._migrations for danger in m.dangers)

    def _judged(self) -> list[Migration]:
        """The migrations; where no driver is for PostgreSQL, without what is dangerous there alone."""
        known = databases(self._after.versions.names(), self._schemas)
        if not known or POSTGRESQL in known:
            return self._migrations
        return [
            replace(m, dangers=tuple(d for d in m.dangers if d.rule != rules.INDEX)) for m in self._migrations
        ]

    def open_names(self) -> list[str]:
        """The names of variables that only one side has, sorted: another file may have them, too."""
        old, new = ({k.name for keys in side.keys.values() for k in keys if k.type != SETTING} for side in
                    (self._before, self._after))  # fmt: skip
        return sorted(old ^ new)

    def ecosystems(self) -> frozenset[str]:
        """The ecosystems whose files changed."""
        sides = (self._before.versions, self._after.versions)
        return frozenset(key[0] for side in sides for key in (*side.locked, *side.asked))

    def impact(self, range_: str, base: str, head: str) -> Impact:
        """All of it."""
        found = Impact(
            range_, base, head, self.files,
            self._listed(Group.SETTINGS, settings.compared(*self._collected())),
            tuple(sorted(self._judged(), key=lambda m: m.path)),
            tuple(sorted(self._apis, key=lambda a: a.path)),
            self._listed(Group.ALERTS, alerts.compared(self._before.watches, self._after.watches)),
            self._listed(
                Group.DEPENDENCIES,
                dependencies.compared(self._before.versions, self._after.versions),
            ),
            unread=tuple(dict.fromkeys(self.unread)),
        )  # fmt: skip
        return _with_runbooks(found, self._runbooks)

    def _listed(self, group: Group, found: Iterable[T]) -> tuple[T, ...]:
        """The first entries of a list; notes that there are more."""
        entries = tuple(islice(found, MAX_LISTED + 1))
        if len(entries) > MAX_LISTED:
            self.unread.append(Unread(group, "", f"more than {MAX_LISTED:,} changes; these are listed"))
        return entries[:MAX_LISTED]

    def _collected(self) -> tuple[settings.Found, settings.Found]:
        return settings.collected(self._before.keys), settings.collected(self._after.keys)

    def _try(self, group: Group, path: str, look: Callable[[], None]) -> None:
        try:
            look()
        except (UnreadableError, UnparsedError) as error:
            self.unread.append(Unread(group, path, str(error)))

    def _add_side(self, side: _Side, path: str, data: bytes) -> None:
        self._add_keys(side, path, data)
        self._add_packages(side, path, data)
        if alerts.may_watch(path):
            self._try(Group.ALERTS, path, lambda: self._add_watches(side, path, data))

    def _add_watches(self, side: _Side, path: str, data: bytes) -> None:
        found = alerts.watches(data, path)
        if found:
            side.watches[path] = found

    def _add_keys(self, side: _Side, path: str, data: bytes) -> None:
        reader = settings.reader_of(path)
        if reader is not None:
            self._try(Group.SETTINGS, path, lambda: side.keys.update({path: _bounded(reader(data))}))

    def _add_packages(self, side: _Side, path: str, data: bytes) -> None:
        format_ = dependencies.format_of(path)
        if format_ is not None:
            packages = islice(format_.read(decoded(data)), _MAX_PACKAGES)
            self._try(Group.DEPENDENCIES, path, lambda: side.versions.add(format_, path, packages))

    def _add_migration(self, pair: FilePair) -> None:
        after = decoded(pair.after) if pair.after is not None else ""
        before = decoded(pair.before) if pair.before is not None else ""
        framework = migrations.framework_of(pair.path, after or before)
        if framework is None:
            return
        kind = Kind.ADDED if pair.before is None else Kind.REMOVED if pair.after is None else Kind.CHANGED
        if kind is Kind.REMOVED:
            self._migrations.append(Migration(pair.path, framework.name, kind))
            return
        dangers, unjudged = migrations.judge(framework, pair.path, after)
        if kind is Kind.CHANGED:
            old, _ = migrations.judge(framework, pair.path, before)
            dangers = list(migrations.only_new(dangers, old))
        self._migrations.append(Migration(pair.path, framework.name, kind, tuple(dangers), tuple(unjudged)))


_MAX_PACKAGES = 100_000


def _bounded(keys: Iterable[Key]) -> list[Key]:
    found = list(islice(keys, MAX_KEYS + 1))
    if len(found) > MAX_KEYS:
        raise UnreadableError(f"it has more than {MAX_KEYS:,} keys")
    return found


def _with_runbooks(impact: Impact, texts: Mapping[str, str]) -> Impact:
    words = _Words("\n".join(texts.values())[:_MAX_RUNBOOKS])
    runbooks = tuple(_runbook(group, names, bool(texts), words) for group, names in _names(impact))
    return replace(impact, runbooks=runbooks, runbook_files=tuple(sorted(texts)))


_MAX_NAMED = 10
_MAX_SEARCHES = 500
_MAX_RUNBOOKS = 4 * 1024**2
"""Characters of all runbooks in which names are looked for."""
_WORD = re.compile(r"[\w-]+")


def _runbook(group: Group, names: Sequence[str], touched: bool, words: _Words) -> Runbook:
    long_ones = (name for name in dict.fromkeys(names) if len(name) > 2)
    named = tuple(islice(filter(words.have, long_ones), _MAX_NAMED))
    return Runbook(group, bool(names), touched and bool(names), named)


class _Words:
    """The words of runbooks, in which names are looked for as whole words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = frozenset(_WORD.findall(text))
        self._searches = _MAX_SEARCHES

    def have(self, name: str) -> bool:
        """Is the name there? Of names that are no word, the first `_MAX_SEARCHES` are looked for."""
        if not self._words.issuperset(_WORD.findall(name)):
            return False
        if _WORD.fullmatch(name):
            return True
        self._searches -= 1
        if self._searches < 0 or name not in self._text:
            return False
        return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", self._text) is not None


def _names(impact: Impact) -> Iterator[tuple[Group, list[str]]]:
    """By group, the names of what changed."""
    yield Group.SETTINGS, [setting.name for setting in impact.settings]
    yield Group.MIGRATIONS, [m.path.rpartition("/")[2].rpartition(".")[0] for m in impact.migrations]
    yield (
        Group.APIS,
        [c.where.partition(" ")[2] or c.where for a in impact.apis for c in a.changes]
        + [a.path.rpartition("/")[2] for a in impact.apis],
    )
    yield Group.ALERTS, [alert.name for alert in impact.alerts]
    yield Group.DEPENDENCIES, [dependency.name for dependency in impact.dependencies]
