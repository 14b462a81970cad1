"""Change points in the published results of an asv project, beside those that Apache Otava finds.

    python -m bench.accuracy.histories RESULTS_OF_A_MACHINE [--otava PYTHON] [--series N]

RESULTS_OF_A_MACHINE is a folder `results/MACHINE` of asv. PYTHON is an interpreter that has the package
`apache-otava`; without it only our own are shown. Of each benchmark the first set of parameters is
taken, in the environment with the most commits, in the order of the commits' dates.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from sluicegate.stats.changepoint import change_points

_NEAR = 2
"""Change points so many readings apart are the same one."""

_SHOWN = 12
_LEAST = 40

_OTAVA = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from otava.analysis import compute_change_points
series = json.load(sys.stdin)
started = time.perf_counter()
found = {n: [int(c.index) for c in compute_change_points(v, 50, 0.001, 0.0)[0]] for n, v in series.items()}
json.dump({"found": found, "seconds": time.perf_counter() - started}, sys.stdout)
"""

Series = dict[str, list[float]]
Found = Mapping[str, list[int]]


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--otava")
    parser.add_argument("--series", type=int, default=100)
    chosen = parser.parse_args()
    every = read(chosen.folder)
    names = sorted(every, key=lambda n: (-len(every[n]), n))[: chosen.series]
    series = {name: every[name] for name in sorted(names)}
    started = time.perf_counter()
    ours = {name: [point.index for point in change_points(values)] for name, values in series.items()}
    seconds = time.perf_counter() - started
    theirs, their_seconds = otava(series, chosen.otava) if chosen.otava else ({}, 0.0)
    sys.stdout.write("\n".join(_page(series, ours, theirs)) + "\n")
    sys.stdout.write(f"Ours took {seconds:.1f} s, Otava's {their_seconds:.1f} s.\n")


def read(folder: Path) -> Series:
    """The series of a machine: name -> seconds, oldest commit first."""
    files = [json.loads(p.read_bytes()) for p in sorted(folder.glob("*-*.json"))]
    files = [f for f in files if "commit_hash" in f]
    environment = Counter(map(_environment, files)).most_common(1)[0][0]
    series: Series = {}
    for document in sorted(files, key=lambda f: f["date"]):
        if _environment(document) == environment:
            _add(series, document["results"])
    return {name: values for name, values in series.items() if len(values) >= _LEAST}


def _add(series: Series, results: Mapping[str, object]) -> None:
    for name, result in results.items():
        value = _first(result)
        if value is not None and "time_" in name:
            series.setdefault(name, []).append(value)


def _environment(document: Mapping[str, object]) -> str:
    return f"{document.get('env_name', '')} {document.get('python', '')}"


def _first(result: object) -> float | None:
    """The value of the first set of parameters that has one, in any of asv's formats."""
    while isinstance(result, dict):
        result = result.get("result")
    while isinstance(result, list):
        result = next((r for r in result[:1] if r is not None), None)
    return float(result) if isinstance(result, int | float) and 0 < result < float("inf") else None


def otava(series: Series, python: str) -> tuple[Found, float]:
    """Otava's, with its own defaults: windows of 50, p of 0.001, no least size."""
    done = subprocess.run([python, "-I", "-c", _OTAVA], input=json.dumps(series), text=True, check=True,
                          capture_output=True)  # fmt: skip
    document = json.loads(done.stdout)
    return document["found"], document["seconds"]


def _page(series: Series, ours: Found, theirs: Found) -> Iterator[str]:
    both = sum(len(_near(ours[n], theirs.get(n, []))) for n in series)
    mine, other = sum(map(len, ours.values())), sum(map(len, theirs.values()))
    readings = sum(map(len, series.values()))
    yield f"{len(series)} series, {readings:,} readings: {mine} change points of ours, {other} of Otava's,"
    yield f"{both} of ours within {_NEAR} readings of one of Otava's."
    yield ""
    yield "| benchmark | readings | ours | Otava |"
    yield "| --- | ---: | --- | --- |"
    for name in sorted(series, key=lambda n: (ours[n] == theirs.get(n), n))[:_SHOWN]:
        cells = " | ".join(" ".join(map(str, found.get(name, []))) for found in (ours, theirs))
        yield f"| {name} | {len(series[name])} | {cells} |"


def _near(ours: list[int], theirs: list[int]) -> list[int]:
    return [a for a in ours if any(abs(a - b) <= _NEAR for b in theirs)]


if __name__ == "__main__":
    main()
