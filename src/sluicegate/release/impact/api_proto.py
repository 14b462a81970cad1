"""How two files of Protocol Buffers differ: on the wire, and in JSON, where names count. Pure.

Not judged: options, extensions, packages in other files, and the language of generated code.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from sluicegate.release.impact.api_schema import Changes
from sluicegate.release.impact.code_text import scan
from sluicegate.release.impact.model import ApiChange

_OPEN = re.compile(r"\b(?P<kind>message|enum|service|oneof|extend|group)\s+(?P<name>[\w.]+)\s*\{|[{}]")
_FIELD = re.compile(
    r"(?:^|[;{}])\s*(?:(?P<label>optional|required|repeated)\s+)?(?P<type>map\s*<[^<>;{}]{1,200}>|(?!(?:option|reserved)\b)[\w.]+)\s+"
    r"(?P<name>\w+)\s*=\s*(?P<number>\d{1,9})\s*+(?:\[[^\]]{0,2000}+\]\s*+)?+(?=;)"
)
_VALUE = re.compile(
    r"(?:^|[;{}])\s*(?P<name>\w+)\s*=\s*(?P<number>-?(?:0x)?[0-9a-fA-F]{1,10})\s*+(?:\[[^\]]{0,2000}+\]\s*+)?+(?=;)"
)
_RPC = re.compile(
    r"\brpc\s+(?P<name>\w+)\s*\(\s*(?P<asked>(?:stream\s+)?[\w.]+)\s*\)\s*returns\s*\(\s*(?P<given>(?:stream\s+)?[\w.]+)\s*\)"
)
_RESERVED = re.compile(r"\breserved\s+([^;]{1,2000});")
_PACKAGE = re.compile(r"(?:^|;)\s*package\s+([\w.]+)\s*;")
_SAME_ON_THE_WIRE = (
    frozenset({"int32", "uint32", "int64", "uint64", "bool"}), frozenset({"sint32", "sint64"}),
    frozenset({"fixed32", "sfixed32"}), frozenset({"fixed64", "sfixed64"}), frozenset({"string", "bytes"}),
)  # fmt: skip
_MAX_DEPTH = 40


@dataclass(slots=True)
class _Scope:
    """A message, an enum or a service: its fields or values by number, its calls by name."""

    kind: str
    fields: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    reserved: str = ""
    own: list[str] = field(default_factory=list)


def _scopes(text: str) -> dict[str, _Scope]:
    """The definitions by their full names, without the package."""
    code = scan(text, "proto").code
    found: dict[str, _Scope] = {}
    stack: list[str] = []
    owners: list[_Scope | None] = []
    at = 0
    for match in _OPEN.finditer(code):
        if owners and owners[-1] is not None:
            owners[-1].own.append(code[at : match.start()])
        at = match.end()
        if match[0] == "}":
            if stack:
                stack.pop()
                owners.pop()
        elif len(stack) < _MAX_DEPTH:
            owner = _opened(match, stack, owners, found)
            owners.append(owner)
    for scope in found.values():
        _read(scope)
    return found


def _opened(
    match: re.Match[str], stack: list[str], owners: list[_Scope | None], found: dict[str, _Scope]
) -> _Scope | None:
    """The scope of what a brace opens: fields of a `oneof` are those of its message; options are no scope."""
    if match["kind"] in ("message", "enum", "service"):
        stack.append(match["name"])
        return found.setdefault(".".join(filter(None, stack)), _Scope(match["kind"]))
    stack.append("")
    if match["kind"] == "oneof":
        return owners[-1] if owners else None
    return owners[-1] if owners and owners[-1] is not None and owners[-1].kind == "service" else None


def _read(scope: _Scope) -> None:
    text = ";".join(scope.own)
    scope.reserved = ",".join(_RESERVED.findall(text))
    match scope.kind:
        case "service":
            scope.calls = {m["name"]: (_plain(m["asked"]), _plain(m["given"])) for m in _RPC.finditer(text)}
        case "enum":
            values = (m for m in _VALUE.finditer(text) if _is_number(m["number"]))
            scope.fields = {int(m["number"], 0): (m["name"], "", "") for m in values}
        case _:
            scope.fields = dict(map(_field, _FIELD.finditer(text)))


def _field(match: re.Match[str]) -> tuple[int, tuple[str, str, str]]:
    return int(match["number"]), (match["name"], _plain(match["type"]), match["label"] or "")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?(?:0x[0-9a-fA-F]+|0|[1-9][0-9]*)", text) is not None


def _plain(text: str) -> str:
    return re.sub(r"\s*([<>,])\s*", r"\1", re.sub(r"\s+", " ", text))


def compare_proto(before: str, after: str) -> Changes:
    """How a file changed, for who was compiled against it."""
    packages = [(_PACKAGE.search(scan(text, "proto").code) or [""] * 2)[1] for text in (before, after)]
    if packages[0] != packages[1]:
        yield ApiChange("package", f"the package changed from {packages[0]} to {packages[1]}", True)
    old, new = _scopes(before), _scopes(after)
    for name in sorted({*old, *new}):
        if name not in new:
            yield ApiChange(name, f"the {old[name].kind} was removed", True)
        elif name not in old:
            yield ApiChange(name, f"the {new[name].kind} was added", False)
        elif old[name].kind == "service":
            yield from _calls(name, old[name], new[name])
        else:
            yield from _fields(name, old[name], new[name])


def _calls(service: str, old: _Scope, new: _Scope) -> Iterator[ApiChange]:
    for name in sorted({*old.calls, *new.calls}):
        where = f"{service}.{name}"
        if name not in new.calls:
            yield ApiChange(where, "the call was removed", True)
        elif name not in old.calls:
            yield ApiChange(where, "the call was added", False)
        elif old.calls[name] != new.calls[name]:
            shown = [f"({asked}) returns ({given})" for asked, given in (old.calls[name], new.calls[name])]
            yield ApiChange(where, f"the call changed from {shown[0]} to {shown[1]}", True)


def _fields(owner: str, old: _Scope, new: _Scope) -> Iterator[ApiChange]:
    noun = "value" if old.kind == "enum" else "field"
    reserved = _Reserved(new.reserved)
    for number in sorted({*old.fields, *new.fields}):
        if number not in new.fields:
            name = old.fields[number][0]
            kept = "" if reserved.has(number) else ", and its number is not reserved"
            text = f"the {noun} {number} was removed{kept}"
            yield ApiChange(f"{owner}.{name}", text, True)
        elif number not in old.fields:
            name, _, label = new.fields[number]
            yield ApiChange(
                f"{owner}.{name}", f"the {label + ' ' if label else ''}{noun} was added", label == "required"
            )
        elif old.fields[number] != new.fields[number]:
            yield from _moved(owner, number, old.fields[number], new.fields[number], noun)


_RANGE = re.compile(r"\s*+(\d{1,9})(?:\s++to\s++(\d{1,9}|max))?+\s*+")


class _Reserved:
    """The numbers of `2, 15, 9 to 11`."""

    def __init__(self, text: str) -> None:
        pairs = sorted(self._ranges(text))
        self._starts = [start for start, _ in pairs]
        self._ends = list(accumulate((end for _, end in pairs), max))

    @staticmethod
    def _ranges(text: str) -> Iterator[tuple[int, int]]:
        for match in filter(None, map(_RANGE.fullmatch, text.split(","))):
            yield int(match[1]), sys.maxsize if match[2] == "max" else int(match[2] or match[1])

    def has(self, number: int) -> bool:
        """Is the number reserved?"""
        at = bisect_right(self._starts, number)
        return at > 0 and self._ends[at - 1] >= number


def _moved(
    owner: str, number: int, old: tuple[str, str, str], new: tuple[str, str, str], noun: str
) -> Iterator[ApiChange]:
    if old[0] != new[0]:
        text = f"the {noun} {number} was renamed to {new[0]}, which breaks JSON and generated code"
        yield ApiChange(f"{owner}.{old[0]}", text, True)
    if old[1] != new[1]:
        same = any({old[1], new[1]} <= group for group in _SAME_ON_THE_WIRE)
        more = ", which the wire allows and generated code does not" if same else ""
        yield ApiChange(f"{owner}.{new[0]}", f"the type changed from {old[1]} to {new[1]}{more}", True)
    if old[2] != new[2]:
        shown = [label or "no label" for label in (old[2], new[2])]
        is_breaking = "repeated" in (old[2], new[2]) or "required" in (old[2], new[2])
        yield ApiChange(f"{owner}.{new[0]}", f"the label changed from {shown[0]} to {shown[1]}", is_breaking)
