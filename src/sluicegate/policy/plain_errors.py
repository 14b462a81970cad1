"""The findings of pydantic in plain sentences: the place, what is wrong, and what to do.

Nothing of pydantic's own words reaches the user. Keys are looked up in the settings themselves,
so that a misspelt one is answered with the nearest that exists, and one that belongs to other
gates with their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import nearest
from sluicegate.policy.catalogue import GATES
from sluicegate.policy.document import Document, Path
from sluicegate.policy.fields import BLANK, COMPLAINT
from sluicegate.policy.settings import GatesSettings, PolicySettings, RunGate

Complaint = tuple[Path, PolicyError]
"""What is wrong, and the part of the document that cannot be used for it."""

_SHAPES: Mapping[str, tuple[str, str]] = {
    "any": ("a list of criteria, one of which must hold", "For example [total >= 80%, uncovered <= 9]."),
    "criteria": ("a list of criteria", "Write it as [total >= 80%], or as items that begin with '- '."),
    "waivers": ("a list of waivers", "Begin each waiver with '- '."),
    "extends": ("the name of a preset, a path, or a list of them", "For example 'extends: standard'."),
    "adjust": ("a mapping from criterion ids", "For example 'adjust: {total: total >= 90%}'."),
    "suites": ("a mapping from names of suites", "For example 'unit: {files: reports/unit/*.xml}'."),
    "measures": ("a mapping from names of measures to units", "For example 'measures: {total: KiB}'."),
    "gates": ("a mapping from names of gates", "For example 'coverage: {criteria: [total >= 80%]}'."),
    "source": ("a mapping with include, exclude, tests and others", "For example 'include: [src/**]'."),
    "components": (
        "a mapping from names of components", "For example 'api: {paths: services/api/**}'."
    ),
    "whole": ("true or false", "Write true or false."),
    "ok-exit-codes": ("a list of exit codes", "For example [0, 1]."),
    "report-only": ("true or false", "Write true or false."),
    "locked": ("a list of keys", "For example [gates.coverage.criteria, waivers]."),
    "enabled": ("true or false", "Write true or false."),
    "timeout": ("a time", "Write it as 90s, 5min or a number of seconds."),
    "expires": ("a date", "Write it as YEAR-MONTH-DAY, for example 2027-01-31."),
}  # fmt: skip
_ITEMS: Mapping[str, tuple[str, str]] = {
    "criteria": (
        "a criterion is a text or a mapping with 'expect' or 'any'",
        "Write it as MEASURE OP BOUND, for example 'total >= 80%'.",
    ),
    "waivers": (
        "a waiver is a mapping",
        "Write its gate, reason, owner, expires, and what it accepts.",
    ),
}
_GLOBS = ("paths", "files", "exclude", "include", "tests", "vendored", "fixtures")
_TEXTS = (
    "expect",
    "id",
    "run",
    "reason",
    "owner",
    "gate",
    "rule",
    "path",
    "fingerprint",
    "criterion",
    "baseline",
    "directory",
    "unit",
    "help",
)
_FREE: Mapping[str, tuple[str, str]] = {
    "suites": ("the suite '{}' is a mapping", "Write {files: GLOB}, for example {files: reports/*.xml}."),
    "adjust": ("the adjustment of '{}' is a text or a mapping", "For example total >= 90%, or 'off'."),
    "measures": ("the measure '{}' is a unit or a mapping", "For example KiB, or {unit: KiB}."),
}
"""The mappings of free names: what stands behind such a name."""

_REQUIRED_HINTS: Mapping[str, str] = {
    "reason": "Say why it is accepted, for example reason: \"runs in a sandbox\".",
    "owner": "Say who answers for it, for example owner: \"@alice\".",
    "expires": "Give the last day on which it counts, for example expires: 2027-01-31.",
    "gate": "Name the gate that it is for, for example gate: security.",
    "paths": "Name its files, for example paths: services/api/**.",
    "files": "Name its result files, for example files: reports/unit/**/*.xml.",
}  # fmt: skip


def plain_errors(document: Document, error: ValidationError) -> list[Complaint]:
    """Every finding of pydantic, in its order."""
    return [_plain(document, detail) for detail in error.errors(include_url=False)]


def keys_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """The keys of a mapping of the policy, as users write them, with their annotations."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def model_at(path: Path) -> type[BaseModel] | None:
    """The settings that the mapping at `path` is made of; None for a mapping of free names."""
    model: type[BaseModel] | None = PolicySettings
    index = 0
    while index < len(path) and model is not None:
        info = keys_of(model).get(str(path[index]))
        if info is None:
            model, wrapped = (RunGate if model is GatesSettings else None), 0
        else:
            model, wrapped = _inner(info.annotation)
        index += 1 + wrapped
    return model if index == len(path) else None


