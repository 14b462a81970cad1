"""Dangerous calls of migrations in Ruby, JavaScript, PHP, C# and Elixir, by scanned text. Pure.

What only goes back (`def down`, `async down()`, `exports.down`, `void Down(`, `function down()`) does not
count, and neither do tables that the migration creates.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sluicegate.core.text import cut, one_line
from sluicegate.release.impact import rules
from sluicegate.release.impact.code_text import Source, scan
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.executed_sql import executed
from sluicegate.release.impact.model import Danger
from sluicegate.release.impact.sql import MAX_SHOWN, dangers_of_marked

_NAME = r"\s*+\(?+\s*+[:'\"`@]*(?:tableName:\s*['\"])?(?:name:\s*\")?(?P<table>[\w.]*)"
MAX_CHARACTERS = 1_000_000
"""Characters of a migration above which it is refused; that of a person has a few thousand."""
_MAX_CALLS = 1_000
"""Calls of one rule in one file that are looked at."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A shape of code that a rule is about; `unless` is a shape in the same call that makes it harmless.

    `needs` is a shape that the call must have, too.
    """

    rule: str
    shape: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    needs: re.Pattern[str] | None = None

    def holds(self, call: str) -> bool:
        """Is a call of the shape dangerous?"""
        is_harmless = self.unless is not None and self.unless.search(call) is not None
        return not is_harmless and (self.needs is None or self.needs.search(call) is not None)


def _rule(rule: str, shape: str, unless: str = "", needs: str = "") -> _Rule:
    made = [re.compile(each) if each else None for each in (unless, needs)]
    return _Rule(rule, re.compile(shape), made[0], made[1])


@dataclass(frozen=True, slots=True)
class _Language:
    """What migrations of a language look like.

    Attributes:
        name: of the language, as `code_dangers` takes it.
        back: begins what goes back; `ends` says how that ends: by braces, or by a line with `end`.
        creates: a call that creates the table that it names.
        block: opens a block about an existing table, which it names.
        rules: shapes anywhere; `in_block` within such a block.
        execute: the code before what is run as SQL: a literal, or anything where the group `any` matched.
        irreversible: what says that there is no way back.
    """

    name: str
    back: str
    ends: str
    creates: str
    rules: Sequence[_Rule]
    execute: str
    irreversible: str = r"(?!)"
    block: str = ""
    in_block: Sequence[_Rule] = ()


_RUBY = _Language(
    name="ruby",
    back=r"^(?P<indent>[ \t]*)def (?:self\.)?down\b",
    ends="end",
    creates=r"\bcreate_(?:join_)?table" + _NAME,
    rules=(
        _rule(rules.DROP_TABLE, r"\bdrop_(?:join_)?table\b" + _NAME),
        _rule(rules.DROP_COLUMN, r"\bremove_(?:columns?|reference|belongs_to|timestamps)\b" + _NAME),
        _rule(rules.RENAME_TABLE, r"\brename_table\b" + _NAME),
        _rule(rules.RENAME_COLUMN, r"\brename_column\b" + _NAME),
        _rule(rules.CHANGE_TYPE, r"\bchange_column\b" + _NAME),
        _rule(rules.SET_NOT_NULL, r"\bchange_column_null\b" + _NAME, needs=r",\s*false\b"),
        _rule(
            rules.NOT_NULL, r"\badd_(?:column|reference|belongs_to)\b" + _NAME,
            unless=r"\bdefault:\s*(?!nil\b)|:default\s*=>\s*(?!nil\b)",
            needs=r"\bnull:\s*false|:null\s*=>\s*false",
        ),
        _rule(
            rules.INDEX, r"\badd_index\b" + _NAME,
            unless=r"algorithm:\s*:concurrently|:algorithm\s*=>\s*:concurrently"
        ),
        _rule(
            rules.WHOLE_TABLE,
            r"\b(?P<table>[A-Z]\w*(?:::\w+)*)\.(?:unscoped\.)?(?:update_all|delete_all)\b",
        ),
    ),
    execute=r"(?<![:@$])(?<!def )(?P<any>\bexecute)(?![\w:?!])(?!\s*+=)[ \t]*+\(?+\s*+"
    r"(?:sanitize_sql\w*+\s*+\(\s*+)?+",
    irreversible=r"\braise\s+ActiveRecord::IrreversibleMigration\b",
    block=r"\bchange_table" + _NAME,
    in_block=(
        _rule(rules.DROP_COLUMN, r"\bt\.remove\w*\b"),
        _rule(rules.RENAME_COLUMN, r"\bt\.rename\b"),
        _rule(rules.CHANGE_TYPE, r"\bt\.change\b"),
        _rule(
            rules.NOT_NULL, r"\bt\.(?!index|remove|rename|change)\w+\b", unless=r"\bdefault:\s*(?!nil\b)",
            needs=r"\bnull:\s*false",
        ),
        _rule(rules.INDEX, r"\bt\.index\b", unless=r":concurrently"),
    ),
)  # fmt: skip

_ELIXIR = _Language(
    name="elixir",
    back=r"^(?P<indent>[ \t]*)def down\b",
    ends="end",
    creates=r"\bcreate(?:_if_not_exists)?\s*+\(?+\s*+table" + _NAME,
    rules=(
        _rule(rules.DROP_TABLE, r"\bdrop(?:_if_exists)?\s*+\(?+\s*+table" + _NAME),
        _rule(rules.RENAME_TABLE, r"\brename\s*+\(?+\s*+table" + _NAME, needs=r"\bto:\s*table"),
        _rule(rules.RENAME_COLUMN, r"\brename\s*+\(?+\s*+table" + _NAME, unless=r"\bto:\s*table"),
        _rule(
            rules.INDEX, r"\bcreate(?:_if_not_exists)?\s*+\(?+\s*+(?:unique_)?index" + _NAME,
            unless=r"concurrently:\s*true"
        ),
    ),
    execute=r"(?<![:@&])(?<!def )(?<!defp )(?P<any>\bexecute)(?![\w:?!/])(?!\s*+=)[ \t]*+\(?+\s*+",
    irreversible=r"\braise\s+Ecto\.MigrationError\b",
    block=r"\balter\s*+\(?+\s*+table" + _NAME,
    in_block=(
        _rule(rules.DROP_COLUMN, r"(?<![\w.])remove(?:_if_exists)?\b"),
        _rule(rules.CHANGE_TYPE, r"(?<![\w.])modify\b"),
        _rule(
            rules.NOT_NULL, r"(?<![\w.])add(?:_if_not_exists)?\b", unless=r"\bdefault:\s*(?!nil\b)",
            needs=r"\bnull:\s*false",
        ),
    ),
)  # fmt: skip

_PHP = _Language(
    name="php",
    back=r"\bfunction\s+down\s*\(",
    ends="braces",
    creates=r"\bSchema::(?:\w+\([^()\n]{0,200}+\)->)?create" + _NAME,
    rules=(
        _rule(rules.DROP_TABLE, r"\bSchema::(?:\w+\([^()\n]{0,200}+\)->)?drop(?:IfExists)?\b" + _NAME),
        _rule(rules.RENAME_TABLE, r"\bSchema::(?:\w+\([^()\n]{0,200}+\)->)?rename\b" + _NAME),
        _rule(rules.DROP_TABLE, r"\$schema->dropTable\b" + _NAME),
        _rule(rules.DROP_COLUMN, r"->dropColumns?\b"),
        _rule(
            rules.DROP_COLUMN, r"->drop(?:Timestamps|SoftDeletes|Morphs|RememberToken|ConstrainedForeignId)\b"
        ),
        _rule(rules.RENAME_COLUMN, r"->renameColumn\b"),
        _rule(rules.CHANGE_TYPE, r"->change\(\)"),
        _rule(rules.DROP_TABLE, r"->truncate\(\)"),
    ),
    execute=r"(?P<any>\bDB::(?:(?!table\b)\w+\([^()\n]{0,200}+\)->)?(?:statement|unprepared|update|delete)|->addSql)"
    r"\s*+\(\s*+(?:DB::raw\(\s*+)?+",
    irreversible=r"\bthrowIrreversibleMigrationException\b",
    block=r"\bSchema::(?:\w+\([^()\n]{0,200}+\)->)?table" + _NAME,
    in_block=(
        _rule(
            rules.NOT_NULL,
            r"\$table->(?!drop|rename|index|unique|primary|foreign\(|timestamps|nullable|softDeletes|rememberToken"
            r"|fullText|spatialIndex|comment|engine|charset|collation|temporary|after)\w+\(",
            unless=r"->(?:nullable|default|change|useCurrent|virtualAs|storedAs|generatedAs|autoIncrement)\(",
        ),
    ),
)

_CSHARP = _Language(
    name="csharp",
    back=r"\bvoid\s+Down\s*\(",
    ends="braces",
    creates=r"\.CreateTable" + _NAME,
    rules=(
        _rule(rules.DROP_TABLE, r"\.DropTable\b" + _NAME),
        _rule(rules.DROP_COLUMN, r"\.DropColumn\b"),
        _rule(rules.RENAME_TABLE, r"\.RenameTable\b"),
        _rule(rules.RENAME_COLUMN, r"\.RenameColumn\b"),
        _rule(rules.CHANGE_TYPE, r"\.AlterColumn\b"),
        _rule(
            rules.NOT_NULL, r"\.AddColumn\b",
            unless=r"defaultValue(?:Sql)?:|computedColumnSql:|nullable:\s*true|\.Annotation\(",
            needs=r"nullable:\s*false",
        ),
    ),
    execute=r"(?P<any>\.Sql)\s*+\(\s*+(?:sql:\s*+)?+",
)  # fmt: skip

_SCRIPT = _Language(
    name="script",
    back=r"\bdown\s*(?:\([^)\n]{0,300}\)[^{;\n]{0,200}\{|[:=]\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>))",
    ends="braces",
    creates=r"\.createTable(?:IfNotExists)?" + _NAME,
    rules=(
        _rule(rules.DROP_TABLE, r"\.drop(?:Table(?:IfExists)?|Schema(?:IfExists)?|AllTables)\b" + _NAME),
        _rule(rules.DROP_COLUMN, r"\.(?:dropColumns?|removeColumn|dropTimestamps)\b"),
        _rule(rules.RENAME_TABLE, r"\.renameTable\b" + _NAME),
        _rule(rules.RENAME_COLUMN, r"\.renameColumn\b"),
        _rule(rules.CHANGE_TYPE, r"\.(?:alter\(|changeColumn\b|alterColumn\b)"),
        _rule(rules.SET_NOT_NULL, r"\.dropNullable\b"),
        _rule(
            rules.NOT_NULL, r"\.addColumn\b",
            unless=r"defaultValue|\.defaultTo\(|isNullable:\s*true|default:",
            needs=r"allowNull:\s*false|\.notNull\(|isNullable:\s*false",
        ),
    ),
    execute=r"(?:(?P<any>\.(?:query|raw|executeSql|sql)(?=\s*+(?:<[^>\n]*+>\s*+)?+\((?!\s*+\)))"
    r"|(?<=[\w$])\.execute(?=\s*+\((?!\s*+(?:(?:db|trx|tx)\s*+)?+\))))"
    r"|\.execute|\bsql)\b\s*+(?:<[^>\n]*+>\s*+)?+\(?+\s*+",
)  # fmt: skip

_LANGUAGES: Mapping[str, _Language] = {each.name: each for each in (_RUBY, _ELIXIR, _PHP, _CSHARP, _SCRIPT)}


@dataclass(slots=True)
class _Reading:
    """One migration: `back` are the spans that go back."""

    source: Source
    language: _Language
    back: list[tuple[int, int]]
    created: frozenset[str] = frozenset()
    found: list[Danger] = field(default_factory=list)

    def goes_forward(self, position: int) -> bool:
        """Is a place code, outside of what goes back?"""
        return self.source.is_code(position) and not _is_within(self.back, position)

    def matches(self, shape: str | re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Where a shape is in code that goes forward."""
        for match in re.finditer(shape, self.source.uncommented):
            if self.goes_forward(match.start()):
                yield match

    def add(self, rule: str, start: int) -> None:
        """Note the call at a place."""
        text = self.source.text
        first = text.rfind("\n", max(0, start - MAX_SHOWN), start) + 1 or start
        whole = text[first : start + MAX_SHOWN].partition("\n")[0]
        self.found.append(Danger(rule, self.source.line(start), cut(one_line(whole), MAX_SHOWN)))


