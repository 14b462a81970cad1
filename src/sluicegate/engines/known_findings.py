"""Which findings of bandit a change brought, and which were there before it. Pure.

A finding is old when one of the same rule and severity is gone from the base,

- whose statement is equal as a syntax tree, in the same file or in another one that the change touches; or
- which flags the same call in the same function of the same file: the callee, the positional arguments and
  all keywords are the same, but for keywords with constant values that the rule does not read, which may
  come and go. Of an import, the module must be the same; of a text in a dictionary display, key and value.

Each finding of the base makes one finding old, so neither a copy nor another weakness hides behind one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sluicegate.core.model import Finding
from sluicegate.engines.finding_identity import Identity

_MOST_CALLS = 50
"""Findings of the base with equal calls, but for optional keywords, that one of the head is compared with."""


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, and what it is about."""

    finding: Finding
    identity: Identity


@dataclass(slots=True)
class Versions:
    """The findings of a changed file and of its base; of a deleted file, of the base alone."""

    head: Sequence[Located] = ()
    base: Sequence[Located] = ()


@dataclass(slots=True)
class _Unpaired:
    """The findings of both sides that are not paired yet, in the order of their places."""

    head: list[Located]
    base: list[Located]

    def pair(
        self, key: Callable[[Located], Hashable], same: Callable[[Identity, Identity], bool] = lambda *_: True
    ) -> None:
        """Take away the findings of the head that the base has, too: by equal keys, and the same."""
        buckets: defaultdict[Hashable, deque[Located]] = defaultdict(deque)
        for one in self.base:
            buckets[key(one)].append(one)
        left, taken = [], set()
        for one in self.head:
            bucket = buckets.get(key(one), deque())
            candidates = islice(bucket, _MOST_CALLS)
            before = next((b for b in candidates if same(one.identity, b.identity)), None)
            if before is None:
                left.append(one)
                continue
            bucket.remove(before)
            taken.add(id(before))
        self.head = left
        self.base = [one for one in self.base if id(one) not in taken]


def mark_known(files: Mapping[str, Versions]) -> dict[str, list[Finding]]:
    """The findings of each head, in their order, with `new` decided; no order of files matters.

    Args:
        files: every file that the change touches, by path.
    """
    own = [_Unpaired(_in_order(files[path].head), _in_order(files[path].base)) for path in sorted(files)]
    for file in own:
        file.pair(lambda one: (*_by_statement(one), one.identity.function))
        file.pair(_by_statement)
        file.pair(_by_call, Identity.is_same_call)
    moved = _Unpaired([one for f in own for one in f.head], [one for f in own for one in f.base])
    moved.pair(_by_statement)
    new = set(map(id, moved.head))
    return {
        path: [replace(one.finding, new=id(one) in new) for one in versions.head]
        for path, versions in files.items()
    }


def _by_statement(one: Located) -> tuple[Hashable, ...]:
    return one.finding.rule, one.finding.severity, one.identity.statement


def _by_call(one: Located) -> tuple[Hashable, ...]:
    return one.finding.rule, one.finding.severity, one.identity.function, one.identity.call


def _in_order(found: Iterable[Located]) -> list[Located]:
    def place(one: Located) -> tuple[int, int, str, str]:
        return one.finding.line, one.finding.end_line, one.finding.rule, one.finding.message

    return sorted(found, key=place)
