"""How two JSON Schemas differ: for what a client sends, and for what it is sent. Pure.

A narrower schema breaks who sends; a wider one breaks who receives. `allOf`, `oneOf`, `anyOf` and `not` are
compared as whole values and reported as changed, without a judgement; so are `pattern` and `format`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sluicegate.release.impact.data import Data, UnreadableError
from sluicegate.release.impact.model import ApiChange

Changes = Iterable[ApiChange]

_MAX_DEPTH = 12
_MAX_PAIRS = 50_000
_MAX_STEPS = 1_000_000
_MAX_REFERENCE = 1_000
_WHOLE = ("allOf", "oneOf", "anyOf", "not", "pattern", "format")
_LEAST, _MOST = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


@dataclass(slots=True)
class Pair:
    """Two documents, in which references are followed.

    Attributes:
        left: schemas that may still be compared: a document of references unfolds to more than it has.
        steps: values that may still be looked at, for the same reason.
        seen: the targets of pairs of references that were compared.
    """

    before: Data
    after: Data
    left: int = _MAX_PAIRS
    steps: int = _MAX_STEPS
    seen: dict[tuple[int, int, bool], tuple[Data, Data]] = field(default_factory=dict)

    def resolved(self, value: Data, top: Data) -> Mapping[str, Any]:
        """The mapping that a value is, or refers to within the document; an empty one for none."""
        self.go()
        for _ in range(_MAX_DEPTH):
            if not isinstance(value, Mapping):
                return {}
            target = value.get("$ref")
            if not isinstance(target, str) or not target.startswith("#/"):
                return value
            value = _found(top, target)
        return {}

    def both(self, old: Data, new: Data) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Two values with their references followed."""
        return self.resolved(old, self.before), self.resolved(new, self.after)

    def is_new(self, old: Data, new: Data, *, sent: bool) -> bool:
        """Was what this pair of references leads to not compared before?"""
        if not all(isinstance(value, Mapping) and value.get("$ref") for value in (old, new)):
            return True
        targets = self.both(old, new)
        key = id(targets[0]), id(targets[1]), sent
        is_new = key not in self.seen
        self.seen[key] = targets  # kept, so that no other value gets its id
        return is_new

    def go(self, count: int = 1) -> None:
        """Count steps; raises `UnreadableError` where there are too many."""
        self.steps -= count
        if self.steps < 0:
            raise UnreadableError(f"it takes more than {_MAX_STEPS:,} steps to compare")

    def spend(self) -> None:
        """Count a schema; raises `UnreadableError` where there are too many."""
        self.left -= 1
        if self.left < 0:
            raise UnreadableError(f"it has more than {_MAX_PAIRS:,} schemas to compare")


