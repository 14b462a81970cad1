"""Dangerous statements of SQL, found in tokens: comments, texts and bodies of functions do not count. Pure.

It is no parser of a dialect: it knows the few forms that the rules are about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from sluicegate.core.text import cut, one_line
from sluicegate.release.impact import rules
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.lines import Lines
from sluicegate.release.impact.model import Danger
from sluicegate.release.impact.sql_tokens import Token, statements_of

VALUE: Final = "\ue000"
"""A mark in SQL for a value of the program, which is not known."""
NO_LITERAL: Final = "SQL that is no literal"
_UNKNOWN_STATEMENT = re.compile(rf"(?:\A|;)\s*+{VALUE}")
MAX_SHOWN = 100
MAX_STATEMENTS = 20_000
_MAX_TEXT = 1_000
"""Characters of a statement of which what is shown is made."""


@dataclass(slots=True)
class _Reading:
    """The statements of one text, and the tables that it makes; `known` are new beside these."""

    text: str
    dialect: str
    lines: Lines
    known: AbstractSet[str] = frozenset()
    created: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    found: list[Danger] = field(default_factory=list)

    def add(self, rule: str, statement: Sequence[Token]) -> None:
        """Note a statement."""
        start = statement[0].start
        text = self.text[start : min(statement[-1].end, start + _MAX_TEXT)]
        self.found.append(Danger(rule, self.lines.at(start), cut(one_line(text), MAX_SHOWN)))

    def is_new(self, table: str) -> bool:
        """Is a table created somewhere in the text, or known as new?"""
        return table in self.created or table in self.known

    def is_new_at(self, table: str, position: int) -> bool:
        """Is it created before a position, or known as new?"""
        return table in self.known or self.created.get(table, position) < position


def dangers_of_sql(text: str, dialect: str, created: AbstractSet[str] = frozenset()) -> list[Danger]:
    """The dangerous statements; lines are those of the text, the first is 1.

    Args:
        text: SQL that is run to go forward.
        dialect: as of `dialect_of`.
        created: tables that are new, in lower case, beside those that the text creates.

    Raises:
        UnreadableError: it has too many statements.
    """
    statements = [s for s in islice(statements_of(text, dialect), MAX_STATEMENTS + 1) if s]
    if len(statements) > MAX_STATEMENTS:
        raise UnreadableError(f"it has more than {MAX_STATEMENTS:,} statements")
    reading = _Reading(text, dialect, Lines(text), created)
    for statement in statements:
        for name in _created(statement):
            reading.created.setdefault(name, statement[0].start)
    for statement in statements:
        reading.replaced |= _replaced(statement, reading)
    for statement in statements:
        _judge(reading, statement)
    return reading.found


def dangers_of_marked(text: str, created: AbstractSet[str]) -> tuple[list[Danger], list[str]]:
    """The same of SQL with marks for values; a statement that is a value is reported as not judged.

    Raises:
        UnreadableError: it has too many statements.
    """
    unjudged = [NO_LITERAL] if _UNKNOWN_STATEMENT.search(text) else []
    return dangers_of_sql(text.replace(VALUE, "x"), "", created), unjudged


def _judge(reading: _Reading, statement: list[Token]) -> None:
    first = statement[0].value if statement[0].kind == "word" else ""
    judge = _JUDGES.get(first)
    if judge is not None:
        judge(reading, statement)


def _truncate(reading: _Reading, statement: list[Token]) -> None:
    reading.add(rules.DROP_TABLE, statement)


def _rename(reading: _Reading, statement: list[Token]) -> None:
    """MySQL: `RENAME TABLE a TO b`."""
    if _word(statement, 1) == "TABLE":
        reading.add(rules.RENAME_TABLE, statement)


def _word(statement: Sequence[Token], index: int) -> str:
    """The word at a position; empty where something else is there."""
    found = statement[index] if 0 <= index < len(statement) else None
    return found.value if found is not None and found.kind == "word" else ""


def _words(statement: Sequence[Token]) -> list[str]:
    return [t.value if t.kind == "word" else "" for t in statement]


_SKIPPED = frozenset({"IF", "NOT", "EXISTS", "ONLY", "TABLE", "IGNORE", "LOW_PRIORITY", "QUICK", "FROM"})


def _table(statement: Sequence[Token], start: int) -> tuple[str, int]:
    """The table that is named from `start` on, in lower case without its schema, and where the name ends."""
    at = start
    while _word(statement, at) in _SKIPPED:
        at += 1
    name = ""
    while at < len(statement) and statement[at].kind in ("word", "name"):
        name, at = statement[at].value.lower(), at + 1
        if at >= len(statement) or statement[at].value != ".":
            break
        at += 1
    return name, at


def _created(statement: Sequence[Token]) -> set[str]:
    """The table that a statement creates."""
    if _word(statement, 0) != "CREATE":
        return set()
    for at, word in enumerate(_words(statement[:6])):
        if word == "TABLE":
            return {_table(statement, at + 1)[0]} - {""}
    return set()


def _replaced(statement: Sequence[Token], reading: _Reading) -> set[str]:
    """The table whose place a new one takes: how SQLite changes a table."""
    if _words(statement[:2]) != ["ALTER", "TABLE"]:
        return set()
    name, at = _table(statement, 2)
    is_rename = _words(statement[at : at + 2]) == ["RENAME", "TO"]
    return {_table(statement, at + 2)[0]} if is_rename and reading.is_new(name) else set()


def _drop(reading: _Reading, statement: list[Token]) -> None:
    what = _word(statement, 1)
    if what in ("SCHEMA", "DATABASE"):
        reading.add(rules.DROP_TABLE, statement)
        return
    at = 2 if _word(statement, 1) in ("TEMPORARY", "FOREIGN") else 1
    if _word(statement, at) != "TABLE":
        return
    name, _ = _table(statement, at + 1)
    if name not in reading.replaced and not reading.is_new_at(name, statement[0].start):
        reading.add(rules.DROP_TABLE, statement)


# --- ALTER TABLE -------------------------------------------------------------------------------

_NO_COLUMN = frozenset(
    {
        "CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "CHECK", "DEFAULT", "NOT", "IDENTITY",
        "EXPRESSION",
        "PERIOD", "SYSTEM", "UNIQUE", "FULLTEXT", "SPATIAL", "EXCLUDE", "PROJECTION", "TTL", "TRIGGER",
    }
)  # fmt: skip
_FILLED = frozenset(
    {
        "DEFAULT", "GENERATED", "IDENTITY", "SERIAL", "BIGSERIAL", "SMALLSERIAL", "AUTO_INCREMENT",
        "AUTOINCREMENT", "AS", "ROWVERSION",
    }
)  # fmt: skip


def _alter(reading: _Reading, statement: list[Token]) -> None:
    at = 2 if _word(statement, 1) == "FOREIGN" else 1
    if _word(statement, at) != "TABLE":
        return
    name, at = _table(statement, at + 1)
    for action in _actions(statement[at:]):
        rule = _action_rule(action)
        if rule and not reading.is_new(name):
            reading.add(rule, [statement[0], *action])


def _actions(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts between commas that no parentheses hold."""
    depth = 0
    current: list[Token] = []
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.value, 0) if token.kind == "sign" else 0
        if token.kind == "sign" and token.value == "," and depth == 0:
            yield current
            current = []
        else:
            current.append(token)
    yield current


