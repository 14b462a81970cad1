"""How often a preset's criterion for a patch fails somebody who covers 90 % by habit.

    PYTHONPATH=tests .venv/bin/python tests/bench/patch_coverage.py

The chances are exact: every number of uncovered lines that a patch can have is judged by the preset's own
criterion, and weighed by how likely it is. Lines are covered independently, or in blocks of three
(what follows one condition is run or is not).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from math import comb

from sluicegate.core.statuses import CriterionStatus
from sluicegate.criteria import Criterion, Measures, evaluate, parse
from sluicegate.gates.measures import by_name, count, percentage
from sluicegate.policy.catalogue import gate_spec
from sluicegate.policy.resolve import preset_policy

HABIT = 0.9
SIZES = range(1, 201)
RATE_ALONE = parse("patch.total >= 80%", gate_spec("coverage").vocabulary)


def of_preset(name: str) -> Criterion:
    """The preset's criterion for the coverage of a patch."""
    settings = preset_policy(name).gate("coverage")
    assert settings is not None
    return next(c for c in settings.criteria if c.id == "patch")


@cache
def passes(criterion: Criterion, lines: int, uncovered: int) -> bool:
    """Does a patch pass that leaves so many of its lines uncovered?"""
    measures = by_name(
        [
            percentage("patch.total", lines - uncovered, lines, empty=""),
            count("patch.uncovered", uncovered),
        ]
    )
    return evaluate(criterion, Measures(measures)).status is CriterionStatus.PASS


def uncovered_of(lines: int, habit: float, block: int) -> Mapping[int, float]:
    """How likely each number of uncovered lines is; the last block is what is left."""
    whole, rest = divmod(lines, block)
    miss = 1 - habit
    chances: dict[int, float] = {}
    for blocks in range(whole + 1):
        likely = comb(whole, blocks) * miss**blocks * habit ** (whole - blocks)
        for last, share in ((0, habit), (rest, miss)) if rest else ((0, 1.0),):
            number = blocks * block + last
            chances[number] = chances.get(number, 0.0) + likely * share
    return chances


def failing(criterion: Criterion, lines: int, habit: float = HABIT, block: int = 1) -> float:
    """How likely a patch of so many lines fails."""
    chances = uncovered_of(lines, habit, block)
    return sum(share for number, share in chances.items() if not passes(criterion, lines, number))


def worst(criterion: Criterion, block: int = 1) -> tuple[int, float]:
    """The size of a patch that fails most often, and how often."""
    return max(((n, failing(criterion, n, block=block)) for n in SIZES), key=lambda pair: pair[1])


def main() -> None:
    """Print the figures."""
    write = sys.stdout.write
    write(f"{'criterion':46}{'block':>6}{'4 lines':>9}{'worst':>16}{'12 lines at 30%':>17}\n")
    for criterion in (RATE_ALONE, *(of_preset(name) for name in ("standard", "legacy", "strict"))):
        for block in (1, 3):
            size, share = worst(criterion, block)
            write(
                f"{criterion.expect:46}{block:>6}{failing(criterion, 4, block=block):>9.1%}"
                f"{share:>8.1%} at {size:>4}{failing(criterion, 12, habit=0.3, block=block):>17.1%}\n"
            )


if __name__ == "__main__":
    main()
