"""What else a shared machine does: one process that is always busy, and one that is so in bursts.

    python hogs.py steady|bursts SEED

It ends with the process that started it.
"""

from __future__ import annotations

import os
import random
import sys
import time

_BUSY, _IDLE = 0.05, 0.10
"""Mean lengths of a burst and of the pause after it, in seconds; both are exponential."""


def spin(seconds: float) -> None:
    """Keep a core and its caches busy."""
    block = bytearray(1 << 20)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        block = bytearray(block)


def main() -> None:
    """Until the parent is gone."""
    kind, seed = sys.argv[1:]
    rng, parent = random.Random(seed), os.getppid()
    while os.getppid() == parent:
        if kind == "steady":
            spin(0.5)
        else:
            spin(rng.expovariate(1 / _BUSY))
            time.sleep(rng.expovariate(1 / _IDLE))


if __name__ == "__main__":
    main()
