"""The single values that a policy is made of: paths, names, dates, times, words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sluicegate.core.errors import PolicyError
from sluicegate.core.units import UNITS
from sluicegate.criteria import did_you_mean
from sluicegate.policy.keys import Form, Kind
from sluicegate.policy.kinds import ListOf, Text, Value

_LONGEST_TIMEOUT = 6 * 3600
"""Seconds; a job on a hosted runner ends after as many."""


def name_of(thing: str) -> Form:
    """The form of the names of a thing, `a suite`."""
    spelling = "Begin with a letter; then letters, digits, '_' and '-'."
    return Form(r"^[A-Za-z][A-Za-z0-9_-]{0,59}\Z", f"is no name for {thing}", spelling)


MEASURE_NAME = Form(
    r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*\Z",
    "is no name for a measure",
    "Use letters, digits, '_' and '-', with '.' between parts.",
)
_ID = Form(
    r"^[A-Za-z][A-Za-z0-9._-]{0,79}\Z",
    "is no name for a criterion",
    "Begin with a letter; then letters, digits, '.', '_' and '-'.",
)
_RELATIVE = Form(
    r"^(?!/)(?![A-Za-z]:)(?!(.*/)?\.\.(/|$))[^\\\x00-\x1f]+\Z",
    "is not a path inside the repository",
    "Write it relative to the repository, with '/', and without '..'.",
)
_LOCKED = Form(
    r"^(gates(\.[A-Za-z][A-Za-z0-9_-]*){1,2}|source(\.[a-z]+)?|waivers|report-only)\Z",
    "is no key that can be locked",
    "For example gates.coverage.criteria, gates.security, source, waivers or report-only.",
)
_DAY = Form(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", "is not a date", "Write it as YEAR-MONTH-DAY, for example 2027-01-31."
)
_DURATION = Form(
    r"^([0-9]{1,6}(\.[0-9]{1,3})?)\s?(ms|s|min|h)\Z",
    "is not a time",
    "Write it as 90s, 5min or a number of seconds.",
)
SYMBOLS = ("count", *(s for s in UNITS if s not in ("", "pp")))
"""The unit symbols of a `run:` gate's measures."""


def _check_unit(value: str) -> None:
    if value not in SYMBOLS:
        close = next((f"Perhaps you meant '{s}'. " for s in SYMBOLS if s.lower() == value.lower()), "")
        hint = close or did_you_mean(value, SYMBOLS)
        raise PolicyError(f"unknown unit '{value[:20]}'", remedy=f"{hint}Units: {', '.join(SYMBOLS)}.")


def _day(value: object) -> date:
    _DAY.check(str(value)[:40])
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PolicyError(f"'{value}' {_DAY.what}", remedy=_DAY.remedy) from None


def _seconds(value: str | float) -> float:
    if isinstance(value, bool | str):
        _DURATION.check((str(value).lower() if isinstance(value, bool) else value)[:40])
    match = re.match(_DURATION.pattern, str(value))
    seconds = float(match[1]) * float(UNITS[match[3]].factor) if match else float(value)
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        remedy = "Give a time above 0 and up to 6h."
        raise PolicyError(f"a timeout of {value} is out of range", remedy=remedy)
    return seconds


def _required(value: object) -> bool:
    if value is not True and value != "auto":
        remedy = "To switch the gate off, write 'off' for the gate."
        raise PolicyError("'required' is true or auto", remedy=remedy)
    return value is True


def _exit_code(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
        remedy = "Write a list such as [0, 1]."
        raise PolicyError("an exit code is a whole number from 0 to 255", remedy=remedy)
    return value


_ANYTHING = (str, int, float, bool, list, dict, type(None))

TEXT = Text(needs_words=True, json={"pattern": r"\S"})
LABEL = replace(TEXT, numbers=True)
PATH = Text(longest=500, check=_RELATIVE.check, json=_RELATIVE.json)


def _list(
    item: Text, what: str, remedy: str, *, single: bool = False, least: int = 0, most: int = 0
) -> ListOf:
    """A list whose items are refused in the words of the list."""
    item = replace(item, what=what, remedy=remedy)
    return ListOf(item, what=what, remedy=remedy, single=single, least=least, most=most)


_GLOBS = ("'{name}' is a glob or a list of globs", 'For example [src/**, "**/*.py"].')
EXPECT = Text(longest=300)
UNIT = Text(check=_check_unit, json={"enum": list(SYMBOLS)})
KINDS: Mapping[str, Kind] = {
    "text": TEXT,
    "label": LABEL,
    "path": PATH,
    "globs": _list(PATH, *_GLOBS, single=True),
    "jobs": _list(LABEL, "'{name}' is a list of ids of jobs", "For example [test-api].", single=True),
    "some-globs": _list(PATH, *_GLOBS, single=True, least=1),
    "extends": _list(
        TEXT,
        "'{name}' is the name of a preset, a path, or a list of them",
        "For example 'extends: standard'.",
        single=True,
    ),
    "expect": EXPECT,
    "alternatives": _list(
        EXPECT,
        "'{name}' is a list of criteria, one of which must hold",
        "For example [total >= 80%, uncovered <= 9].",
        least=1,
        most=8,
    ),
    "id": Text(longest=80, check=_ID.check, json=_ID.json),
    "gate-name": Text(longest=60, check=name_of("a gate").check, json=name_of("a gate").json),
    "unit": UNIT,
    "locked": _list(
        Text(check=_LOCKED.check, json=_LOCKED.json),
        "'{name}' is a list of keys",
        "For example [gates.coverage.criteria, waivers].",
        single=True,
    ),
    "day": Value(
        what="'{name}' is a date",
        remedy=_DAY.remedy,
        takes=(str, int, float),
        convert=_day,
        json={"type": "string", **_DAY.json, "format": "date"},
    ),
    "seconds": Value(
        what="'{name}' is a time",
        remedy=_DURATION.remedy,
        takes=(str, int, float),
        convert=_seconds,
        json={
            "anyOf": [
                {"type": "string", **_DURATION.json},
                {"type": "number", "exclusiveMinimum": 0, "maximum": _LONGEST_TIMEOUT},
            ]
        },
    ),
    "switch": Value(
        what="'{name}' is true or false",
        remedy="Write true or false.",
        takes=(bool,),
        convert=bool,
        json={"type": "boolean"},
    ),
    "required": Value(takes=_ANYTHING, convert=_required, json={"enum": [True, "auto"]}),
    "exit-codes": ListOf(
        Value(takes=_ANYTHING, convert=_exit_code, json={"type": "integer", "minimum": 0, "maximum": 255}),
        what="'{name}' is a list of exit codes",
        remedy="For example [0, 1].",
        least=1,
    ),
}
"""The kinds by the names that declarations use."""