def code_dangers(text: str, language: str) -> tuple[list[Danger], list[str]]:
    """The dangerous calls of a migration, and what it executes that cannot be judged.

    Args:
        text: the source.
        language: `ruby`, `elixir`, `php`, `csharp` or `script`.

    Raises:
        UnreadableError: the text is above `MAX_CHARACTERS`.
    """
    about = _LANGUAGES[language]
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(f"it has more than {MAX_CHARACTERS:,} characters")
    source = scan(text, language)
    reading = _Reading(source, about, list(_back(source, about)))
    made = (m["table"].rpartition(".")[2].lower() for m in reading.matches(about.creates))
    reading.created = frozenset(made) - {""}
    for each in about.rules:
        _apply(reading, each)
    if about.block:
        _blocks(reading)
    unjudged: list[str] = []
    for dangers, unknown in _executed(reading):
        reading.found += dangers
        unjudged += unknown
    stop = re.search(about.irreversible, source.code)
    if stop is not None:
        reading.add(rules.IRREVERSIBLE, stop.start())
    return reading.found, unjudged


def _back(source: Source, about: _Language) -> Iterator[tuple[int, int]]:
    """The parts that go back; what begins inside of one is a part of it."""
    last = 0
    for match in re.finditer(about.back, source.code, re.MULTILINE):
        if match.start() < last:
            continue
        if about.ends == "end":
            end = re.compile(rf"^{match['indent']}end\b", re.MULTILINE).search(source.code, match.end())
            last = end.end() if end else len(source.code)
        else:
            last = _brace_end(source.code, match.end() - 1)
        yield match.start(), last


