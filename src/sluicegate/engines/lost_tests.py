"""Tests that the change deletes, and assertions that it takes out of tests that stay. Pure.

A test that is gone from its file and appears elsewhere in the change under the same name, or with the same
or much the same body under another one, was moved or renamed, and only its assertions are compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import chain

from sluicegate.engines.test_functions import WHOLE, TestFunction
from sluicegate.evidence.analysed import LostTest

_ALIKE = 0.6
_MOST_PAIRS = 2_000
"""Pairs of bodies that are compared; with more of them only equal bodies are known again."""

Tests = Mapping[str, TestFunction]

Placed = tuple[str, TestFunction]
"""A test, and the path of its file."""

Pair = tuple[str, TestFunction, TestFunction]
"""A test that stays: the path of its file, how it is and how it was."""


@dataclass(frozen=True, slots=True)
class ChangedTestFile:
    """A changed test file.

    Attributes:
        path, old_path: in the head and in the base; empty where it is not.
        head, base: its tests by name; empty where it is not.
    """

    path: str
    old_path: str
    head: Tests = field(default_factory=dict)
    base: Tests = field(default_factory=dict)

    def new(self) -> list[Placed]:
        """The tests that its base has not."""
        return [(self.path, test) for name, test in self.head.items() if name and name not in self.base]

    def gone(self) -> list[Placed]:
        """The tests that it has no longer."""
        return [(self.old_path, test) for name, test in self.base.items() if name and name not in self.head]

    def pairs(self) -> list[Pair]:
        """The tests of both."""
        return [(self.path, test, self.base[name]) for name, test in self.head.items() if name in self.base]


def lost(files: Sequence[ChangedTestFile]) -> list[LostTest]:
    """What the change takes out, by path and line."""
    new = list(chain.from_iterable(map(ChangedTestFile.new, files)))
    gone = list(chain.from_iterable(map(ChangedTestFile.gone, files)))
    pairs = list(chain.from_iterable(map(ChangedTestFile.pairs, files)))
    for find in (_by_name, _by_body, _by_likeness):
        found = find(gone, new)
        pairs += [(*new[there], gone[here][1]) for here, there in found.items()]
        gone, new = _without(gone, found.keys()), _without(new, set(found.values()))
    deleted = [LostTest(path, 0, test.name, test.assertions) for path, test in gone]
    return sorted([*_weaker(pairs, files), *deleted], key=lambda one: (one.path, one.line, one.name))


def _without(placed: Sequence[Placed], places: Set[int]) -> list[Placed]:
    return [one for n, one in enumerate(placed) if n not in places]


def _weaker(pairs: Iterable[Pair], files: Iterable[ChangedTestFile]) -> Iterator[LostTest]:
    """Those with fewer assertions; of a file that is counted as a whole, only without a new test."""
    replaced = {f.path for f in files if WHOLE in f.head and any(f.new())}
    for path, now, was in pairs:
        if now.assertions < was.assertions and not (now.name == WHOLE and path in replaced):
            yield LostTest(path, now.line, now.name, was.assertions, now.assertions)


def _by_name(gone: Sequence[Placed], new: Sequence[Placed]) -> dict[int, int]:
    """Tests that were moved, as places in the two lists."""
    return _matched([t.short for _, t in gone], [t.short for _, t in new])


def _by_body(gone: Sequence[Placed], new: Sequence[Placed]) -> dict[int, int]:
    """Tests that have another name alone."""
    return _matched([t.body for _, t in gone], [t.body for _, t in new])


def _matched(gone: Sequence[Hashable], new: Sequence[Hashable]) -> dict[int, int]:
    places: dict[Hashable, list[int]] = {}
    for n, key in enumerate(new):
        places.setdefault(key, []).insert(0, n)
    return {n: there.pop() for n, key in enumerate(gone) if key and (there := places.get(key))}


def _by_likeness(gone: Sequence[Placed], new: Sequence[Placed]) -> dict[int, int]:
    """Tests of another name and much the same body."""
    found: dict[int, int] = {}
    if len(gone) * len(new) <= _MOST_PAIRS:
        for n, (_, test) in enumerate(gone):
            rest = [(k, other) for k, (_, other) in enumerate(new) if k not in found.values()]
            twin = _alike(test, rest)
            if twin is not None:
                found[n] = twin
    return found


def _alike(test: TestFunction, new: Iterable[tuple[int, TestFunction]]) -> int | None:
    """The place of the new test whose body is most like this one's."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(test.body)
    best, place = _ALIKE, None
    for n, other in new:
        matcher.set_seq1(other.body)
        if matcher.real_quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, place = ratio, n
    return place