def _found(top: Data, pointer: str) -> Data:
    if len(pointer) > _MAX_REFERENCE:
        return None
    for part in pointer[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        top = top.get(key) if isinstance(top, Mapping) else None
    return top


def compare_json_schema(before: Data, after: Data) -> Changes:
    """How a JSON Schema changed, for who writes what it describes."""
    pair = Pair(before, after)
    yield from compare_schemas(pair, before, after, "", sent=True)
    for key in ("$defs", "definitions"):
        old, new = mapping(before).get(key), mapping(after).get(key)
        for name in sorted({*mapping(old), *mapping(new)}):
            where = f"{key}/{name}"
            if name not in mapping(new):
                yield ApiChange(where, "the definition was removed", True)
            elif name in mapping(old):
                reference = {"$ref": f"#/{key}/{name}"}
                yield from compare_schemas(pair, reference, reference, where, sent=True)


def mapping(value: Data) -> Mapping[str, Any]:
    """A mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def compare_schemas(
    pair: Pair, old: Data, new: Data, where: str, *, sent: bool, depth: int = 0
) -> Iterator[ApiChange]:
    """How two schemas differ.

    Args:
        pair: their documents.
        old, new: the schemas.
        where: what people read about the place.
        sent: does the client send it? Else it receives it.
        depth: of schemas above.

    Raises:
        UnreadableError: there are too many.
    """
    pair.spend()
    if depth > _MAX_DEPTH or not pair.is_new(old, new, sent=sent):
        return
    first, last = pair.both(old, new)
    if first == last and "$ref" not in str(first):
        return
    yield from _own(first, last, where or "the top", sent=sent)
    yield from _properties(pair, first, last, where, sent=sent, depth=depth)
    for key, sign in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(first.get(key), Mapping) and isinstance(last.get(key), Mapping):
            yield from compare_schemas(pair, first[key], last[key], where + sign, sent=sent, depth=depth + 1)


def _own(first: Mapping[str, Any], last: Mapping[str, Any], where: str, *, sent: bool) -> Iterator[ApiChange]:
    """What two schemas say themselves, without what is below them."""
    yield from _types(first, last, where, sent=sent)
    yield from _enums(first, last, where, sent=sent)
    if sent:
        yield from _bounds(first, last, where)
        if first.get("additionalProperties", True) is not False and last.get("additionalProperties") is False:
            yield ApiChange(where, "other properties are no longer allowed", True)
    for key in _WHOLE:
        if first.get(key) != last.get(key):
            yield ApiChange(where, f"{key} changed, which is not judged", False)


def types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """The types that a schema allows; empty for all."""
    value = schema.get("type")
    listed = value if isinstance(value, list) else [value]
    found = {each for each in listed if isinstance(each, str)}
    if found and schema.get("nullable") is True:
        found.add("null")
    return frozenset(found | {"integer"} if "number" in found else found)


def _types(
    first: Mapping[str, Any], last: Mapping[str, Any], where: str, *, sent: bool
) -> Iterator[ApiChange]:
    old, new = types_of(first), types_of(last)
    if old != new:
        breaking = not _allows(new, old) if sent else not _allows(old, new)
        yield ApiChange(where, f"the type changed from {_shown(old)} to {_shown(new)}", breaking)


def _allows(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Does the one allow all that the other does? An empty set is every type."""
    return not wide or (bool(narrow) and narrow <= wide)


def _shown(types: frozenset[str]) -> str:
    return " or ".join(sorted(types - {"integer"} if "number" in types else types)) or "any"


def _enums(
    first: Mapping[str, Any], last: Mapping[str, Any], where: str, *, sent: bool
) -> Iterator[ApiChange]:
    old, new = first.get("enum"), last.get("enum")
    if isinstance(old, list) and isinstance(new, list):
        if gone := _missing(old, new):
            yield ApiChange(where, f"the values {gone} were removed", sent)
        if come := _missing(new, old):
            yield ApiChange(where, f"the values {come} were added", False)
    elif isinstance(new, list):
        yield ApiChange(where, "its values are limited by an enum", sent)
    elif isinstance(old, list):
        yield ApiChange(where, "its values are no longer limited by an enum", not sent)


def _missing(values: list[Any], others: list[Any]) -> str:
    """The values that the others lack, as text."""
    known = set(map(key_of, others))
    return ", ".join(islice((str(value)[:40] for value in values if key_of(value) not in known), 10))


def key_of(value: Data) -> object:
    """What is equal for equal values, and can be in a set."""
    return json.dumps(value, sort_keys=True, default=str) if isinstance(value, (dict, list)) else value


def _bounds(first: Mapping[str, Any], last: Mapping[str, Any], where: str) -> Iterator[ApiChange]:
    for key in (*_LEAST, *_MOST):
        old, new = first.get(key), last.get(key)
        if isinstance(new, (int, float)) and old != new:
            is_tighter = not isinstance(old, (int, float)) or (new > old if key in _LEAST else new < old)
            yield ApiChange(where, f"{key} is {new}, and was {'none' if old is None else old}", is_tighter)


def _properties(
    pair: Pair, first: Mapping[str, Any], last: Mapping[str, Any], where: str, *, sent: bool, depth: int
) -> Iterator[ApiChange]:
    old, new = mapping(first.get("properties")), mapping(last.get("properties"))
    must_old, must_new = _required(first), _required(last)
    for name in sorted({*old, *new}):
        inner = f"{where}.{name}" if where else name
        if name not in new:
            closed = last.get("additionalProperties") is False
            yield ApiChange(inner, "the property was removed", not sent or closed)
        elif name not in old:
            yield ApiChange(
                inner, f"the {'required ' * (name in must_new)}property was added", sent and name in must_new
            )
        else:
            if (name in must_old) != (name in must_new):
                becomes = "required" if name in must_new else "optional"
                yield ApiChange(inner, f"it became {becomes}", (name in must_new) == sent)
            yield from compare_schemas(pair, old[name], new[name], inner, sent=sent, depth=depth + 1)


def _required(schema: Mapping[str, Any]) -> frozenset[str]:
    value = schema.get("required")
    return frozenset(v for v in value if isinstance(v, str)) if isinstance(value, list) else frozenset()