def _brace_end(code: str, start: int) -> int:
    """Behind the block that the first `{` outside of parentheses opens; behind a `;` that comes before it."""
    depth = parentheses = 0
    for match in re.compile(r"[(){};]").finditer(code, start):
        char = match[0]
        parentheses += {"(": 1, ")": -1}.get(char, 0)
        if parentheses <= 0 and char in "{}":
            depth += 1 if char == "{" else -1
            if depth <= 0:
                return match.end()
        elif char == ";" and depth == 0 and parentheses <= 0:
            return match.end()
    return len(code)


def _apply(reading: _Reading, rule: _Rule, spans: Sequence[tuple[int, int]] | None = None) -> None:
    """Note the calls of a rule; where there are spans, those within them."""
    for count, match in enumerate(reading.matches(rule.shape)):
        if count == _MAX_CALLS:
            raise UnreadableError(f"it has more than {_MAX_CALLS:,} calls of one kind")
        table = (match.groupdict().get("table") or "").rpartition(".")[2].lower()
        is_new = table in reading.created
        is_outside = spans is not None and not _is_within(spans, match.start())
        if not is_new and not is_outside and rule.holds(_call(reading.source, match.start())):
            reading.add(rule.rule, match.start())


_MAX_CALL = 1_000


def _call(source: Source, start: int) -> str:
    """The call that begins at a place, with what is chained to it; without parentheses, its lines."""
    depth = 0
    limit = min(len(source.code), start + _MAX_CALL)
    for at in range(start, limit):
        char = source.code[at]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return source.uncommented[start:at]
        elif depth == 0 and (char == ";" or (char == "\n" and not _goes_on(source, at))):
            return source.uncommented[start:at]
    return source.uncommented[start:limit]


