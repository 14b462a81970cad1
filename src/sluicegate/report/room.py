"""What is left out of a page where there is no room for all of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from sluicegate.report.sections import Block, Fact, FindingRow, Grid, Item, Rank

_Ranked = TypeVar("_Ranked", bound=Block | Item | Fact)


def left_out(rows: Sequence[FindingRow], noun: str = "more finding") -> str:
    """`26 more findings: 1 high, 25 low`, waived ones apart; empty for none."""
    if not rows:
        return ""
    ordered = sorted(rows, key=lambda r: (r.waived, r.order))
    counts = Counter("waived" if row.waived else row.severity for row in ordered)
    words = ", ".join(f"{n:,} {kind}" for kind, n in counts.items())
    return f"{len(rows):,} {noun}{'s' * (len(rows) != 1)}: {words}"


def ranked(things: Sequence[_Ranked], least: Rank) -> list[_Ranked]:
    """Those that matter at least so much."""
    return [thing for thing in things if thing.rank >= least]


def cells(grid: Grid, limit: int) -> list[tuple[str, ...]]:
    """At most `limit` rows, each with exactly as many cells as there are columns (one at least)."""
    width = max(1, len(grid.columns))
    return [(*row, *[""] * width)[:width] for row in grid.rows[:limit]]
