"""Reads the measures that a `run:` command printed: one JSON object, measure name -> number.

The object is the whole standard output or, after other output, the last one that begins at the
start of a line. Numbers are exact; what is no finite number is an error and never a guess.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sluicegate.core.errors import EngineError
from sluicegate.core.model import Absence, Measure
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import UNITS
from sluicegate.criteria import MeasureSpec, did_you_mean
from sluicegate.policy.model import RunSettings

_MAX_DIGITS = 60
_MAX_EXPONENT = 30
_MAX_CANDIDATES = 20
"""How many lines that begin with a brace are tried, from the last one up."""

_REMEDY = 'Print one JSON object of numbers on its own line, such as {"total": 12.5}.'


@dataclass(frozen=True, slots=True)
class _InvalidNumber:
    """A number that we refuse: infinite, or of absurd size."""

    text: str


@dataclass(frozen=True, slots=True)
class _PrintedObject:
    """A JSON object as its pairs, so that a name printed twice is seen."""

    pairs: tuple[tuple[str, object], ...]


def _number(text: str) -> Decimal | _InvalidNumber:
    if len(text) > _MAX_DIGITS:
        return _InvalidNumber(text)
    try:
        value = Decimal(text)
    except ArithmeticError:
        return _InvalidNumber(text)
    return _InvalidNumber(text) if value and abs(value.adjusted()) > _MAX_EXPONENT else value


_DECODER = json.JSONDecoder(
    parse_float=_number,
    parse_int=_number,
    parse_constant=_InvalidNumber,
    object_pairs_hook=lambda pairs: _PrintedObject(tuple(pairs)),
)


def read_measures(stdout: bytes, run: RunSettings, where: str) -> dict[str, Measure]:
    """The declared measures, in the order of their declaration and in canonical units.

    A declared measure that was not printed, or printed as null, is not measured.

    Raises:
        EngineError: there is no JSON object, or it holds something else than declared numbers;
            `where` is its place.
    """
    printed: dict[str, object] = {}
    for name, value in _find_object(stdout.decode("utf-8-sig", "replace"), where).pairs:
        if name in printed:
            raise EngineError(f"the command printed '{_shown(name)}' twice", where=where, remedy=_REMEDY)
        printed[name] = value
    for name in printed:
        if name not in run.measures:
            known = ", ".join(run.measures) or "none"
            raise EngineError(
                f"the command printed '{_shown(name)}', which the policy does not declare",
                where=where,
                remedy=f"{did_you_mean(name, run.measures)}Declared measures: {known}.",
            )
    return {name: _measure(spec, printed, run, where) for name, spec in run.measures.items()}


def _find_object(text: str, where: str) -> _PrintedObject:
    for candidate, is_whole in _candidates(text):
        try:
            value, end = _DECODER.raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        rest = candidate[end:] if is_whole else candidate[end:].partition("\n")[0]
        if isinstance(value, _PrintedObject) and not rest.strip():
            return value
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "")
    last_line = f"; its last line is '{_shown(last)}'" if last else "; it printed nothing else"
    raise EngineError(f"the command printed no JSON object{last_line}", where=where, remedy=_REMEDY)


def _candidates(text: str) -> Iterator[tuple[str, bool]]:
    """Texts that may begin with the object: all of it, then from the last line up.

    The second part is True where nothing may follow the object.
    """
    yield text.strip(), True
    text = "\n" + text
    at = len(text)
    for _ in range(_MAX_CANDIDATES):
        at = text.rfind("\n{", 0, at)
        if at < 0:
            return
        yield text[at + 1 :], False


def _measure(spec: MeasureSpec, printed: Mapping[str, object], run: RunSettings, where: str) -> Measure:
    value = printed.get(spec.name)
    if value is None:
        reason = "the command printed null" if spec.name in printed else "the command did not print it"
        return Measure(spec.name, None, spec.unit, spec.better, absence=Absence.NOT_MEASURED, reason=reason)
    if not isinstance(value, Decimal):
        raise EngineError(
            f"the command printed {_kind(value)} for '{spec.name}'", where=where, remedy=_REMEDY
        )
    unit = UNITS[run.units.get(spec.name, spec.unit)]
    return Measure(spec.name, Fraction(value) * unit.factor, spec.unit, spec.better)


def _kind(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case _InvalidNumber():
            return f"{_shown(value.text)}, which is not a finite number of ordinary size,"
        case str():
            return f"the text '{_shown(value)}'"
        case _PrintedObject():
            return "an object"
        case _:
            return "a list"


def _shown(text: str) -> str:
    return cut(one_line(text[:300]), 60)
