"""SQL as statements of tokens: comments and texts are told apart, and what DO runs is unfolded. Pure.

Statements end as in PostgreSQL, MySQL, SQLite and SQL Server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s++)
      | (?P<comment>--[^\n]*+)
      | (?P<block>/\*(?!!))
      | (?P<live>/\*!\d*+|\*/)                              # MySQL runs what is in /*! */
      | (?P<dollar>\$(?:[A-Za-z_]\w{0,62})?+\$)
      | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*+'?+)
      | (?P<text>[nNbBxX]?'(?:[^']|'')*+'?+)
      | (?P<name>"(?:[^"]|"")*+"?+|`(?:[^`]|``)*+`?+|\[[A-Za-z_][^\]\n]{0,127}\])
      | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*+)
      | (?P<number>\d[\w.]*+)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_HASH = re.compile(r"(?m)^[ \t]*+#[^\n]*+")
_BACKSLASHED = re.compile(r"(?P<text>[nNbBxX]?'(?:[^'\\]|\\.|'')*+'?+)", re.DOTALL)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_DIALECTS = (
    ("mysql", re.compile(r"`|\bengine\s*=|\bauto_increment\b", re.IGNORECASE)),
    ("sqlite", re.compile(r"\bpragma\b|\bautoincrement\b", re.IGNORECASE)),
    ("mssql", re.compile(r"\[dbo\]|\bnvarchar\b|(?m:^go\s*$)", re.IGNORECASE)),
)
_IN_PATHS = {
    "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite", "sqlite3": "sqlite", "mssql": "mssql",
    "sqlserver": "mssql", "oracle": "oracle", "h2": "h2", "postgres": "postgresql",
    "postgresql": "postgresql", "pg": "postgresql", "psql": "postgresql", "cockroach": "cockroach",
    "clickhouse": "clickhouse",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token: `kind` is word, name, text, number, dollar or sign; `value` is in upper case for words."""

    kind: str
    value: str
    start: int
    end: int


def dialect_of(path: str, text: str) -> str:
    """The dialect that the path names or the text shows; empty where neither does."""
    for part in reversed(re.split(r"[/._-]", path.lower())):
        if part in _IN_PATHS:
            return _IN_PATHS[part]
    return next((name for name, shape in _DIALECTS if shape.search(text)), "")


def tokens_of(text: str, dialect: str) -> Iterator[Token]:
    """The tokens of SQL, without white space and comments."""
    at, size = 0, len(text)
    while at < size:
        match = _match(text, at, dialect)
        kind = match.lastgroup or "sign"
        end = match.end()
        if kind == "block":
            end = _block_end(text, end)
        elif kind == "dollar":
            closing = text.find(match[0], end)
            end = size if closing < 0 else closing + len(match[0])
            yield Token(kind, text[match.end() : max(closing, match.end())], at, end)
        elif kind not in ("space", "comment", "live"):
            yield Token(_KINDS.get(kind, kind), _value(kind, match[0]), at, end)
        at = end


_KINDS = {"escaped": "text"}


def _match(text: str, at: int, dialect: str) -> re.Match[str]:
    found = _BACKSLASHED.match(text, at) if dialect in ("mysql", "clickhouse") else None
    found = found or _TOKEN.match(text, at)
    if found is None:
        raise AssertionError("every character is a token")
    return found


def _value(kind: str, text: str) -> str:
    match kind:
        case "word":
            return text.upper()
        case "name":
            return text[1:-1]
        case _:
            return text


def _block_end(text: str, at: int) -> int:
    """Behind a block comment, which may hold others as in PostgreSQL."""
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, at):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return len(text)


def statements_of(text: str, dialect: str, *, in_do: bool = False) -> Iterator[list[Token]]:
    """The statements, each without its end, with those that DO runs, one level deep."""
    if dialect in ("mysql", ""):
        text = _HASH.sub(lambda match: " " * len(match[0]), text)
    current: list[Token] = []
    for token in tokens_of(text, dialect):
        if _is_end(token, current, text):
            yield from _unfolded(current, text, dialect, in_do=in_do)
            current = []
        else:
            current.append(token)
    yield from _unfolded(current, text, dialect, in_do=in_do)


def _is_end(token: Token, current: Sequence[Token], text: str) -> bool:
    if token.kind == "sign" and token.value == ";":
        return True
    return token.value == "GO" and token.kind == "word" and bool(current) and _begins_line(text, token.start)


def _begins_line(text: str, at: int) -> bool:
    while at and text[at - 1] in " \t\r\f\v":
        at -= 1
    return not at or text[at - 1] == "\n"


def _unfolded(statement: list[Token], text: str, dialect: str, *, in_do: bool) -> Iterator[list[Token]]:
    if not statement:
        return
    body = next((t for t in statement if t.kind == "dollar"), None)
    if in_do or statement[0].value != "DO" or body is None:
        yield statement
        return
    offset = text.index("$", body.start + 1) + 1
    for token_list in statements_of(body.value, dialect, in_do=True):
        moved = [Token(t.kind, t.value, t.start + offset, t.end + offset) for t in token_list]
        yield _without_control(moved)


_CONTROL = frozenset({"BEGIN", "THEN", "ELSE", "LOOP", "DECLARE"})


def _without_control(statement: list[Token]) -> list[Token]:
    """A statement of PL/pgSQL from behind the last word of control."""
    starts = [n for n, t in enumerate(statement) if t.kind == "word" and t.value in _CONTROL]
    return statement[starts[-1] + 1 :] if starts else statement
