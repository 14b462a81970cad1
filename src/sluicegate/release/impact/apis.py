"""Which files describe APIs, and how two versions of one differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sluicegate.release.impact.api_graphql import compare_graphql
from sluicegate.release.impact.api_http import compare_asyncapi, compare_openapi
from sluicegate.release.impact.api_proto import compare_proto
from sluicegate.release.impact.api_schema import Changes, compare_json_schema
from sluicegate.release.impact.data import UnreadableError, plain, read_data
from sluicegate.release.impact.model import Api, ApiChange, Kind

MAX_CHANGES = 2_000
"""Changes of one file that are listed, those that break first."""
_MAX_FOUND = 20_000
"""Those that are looked for: references make many of a few lines."""

_OUTSIDE = re.compile(
    r"(?:^|/)(?:node_modules|vendor|third_party|testdata|fixtures|__fixtures__|tests?|__tests__)/"
)
_HINT = re.compile(rb"[\"']?(?:openapi|swagger|asyncapi)[\"']?\s*:|json-schema\.org/")
_GRAPHQL = re.compile(
    rb"(?m)^[ \t]*+(?:extend[ \t]++)?(?:type|input|enum|interface|union|scalar|schema|directive)\b"
)

_VERSION = re.compile(
    rb"(?m)(?:^|[{,]\s*+(?=\"))[\"']?(?P<name>openapi|swagger|asyncapi)[\"']?\s*+:\s*+[\"']?[0-9]"
)
"""At the top of a description, where it cannot be parsed."""

Document = Any


@dataclass(frozen=True, slots=True)
class _Description:
    """One side: its format, empty for another file; its content; why that cannot be read, or empty."""

    format: str = ""
    content: Document = None
    problem: str = ""


_OTHER = _Description()


def _read(path: str, data: bytes | None) -> _Description:
    """What a file describes; it is parsed once."""
    if data is None or _OUTSIDE.search(path):
        return _OTHER
    ending = path.rpartition(".")[2].lower()
    if ending == "proto":
        return _parsed("Protocol Buffers", path, data)
    if ending in ("graphql", "graphqls", "gql"):
        is_schema = _GRAPHQL.search(data) or _is_binary(data)
        return _parsed("GraphQL", path, data) if is_schema else _OTHER
    return _of_data(path, data) if ending in ("json", "yaml", "yml") else _OTHER


def _of_data(path: str, data: bytes) -> _Description:
    """What a file of JSON or YAML describes."""
    if not _HINT.search(data):
        return _OTHER
    made = _parsed("", path, data)
    return replace(made, format=_of_broken(path, data) if made.problem else _of_document(made.content))


def _parsed(name: str, path: str, data: bytes) -> _Description:
    """The description of a format; of one of documents where there is no name."""
    try:
        content = _text(data) if name in _OF_TEXT else _document(path, data)
    except UnreadableError as error:
        return _Description(name, problem=str(error))
    return _Description(name, content)


def _of_broken(path: str, data: bytes) -> str:
    """The format of a document that cannot be parsed, by its first keys, or by its path."""
    found = _VERSION.search(data)
    if found is not None:
        return "AsyncAPI" if found["name"] == b"asyncapi" else "OpenAPI"
    return "OpenAPI" if re.search(r"openapi|swagger", path, re.IGNORECASE) else ""


def _of_document(top: Document) -> str:
    if not isinstance(top, dict):
        return ""
    if isinstance(top.get("openapi") or top.get("swagger"), (str, float, int)) and "info" in top:
        return "OpenAPI"
    if "asyncapi" in top:
        return "AsyncAPI"
    return "JSON Schema" if "json-schema.org/" in str(top.get("$schema", "")) else ""


def _document(path: str, data: bytes) -> Document:
    documents = read_data(data, path)
    return plain(documents[0]) if documents else None


def _is_binary(data: bytes) -> bool:
    return b"\0" in data


def _text(data: bytes) -> str:
    if _is_binary(data):
        raise UnreadableError("it is no text in UTF-8")
    return data.decode("utf-8", "replace")


def may_describe(path: str) -> bool:
    """May a file of this path describe an API?"""
    return re.search(r"\.(?:proto|graphqls?|gql|json|ya?ml)$", path, re.IGNORECASE) is not None


def compared(path: str, before: bytes | None, after: bytes | None) -> Api | None:
    """How the description at a path changed; None for another file.

    Args:
        path: of the file.
        before, after: its bytes; None on the side where it is not there.
    """
    new, old = _read(path, after), _read(path, before)
    name = new.format or old.format
    if not name:
        return None
    if not old.format:
        return Api(path, name, Kind.ADDED, unjudged=new.problem)
    if after is None:
        gone = ApiChange(path, "the description was removed", True)
        return Api(path, name, Kind.REMOVED, (gone,))
    if not new.format:
        new = _parsed(name, path, after)
    try:
        found = _differences(name, old, new)
    except UnreadableError as error:
        return Api(path, name, Kind.CHANGED, unjudged=str(error))
    changes = sorted(set(found), key=lambda c: (not c.breaking, c.where, c.what))
    left = ""
    if len(changes) > MAX_CHANGES:
        more = " or more" * (len(found) == _MAX_FOUND)
        left = f"{len(changes):,} changes{more}, of which {MAX_CHANGES:,} are listed"
    return Api(path, name, Kind.CHANGED, tuple(changes[:MAX_CHANGES]), left)


def _differences(name: str, old: _Description, new: _Description) -> list[ApiChange]:
    """The first `_MAX_FOUND` differences.

    Raises:
        UnreadableError: a side cannot be read, or there is too much to compare.
    """
    for side in (new, old):
        if side.problem:
            raise UnreadableError(side.problem)
    return list(islice(_COMPARE[name](old.content, new.content), _MAX_FOUND))


_OF_TEXT: Mapping[str, Callable[[str, str], Changes]] = {
    "GraphQL": compare_graphql,
    "Protocol Buffers": compare_proto,
}
_COMPARE: Mapping[str, Callable[[Document, Document], Changes]] = {
    "OpenAPI": compare_openapi,
    "AsyncAPI": compare_asyncapi,
    "JSON Schema": compare_json_schema,
    **_OF_TEXT,
}
