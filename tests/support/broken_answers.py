"""Answers that no server should send, made of the ones that it sends."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sluicegate.net.client import Answer, Body, Transport

DEEP: Any = 0
for _ in range(450):
    DEEP = [DEEP]

VALUES: tuple[Any, ...] = (
    None, True, -1, 10**400, 1e308, "\r\n::set-output name=x::\ud800", "9" * 5000, ["x"], {"x": "y"}, DEEP,
)  # fmt: skip
"""Replaces each value."""


@dataclass(slots=True)
class Replayed:
    """Answers reads as they were recorded, and takes no write.

    Attributes:
        real: the transport that is recorded; None to answer from the record alone.
        answers: the record, by path and parameters.
    """

    real: Transport | None = None
    answers: dict[str, Answer] = field(default_factory=dict)

    def send(self, verb: str, path: str, parameters: Any, body: Body | None) -> Answer:
        """See `Transport`."""
        key = json.dumps([path, parameters], sort_keys=True, default=str)
        if key not in self.answers and self.real is not None:
            self.answers[key] = self.real.send(verb, path, parameters, body)
        return self.answers.get(key, Answer(404, {}, ""))


@dataclass(frozen=True, slots=True)
class Broken:
    """An answer with one value that was changed.

    Attributes:
        place: of the value.
        old, new: the value.
    """

    answer: Answer
    place: str
    old: Any
    new: Any

    @property
    def is_other_kind(self) -> bool:
        """Is it a list or a switch that has become a number or an object?"""
        numbers = isinstance(self.new, int | float | dict) and not isinstance(self.new, bool)
        return isinstance(self.old, list | bool) and numbers


def broken(answer: Answer) -> Iterator[Broken]:
    """The answer with one value changed, for each value of it and each of `VALUES`."""
    whole = json.loads(answer.text or "null")
    for place in _places(whole):
        for value in VALUES:
            top = {"": copy.deepcopy(whole)}
            at: Any = top
            *way, last = ("", *place)
            for key in way:
                at = at[key]
            old, at[last] = at[last], value
            yield Broken(replace(answer, text=json.dumps(top[""])), "/".join(map(str, place)), old, value)


def _places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from _places(below, (*here, key))
