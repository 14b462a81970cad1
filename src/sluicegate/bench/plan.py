"""The decisions while measuring: the random order, when to test, and when to stop. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

from sluicegate.bench.model import Reading, Series, Side, Statistic
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.records import BenchmarksRecord
from sluicegate.stats import sequential
from sluicegate.stats.paired import compare
from sluicegate.stats.quantiles import quantile
from sluicegate.stats.sequential import SequentialDecision, SequentialVerdict


def order(seed: int, *place: object) -> tuple[Side, Side]:
    """Which side runs first here: a fair coin of its own for every place, the same for a seed."""
    return (Side.BASE, Side.HEAD) if _draw(seed, *place) & 1 else (Side.HEAD, Side.BASE)


MOST_PAIRS, ROUND_SECONDS = 20, 4.0
"""Pairs that make one round, at the most, and how long they may take together.

A short run tells little: on a shared machine most have a neighbour on the same core, and some have none.
Many of them tell much, and cost no more than few long ones (docs/performance.md has the figures by the
number of pairs).
"""


def pairs_of(seconds: float, budget: float = math.inf) -> int:
    """The number of pairs in a round.

    Args:
        seconds: what one pair takes.
        budget: what one round of this command may take, so that all rounds of all commands fit into
            the time there is.
    """
    if seconds <= 0:
        return MOST_PAIRS
    return max(1, min(MOST_PAIRS, int(min(ROUND_SECONDS, budget) / seconds)))


def shuffled(names: Iterable[str], seed: int, *place: object) -> list[str]:
    """The names, in the random order of this round."""
    return sorted(names, key=lambda name: _draw(seed, *place, name))


def _draw(seed: int, *place: object) -> int:
    text = "\0".join(map(str, (seed, *place)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def readings_of(record: BenchmarksRecord, statistic: Statistic) -> dict[str, Reading]:
    """One run's reading of each benchmark in a file that the run wrote.

    Raises:
        EvidenceError: none of them is a time.
    """
    times = {name: _time(b.samples, b.stated, statistic) for name, b in record.benchmarks.items()}
    found = {name: Reading(seconds) for name, seconds in times.items() if seconds is not None}
    if not found:
        raise EvidenceError(
            "states no times, and only times are compared here", where=record.source.path,
            remedy="Let the tool write its samples, or time the whole command without --reads.",
        )  # fmt: skip
    return found


def _time(samples: Sequence[float], stated: Mapping[str, float], statistic: Statistic) -> float | None:
    """The time of a run: the statistic of its samples, else the value that the tool reports."""
    if not samples:
        return stated.get("p50") or stated.get("mean")
    return min(samples) if statistic is Statistic.MINIMUM else quantile(samples, 0.5)


class Looks:
    """The numbers of rounds after which to test.

    The last look of the plan is made at the most rounds there may be, earlier or later than it says;
    looks before the least number of rounds are left out.

    Args:
        family: how many benchmarks are compared.
        least: rounds before which it does not stop; None for no such bound.
        most: rounds after which it stops; None for the plan's own.
    """

    def __init__(self, family: int, least: int | None, most: int | None) -> None:
        least = least or 0
        self.plan = sequential.plan(max(family, 1))
        self.most = max(most or self.plan.most, least)
        between = [look for look in self.plan.looks[:-1] if least <= look < self.most]
        self.at = (*between, self.most)

    @property
    def first_that_can_confirm(self) -> int:
        """Fewer rounds than these can prove no slowdown, however large, where they are of one pair."""
        return self.plan.looks[0]

    def judge(self, series: Mapping[str, Series]) -> dict[str, SequentialVerdict]:
        """The decision on each benchmark from its pairs."""
        return sequential.decide({name: s.pairs for name, s in series.items() if s.base}, self.plan)

    def faster(self, series: Series) -> bool:
        """Whether the head is proven faster, by the same test with the sides exchanged."""
        pairs = series.pairs
        p = sequential.sequential_p(pairs, self.plan).faster * self.plan.family
        found = compare(pairs.base, pairs.head)
        return p <= self.plan.alpha and found.upper < 1 and found.ratio * (1 + sequential.FLOOR) < 1

    def undecided(self, series: Mapping[str, Series]) -> set[str]:
        """The undecided benchmarks, for which more pairs help."""
        judged = self.judge(series)
        return {n for n in series if n not in judged or judged[n].decision is SequentialDecision.UNDECIDED}
