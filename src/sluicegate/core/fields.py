"""Kinds of values that fields of written documents hold, as types for dataclasses.

To the rest of the code they are plain numbers and texts. `documents.codec` reads from them how a value is
written, and what is refused when it is read back: pydantic calls the markers then, and no earlier.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from pydantic_core.core_schema import CoreSchema

T = TypeVar("T")

MAX_LINE: Final = 4_000_000
"""Line numbers above this are refused by readers: no source file has them, and a bitset allocates for the
highest line."""

MAX_NUMBER: Final = 1 << 53
"""Whole numbers beyond this are refused: not every JSON reader keeps them."""

MAX_TEXT: Final = 1 << 20
"""Characters of a text whose field says no other limit; the size of the document limits them together."""

OBJECT_NAME: Final = r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$"
"""The full name of an object of git, as a regular expression."""

_OBJECT: Final = "the full name of a commit or a file"

_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|\\|\x00|(?:^|/)\.\.?(?:/|$)")


def is_inside(path: str) -> bool:
    """Is it a relative POSIX path that stays inside the repository?"""
    return bool(path) and _OUTSIDE.search(path) is None and "//" not in path


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks an `int` by its bounds, both inclusive."""

    least: int = 0
    most: int = MAX_NUMBER

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.int_schema(ge=self.least, le=self.most, strict=True)


@dataclass(frozen=True, slots=True)
class Number:
    """Marks a `float` by its bounds, both inclusive; with `is_above` it is above the lower one."""

    least: float = 0
    most: float = 1e300
    is_above: bool = False

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        above, least = (self.least, None) if self.is_above else (None, self.least)
        return core_schema.float_schema(gt=above, ge=least, le=self.most, strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Marks a `str`, in which lone surrogates may stand for bytes of file names.

    Attributes:
        most, least: its length.
        pattern: a regular expression that it matches.
        wanted: what it must be, for people; goes with a pattern.
    """

    most: int = MAX_TEXT
    least: int = 0
    pattern: str | None = None
    wanted: str = ""

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        if self.pattern:
            text = core_schema.str_schema(max_length=self.most, pattern=self.pattern, strict=True)
            wanted = f"must be {self.wanted}"
            return core_schema.custom_error_schema(text, "text", custom_error_message=wanted)
        limits = {"minLength": self.least, "maxLength": self.most}
        return core_schema.no_info_after_validator_function(
            self.check,
            core_schema.str_schema(strict=True),
            metadata={"pydantic_js_updates": limits if self.most < MAX_TEXT else {}},
        )

    def check(self, text: str) -> str:
        """The text; raises `ValueError` where its length is not within the limits."""
        if not self.least <= len(text) <= self.most:
            least = f"{self.least} to " if self.least else "at most "
            raise ValueError(f"must be a text of {least}{self.most:,} characters")
        return text


@dataclass(frozen=True, slots=True)
class Items:
    """Marks a tuple by how many items it has."""

    most: int | None = None
    least: int = 0

    def __get_pydantic_core_schema__(
        self, source: object, handler: Callable[[object], CoreSchema]
    ) -> CoreSchema:
        bounds = {"min_length": self.least} | ({"max_length": self.most} if self.most else {})
        return cast("CoreSchema", {**handler(source), **bounds})


@dataclass(frozen=True, slots=True)
class Written:
    """Marks a value that is written as a text.

    Attributes:
        write: the text of a value.
        read: the value of a text; raises `ValueError` with what it must be.
        shape: JSON Schema of the text, for what `read` takes.
    """

    write: Callable[[Any], str]
    read: Callable[[str], object]
    shape: Mapping[str, str] | None = None

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(
            self.read,
            core_schema.str_schema(strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.write, return_schema=core_schema.str_schema()
            ),
            metadata={"pydantic_js_updates": dict(self.shape or {})},
        )

    def __hash__(self) -> int:
        return id(self)


def _reader(pattern: str, wanted: str, take: Callable[[str], T]) -> Callable[[str], T]:
    """Reads a text of a pattern; `take` raises `ValueError` where it does not fit all the same."""
    compiled = re.compile(pattern)

    def read(text: str) -> T:
        if compiled.fullmatch(text):
            with suppress(ValueError, ZeroDivisionError):
                return take(text)
        raise ValueError(f"must be {wanted}")

    return read


_HEX: Final = rf"[0-9a-f]{{1,{MAX_LINE // 4 + 1}}}"
_RATIO: Final = r"-?[0-9]{1,2000}/[0-9]{1,2000}"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LINE: Final = r"0|[1-9][0-9]{0,7}"


def number(value: Fraction) -> int | float:
    """The JSON number of an exact value: an integer where it is one, else the nearest float."""
    if value.denominator == 1:
        return value.numerator
    try:
        return float(value)
    except OverflowError:
        return round(value)


_MOST: Final = 10**2000


class _Shown:
    """Marks an exact number that is written as the nearest number of JSON."""

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _read_number,
            json_schema_input_schema=core_schema.float_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(number),
        )


def _read_number(value: object) -> Fraction:
    if type(value) is int and abs(value) < _MOST:
        return Fraction(value)
    if type(value) is float and math.isfinite(value):
        return Fraction(repr(value))
    raise ValueError("must be a finite number")


def _lines(text: str) -> int:
    bits = int(text, 16)
    if bits & 1 or bits.bit_length() > MAX_LINE + 1:
        raise ValueError
    return bits


def _line(text: str) -> int:
    if int(text) > MAX_LINE:
        raise ValueError
    return int(text)


def _inside(text: str) -> str:
    if text and not is_inside(text):
        raise ValueError("must be a path inside the repository")
    return text


_read_lines = _reader(_HEX, f"a set of lines from 1 to {MAX_LINE:,}", _lines)
_read_line = _reader(_LINE, f"a line from 0 to {MAX_LINE:,}", _line)
_read_ratio = _reader(_RATIO, "a fraction", Fraction)
_read_day = _reader(_DAY, "a date", date.fromisoformat)

DAY: Final = Written(date.isoformat, _read_day, {"pattern": f"^{_DAY}$"})
"""How a date is written, `2026-11-21`."""

Count = Annotated[int, Whole()]
Line = Annotated[int, Whole(0, MAX_LINE)]
"""A 1-based line; 0 for none."""
LineKey = Annotated[int, Written(str, _read_line, {"pattern": f"^(?:{_LINE})$"})]
"""A line as the key of an object, which JSON has as a text."""
LineSet = Annotated[int, Written("{:x}".format, _read_lines, {"pattern": "^[0-9a-f]+$"})]
"""A bitset of lines, as a hexadecimal number: a decimal one of 14,000 lines is more than readers take."""
Exact = Annotated[
    Fraction,
    Written(lambda f: f"{f.numerator}/{f.denominator}", _read_ratio, {"pattern": f"^{_RATIO}$"}),
]
"""An exact number, as `2/3`."""
Shown = Annotated[Fraction, _Shown()]
"""An exact number as people and other programs read it, `66.66666666666667`."""
Amount = Annotated[float, Number()]
"""A number of zero or more."""
Positive = Annotated[float, Number(is_above=True)]
RepositoryPath = Annotated[str, Written(str, _inside)]
"""A path that is certainly of the repository, or empty; those of reports may be anything."""
Sha = Annotated[str, Text(64, pattern=OBJECT_NAME, wanted=_OBJECT)]
"""The full name of an object of git."""
ShaOrNone = Annotated[str, Text(64, pattern=f"^$|{OBJECT_NAME}", wanted=f"{_OBJECT}, or empty")]
