"""How two OpenAPI or Swagger, or two AsyncAPI descriptions differ. Pure.

Not judged: links, callbacks, webhooks, headers of responses, servers, and references to other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluicegate.release.impact.api_schema import Changes, Pair, compare_schemas, key_of, mapping
from sluicegate.release.impact.data import Data, UnreadableError
from sluicegate.release.impact.model import ApiChange

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_DEAR = 20
"""Steps that a requirement of `security` counts for: it is compared as a text."""
_TEMPLATE = re.compile(r"\{[^{}]*\}")


def _checked(*tops: Data) -> None:
    if not all(isinstance(top, Mapping) for top in tops):
        raise UnreadableError("its top is no mapping")


def compare_openapi(before: Data, after: Data) -> Changes:
    """How an OpenAPI 3 or a Swagger 2 description changed.

    Raises:
        UnreadableError: one of the two is not a description, or they have too many schemas.
    """
    _checked(before, after)
    pair = Pair(before, after)
    if ("swagger" in before) != ("swagger" in after):
        raise UnreadableError("the one is of Swagger 2 and the other of OpenAPI 3")
    old, new = _paths(before), _paths(after)
    for key in sorted({*old, *new}):
        path = (new.get(key) or old[key])[0]
        if key not in new:
            yield ApiChange(path, "the path was removed", True)
        elif key not in old:
            yield ApiChange(path, "the path was added", False)
        else:
            yield from _path(pair, path, old[key][1], new[key][1])


def _paths(top: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """The paths; the names of their parameters do not matter."""
    return {_TEMPLATE.sub("{}", path): (path, item) for path, item in mapping(top.get("paths")).items()}


def _path(pair: Pair, path: str, old_item: Data, new_item: Data) -> Iterator[ApiChange]:
    old, new = pair.both(old_item, new_item)
    for method in _METHODS:
        where = f"{method.upper()} {path}"
        if method in old and method not in new:
            yield ApiChange(where, "the operation was removed", True)
        elif method in new and method not in old:
            yield ApiChange(where, "the operation was added", False)
        elif method in new:
            first, last = pair.both(old[method], new[method])
            yield from _operation(pair, where, (old, first), (new, last))


_Side = tuple[Mapping[str, Any], Mapping[str, Any]]


def _operation(pair: Pair, where: str, before: _Side, after: _Side) -> Iterator[ApiChange]:
    (old_item, old), (new_item, new) = before, after
    first = _parameters(pair, pair.before, old_item, old)
    last = _parameters(pair, pair.after, new_item, new)
    yield from _compare_parameters(pair, where, first, last)
    yield from _body(pair, where, old.get("requestBody"), new.get("requestBody"))
    yield from _responses(pair, where, mapping(old.get("responses")), mapping(new.get("responses")))
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        yield ApiChange(where, "the operation is deprecated", False)
    yield from _security(pair, where, old, new)


def _parameters(
    pair: Pair, top: Data, *owners: Mapping[str, Any]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The parameters of a path and its operation, by place and name; those of paths by their order."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for owner in owners:
        listed = owner.get("parameters")
        for each in listed if isinstance(listed, list) else []:
            parameter = pair.resolved(each, top)
            place = str(parameter.get("in", ""))
            if place != "path":
                name = str(parameter.get("name", ""))
                found[place, name.lower() if place == "header" else name] = parameter
    return found


def _compare_parameters(
    pair: Pair,
    where: str,
    old: Mapping[tuple[str, str], Mapping[str, Any]],
    new: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Iterator[ApiChange]:
    for key in sorted({*old, *new}):
        place, name = key
        inner = f"{where} {place} {name}".strip()
        is_required = mapping(new.get(key)).get("required") is True
        if key not in new:
            yield ApiChange(inner, "the parameter was removed", False)
        elif key not in old:
            yield ApiChange(inner, f"the {'required ' * is_required}parameter was added", is_required)
        else:
            if is_required and old[key].get("required") is not True:
                yield ApiChange(inner, "the parameter became required", True)
            first, last = (side[key].get("schema", side[key]) for side in (old, new))
            yield from compare_schemas(pair, _plain(first), _plain(last), inner, sent=True)


def _plain(schema: Data) -> Data:
    """A schema; a parameter of Swagger 2 is one itself, but for its `required`."""
    if isinstance(schema, Mapping) and isinstance(schema.get("required"), bool):
        return {key: value for key, value in schema.items() if key != "required"}
    return schema


def _body(pair: Pair, where: str, old_body: Data, new_body: Data) -> Iterator[ApiChange]:
    old, new = pair.both(old_body, new_body)
    inner = f"{where} body"
    if not old:
        if new:
            is_required = new.get("required") is True
            yield ApiChange(inner, f"a {'required ' * is_required}body was added", is_required)
        return
    if not new:
        yield ApiChange(inner, "the body was removed", False)
        return
    if new.get("required") is True and old.get("required") is not True:
        yield ApiChange(inner, "the body became required", True)
    yield from _content(pair, inner, old, new, sent=True)


def _content(
    pair: Pair, where: str, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool
) -> Iterator[ApiChange]:
    first, last = mapping(old.get("content")), mapping(new.get("content"))
    for media in sorted({*first, *last}):
        if media not in last:
            yield ApiChange(where, f"the media type {media} was removed", True)
        elif media in first:
            schemas = [mapping(side[media]).get("schema") for side in (first, last)]
            yield from compare_schemas(pair, schemas[0], schemas[1], where, sent=sent)
    if "schema" in old or "schema" in new:  # Swagger 2
        yield from compare_schemas(pair, old.get("schema"), new.get("schema"), where, sent=sent)


def _responses(pair: Pair, where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ApiChange]:
    for status in sorted({*old, *new}, key=str):
        inner = f"{where} {status}"
        if status not in new:
            yield ApiChange(inner, "the response was removed", str(status).startswith("2"))
        elif status not in old:
            yield ApiChange(inner, "the response was added", False)
        else:
            first, last = pair.both(old[status], new[status])
            yield from _content(pair, inner, first, last, sent=False)


def _security(pair: Pair, where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ApiChange]:
    """A requirement that was not there breaks who sends no credentials."""
    first = old.get("security", mapping(pair.before).get("security"))
    last = new.get("security", mapping(pair.after).get("security"))
    if first != last:
        for side in (first, last):
            pair.go(_DEAR * len(side) if isinstance(side, list) else 1)
        breaking = not _is_open(last) and (_is_open(first) or _fewer(first, last))
        yield ApiChange(where, "what authorizes it changed", breaking)


def _is_open(security: Data) -> bool:
    """Is nothing required? An empty requirement among others makes all of them optional."""
    return not security or (isinstance(security, list) and {} in security)


def _fewer(first: Data, last: Data) -> bool:
    """Is a way to authorize gone, or has it more scopes?"""
    if not isinstance(first, list) or not isinstance(last, list):
        return False
    return not set(map(key_of, first)) <= set(map(key_of, last))


def compare_asyncapi(before: Data, after: Data) -> Changes:
    """How an AsyncAPI description changed: channels, operations, and the payloads of messages.

    Raises:
        UnreadableError: one of the two is not a description, or they have too many schemas.
    """
    _checked(before, after)
    pair = Pair(before, after)
    for section in ("channels", "operations"):
        old, new = mapping(before.get(section)), mapping(after.get(section))
        for name in sorted({*old, *new}):
            noun = section.removesuffix("s")
            if name not in new:
                yield ApiChange(f"{noun} {name}", f"the {noun} was removed", True)
            elif name not in old:
                yield ApiChange(f"{noun} {name}", f"the {noun} was added", False)
            else:
                yield from _channel(pair, f"{noun} {name}", *pair.both(old[name], new[name]))


def _channel(pair: Pair, where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ApiChange]:
    for verb in ("publish", "subscribe"):
        if verb in old and verb not in new:
            yield ApiChange(where, f"{verb} was removed", True)
        elif verb in old:
            first, last = pair.both(old[verb], new[verb])
            yield from _message(
                pair, f"{where} {verb}", first.get("message"), last.get("message"), verb == "publish"
            )
    first, last = mapping(old.get("messages")), mapping(new.get("messages"))
    for name in sorted({*first, *last}):
        if name not in last:
            yield ApiChange(f"{where} {name}", "the message was removed", True)
        elif name in first:
            yield from _message(pair, f"{where} {name}", first[name], last[name], False)


def _message(pair: Pair, where: str, old: Data, new: Data, sent: bool) -> Iterator[ApiChange]:
    first, last = pair.both(old, new)
    yield from compare_schemas(pair, first.get("payload"), last.get("payload"), where, sent=sent)
