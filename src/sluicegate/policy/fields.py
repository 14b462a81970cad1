"""The kinds of values that the policy's settings are made of, each with its sentence for errors.

Every check raises `complaint`, so that no message of pydantic's own reaches a user.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from sluicegate.core.text import has_words
from sluicegate.core.units import UNITS
from sluicegate.criteria import nearest

COMPLAINT = "sluicegate"
"""The pydantic error type of everything that `complaint` makes."""

BLANK = "blank"
"""The pydantic error type of a text without a letter or digit to be seen."""

RELATIVE = r"^(?!/)(?![A-Za-z]:)(?!(.*/)?\.\.(/|$))[^\\\x00-\x1f]+\Z"
NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,59}\Z"
ID = r"^[A-Za-z][A-Za-z0-9._-]{0,79}\Z"
MEASURE = r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*\Z"
DURATION = r"^([0-9]{1,6}(\.[0-9]{1,3})?)\s?(ms|s|min|h)\Z"
LOCKED = r"^(gates(\.[A-Za-z][A-Za-z0-9_-]*){1,2}|source(\.[a-z]+)?|waivers|report-only)\Z"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"
LONGEST_TIMEOUT = 6 * 3600
"""Seconds; a job on a hosted runner ends after as many."""

SYMBOLS = ("count", *(s for s in UNITS if s not in ("", "pp")))
"""The unit symbols of a `run:` gate's measures."""


def complaint(what: str, remedy: str) -> PydanticCustomError:
    """An error in our own words: `what` without a final full stop, `remedy` as a sentence."""
    return PydanticCustomError(COMPLAINT, "{what}", {"what": what, "remedy": remedy})


def schema_pattern(pattern: str) -> dict[str, Any]:
    """The pattern in the dialect of JSON Schema (ECMA 262), which has no `\\Z`."""
    return {"pattern": pattern.replace(r"\Z", "$")}


def _relative(value: str) -> str:
    if not re.match(RELATIVE, value):
        raise complaint(
            f"'{value[:80]}' is not a path inside the repository",
            "Write it relative to the repository, with '/', and without '..'.",
        )
    return value


def listed(value: object) -> object:
    """One text stands for a list of one."""
    return [value] if isinstance(value, str) else value


def switched(value: object) -> object:
    """`off` becomes `{enabled: false}`; YAML 1.1 tools read `off` as false, so that is the same."""
    return {"enabled": False} if value is False or value == "off" else value


def gate_value(value: object) -> object:
    """A gate that is only named takes what the preset says."""
    if value is None or value is True or value == "on":
        return {}
    return switched(value)


def criterion_value(value: object) -> object:
    """A bare text is the criterion's `expect`."""
    return {"expect": value} if isinstance(value, str) else value


def adjustment_value(value: object) -> object:
    """`off` removes a criterion; any other bare text is its new `expect`."""
    return criterion_value(switched(value))


def measure_value(value: object) -> object:
    """A bare text is the measure's `unit`."""
    return {"unit": value} if isinstance(value, str) else value


