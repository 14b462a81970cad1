"""One flag in the text of a file of JSON: found, and replaced with every other byte left as it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from sluicegate.core.errors import EvidenceError
from sluicegate.documents.parsing import parse

_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"^([ \t]+)\S", re.MULTILINE)
_WIDTH = 100
MAX_DEPTH = 100


def read_document(data: bytes, where: str) -> Mapping[str, object]:
    """The object that the file holds.

    Raises:
        EvidenceError: it holds none.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError("is not written in UTF-8", where=where) from error
    if text.startswith("\ufeff"):
        raise EvidenceError("begins with a byte order mark, which readers of JSON refuse", where=where)
    found = parse(data, where)
    if not isinstance(found, dict):
        raise EvidenceError("holds no JSON object", where=where)
    if _is_deep(found):
        raise EvidenceError(f"nests JSON deeper than {MAX_DEPTH} levels", where=where)
    return found


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [below for each in level for below in _below(each)]
    return bool(level)


def _below(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def replace_flag(data: bytes, path: Sequence[str], flag: Mapping[str, object]) -> bytes:
    """The file with another value of a flag that it has.

    Args:
        data: of a file that `read_document` reads.
        path: keys that lead to the flag, one at least.
        flag: its new value.
    """
    text = data.decode("utf-8")
    start = end = _skip(text, 0)
    for key in path:
        start, end = _member(text, start, key)
    head = text[: text.rfind("\n", 0, start) + 1]
    line = text[len(head) : start]
    unit = match[1] if (match := _INDENT.search(text)) else ""
    prefix = line[: len(line) - len(line.lstrip())]
    new = _written(flag, unit, prefix) if "\n" in text else _inline(flag)
    return (text[:start] + new + text[end:]).encode("utf-8")


def _member(text: str, at: int, key: str) -> tuple[int, int]:
    """Where the value of a key begins and ends in the object that begins at `at`."""
    decoder = json.JSONDecoder()
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        if name == key:
            return start, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    raise KeyError(key)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _inline(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _written(value: object, unit: str, prefix: str) -> str:
    """JSON with one member a line; a list without objects that fits is on one line."""
    inner = prefix + (unit or "  ")
    match value:
        case {}:
            parts = [f"{_inline(key)}: {_written(below, unit, inner)}" for key, below in value.items()]
            return _block("{", parts, inner, prefix, "}")
        case list() if not _fits(value):
            return _block("[", [_written(below, unit, inner) for below in value], inner, prefix, "]")
        case _:
            return _inline(value)


def _block(opening: str, parts: list[str], inner: str, prefix: str, closing: str) -> str:
    lines = ",".join(f"\n{inner}{part}" for part in parts)
    return f"{opening}{lines}\n{prefix}{closing}" if parts else opening + closing


def _fits(value: list[object]) -> bool:
    return len(_inline(value)) < _WIDTH and not any(isinstance(below, dict) for below in value)
