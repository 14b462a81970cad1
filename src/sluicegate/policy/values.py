"""The single values that a policy is made of: paths, names, dates, times, words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date

from sluicegate.core.errors import PolicyError
from sluicegate.core.units import UNITS
from sluicegate.criteria import did_you_mean
from sluicegate.policy.keys import Kind, Name, json_pattern
from sluicegate.policy.kinds import ListOf, Text, Value

_RELATIVE = r"^(?!/)(?![A-Za-z]:)(?!(.*/)?\.\.(/|$))[^\\\x00-\x1f]+\Z"
_DURATION = r"^([0-9]{1,6}(\.[0-9]{1,3})?)\s?(ms|s|min|h)\Z"
_LOCKED = r"^(gates(\.[A-Za-z][A-Za-z0-9_-]*){1,2}|source(\.[a-z]+)?|waivers|report-only)\Z"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"
_LONGEST_TIMEOUT = 6 * 3600
"""Seconds; a job on a hosted runner ends after as many."""

NAME = Name(
    r"^[A-Za-z][A-Za-z0-9_-]{0,59}\Z", "a gate", "Begin with a letter; then letters, digits, '_' and '-'."
)
MEASURE_NAME = Name(
    r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*\Z",
    "a measure",
    "Use letters, digits, '_' and '-', with '.' between parts.",
)
_ID = Name(
    r"^[A-Za-z][A-Za-z0-9._-]{0,79}\Z",
    "a criterion",
    "Begin with a letter; then letters, digits, '.', '_' and '-'.",
)
SYMBOLS = ("count", *(s for s in UNITS if s not in ("", "pp")))
"""The unit symbols of a `run:` gate's measures."""


def _check_path(value: str) -> None:
    if not re.match(_RELATIVE, value):
        raise PolicyError(
            f"'{value[:80]}' is not a path inside the repository",
            remedy="Write it relative to the repository, with '/', and without '..'.",
        )


def _check_locked(value: str) -> None:
    if not re.match(_LOCKED, value):
        raise PolicyError(
            f"'{value[:80]}' is no key that can be locked",
            remedy="For example gates.coverage.criteria, gates.security, source, waivers or report-only.",
        )


def _check_unit(value: str) -> None:
    if value not in SYMBOLS:
        close = next((f"Perhaps you meant '{s}'. " for s in SYMBOLS if s.lower() == value.lower()), "")
        hint = close or did_you_mean(value, SYMBOLS)
        raise PolicyError(f"unknown unit '{value[:20]}'", remedy=f"{hint}Units: {', '.join(SYMBOLS)}.")


def _day(value: object) -> date:
    if isinstance(value, str) and re.match(_DAY, value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise PolicyError(f"'{str(value)[:40]}' is not a date", remedy=DAY.remedy)


def _seconds(value: str | float) -> float:
    match = re.match(_DURATION, str(value))
    if isinstance(value, bool) or (isinstance(value, str) and match is None):
        shown = str(value).lower() if isinstance(value, bool) else str(value)[:40]
        raise PolicyError(f"'{shown}' is not a time", remedy=SECONDS.remedy)
    seconds = float(match[1]) * float(UNITS[match[3]].factor) if match else float(value)
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        remedy = "Give a time above 0 and up to 6h."
        raise PolicyError(f"a timeout of {value} is out of range", remedy=remedy)
    return seconds


def _required(value: object) -> bool:
    if value is not True and value != "auto":
        raise PolicyError(
            "'required' is true or auto", remedy="To switch the gate off, write 'off' for the gate."
        )
    return value is True


def _exit_code(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
        raise PolicyError(
            "an exit code is a whole number from 0 to 255", remedy="Write a list such as [0, 1]."
        )
    return value


_ANYTHING = (str, int, float, bool, list, dict, type(None))

TEXT = Text(needs_words=True, json={"pattern": r"\S"})
LABEL = replace(TEXT, numbers=True)
PATH = Text(longest=500, check=_check_path, json=json_pattern(_RELATIVE))


def _list(
    item: Text, words: tuple[str, str], *, single: bool = False, least: int = 0, most: int = 0
) -> ListOf:
    """A list whose items are refused in the words of the list."""
    what, remedy = words
    item = replace(item, what=what, remedy=remedy)
    return ListOf(item, what=what, remedy=remedy, single=single, least=least, most=most)


_GLOBS = ("'{name}' is a glob or a list of globs", 'For example [src/**, "**/*.py"].')
_PRESET = ("'{name}' is the name of a preset, a path, or a list of them", "For example 'extends: standard'.")
EXPECT = Text(longest=300)
IDENTITY = Text(longest=80, check=_ID.check, json=_ID.json)
GATE_NAME = Text(longest=60, check=NAME.check, json=NAME.json)
UNIT = Text(check=_check_unit, json={"enum": list(SYMBOLS)})
DAY = Value(
    what="'{name}' is a date",
    remedy="Write it as YEAR-MONTH-DAY, for example 2027-01-31.",
    takes=(str, int, float),
    convert=_day,
    json={"type": "string", **json_pattern(_DAY), "format": "date"},
)
SECONDS = Value(
    what="'{name}' is a time",
    remedy="Write it as 90s, 5min or a number of seconds.",
    takes=(str, int, float),
    convert=_seconds,
    json={
        "anyOf": [
            {"type": "string", **json_pattern(_DURATION)},
            {"type": "number", "exclusiveMinimum": 0, "maximum": _LONGEST_TIMEOUT},
        ]
    },
)
SWITCH = Value(
    what="'{name}' is true or false",
    remedy="Write true or false.",
    takes=(bool,),
    convert=bool,
    json={"type": "boolean"},
)
REQUIRED = Value(takes=_ANYTHING, convert=_required, json={"enum": [True, "auto"]})
KINDS: Mapping[str, Kind] = {
    "text": TEXT,
    "label": LABEL,
    "path": PATH,
    "globs": _list(PATH, _GLOBS, single=True),
    "jobs": _list(LABEL, ("'{name}' is a list of ids of jobs", "For example [test-api]."), single=True),
    "some-globs": _list(PATH, _GLOBS, single=True, least=1),
    "extends": _list(TEXT, _PRESET, single=True),
    "expect": EXPECT,
    "alternatives": _list(
        EXPECT,
        (
            "'{name}' is a list of criteria, one of which must hold",
            "For example [total >= 80%, uncovered <= 9].",
        ),
        least=1,
        most=8,
    ),
    "id": IDENTITY,
    "gate-name": GATE_NAME,
    "unit": UNIT,
    "locked": _list(
        Text(check=_check_locked, json=json_pattern(_LOCKED)),
        ("'{name}' is a list of keys", "For example [gates.coverage.criteria, waivers]."),
        single=True,
    ),
    "day": DAY,
    "seconds": SECONDS,
    "switch": SWITCH,
    "required": REQUIRED,
    "exit-codes": ListOf(
        Value(takes=_ANYTHING, convert=_exit_code, json={"type": "integer", "minimum": 0, "maximum": 255}),
        what="'{name}' is a list of exit codes",
        remedy="For example [0, 1].",
        least=1,
    ),
}
"""The kinds by the names that declarations use."""
