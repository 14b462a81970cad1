"""Why GrowthBook does not publish a draft, and what it published in spite of. Pure.

Source: the server's source of 2026-08. A draft that may not be published is answered with 422 and a list of
gates, each with a type, messages and the flag that overrides it. A 422 without gates is a warning that wants
to be acknowledged. Neither is ever overridden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.flags.normal import items, mapping, object_in

_APPROVALS = frozenset({"approval-required", "required-approvers-missing"})
_CONFLICTS = frozenset({"stale-base"})
_UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate that is closed: its type, and its own words."""

    kind: str
    words: str

    @property
    def in_words(self) -> str:
        """For people."""
        return f"'{self.kind}' ({self.words})" if self.words else f"'{self.kind}'"


@dataclass(frozen=True, slots=True)
class Closed:
    """The gates that are closed; none if the server only warns."""

    gates: tuple[Gate, ...]

    @property
    def is_stale(self) -> bool:
        """Was the draft made of an older version?"""
        return any(gate.kind in _CONFLICTS for gate in self.gates)

    @property
    def waits(self) -> bool:
        """Does nothing but an approval open them?"""
        return bool(self.gates) and all(gate.kind in _APPROVALS for gate in self.gates)

    @property
    def in_words(self) -> str:
        """For people."""
        return ", ".join(gate.in_words for gate in self.gates)


def closed_gates(body: str) -> Closed:
    """The gates of an answer with 422."""
    return Closed(tuple(_gate(mapping(each)) for each in items(object_in(body).get("gates"))))


def _gate(found: Mapping[str, object]) -> Gate:
    words = " ".join(str(each) for each in items(found.get("messages")))
    return Gate(_word(found.get("type")) or _UNNAMED, cut(one_line(words), 200))


def bypassed(answer: Mapping[str, object]) -> tuple[str, ...]:
    """Which closed gates a change was published past, a line each, for people."""
    found = [mapping(each) for each in items(answer.get("bypassedGates"))]
    return tuple(
        f"GrowthBook took the change past its closed gate '{_word(each.get('type'))}', "
        f"because '{_word(each.get('via'))}' lets the token pass"
        for each in found
    )


def _word(value: object) -> str:
    return cut(one_line(value), 60) if isinstance(value, str) else ""