def _action_rule(action: Sequence[Token]) -> str:
    """The rule that an action of ALTER TABLE is about; empty for none."""
    judge = _ACTIONS.get(_word(action, 0))
    return judge(action) if judge is not None else ""


def _dropped(action: Sequence[Token]) -> str:
    word = _word(action, 1)
    if word == "PARTITION":
        return rules.DROP_TABLE
    return "" if len(action) < 2 or word in _NO_COLUMN else rules.DROP_COLUMN


def _renamed(action: Sequence[Token]) -> str:
    match _word(action, 1):
        case "TO" | "AS":
            return rules.RENAME_TABLE
        case "CONSTRAINT" | "INDEX" | "KEY":
            return ""
        case _:
            return rules.RENAME_COLUMN


def _altered(action: Sequence[Token]) -> str:
    at = 2 if _word(action, 1) == "COLUMN" else 1
    words = _words(action[at + 1 :])
    if words[:3] == ["SET", "NOT", "NULL"]:
        return rules.SET_NOT_NULL
    if "TYPE" in words[:3] and words[0] in ("TYPE", "SET"):
        return rules.CHANGE_TYPE
    if not words or words[0] in ("SET", "DROP", "ADD", "RESTART", "CONSTRAINT", "CHECK", "INDEX", "VISIBLE"):
        return ""
    return rules.CHANGE_TYPE if _word(action, 1) == "COLUMN" else ""


