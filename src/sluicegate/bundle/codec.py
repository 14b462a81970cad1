"""Typed records as JSON values and back, strictly: the dataclasses are the schema.

Fields that have their default are left out. Sets of lines are hexadecimal numbers (bit *n* is line
*n*), exact fractions are texts such as `2/3`. Decoding takes values from strangers: every type is
checked, unknown and missing keys are refused, and numbers and texts are bounded.
"""

from __future__ import annotations

import enum
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, cast

from sluicegate.core.change import MAX_LINE, FileChange
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Finding
from sluicegate.evidence.records import (
    FileCoverage,
    FunctionComplexity,
    GateChange,
    LostTest,
    PublicName,
    Suppression,
)

MAX_TEXT = 1 << 16
"""Characters of one text."""

MAX_NUMBER = 1 << 53
"""Whole numbers beyond this are refused: not every JSON reader keeps them."""

_BITS: Mapping[type, frozenset[str]] = {
    FileCoverage: frozenset({"executable", "covered"}),
    FileChange: frozenset({"added", "removed"}),
}
_LINES = frozenset({"line", "end_line"})
_INSIDE: Mapping[type, frozenset[str]] = {
    FileChange: frozenset({"path", "old_path"}),
    FunctionComplexity: frozenset({"path"}),
    PublicName: frozenset({"path"}),
    Suppression: frozenset({"path"}),
    GateChange: frozenset({"path"}),
    LostTest: frozenset({"path"}),
}
"""Paths that are certainly files of the repository; those of reports may be anything."""

_LEFT_OUT: Mapping[type, frozenset[str]] = {Finding: frozenset({"waiver"})}
"""What evidence never has: waivers are applied where it is judged."""

_HEX = re.compile(rf"[0-9a-f]{{1,{MAX_LINE // 4 + 1}}}")
_FRACTION = re.compile(r"(-?[0-9]{1,40})/([0-9]{1,40})")
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|\\|\x00|(?:^|/)\.\.?(?:/|$)")

T = TypeVar("T")
Decoder = Callable[[object, str], Any]
"""From a JSON value and its place to the typed value; raises `MalformedError`."""


class MalformedError(EvidenceError):
    """A value is not what its place asks for."""


def _refuse(place: str, expected: str) -> typing.NoReturn:
    raise MalformedError(
        f"holds no {expected} at {place[:200]}", remedy="Let the shard write its bundle again."
    )


# --- encoding ----------------------------------------------------------------------------------


def encode(value: object) -> object:
    """The value as JSON values: dataclasses as objects, tuples as arrays.

    Raises:
        TypeError: the value has a part that no bundle knows.
    """
    match value:
        case enum.Enum():
            return value.value
        case None | str() | bool() | int() | float():
            return value
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case Mapping():
            return dict(zip(map(str, sorted(value)), (encode(value[k]) for k in sorted(value)), strict=True))
        case list() | tuple():
            return list(map(encode, value))
    if not is_dataclass(value):
        raise TypeError(f"no bundle holds a {type(value).__name__}")
    return _encode_fields(value)


def _encode_fields(value: object) -> dict[str, object]:
    kind = type(value)
    result: dict[str, object] = {}
    for field in _fields(kind):
        item = getattr(value, field.name)
        if field.default is not MISSING and item == field.default:
            continue
        if field.default_factory is not MISSING and item == field.default_factory():
            continue
        result[field.name] = f"{item:x}" if field.name in _BITS.get(kind, ()) else encode(item)
    return result


def _fields(kind: type) -> tuple[Field[Any], ...]:
    left_out = _LEFT_OUT.get(kind, frozenset())
    return tuple(f for f in fields(kind) if f.name not in left_out)


# --- decoding ----------------------------------------------------------------------------------


def decode(kind: type[T], value: object, place: str) -> T:
    """The value of the type `kind` that `encode` wrote as `value`.

    Args:
        kind: a dataclass, or any type that a field of one has.
        value: parsed JSON.
        place: where it stands, for messages.

    Raises:
        MalformedError: it is no such value.
    """
    wanted: object = kind
    return cast("T", _decoder(wanted)(value, place))


def is_inside(path: str) -> bool:
    """Is it a relative POSIX path that stays inside the repository?"""
    return bool(path) and _OUTSIDE.search(path) is None and "//" not in path


@cache
def _decoder(kind: object) -> Decoder:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin is tuple:
        return _array(arguments)
    if origin is not None and issubclass(origin, Mapping):
        return _object(arguments)
    if isinstance(kind, type):
        return _of_class(kind)
    raise TypeError(f"no bundle holds a {kind}")


