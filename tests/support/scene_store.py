"""What happened in a scene of `meter_cases`, for fakes of servers that count it in their own steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.meter_cases import SCENES, WIDTH, MeterRig

SLOW, QUICK = 2.5, 0.25
"""Seconds that a bad event takes, and any other."""


@dataclass
class Store:
    """Events by time.

    Attributes:
        happened: time, kind, arm, number.
        instead: what every count is written as, a value of JSON; empty for the count.
    """

    happened: list[tuple[int, str, str, int]] = field(default_factory=list)
    instead: tuple[object, ...] = ()

    def show(self, scene: str) -> None:
        """Let it be what happened in a scene; each bin's events happen in its middle."""
        self.happened = [
            (MeterRig.start + index * WIDTH + WIDTH // 2, kind, arm, number)
            for index, kind, arm, number in SCENES[scene].happened
        ]

    def count(self, kind: str, arm: str | None, start: int, end: int) -> int | None:
        """How often something happened between two times; None for never."""
        numbers = [n for at, k, a, n in self.happened if k == kind and arm in (None, a) and start < at < end]
        return sum(numbers) if numbers else None

    def written(self, count: int) -> object:
        """A count as the answer has it."""
        return self.instead[0] if self.instead else count
