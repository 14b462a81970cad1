"""Tests that the change deletes, and assertions that it takes out of tests that stay. Pure.

A test that is gone from its file and appears elsewhere in the change under the same name, or with the same
or much the same body under another one, was moved or renamed, and only its assertions are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from itertools import chain
from operator import attrgetter

from sluicegate.engines.functions_of_tests import WHOLE, TestFunction
from sluicegate.evidence.analysed import LostTest

_ALIKE = 0.6
_MOST_PAIRS = 2_000
"""Pairs of bodies that are compared; with more of them only equal bodies are known again."""

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
    head: Mapping[str, TestFunction] = field(default_factory=dict)
    base: Mapping[str, TestFunction] = field(default_factory=dict)

    def new(self) -> list[Placed]:
        """The tests that its base has not."""
        return [(self.path, test) for name, test in self.head.items() if name and name not in self.base]

    def gone(self) -> list[Placed]:
        """The tests that it has no longer."""
        return [(self.old_path, test) for name, test in self.base.items() if name and name not in self.head]


def lost(files: Sequence[ChangedTestFile]) -> list[LostTest]:
    """What the change takes out, by path and line."""
    new = list(chain.from_iterable(map(ChangedTestFile.new, files)))
    gone = list(chain.from_iterable(map(ChangedTestFile.gone, files)))
    pairs = [(f.path, test, f.base[name]) for f in files for name, test in f.head.items() if name in f.base]
    # moved to another file; of another name alone; of another name and much the same body
    moved, renamed = partial(_equal, key=attrgetter("short")), partial(_equal, key=attrgetter("body"))
    for find in (moved, renamed, _alike):
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


def _equal(
    gone: Sequence[Placed], new: Sequence[Placed], key: Callable[[TestFunction], Hashable]
) -> dict[int, int]:
    """Tests with equal keys, as places in the two lists."""
    places: dict[Hashable, list[int]] = {}
    for n, (_, test) in enumerate(new):
        places.setdefault(key(test), []).insert(0, n)
    keys = ((n, key(test)) for n, (_, test) in enumerate(gone))
    return {n: there.pop() for n, known in keys if known and (there := places.get(known))}


def _alike(gone: Sequence[Placed], new: Sequence[Placed]) -> dict[int, int]:
    """Tests with much the same body, as places in the two lists."""
    found: dict[int, int] = {}
    if len(gone) * len(new) <= _MOST_PAIRS:
        for n, (_, test) in enumerate(gone):
            rest = [(k, other) for k, (_, other) in enumerate(new) if k not in found.values()]
            twin = _twin(test, rest)
            if twin is not None:
                found[n] = twin
    return found


def _twin(test: TestFunction, new: Iterable[tuple[int, TestFunction]]) -> int | None:
    """The place of the new test whose body is most like this one's."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(test.body)
    best, place = _ALIKE, None
    for n, other in new:
        matcher.set_seq1(other.body)
        if matcher.real_quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, place = ratio, n
    return place
