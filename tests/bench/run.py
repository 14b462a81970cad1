"""`make bench`: wall time and peak memory against the peers, on generated inputs, as Markdown."""

from __future__ import annotations

import sys
from pathlib import Path


def start() -> None:
    """Run the program with the folder `tests` on the path, wherever it is started."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from bench.program import main

    main()


if __name__ == "__main__":
    start()