def _text(value: object) -> object:
    """Numbers in their canonical spelling are taken as the text that they were written as."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _locked(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.match(LOCKED, value):
        raise complaint(
            f"'{value[:80]}' is no key that can be locked",
            "For example gates.coverage.criteria, gates.security, source, waivers or report-only.",
        )
    return value


def _day(value: object) -> object:
    """Only a text is a date: pydantic would take a number for seconds since 1970."""
    if isinstance(value, str) and re.match(DAY, value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    if isinstance(value, str | int | float):
        shown = str(value)[:40]
        raise complaint(f"'{shown}' is not a date", "Write it as YEAR-MONTH-DAY, for example 2027-01-31.")
    return value


def _seconds(value: object) -> object:
    if not isinstance(value, str | int | float):
        return value
    match = re.match(DURATION, str(value))
    if isinstance(value, bool) or (isinstance(value, str) and match is None):
        shown = str(value).lower() if isinstance(value, bool) else str(value)[:40]
        raise complaint(f"'{shown}' is not a time", "Write it as 90s, 5min or a number of seconds.")
    seconds = float(match[1]) * float(UNITS[match[3]].factor) if match else float(value)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise complaint(f"a timeout of {value} is out of range", "Give a time above 0 and up to 6h.")
    return seconds


def _required(value: object) -> object:
    if value is not True and value != "auto":
        raise complaint("'required' is true or auto", "To switch the gate off, write 'off' for the gate.")
    return value


def _exit_code(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
        raise complaint("an exit code is a whole number from 0 to 255", "Write a list such as [0, 1].")
    return value


def _filled(value: str) -> str:
    if not has_words(value):
        raise PydanticCustomError(BLANK, "blank")
    return value


def _unit(value: str) -> str:
    if value not in SYMBOLS:
        close = next((s for s in SYMBOLS if s.lower() == value.lower()), "") or nearest(value, SYMBOLS)
        hint = f"Perhaps you meant '{close}'. " if close else ""
        raise complaint(f"unknown unit '{value[:20]}'", f"{hint}Units: {', '.join(SYMBOLS)}.")
    return value


def _named(pattern: str, kind: str, hint: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.match(pattern, value):
            raise complaint(f"'{value[:80]}' is no name for {kind}", hint)
        return value

    return AfterValidator(check)


Glob = Annotated[
    str,
    Field(min_length=1, max_length=500, json_schema_extra=schema_pattern(RELATIVE)),
    AfterValidator(_relative),
]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(listed, json_schema_input_type=Glob | list[Glob])]
RelativePath = Glob
Text = Annotated[
    str, Field(min_length=1, max_length=2000, json_schema_extra={"pattern": r"\S"}), AfterValidator(_filled)
]
Label = Annotated[Text, BeforeValidator(_text, json_schema_input_type=Text | float)]
Expect = Annotated[str, Field(min_length=1, max_length=300)]
Alternatives = Annotated[tuple[Expect, ...], Field(min_length=1, max_length=8)]
Identity = Annotated[
    str,
    Field(json_schema_extra=schema_pattern(ID)),
    _named(ID, "a criterion", "Begin with a letter; then letters, digits, '.', '_' and '-'."),
]
SuiteName = Annotated[
    str,
    Field(json_schema_extra=schema_pattern(NAME)),
    _named(NAME, "a suite", "Begin with a letter; then letters, digits, '_' and '-'."),
]
ComponentName = Annotated[
    str,
    Field(json_schema_extra=schema_pattern(NAME)),
    _named(NAME, "a component", "Begin with a letter; then letters, digits, '_' and '-'."),
]
GateName = Annotated[
    str,
    Field(json_schema_extra=schema_pattern(NAME)),
    _named(NAME, "a gate", "Begin with a letter; then letters, digits, '_' and '-'."),
]
MeasureName = Annotated[
    str,
    Field(json_schema_extra=schema_pattern(MEASURE)),
    _named(MEASURE, "a measure", "Use letters, digits, '_' and '-', with '.' between parts."),
]
UnitSymbol = Annotated[str, Field(json_schema_extra={"enum": list(SYMBOLS)}), AfterValidator(_unit)]
Day = Annotated[
    date,
    BeforeValidator(
        _day,
        json_schema_input_type=Annotated[
            str, Field(json_schema_extra={**schema_pattern(DAY), "format": "date"})
        ],
    ),
]
Seconds = Annotated[
    float,
    BeforeValidator(
        _seconds,
        json_schema_input_type=Annotated[str, Field(json_schema_extra=schema_pattern(DURATION))]
        | Annotated[float, Field(gt=0, le=LONGEST_TIMEOUT)],
    ),
]
LockedKey = Annotated[str, BeforeValidator(_locked)]
ExitCode = Annotated[int, Field(ge=0, le=255), BeforeValidator(_exit_code)]
Required = Annotated[Literal[True, "auto"], BeforeValidator(_required)]
Otherwise = Literal["block", "warn"]
