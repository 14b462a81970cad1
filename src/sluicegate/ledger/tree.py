"""The set of a ledger's paths: selection and pruning. Pure.

A ledger only grows, except by pruning, which starts a new chain. Its root holds the kept documents
and a document `pruned` that names the old tip and the first day that was kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sluicegate.ledger.documents import PRUNED, parse_path

Paths = frozenset[str]


def documents(paths: Iterable[str]) -> Paths:
    """The paths that are valid for documents."""
    return frozenset(p for p in paths if parse_path(p) is not None)


def kept(paths: Iterable[str], first: date) -> Paths:
    """What pruning keeps: documents of the day `first` and later, and those of prunings."""
    places = filter(None, map(parse_path, paths))
    return frozenset(p.path for p in places if p.day >= first or p.kind == PRUNED)


def of_kind(paths: Iterable[str], kind: str, key: str = "") -> list[str]:
    """The documents of a kind whose key is `key` or begins with it, the oldest day first."""
    places = [p for p in map(parse_path, paths) if p is not None and p.kind == kind and p.key.startswith(key)]
    return [p.path for p in sorted(places, key=lambda p: (p.day, p.path))]
