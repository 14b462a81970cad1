"""Which files describe APIs, and how two versions of one differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
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

Document = Any


def format_of(path: str, data: bytes) -> str:
    """The format of a description; empty for another file."""
    if _OUTSIDE.search(path):
        return ""
    ending = path.rpartition(".")[2].lower()
    if ending == "proto":
        return "Protocol Buffers"
    if ending in ("graphql", "graphqls", "gql"):
        return "GraphQL" if _GRAPHQL.search(data) else ""
    if ending in ("json", "yaml", "yml") and _HINT.search(data):
        return _of_document(path, data)
    return ""


def _of_document(path: str, data: bytes) -> str:
    try:
        top = _document(path, data)
    except UnreadableError:
        return "OpenAPI" if re.search(r"openapi|swagger", path, re.IGNORECASE) else ""
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


def may_describe(path: str) -> bool:
    """May a file of this path describe an API?"""
    return re.search(r"\.(?:proto|graphqls?|gql|json|ya?ml)$", path, re.IGNORECASE) is not None


def compared(path: str, before: bytes | None, after: bytes | None) -> Api | None:
    """How the description at a path changed; None for another file.

    Args:
        path: of the file.
        before, after: its bytes; None on the side where it is not there.
    """
    formats = [format_of(path, data) for data in (after, before) if data is not None]
    name = next(filter(None, formats), "")
    if not name:
        return None
    if before is None or not format_of(path, before):
        return Api(path, name, Kind.ADDED)
    if after is None:
        gone = ApiChange(path, "the description was removed", True)
        return Api(path, name, Kind.REMOVED, (gone,))
    try:
        found = list(islice(_COMPARE[name](path, before, after), _MAX_FOUND))
    except UnreadableError as error:
        return Api(path, name, Kind.CHANGED, unjudged=str(error))
    changes = sorted(set(found), key=lambda c: (not c.breaking, c.where, c.what))
    left = ""
    if len(changes) > MAX_CHANGES:
        more = " or more" * (len(found) == _MAX_FOUND)
        left = f"{len(changes):,} changes{more}, of which {MAX_CHANGES:,} are listed"
    return Api(path, name, Kind.CHANGED, tuple(changes[:MAX_CHANGES]), left)


def _with_documents(
    compare: Callable[[Document, Document], Changes],
) -> Callable[[str, bytes, bytes], Changes]:
    return lambda path, before, after: compare(_document(path, before), _document(path, after))


def _with_text(compare: Callable[[str, str], Changes]) -> Callable[[str, bytes, bytes], Changes]:
    return lambda _path, before, after: compare(
        before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
    )


_COMPARE: dict[str, Callable[[str, bytes, bytes], Changes]] = {
    "OpenAPI": _with_documents(compare_openapi),
    "AsyncAPI": _with_documents(compare_asyncapi),
    "JSON Schema": _with_documents(compare_json_schema),
    "GraphQL": _with_text(compare_graphql),
    "Protocol Buffers": _with_text(compare_proto),
}
