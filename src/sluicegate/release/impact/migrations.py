"""Which files are migrations, of which framework, and which part of them goes forward. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sluicegate.release.impact import rules
from sluicegate.release.impact.liquibase import liquibase_dangers
from sluicegate.release.impact.migration_code import code_dangers
from sluicegate.release.impact.migration_python import alembic_dangers, django_dangers
from sluicegate.release.impact.model import Danger
from sluicegate.release.impact.sql import dangers_of_sql
from sluicegate.release.impact.sql_tokens import dialect_of

Judged = tuple[list[Danger], list[str]]
"""The dangerous statements of a migration, and the operations that no rule is about."""


@dataclass(frozen=True, slots=True)
class Framework:
    """How files of a framework are known.

    Attributes:
        name: for people.
        path: a regular expression that the path holds, from the top of the repository.
        content: one that the text holds, too; empty for none.
        judge: finds what is dangerous in a text; it takes path and text.
    """

    name: str
    path: str
    content: str
    judge: Callable[[str, str], Judged]

    def has(self, path: str, text: str) -> bool:
        """Is this file a migration of the framework?"""
        return re.search(self.path, path) is not None and (
            not self.content or re.search(self.content, text) is not None
        )


def _sql(path: str, text: str) -> Judged:
    return dangers_of_sql(text, dialect_of(path, text)), []


def _only_up(path: str, text: str, up: str, down: str) -> Judged:
    """The SQL of the parts that begin with a mark of going forward; a missing way back is a danger."""
    parts, goes_up, has_down, at = [], False, False, 0
    for mark in re.finditer(rf"(?m)^[ \t]*+--[ \t]*+(?:(?P<up>{up})|(?P<down>{down}))\b[^\n]*+", text):
        parts.append(text[at : mark.start()] if goes_up else _blank(text[at : mark.start()]))
        goes_up, has_down, at = mark["up"] is not None, has_down or mark["down"] is not None, mark.start()
    parts.append(text[at:] if goes_up else _blank(text[at:]))
    return _sql(path, "".join(parts)) if has_down else _with_irreversible(_sql(path, "".join(parts)), text)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _with_irreversible(judged: Judged, text: str) -> Judged:
    first = text.strip().partition("\n")[0]
    dangers, unjudged = judged
    return [*dangers, Danger(rules.IRREVERSIBLE, 1, f"no way back: {first[:60]}")], unjudged


def _goose(path: str, text: str) -> Judged:
    return _only_up(path, text, r"\+goose[ \t]+Up", r"\+goose[ \t]+Down")


def _dbmate(path: str, text: str) -> Judged:
    return _only_up(path, text, "migrate:up", "migrate:down")


def _sql_migrate(path: str, text: str) -> Judged:
    return _only_up(path, text, r"\+migrate[ \t]+Up", r"\+migrate[ \t]+Down")


def _in(language: str) -> Callable[[str, str], Judged]:
    return lambda _path, text: code_dangers(text, language)


def _nothing(_path: str, _text: str) -> Judged:
    """Of a file that only goes back."""
    return [], []


_STAMP = r"\d{8,17}"

FRAMEWORKS: Sequence[Framework] = (
    Framework(
        "Django", r"(?:^|/)\w*migrations/(?:\w+/)*\w+\.py$", r"\bmigrations\.Migration\b", django_dangers
    ),
    Framework(
        "Alembic", r"(?:^|/)(?:versions|migrations|alembic)/(?:.*/)?[^/]+\.py$",
        r"(?m)^(?:down_)?revision\b.*=", alembic_dangers,
    ),
    Framework("Rails", rf"(?:^|/)\w*migrate/(?:\w+/)*{_STAMP}_\w+\.rb$", "", _in("ruby")),
    Framework("Ecto", rf"(?:^|/)migrations/(?:.*/)?{_STAMP}_\w+\.exs$", "", _in("elixir")),
    Framework(
        "Laravel", r"(?:^|/)migrations/(?:.*/)?[^/]+\.php$", r"\bSchema::|Migrations\\Migration", _in("php")
    ),
    Framework("Doctrine", rf"(?:^|/)Version{_STAMP}\.php$", r"\bAbstractMigration\b", _in("php")),
    Framework(
        "EF Core", r"(?:^|/)[^/]+(?<!\.Designer)\.cs$", r":\s*Migration\b[^{;]{0,500}+\{", _in("csharp")
    ),
    Framework("Prisma", r"(?:^|/)migrations/[^/]+/migration\.sql$", "", _sql),
    Framework("goose", r"\.sql$", r"(?m)^[ \t]*--[ \t]*\+goose[ \t]+Up\b", _goose),
    Framework("dbmate", r"\.sql$", r"(?m)^[ \t]*--[ \t]*migrate:up\b", _dbmate),
    Framework("sql-migrate", r"\.sql$", r"(?m)^[ \t]*--[ \t]*\+migrate[ \t]+Up\b", _sql_migrate),
    Framework(
        "Liquibase", r"\.(?:xml|ya?ml|json|sql)$", r"databaseChangeLog\b|(?m:^--[ \t]*liquibase formatted)",
        liquibase_dangers,
    ),
    Framework("Flyway", r"(?:^|/)U[0-9][\w.]*__[^/]+\.sql$", "", _nothing),
    Framework("Flyway", r"(?:^|/)(?:[VB][0-9][\w.]*|R)__[^/]+\.sql$", "", _sql),
    Framework("golang-migrate", r"\.down\.sql$", "", _nothing),
    Framework("golang-migrate", r"(?:^|/)\d+_[^/]*\.up\.sql$", "", _sql),
    Framework("Diesel", r"(?:^|/)migrations/(?:.*/)?[^/]+/down\.sql$", "", _nothing),
    Framework("Diesel", r"(?:^|/)migrations/(?:.*/)?[^/]+/up\.sql$", "", _sql),
    Framework("Supabase", r"(?:^|/)supabase/migrations/[^/]+\.sql$", "", _sql),
    Framework("Drizzle", r"(?:^|/)\d{4,14}_\w+\.sql$", r"-->\s*statement-breakpoint", _sql),
    Framework("TypeORM", r"\.[cm]?[jt]s$", r"\bMigrationInterface\b|\bqueryRunner\b", _in("script")),
    Framework(
        "Sequelize", r"(?:^|/)migrations?/(?:.*/)?[^/]+\.[cm]?[jt]s$", r"\bqueryInterface\b", _in("script")
    ),
    Framework(
        "Knex", r"(?:^|/)migrations?/(?:.*/)?[^/]+\.[cm]?[jt]s$",
        r"\bknex\b|\bKysely\b|\b(?:exports\.up|function\s+up)\b", _in("script"),
    ),
    Framework(
        "SQL", r"(?:^|/)migrat(?:e|ions?)/(?:.*/)?[^/]*\b(?:down|undo|rollback)\b[^/]*\.sql$", "", _nothing
    ),
    Framework("SQL", r"(?:^|/)(?:db-)?migrat(?:e|ions?)/(?:.*/)?[^/]+\.sql$", "", _sql),
)  # fmt: skip
"""In the order in which they are asked; the first that has a file judges it."""

_CANDIDATE = re.compile(
    r"migrat|(?:^|/)versions/|alembic|liquibase|changelog|\.sql$|(?:^|/)Version\d+\.php$", re.IGNORECASE
)
_TESTS = re.compile(r"(?:^|/)(?:tests?|__tests__|specs?|fixtures|testdata|stubs?|node_modules|vendor)/")
_CHANGELOG_FILE = re.compile(r"(?:^|/)change-?log\.(?:json|ya?ml)$", re.IGNORECASE)


def may_migrate(path: str) -> bool:
    """May a file of this path be a migration? Its text decides. Tests and vendored code are left out."""
    return _CANDIDATE.search(path) is not None and _TESTS.search(path) is None


def framework_of(path: str, text: str) -> Framework | None:
    """The framework whose migration a file is; None for another file."""
    if not may_migrate(path):
        return None
    return next((each for each in FRAMEWORKS if each.has(path, text)), None)


def judge(framework: Framework, path: str, text: str) -> Judged:
    """What is dangerous in a migration, sorted by line, and what no rule is about."""
    dangers, unjudged = framework.judge(path, text)
    return sorted(set(dangers), key=lambda d: (d.line, d.rule, d.text)), sorted(set(unjudged))


def only_new(after: Sequence[Danger], before: Sequence[Danger]) -> Iterator[Danger]:
    """The dangers of `after` that `before` has not, wherever they stand."""
    old = Counter(replace(danger, line=0) for danger in before)
    for danger in after:
        plain = replace(danger, line=0)
        if old[plain]:
            old[plain] -= 1
        else:
            yield danger