def _changed(action: Sequence[Token]) -> str:
    """MySQL: `CHANGE [COLUMN] old new definition`."""
    at = 2 if _word(action, 1) == "COLUMN" else 1
    names = [t.value.lower() for t in action[at : at + 2]]
    return rules.CHANGE_TYPE if len(set(names)) == 1 else rules.RENAME_COLUMN


def _added(action: Sequence[Token]) -> str:
    if _word(action, 1) in _NO_COLUMN | {"VALUE", "PARTITION"}:
        return ""
    words = _words(action)
    pairs = list(pairwise(words))
    if ("NOT", "NULL") not in pairs or not _FILLED.isdisjoint(words):
        return ""
    return "" if ("IS", "NOT") in pairs and pairs.count(("NOT", "NULL")) == 1 else rules.NOT_NULL


_ACTIONS: Mapping[str, Callable[[Sequence[Token]], str]] = {
    "DROP": _dropped,
    "RENAME": _renamed,
    "ALTER": _altered,
    "MODIFY": lambda _action: rules.CHANGE_TYPE,
    "CHANGE": _changed,
    "ADD": _added,
}

# --- the rest ----------------------------------------------------------------------------------


def _index(reading: _Reading, statement: list[Token]) -> None:
    words = _words(statement)
    if "INDEX" not in words[:4] or "CONCURRENTLY" in words or "ON" not in words:
        return
    if reading.dialect not in ("", "postgresql"):
        return
    name, _ = _table(statement, words.index("ON") + 1)
    if not reading.is_new(name):
        reading.add(rules.INDEX, statement)


def _whole_table(reading: _Reading, statement: list[Token]) -> None:
    top = list(_at_top(statement))
    words = _words(top)
    start = next((n for n, word in enumerate(words) if word in ("UPDATE", "DELETE")), -1)
    if start < 0 or not {"WHERE", "JOIN", "LIMIT", "USING", "TOP"}.isdisjoint(words[start:]):
        return
    if words[start] == "UPDATE" and "SET" not in words:
        return
    name, _ = _table(top, start + 1)
    if name and not reading.is_new(name):
        reading.add(rules.WHOLE_TABLE, statement)


def _at_top(statement: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in statement:
        step = {"(": 1, ")": -1}.get(token.value, 0) if token.kind == "sign" else 0
        depth += step
        if depth == 0 and not step:
            yield token


def _procedure(reading: _Reading, statement: list[Token]) -> None:
    if "SP_RENAME" in _words(statement[:4]):
        texts = {token.value.lstrip("nN").strip("'").upper() for token in statement if token.kind == "text"}
        if "INDEX" not in texts:
            reading.add(rules.RENAME_COLUMN if "COLUMN" in texts else rules.RENAME_TABLE, statement)


_JUDGES: Mapping[str, Callable[[_Reading, list[Token]], None]] = {
    "DROP": _drop,
    "ALTER": _alter,
    "CREATE": _index,
    "TRUNCATE": _truncate,
    "RENAME": _rename,
    "UPDATE": _whole_table,
    "DELETE": _whole_table,
    "WITH": _whole_table,
    "EXEC": _procedure,
    "EXECUTE": _procedure,
    "SP_RENAME": _procedure,
}
