"""`make bench-accuracy-record`: run the workloads, quiet and with the machine loaded, and keep every time.

    python -m bench.accuracy.record [--minutes M] [--output FILE]

Blocks of rounds: in a round each variant of a workload runs once, in random order; after a block of
rounds another workload has its turn. The modes take turns too, so that neither has the better hour.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.accuracy.pool import MODES, NOISY, RECORDED, SLOWER, VARIANTS, Pool, Runs, save
from bench.accuracy.workloads import WORKLOADS

BLOCK = 20
"""Runs of each variant that follow each other: a round of the most pairs that there may be."""

_HERE = Path(__file__).parent
_PYTHON = (sys.executable, "-I", "-S")

Recording = dict[str, dict[str, dict[str, list[float]]]]


def main() -> None:
    """Record for as long as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--output", type=Path, default=RECORDED)
    chosen = parser.parse_args()
    pool = record(chosen.minutes * 60, random.Random(1))
    save(pool, chosen.output)
    rounds = {mode: len(next(iter(next(iter(all_.values())).values()))) for mode, all_ in pool.runs.items()}
    sys.stdout.write(f"{chosen.output}: {rounds} runs of each variant of {len(WORKLOADS)} workloads\n")


def record(seconds: float, rng: random.Random) -> Pool:
    """The runs of all modes, workloads and variants, in as many whole blocks as the time allows."""
    runs: Recording = {m: {w: {v: [] for v in VARIANTS} for w in WORKLOADS} for m in MODES}
    end = time.monotonic() + seconds
    longest = 0.0
    while time.monotonic() + longest < end:
        started = time.monotonic()
        for mode in MODES:
            with hogs() if mode == NOISY else contextlib.nullcontext():
                for workload in rng.sample(sorted(WORKLOADS), len(WORKLOADS)):
                    _block(runs[mode][workload], workload, rng)
        longest = max(longest, time.monotonic() - started)
    return Pool(
        machine(), BLOCK, {m: {w: _frozen(own) for w, own in all_.items()} for m, all_ in runs.items()}
    )


def _block(runs: dict[str, list[float]], workload: str, rng: random.Random) -> None:
    _prepare, pieces = WORKLOADS[workload]
    for _ in range(BLOCK):
        for variant in rng.sample(VARIANTS, len(VARIANTS)):
            runs[variant].append(run(workload, round(pieces * SLOWER.get(variant, 1.0))))


def _frozen(runs: dict[str, list[float]]) -> Runs:
    return {variant: tuple(own) for variant, own in runs.items()}


def run(workload: str, pieces: int) -> float:
    """One fresh process; what it says its work took, in seconds."""
    command = (*_PYTHON, str(_HERE / "workloads.py"), workload, str(pieces))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


@contextlib.contextmanager
def hogs() -> Iterator[None]:
    """The machine loaded: one core always, the other now and then."""
    script = str(_HERE / "hogs.py")
    started = [subprocess.Popen([*_PYTHON, script, kind, "1"]) for kind in ("steady", "bursts")]
    try:
        time.sleep(0.3)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def machine() -> str:
    """What tells kinds of machine apart; no host name."""
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        processor = f"{names[0]}, {len(names)} cores" if names else processor
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()} {platform.machine()}, {processor}, {python}"


if __name__ == "__main__":
    main()
