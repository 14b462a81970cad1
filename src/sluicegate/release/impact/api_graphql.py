"""How two GraphQL schemas differ, by the definitions of their text. Pure.

Not judged: directives, default values, and descriptions. `extend` adds to the type of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sluicegate.release.impact.api_schema import Changes
from sluicegate.release.impact.code_text import scan
from sluicegate.release.impact.model import ApiChange

_DEFINITION = re.compile(
    r"(?:\bextend\s+)?\b(?P<kind>type|interface|input|enum|union|scalar)\s+(?P<name>[A-Za-z_]\w*)[^{=\n]*+(?:\n\s*+(?=[@&{=])[^{=\n]*+)*+"
    r"(?:(?P<open>\{)|(?P<equals>=))?"
)
_FIELD = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?P<open>\()?")
_TYPE = re.compile(r"\s*+:\s*+(?P<type>(?:\[\s*+)*+[A-Za-z_]\w*+(?:\s*+[\]!])*+)")
_DIRECTIVE = re.compile(r"@\w++\s*+(?:\([^()]*+(?:\([^()]*+\)[^()]*+)*+\))?+")
_DIRECTIVES = re.compile(rf"(?:\s*+{_DIRECTIVE.pattern})*+")
_VALUE = re.compile(r"\s*+=\s*+(?:\[[^\]]*+(?:\]|\Z)|\{[^}]*+(?:\}|\Z)|[^\s,)@\]}]+)")
_MEMBERS = re.compile(r"[A-Za-z_]\w*")
_UNION = re.compile(r"\s*+(?:\|\s*+)?[A-Za-z_]\w*+(?:\s*+\|\s*+[A-Za-z_]\w*+)*+")


@dataclass(slots=True)
class _Field:
    """The type of a field, and its arguments with their types and whether they have a default."""

    type: str
    arguments: dict[str, tuple[str, bool]] = field(default_factory=dict)
    has_default: bool = False


@dataclass(slots=True)
class _Type:
    """A definition: its fields, or the members of an enum or a union."""

    kind: str
    fields: dict[str, _Field] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)


def _types(text: str) -> dict[str, _Type]:
    code = scan(text, "graphql").code
    found: dict[str, _Type] = {}
    at = 0
    while (match := _DEFINITION.search(code, at)) is not None:
        at = match.end()
        made = found.setdefault(match["name"], _Type(match["kind"]))
        if match["open"]:
            end = code.find("}", at) if match["kind"] == "enum" else _closing(code, at)
            end = len(code) if end < 0 else end
            body, at = code[match.end() : end], end
            if match["kind"] == "enum":
                made.members |= set(_MEMBERS.findall(_DIRECTIVE.sub(" ", body)))
            else:
                made.fields |= _fields(body)
        elif match["equals"]:
            members = _UNION.match(code, at)
            made.members |= set(_MEMBERS.findall(members[0])) if members else set()
            at = members.end() if members else at
    return found


def _closing(code: str, at: int) -> int:
    """Where the brace that is open before `at` closes; -1 where it does not."""
    depth = 1
    for brace in re.compile(r"[{}]").finditer(code, at):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return -1


def _fields(body: str, *, of_field: bool = False) -> dict[str, _Field]:
    """The fields of a type; or the arguments of one, which have no arguments themselves."""
    found: dict[str, _Field] = {}
    at = 0
    while (match := _FIELD.search(body, at)) is not None:
        at = match.end()
        arguments = ""
        if match["open"]:
            end = _parenthesis(body, at)
            arguments, at = body[at:end], end + 1
        type_ = _TYPE.match(body, at)
        if type_ is None:
            continue
        at = type_.end()
        default = _VALUE.match(body, at)
        at = default.end() if default else at
        directives = _DIRECTIVES.match(body, at)
        at = directives.end() if directives else at
        inner = {} if of_field else _fields(arguments, of_field=True)
        of_arguments = {name: (each.type, each.has_default) for name, each in inner.items()}
        shown = re.sub(r"\s+", "", type_["type"])
        found[match["name"]] = _Field(shown, of_arguments, default is not None)
    return found


def _parenthesis(body: str, at: int) -> int:
    depth = 1
    for match in re.compile(r"[()]").finditer(body, at):
        depth += 1 if match[0] == "(" else -1
        if not depth:
            return match.start()
    return len(body)


def compare_graphql(before: str, after: str) -> Changes:
    """How a schema changed, for who sends queries to it."""
    old, new = _types(before), _types(after)
    for name in sorted({*old, *new}):
        if name not in new:
            yield ApiChange(name, f"the {old[name].kind} was removed", True)
        elif name not in old:
            yield ApiChange(name, f"the {new[name].kind} was added", False)
        elif old[name].kind != new[name].kind:
            yield ApiChange(name, f"the {old[name].kind} became {new[name].kind}", True)
        else:
            yield from _compare(name, old[name], new[name])


def _compare(name: str, old: _Type, new: _Type) -> Iterator[ApiChange]:
    noun = "value" if old.kind == "enum" else "member"
    for member in sorted(old.members - new.members):
        yield ApiChange(f"{name}.{member}", f"the {noun} was removed", True)
    for member in sorted(new.members - old.members):
        yield ApiChange(f"{name}.{member}", f"the {noun} was added", False)
    is_input = old.kind == "input"
    for key in sorted({*old.fields, *new.fields}):
        where = f"{name}.{key}"
        if key not in new.fields:
            yield ApiChange(where, "the field was removed", True)
        elif key not in old.fields:
            made = new.fields[key]
            is_required = is_input and made.type.endswith("!") and not made.has_default
            yield ApiChange(where, f"the {'required ' * is_required}field was added", is_required)
        else:
            yield from _field_changes(where, old.fields[key], new.fields[key], is_input=is_input)


def _field_changes(where: str, old: _Field, new: _Field, *, is_input: bool) -> Iterator[ApiChange]:
    if old.type != new.type:
        fits = _accepts(new.type, old.type) if is_input else _accepts(old.type, new.type)
        yield ApiChange(where, f"the type changed from {old.type} to {new.type}", not fits)
    for name in sorted({*old.arguments, *new.arguments}):
        inner = f"{where}({name})"
        if name not in new.arguments:
            yield ApiChange(inner, "the argument was removed", True)
        elif name not in old.arguments:
            type_, has_default = new.arguments[name]
            is_required = type_.endswith("!") and not has_default
            yield ApiChange(inner, f"the {'required ' * is_required}argument was added", is_required)
        elif old.arguments[name][0] != new.arguments[name][0]:
            was, now = old.arguments[name][0], new.arguments[name][0]
            yield ApiChange(inner, f"the type changed from {was} to {now}", not _accepts(now, was))


def _accepts(wide: str, narrow: str) -> bool:
    """Is every value of `narrow` one of `wide`? They differ only in what may be null."""
    return wide.replace("!", "") == narrow.replace("!", "") and _fits(wide, narrow)


def _fits(wide: str, narrow: str) -> bool:
    """Has `narrow` a `!` wherever `wide` has one?"""
    at = 0
    for char in wide:
        if at < len(narrow) and narrow[at] == char:
            at += 1
        elif at < len(narrow) and narrow[at] == "!" and narrow[at + 1 : at + 2] == char:
            at += 2
        elif char == "!":
            return False
    return True
