"""The recorded runs: what they are, and how they are kept in one small file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

RECORDED = Path(__file__).with_name("pool.json.gz")

QUIET, NOISY = "quiet", "noisy"
MODES = (QUIET, NOISY)

SAME = ("a", "b")
"""The base, twice: what is the same and was measured apart."""

SLOWER = {"5": 1.05, "10": 1.10, "20": 1.20}
"""Variants with more work, and how much more."""

VARIANTS = (*SAME, *SLOWER)

Runs = Mapping[str, tuple[float, ...]]
"""By variant: seconds of each run, in the order measured; run i of all variants was taken together."""


@dataclass(frozen=True, slots=True)
class Pool:
    """All runs of one recording.

    Attributes:
        machine: processor, system, Python.
        block: so many rounds of a workload followed each other; then came another workload.
        runs: by mode and workload.
    """

    machine: str
    block: int
    runs: Mapping[str, Mapping[str, Runs]]


def save(pool: Pool, path: Path) -> None:
    """Write it, in microseconds."""
    document = asdict(pool)
    document["runs"] = {
        mode: {w: {v: [round(1e6 * s) for s in own] for v, own in runs.items()} for w, runs in all_.items()}
        for mode, all_ in pool.runs.items()
    }
    text = json.dumps(document, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def load(path: Path) -> Pool:
    """Read it back."""
    document = json.loads(gzip.decompress(path.read_bytes()))
    runs = {
        mode: {w: {v: tuple(s / 1e6 for s in own) for v, own in runs.items()} for w, runs in all_.items()}
        for mode, all_ in document["runs"].items()
    }
    return Pool(document["machine"], document["block"], runs)
