"""Retries of a writer: jittered, growing pauses within a time budget."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

FIRST, FACTOR, LONGEST = 0.25, 1.8, 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """A time budget, and the clock that measures it.

    Attributes:
        seconds: how long to try.
        now: seconds of a clock that never goes back.
        sleep: waits for so many seconds.
        random: from 0 to 1.
    """

    seconds: float = 180.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = field(default=random.random)

    def attempts(self) -> Iterator[int]:
        """1, 2, … with a pause before each but the first, until the time is up.

        The pause is random between zero and a growing bound, so that writers do not collide again.
        """
        end = self.now() + self.seconds
        number, bound = 1, FIRST
        while True:
            yield number
            pause = self.random() * bound
            if self.now() + pause >= end:
                return
            self.sleep(pause)
            number, bound = number + 1, min(bound * FACTOR, LONGEST)