def _of_class(kind: type) -> Decoder:
    if is_dataclass(kind):
        return _record(kind)
    if issubclass(kind, enum.Enum):
        return _enum(kind)
    raise TypeError(f"no bundle holds a {kind}")


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        _refuse(place, f"text of at most {MAX_TEXT:,} characters")
    return value


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        _refuse(place, "true or false")
    return value


def _whole(value: object, place: str) -> int:
    if type(value) is not int or abs(value) > MAX_NUMBER:
        _refuse(place, "whole number")
    return value


def _line(value: object, place: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_LINE:
        _refuse(place, f"line from 0 to {MAX_LINE:,}")
    return value


def _real(value: object, place: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(number := cast("float", value)):
        _refuse(place, "number")
    if abs(number) > 1e300:
        _refuse(place, "number of a sensible size")
    return float(number)


def _fraction(value: object, place: str) -> Fraction:
    match = _FRACTION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[2]):
        _refuse(place, "fraction")
    return Fraction(int(match[1]), int(match[2]))


def _bits(value: object, place: str) -> int:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        _refuse(place, "set of lines")
    bits = int(value, 16)
    if bits & 1 or bits.bit_length() > MAX_LINE + 1:
        _refuse(place, f"set of lines from 1 to {MAX_LINE:,}")
    return bits


def _inside(value: object, place: str) -> str:
    text = _text(value, place)
    if text and not is_inside(text):
        _refuse(place, "path inside the repository")
    return text


def _nothing(value: object, place: str) -> None:
    if value is not None:
        _refuse(place, "null")


_PLAIN: Mapping[Any, Decoder] = {
    str: _text,
    bool: _flag,
    int: _whole,
    float: _real,
    Fraction: _fraction,
    type(None): _nothing,
}


def _union(arguments: Iterable[Any]) -> Decoder:
    """An optional value; bundles have no other unions."""
    (inner,) = [_decoder(a) for a in arguments if a is not type(None)]
    return lambda value, place: None if value is None else inner(value, place)


def _array(arguments: tuple[Any, ...]) -> Decoder:
    if arguments[-1] is Ellipsis:
        inner = _decoder(arguments[0])

        def read(value: object, place: str) -> tuple[Any, ...]:
            if not isinstance(value, list):
                _refuse(place, "array")
            return tuple([inner(item, place) for item in value])

        return read
    parts = [_decoder(a) for a in arguments]

    def read_exactly(value: object, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(parts):
            _refuse(place, f"array of {len(parts)}")
        return tuple(part(item, place) for part, item in zip(parts, value, strict=True))

    return read_exactly


def _object(arguments: tuple[Any, ...]) -> Decoder:
    key, inner = arguments[0], _decoder(arguments[1])

    def read(value: object, place: str) -> dict[Any, Any]:
        if not isinstance(value, dict):
            _refuse(place, "object")
        return {_key(key, k, place): inner(v, f"{place}.{k[:80]}") for k, v in value.items()}

    return read


def _key(kind: type, text: str, place: str) -> str | int:
    if kind is str:
        return _text(text, place)
    if not text.isascii() or not text.isdigit() or len(text) > 8 or str(int(text)) != text:
        _refuse(place, "line as a key")
    return _line(int(text), place)


def _enum(kind: type[enum.Enum]) -> Decoder:
    known = {member.value: member for member in kind}

    def read(value: object, place: str) -> enum.Enum:
        if not isinstance(value, str) or value not in known:
            _refuse(place, f"word of {', '.join(known)}")
        return known[value]

    return read


def _record(kind: type) -> Decoder:
    hints = typing.get_type_hints(kind)
    decoders = {f.name: _special(kind, f.name) or _decoder(hints[f.name]) for f in _fields(kind)}
    needed = {
        f.name for f in _fields(kind) if f.default is MISSING and f.default_factory is MISSING
    }  # fmt: skip

    def read(value: object, place: str) -> object:
        if not isinstance(value, dict):
            _refuse(place, "object")
        if not value.keys() <= decoders.keys():
            _refuse(place, f"known key: {sorted(value.keys() - decoders.keys())[0][:60]!r}")
        if not needed <= value.keys():
            _refuse(place, f"key {min(needed - value.keys())!r}")
        return kind(**{name: decoders[name](item, f"{place}.{name}") for name, item in value.items()})

    return read


def _special(kind: type, name: str) -> Decoder | None:
    """The stricter rule of some fields."""
    if name in _BITS.get(kind, ()):
        return _bits
    if name in _INSIDE.get(kind, ()):
        return _inside
    return _line if name in _LINES else None
