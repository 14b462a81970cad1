"""Dangerous changes of Liquibase's changelogs: XML, YAML, JSON and formatted SQL. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.limits import guarded_parser
from sluicegate.policy.document import Node
from sluicegate.release.impact import rules
from sluicegate.release.impact.data import UnreadableError, entries, read_data, text_of
from sluicegate.release.impact.model import Danger
from sluicegate.release.impact.sql import MAX_SHOWN, dangers_of_sql
from sluicegate.release.impact.sql_tokens import dialect_of

_RULES: Mapping[str, str] = {
    "dropTable": rules.DROP_TABLE,
    "dropColumn": rules.DROP_COLUMN,
    "mergeColumns": rules.DROP_COLUMN,
    "renameTable": rules.RENAME_TABLE,
    "renameColumn": rules.RENAME_COLUMN,
    "modifyDataType": rules.CHANGE_TYPE,
    "addNotNullConstraint": rules.SET_NOT_NULL,
    "createIndex": rules.INDEX,
    "update": rules.WHOLE_TABLE,
    "delete": rules.WHOLE_TABLE,
}
_MAX_DEPTH = 60
_DEFAULTS = ("defaultValue", "autoIncrement", "valueComputed", "generationType")
_SQL_CHANGE = re.compile(r"(?im)^[ \t]*--[ \t]*(?:liquibase formatted|changeset|rollback)\b[^\n]*")


class _Change:
    """One element or mapping: name, attributes, children, text and line."""

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, line: int, attributes: Mapping[str, str]) -> None:
        self.name, self.line, self.attributes = name, line, dict(attributes)
        self.children: list[_Change] = []
        self.text = ""


def liquibase_dangers(path: str, text: str) -> tuple[list[Danger], list[str]]:
    """What is dangerous in a changelog.

    Raises:
        UnreadableError: it is not what its name says.
    """
    if path.endswith(".sql"):
        forward = _SQL_CHANGE.sub(lambda match: " " * len(match[0]), text)
        return dangers_of_sql(forward, dialect_of(path, text)), []
    top = _xml(text) if path.endswith(".xml") else _tree(path, text)
    created = {c.attributes.get("tableName", "").lower() for c in _walk(top) if c.name == "createTable"}
    found: list[Danger] = []
    unjudged: list[str] = []
    for change in _walk(top):
        if change.name in ("sqlFile", "customChange", "executeCommand"):
            unjudged.append(change.name)
        elif change.attributes.get("tableName", "").lower() not in created - {""}:
            found += _judge(change)
    return found, unjudged


def _judge(change: _Change) -> Iterator[Danger]:
    if change.name == "sql":
        for danger in dangers_of_sql(change.text, change.attributes.get("dbms", "")):
            yield Danger(danger.rule, change.line + danger.line - 1, danger.text)
    elif rule := _rule_of(change):
        names = [change.attributes.get(name, "") for name in _NAMES]
        yield Danger(
            rule, change.line, cut(one_line(f"{change.name} {'.'.join(filter(None, names))}"), MAX_SHOWN)
        )


_NAMES = ("tableName", "columnName", "oldTableName", "oldColumnName")


def _rule_of(change: _Change) -> str:
    if change.name == "addColumn":
        return rules.NOT_NULL if any(map(_is_not_null, _walk(change))) else ""
    rule = _RULES.get(change.name, "")
    has_where = any(child.name in ("where", "whereParams") for child in change.children)
    return "" if rule == rules.WHOLE_TABLE and has_where else rule


def _is_not_null(change: _Change) -> bool:
    if change.name != "column" or any(key.startswith(_DEFAULTS) for key in change.attributes):
        return False
    return any(c.name == "constraints" and c.attributes.get("nullable") == "false" for c in change.children)


def _walk(top: _Change) -> Iterator[_Change]:
    """The changes, without what only goes back."""
    stack = [top]
    while stack:
        change = stack.pop()
        if change.name not in ("rollback", "preConditions"):
            yield change
            stack += reversed(change.children)


def _xml(text: str) -> _Change:
    top = _Change("", 1, {})
    stack = [top]
    parser = guarded_parser("")

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if len(stack) > _MAX_DEPTH:
            raise UnreadableError(f"it nests elements deeper than {_MAX_DEPTH}")
        change = _Change(name.rpartition(":")[2], parser.CurrentLineNumber, attributes)
        stack[-1].children.append(change)
        stack.append(change)

    def add(data: str) -> None:
        stack[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = add
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, EvidenceError) as error:
        raise UnreadableError(f"it is not well-formed XML: {error}") from None
    return top


def _tree(path: str, text: str) -> _Change:
    top = _Change("", 1, {})
    for document in read_data(text.encode("utf-8", "replace"), path):
        top.children += _of_node("", document)
    return top


def _of_node(name: str, node: Node) -> Iterator[_Change]:
    """A mapping as an element; of a list, each item under the name of the list."""
    if isinstance(node.value, list):
        for item in node.value:
            yield from _of_node(name, item)
        return
    made = _Change(name, node.mark[0], {})
    for key, inner in entries(node).items():
        if isinstance(inner.value, (dict, list)):
            made.children += _of_node(key, inner)
        else:
            _add_scalar(made, key, inner)
    if not isinstance(node.value, dict):
        made.text = text_of(node)
    yield made


def _add_scalar(change: _Change, key: str, node: Node) -> None:
    text = text_of(node)
    change.attributes[key] = text
    if key == "where":
        change.children.append(_Change(key, node.mark[0], {}))
    elif key == "sql":
        change.text = text