def _inner(annotation: object) -> tuple[type[BaseModel] | None, int]:
    """The settings inside an annotation, and how many steps of a path its container takes."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    wrapped = 1 if get_origin(annotation) in (tuple, dict) else 0
    for argument in get_args(annotation):
        model, more = _inner(argument)
        if model is not None:
            return model, wrapped + more
    return None, wrapped


def _plain(document: Document, detail: ErrorDetails) -> Complaint:
    loc: Path = tuple(detail["loc"])
    if loc and loc[-1] == "[key]":
        return loc[:-1], _own_words(document, loc[:-1], detail, key=True)
    if detail["type"] == COMPLAINT and len(loc) == 2 and loc[0] == "gates":  # the name of a gate
        return loc, _own_words(document, loc, detail, key=True)
    path = document.existing(loc)
    explain = _BY_TYPE.get(detail["type"])
    if explain is not None:
        return path, explain(document, loc, detail)
    return path, _wrong_kind(document, path, detail)


def _own_words(document: Document, loc: Path, detail: ErrorDetails, *, key: bool = False) -> PolicyError:
    context = detail["ctx"]
    return PolicyError(context["what"], where=document.where(loc, key=key), remedy=context["remedy"])


def _unknown_key(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    key = str(loc[-1])
    model = model_at(loc[:-1])
    known = tuple(keys_of(model)) if model is not None else ()
    where = document.where(loc, key=True)
    close = nearest(key, known)
    owners = _owners(key) if loc[0] == "gates" and len(loc) == 3 else ()
    shown = cut(one_line(key), 60)
    if owners:
        return PolicyError(
            f"the key '{shown}' does not fit the gate '{loc[1]}'",
            where=where,
            remedy=f"It belongs to: {', '.join(owners)}.",
        )
    hint = f"Perhaps you meant '{close}'." if close else f"Known keys: {', '.join(known)}."
    return PolicyError(f"unknown key '{shown}'", where=where, remedy=hint)


def _owners(key: str) -> tuple[str, ...]:
    owners = [name for name in GATES if key in keys_of(_gate_model(name))]
    if key in keys_of(RunGate):
        owners.append("gates with 'run'")
    return tuple(owners)


def _gate_model(name: str) -> type[BaseModel]:
    model = model_at(("gates", name))
    return model if model is not None else RunGate


def _missing(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    key = str(loc[-1])
    return PolicyError(
        f"{_subject(loc)} has no '{key}'",
        where=document.where(loc[:-1]),
        remedy=_REQUIRED_HINTS.get(key, f"Add '{key}'."),
    )


def _subject(loc: Path) -> str:
    if loc[0] == "waivers":
        return "a waiver"
    if loc[0] == "components" and len(loc) == 3:
        return f"the component '{loc[1]}'"
    if "suites" in loc:
        return f"the suite '{loc[-2]}'"
    return "a criterion"


def _name(path: Path) -> str:
    """The last key on the path, for people."""
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "the policy")


def _wrong_kind(document: Document, path: Path, detail: ErrorDetails) -> PolicyError:
    value = detail["input"]
    name = _name(path)
    where = document.where(path)
    if value is None:
        return PolicyError(f"'{name}' has no value", where=where, remedy="Give it one, or remove the key.")
    what, remedy = _expected(path, name)
    if len(path) == 4 and path[2] == "suites" and isinstance(value, str):
        remedy = f'Write {{files: "{cut(one_line(value), 80)}"}}.'
    return PolicyError(f"{what}, and this is {_described(value)}", where=where, remedy=remedy)


def _expected(path: Path, name: str) -> tuple[str, str]:
    """What stands at the path, and how to write it: by where it is, else by its name."""
    if path[:1] == ("gates",) and len(path) == 2:
        return f"the gate '{name}' is a mapping of settings, or 'off'", "For example {criteria: [...]}."
    if path[:1] == ("gates",) and len(path) == 4 and path[2] in _FREE:
        what, remedy = _FREE[str(path[2])]
        return what.format(name), remedy
    if path and isinstance(path[-1], int) and name in _ITEMS:
        return _ITEMS[name]
    return _expected_of(name)


def _expected_of(name: str) -> tuple[str, str]:
    if name in _SHAPES:
        what, remedy = _SHAPES[name]
        return f"'{name}' is {what}", remedy
    if name in _GLOBS:
        return f"'{name}' is a glob or a list of globs", 'For example [src/**, "**/*.py"].'
    if name in _TEXTS:
        return f"'{name}' is a text", "Write one text, in quotes if it looks like something else."
    return f"'{name}' is a text or a mapping of settings", "See `sluicegate schema policy`."


def _described(value: object) -> str:
    match value:
        case bool():
            return f"the word '{str(value).lower()}'"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{cut(one_line(value), 40)}'"
        case list() | tuple():
            return "a list"
        case _:
            return "a mapping"


def _choice(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    if detail["input"] is None:
        return _wrong_kind(document, loc, detail)
    expected = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    value = detail["input"]
    shown = f"'{cut(one_line(value), 40)}'" if isinstance(value, str) else _described(value)
    what = f"'{_name(loc)}' cannot be {shown}"
    close = nearest(value, expected) if isinstance(value, str) else ""
    hint = f" Perhaps you meant '{close}'." if close else ""
    remedy = f"It is one of: {', '.join(expected)}.{hint}"
    return PolicyError(what, where=document.where(loc), remedy=remedy)


def _too_short(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    return PolicyError(
        f"'{_name(loc)}' is empty", where=document.where(loc), remedy="Fill it in, or remove the key."
    )


def _blank(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    return PolicyError(
        f"'{_name(loc)}' has no letter and no digit to be seen",
        where=document.where(loc),
        remedy="Fill it in, or remove the key.",
    )


def _too_long(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    limit = detail["ctx"]["max_length"]
    return PolicyError(
        f"'{_name(loc)}' has more than {limit:,} characters", where=document.where(loc), remedy="Shorten it."
    )


def _too_many(document: Document, loc: Path, detail: ErrorDetails) -> PolicyError:
    limit = detail["ctx"]["max_length"]
    return PolicyError(
        f"'{_name(loc)}' has more than {limit:,} entries", where=document.where(loc), remedy="Take some out."
    )


_BY_TYPE: Mapping[str, Callable[[Document, Path, ErrorDetails], PolicyError]] = {
    COMPLAINT: _own_words,
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _choice,
    "enum": _choice,
    "string_too_short": _too_short,
    "too_short": _too_short,
    BLANK: _blank,
    "string_too_long": _too_long,
    "too_long": _too_many,
}
