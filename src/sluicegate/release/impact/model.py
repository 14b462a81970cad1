"""The impact of a release, as plain values; it is also the document that is written as JSON. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluicegate.core.fields import Count, Line
from sluicegate.documents.codec import Codec


class Kind(enum.StrEnum):
    """What happened to something between two commits."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Group(enum.StrEnum):
    """The groups of an impact, in the order in which they are shown."""

    SETTINGS = "settings"
    MIGRATIONS = "migrations"
    APIS = "apis"
    ALERTS = "alerts"
    DEPENDENCIES = "dependencies"


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the commit and a 1-based line; 0 where no line is known."""

    path: str
    line: Line = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration key that was added or removed, or has another default.

    Attributes:
        name: `DATABASE_URL`, `server.port`.
        type: `environment variable`, `secret`, `variable` or `setting`.
        before, after: its defaults; empty without one, `***` where the name says that it is secret.
        places: where it is read or set: at the head, of a removed one at the base.
    """

    name: str
    type: str
    kind: Kind
    before: str = ""
    after: str = ""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Danger:
    """A statement of a migration that can lose data, break the running version, or lock a table.

    Attributes:
        rule: a name out of `rules.RULES`.
        text: the statement, cut.
    """

    rule: str
    line: Line
    text: str


@dataclass(frozen=True, slots=True)
class Migration:
    """A file of a migration.

    Attributes:
        framework: `Django`, `Flyway`.
        dangers: those that the range brought.
        unjudged: operations that no rule is about, each once: `AlterField`.
    """

    path: str
    framework: str
    kind: Kind
    dangers: tuple[Danger, ...] = ()
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiChange:
    """One difference of an API description: where in it, and what, as a clause."""

    where: str
    what: str
    breaking: bool


@dataclass(frozen=True, slots=True)
class Api:
    """A description of an API.

    Attributes:
        format: `OpenAPI`, `GraphQL`, `Protocol Buffers`, `AsyncAPI`, `JSON Schema`.
        changes: empty where the file changed and no rule is about it.
        unjudged: why the changes are not known; empty where they are.
    """

    path: str
    format: str
    kind: Kind
    changes: tuple[ApiChange, ...] = ()
    unjudged: str = ""

    @property
    def breaking(self) -> tuple[ApiChange, ...]:
        """The changes that break clients."""
        return tuple(change for change in self.changes if change.breaking)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, a receiver of alerts, or a panel or dashboard.

    Attributes:
        type: `Prometheus alert`, `Grafana dashboard`.
        what: what changed, `expr`, `for`, `threshold`; empty for one that was added or removed.
        before, after: the values of `what`.
    """

    name: str
    type: str
    kind: Kind
    place: Place
    what: str = ""
    before: str = ""
    after: str = ""


class Step(enum.StrEnum):
    """How far a version moved."""

    MAJOR_UP = "major up"
    MAJOR_DOWN = "major down"
    MINOR = "minor"
    UNKNOWN = "not comparable"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency of which the major changed, or which was added or removed.

    Attributes:
        ecosystem: `PyPI`, `npm`, `Go`, `image`, `action`.
        direct: a manifest names it; else only a lock file has it.
        places: the files that say so.
    """

    name: str
    ecosystem: str
    step: Step
    before: str = ""
    after: str = ""
    direct: bool = True
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be looked at, and why."""

    group: Group
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Runbook:
    """Was a runbook touched, for one group?

    Attributes:
        changed: does the range change anything of the group?
        touched: does the range change any runbook?
        names: things of the group that a touched runbook names.
    """

    group: Group
    changed: bool
    touched: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """All of it.

    Attributes:
        range: as people write it.
        base: the commit that is compared with; empty for a first release.
        files: changed files.
        runbooks: one for each group; `runbook_files` are the runbooks that the range touches.
    """

    range: str
    base: str
    head: str
    files: Count = 0
    settings: tuple[Setting, ...] = ()
    migrations: tuple[Migration, ...] = ()
    apis: tuple[Api, ...] = ()
    alerts: tuple[Alert, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    runbook_files: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def dangers(self) -> tuple[Danger, ...]:
        """The dangerous statements of all migrations."""
        return tuple(danger for migration in self.migrations for danger in migration.dangers)


IMPACT = Codec(
    Impact,
    "sluicegate.release-impact/1",
    remedy="Write it anew: sluicegate release impact --format json.",
    sparse=False,
    portable=True,
)
"""The document that `--format json` prints."""
