"""The measures of an earlier report, read back from its document, to compare with.

A document comes from a file or a ledger, so it is data from strangers: any JSON gives a
baseline or an `EvidenceError`, in time bounded by its size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Absence, Better, Measure
from sluicegate.criteria import Measures
from sluicegate.evidence.json_file import refuse_too_much
from sluicegate.history.caselist import unpack
from sluicegate.report.document import SCHEMA

_EXACT = re.compile(r"(-?\d{1,2000})/(\d{1,2000})")
_ITEM = re.compile(r'(?P<kind>\w+)\["(?P<item>.*)"\]\.(?P<measure>[\w.-]+)', re.DOTALL)
_MAX_DIGITS = 2000


def parse_document(data: bytes, *, where: str) -> dict[str, object]:
    """The bytes as a report document of our schema version; its parts are not checked yet.

    Raises:
        EvidenceError: not JSON, or not a report document of this version.
    """
    refuse_too_much(data, where)
    try:
        document = json.loads(data, parse_constant=_refuse_constant, parse_int=_bounded_int)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(
            "is not a JSON document", where=where, remedy="Write it with `sluicegate check --format json`."
        ) from error
    return checked_document(document, where)


def baseline_of(document: object, *, where: str = "baseline") -> dict[str, Measures]:
    """The measures of a report document by verdict: `coverage`, `tests.unit`.

    A verdict of a component is named `component/gate`. A measure named `file["src/a.py"].line`
    becomes an item of the selector `file`.

    Args:
        document: as `to_document` gives it, or as parsed from JSON.
        where: the place to name in an error.

    Raises:
        EvidenceError: another schema version, or another shape.
    """
    checked = checked_document(document, where)
    gates = checked.get("gates")
    if not isinstance(gates, list):
        raise _shape(where, "gates", "a list")
    return dict(_verdict(gate, f"{where}: gates[{n}]") for n, gate in enumerate(gates))


def cases_of(document: object, *, where: str = "baseline") -> dict[str, tuple[str, ...]]:
    """The names of the test cases of a report document, by verdict.

    Raises:
        EvidenceError: another schema version, or another shape.
    """
    packed = _object(checked_document(document, where), "cases", where)
    try:
        return {name: unpack(text if isinstance(text, str) else " ") for name, text in packed.items()}
    except ValueError as error:
        raise _shape(where, "cases", f"lists of names ({error})") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _bounded_int(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("number too long")
    return int(text)


def checked_document(document: object, where: str) -> dict[str, object]:
    """The document, which is one of our schema version; its parts are not checked.

    Raises:
        EvidenceError: it is none.
    """
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise EvidenceError(
            "is not a report document: it names no schema",
            where=where,
            remedy="Write it with `sluicegate check --format json`.",
        )
    if document["schema"] != SCHEMA:
        raise EvidenceError(
            f"has the schema '{document['schema'][:60]}', and this version reads '{SCHEMA}'",
            where=where,
            remedy="Write the baseline again with this version of sluicegate.",
        )
    return document


def _shape(where: str, name: str, expected: str) -> EvidenceError:
    return EvidenceError(
        f"'{name[:60]}' is not {expected}",
        where=where,
        remedy="The document was edited or cut short; write it again with `sluicegate check --format json`.",
    )


def _verdict(gate: object, where: str) -> tuple[str, Measures]:
    if not isinstance(gate, dict):
        raise _shape(where, "gate", "an object")
    name = _text(gate, "gate", where)
    suite, component = _optional(gate, "suite", where), _optional(gate, "component", where)
    full = f"{component}/" * bool(component) + name + f".{suite}" * bool(suite)
    values, details = _object(gate, "measures", where), _object(gate, "details", where)
    plain: dict[str, Measure] = {}
    items: dict[str, dict[str, dict[str, Measure]]] = {}
    for key, value in values.items():
        measure = measure_of(key, value, details.get(key, {}), where)
        if match := _ITEM.fullmatch(key):
            of_kind = items.setdefault(match["kind"], {})
            of_kind.setdefault(match["item"], {})[match["measure"]] = measure
        else:
            plain[key] = measure
    return full, Measures(plain, items)


def _object(data: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise _shape(where, key, "an object")
    return value


def _text(data: Mapping[str, object], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise _shape(where, key, "a text")
    return value


def _optional(data: Mapping[str, object], key: str, where: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _shape(where, key, "a text or null")
    return value


def measure_of(name: str, value: object, detail: object, where: str) -> Measure:
    """A measure from its value and its detail; of an item (`file["a.py"].line`) by its last name.

    Raises:
        EvidenceError: either is of another type.
    """
    if not isinstance(detail, dict):
        raise _shape(where, f"details.{name}", "an object")
    better = detail.get("better", "higher")
    if better not in ("higher", "lower"):
        raise _shape(where, f"details.{name}.better", "'higher' or 'lower'")
    amount = _amount(name, value, detail.get("exact"), where)
    return Measure(
        name.rpartition('"].')[2],
        amount,
        _optional(detail, "unit", where),
        Better(better),
        of=_ratio(name, detail.get("of"), where),
        absence=_absence(detail.get("absence")) if amount is None else None,
        reason=_optional(detail, "reason", where),
    )


def _absence(value: object) -> Absence:
    """The recorded absence; a measure without value and reason was not measured."""
    return Absence.NOT_APPLICABLE if value == Absence.NOT_APPLICABLE else Absence.NOT_MEASURED


def _amount(name: str, value: object, exact: object, where: str) -> Fraction | None:
    if exact is not None:
        return _exact(name, exact, where)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _shape(where, f"measures.{name}", "a number or null")
    if isinstance(value, int):
        return Fraction(value)
    try:
        return Fraction(repr(value))
    except ValueError:
        raise _shape(where, f"measures.{name}", "a finite number") from None


def _exact(name: str, text: object, where: str) -> Fraction:
    match = _EXACT.fullmatch(text) if isinstance(text, str) else None
    if match is None or not int(match[2]):
        raise _shape(where, f"details.{name}.exact", "a fraction")
    return Fraction(int(match[1]), int(match[2]))


def _ratio(name: str, value: object, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    match value:
        case [int() as part, int() as whole] if not isinstance(value, str):
            return part, whole
        case _:
            raise _shape(where, f"details.{name}.of", "two integers or null")