def _goes_on(source: Source, line_end: int) -> bool:
    """Does a call go on behind this end of a line: after a comma or an operator, or before a `.` or `->`?"""
    before = source.uncommented[max(0, line_end - 60) : line_end].rstrip()
    after = source.code[line_end : line_end + 200].lstrip()
    return before.endswith((",", "(", "\\", "|", "=>")) or after.startswith((".", "->", ")"))


def _is_within(spans: Sequence[tuple[int, int]], position: int) -> bool:
    at = bisect_right(spans, (position, sys.maxsize)) - 1
    return at >= 0 and spans[at][0] <= position < spans[at][1]


def _blocks(reading: _Reading) -> None:
    """Apply the rules about blocks that change an existing table."""
    spans: list[tuple[int, int]] = []
    for match in reading.matches(reading.language.block):
        is_new = match["table"].rpartition(".")[2].lower() in reading.created
        if not is_new and (not spans or match.start() >= spans[-1][1]):
            spans.append((match.end(), _block_end(reading.source.code, match)))
    for rule in reading.language.in_block:
        _apply(reading, rule, spans)


def _block_end(code: str, match: re.Match[str]) -> int:
    """The end of a block by braces, or by an `end` that is indented as its first line."""
    line_start = code.rfind("\n", 0, match.start()) + 1
    first = code[line_start : match.end() + _MAX_CALL].partition("\n")[0]
    if "{" in first or "function" in first:
        return _brace_end(code, match.end())
    indent = first[: len(first) - len(first.lstrip())]
    end = re.compile(rf"^{indent}end\b", re.MULTILINE).search(code, match.end())
    return end.start() if end else len(code)


def _executed(reading: _Reading) -> Iterator[tuple[list[Danger], list[str]]]:
    """The dangers of what calls execute; of SQL that is no literal, that it is not judged."""
    calls = ((m.end(), m["any"] is not None) for m in reading.matches(reading.language.execute))
    for each in executed(reading.source, reading.language.name, calls):
        first = reading.source.line(each.start)
        dangers, unjudged = dangers_of_marked(each.sql, reading.created)
        yield [replace(danger, line=first + danger.line - 1) for danger in dangers], unjudged
