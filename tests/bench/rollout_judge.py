"""`make bench-judge`: how often each rule stops a good version, and how soon it stops a bad one.

    python -m bench.rollout_judge [--runs N] [--write FILE]

Each run is a stage of 24 looks, in which the counts of each look are drawn anew. Ours is `rollout.judge`,
over all runs at once; `test_rollout_judge` holds both equal. The others are what tools do: a raw ratio of all
counts so far, Wilson's bound or a z-test at every look, and a rank test of the rates of the looks, as
Kayenta compares series. With --write the tables take the place of those between the marks in FILE.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sluicegate.rollout.judge import (
    RATIOS,
    SHARE_ALPHA,
    SHARE_RATIOS,
    BinCounts,
    Comparison,
    Counts,
    Guard,
    Test,
)

MARKS = ("<!-- bench-judge -->", "<!-- /bench-judge -->")
LOOKS = 24
ALPHA, SPLIT = 0.05, 0.05 / 18
ONE_SIDED = 1.6448536269514722
"""The quantile of 95 %."""
RANK_SIDED = 2.3263478740408408
"""That of 99 %: Kayenta's confidence of 98 % on two sides."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """Counts of all runs: arrays of runs by looks; `n` and `m` are the events of a look in each arm."""

    x: Ints
    n: int
    y: Ints
    m: int


# --- rules: the first look that stops a run, 0 for none ----------------------------------------


def ours(test: Test, draw: Draw, alpha: float, ratios: Sequence[float] = RATIOS) -> Ints:
    """The judge, over all runs at once."""

    def at(bad: int, control: int, ratio: float) -> float:
        return test.log_ratio(BinCounts(Counts(bad, draw.n), Counts(control, draw.m)), ratio)

    parts = np.zeros((len(ratios), draw.x.shape[0]))
    slopes = [(at(1, 0, r) - at(0, 0, r), at(0, 1, r) - at(0, 0, r), at(0, 0, r)) for r in ratios]
    evidence = np.zeros(draw.x.shape)
    for look in range(draw.x.shape[1]):
        t = look + 1
        weight = 0.75 if t == 1 else 0.25 / ((t - 1) * t)
        for index, (a, b, c) in enumerate(slopes):
            log = draw.x[:, look] * a + draw.y[:, look] * b + c
            parts[index] = (parts[index] + weight) * np.exp(np.minimum(log, 100))  # e^100 stops every run
        np.minimum(parts, 1e250, out=parts)
        evidence[:, look] = parts.mean(axis=0) + 0.25 / t
    return _first(evidence >= 1 / alpha)


def cumulative(bound: float, draw: Draw, alpha: float) -> Ints:
    """The same mixture over counts summed from the start, without restarts."""
    x, n = draw.x.cumsum(axis=1), draw.n * np.arange(1, draw.x.shape[1] + 1)
    logs = [Guard(bound).log_ratio(BinCounts(Counts(1, 1)), r) for r in RATIOS]
    misses = [Guard(bound).log_ratio(BinCounts(Counts(0, 1)), r) for r in RATIOS]
    found = np.array([x * (a - c) + n * c for a, c in zip(logs, misses, strict=True)])
    return _first(np.logaddexp.reduce(found, axis=0) - math.log(len(RATIOS)) >= -math.log(alpha))


def raw_guard(bound: float, draw: Draw) -> Ints:
    """The rate so far is above the bound."""
    return _first(draw.x.cumsum(axis=1) > bound * _totals(draw.n, draw))


def wilson(bound: float, draw: Draw) -> Ints:
    """The lower end of Wilson's interval, 95 % on one side, is above the bound."""
    n = _totals(draw.n, draw)
    p, z = draw.x.cumsum(axis=1) / n, ONE_SIDED
    middle = p + z * z / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return _first((middle - half) / (1 + z * z / n) > bound)


def raw_comparison(draw: Draw) -> Ints:
    """The rate so far is above the control's."""
    return _first(draw.x.cumsum(axis=1) * draw.m > draw.y.cumsum(axis=1) * draw.n)


def z_test(draw: Draw) -> Ints:
    """A pooled test of two proportions at every look, 95 % on one side."""
    n, m = _totals(draw.n, draw), _totals(draw.m, draw)
    x, y = draw.x.cumsum(axis=1), draw.y.cumsum(axis=1)
    pooled = (x + y) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return _first((x / n - y / m) > ONE_SIDED * np.where(spread > 0, spread, np.inf))


def mann_whitney(draw: Draw) -> Ints:
    """A rank test of the rates of the looks so far, from the fifth, with correction for ties."""
    p, q = draw.x / draw.n, draw.y / draw.m
    above = (p[:, :, None] > q[:, None, :]) + 0.5 * (p[:, :, None] == q[:, None, :])
    stops = np.zeros(draw.x.shape, dtype=bool)
    for t in range(5, draw.x.shape[1] + 1):
        u = above[:, :t, :t].sum(axis=(1, 2))
        spread = np.sqrt(_rank_variance(np.concatenate([p[:, :t], q[:, :t]], axis=1), t))
        stops[:, t - 1] = u - t * t / 2 - 0.5 > RANK_SIDED * np.where(spread > 0, spread, np.inf)
    return _first(stops)


def _rank_variance(rates: Floats, t: int) -> Floats:
    both = 2 * t
    same = (rates[:, :, None] == rates[:, None, :]).sum(axis=2)  # of a tie of k, k rates have k
    ties = (same.astype(float) ** 2 - 1).sum(axis=1)  # the sum of k^3 - k
    variance: Floats = t * t / 12 * ((both + 1) - ties / (both * (both - 1)))
    return variance


def _totals(each: int, draw: Draw) -> Floats:
    return each * np.arange(1, draw.x.shape[1] + 1, dtype=float)


def _first(stops: NDArray[np.bool_]) -> Ints:
    found: Ints = np.where(stops.any(axis=1), stops.argmax(axis=1) + 1, 0)
    return found


# --- draws -------------------------------------------------------------------------------------


def drawn(
    rng: np.random.Generator, runs: int, arms: tuple[int, int], rates: tuple[float, float], looks: int = LOOKS
) -> Draw:
    """Independent events of two arms; one without events for a guard."""
    (n, m), (p, q) = arms, rates
    return Draw(rng.binomial(n, p, (runs, looks)), n, rng.binomial(m, q, (runs, looks)), m)


def sticky(
    rng: np.random.Generator, runs: int, arms: tuple[int, int], rate: float, correlation: float
) -> Draw:
    """One request a look of each user, whose own rate stays: a beta distribution with that correlation."""
    size = (1 - correlation) / correlation
    counts = []
    for users in arms:
        own = rng.beta(rate * size, (1 - rate) * size, (runs, users))
        counts.append(np.stack([rng.random(own.shape) < own for _ in range(LOOKS)]).sum(axis=2).T)
    return Draw(counts[0], arms[0], counts[1], arms[1])


def over_threshold(p95: float, threshold: float, sigma: float) -> float:
    """The share above a threshold of a log-normal time with this 95th percentile."""
    z = ONE_SIDED + math.log(threshold / p95) / sigma
    return 0.5 * math.erfc(z / math.sqrt(2))


# --- tables ------------------------------------------------------------------------------------


def cell(first: Ints, exposed: int) -> str:
    """`100% (5; 500)`: how many runs are stopped, the median look, and the exposed events until then."""
    stopped = first[first > 0]
    part = 100 * len(stopped) / len(first)
    text = f"{part:.1f}%" if part < 99.95 or part == 100 else f"{part:.2f}%"
    if part < 50:
        return text
    look = int(np.median(np.where(first > 0, first, 10**9)))
    return f"{text} ({look}; {look * exposed:,})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def guards(rng: np.random.Generator, runs: int) -> Iterator[str]:
    """The limit `error_rate <= 5%`, and `p95 <= 2s` as the share over 2 s."""
    yield _row("true rate, events a look", "raw ratio", "Wilson", "ours, 5%", "ours, 5%/18")
    yield _row(*["---"] * 5)
    cases = [(f"{100 * p:g}%, {n}", n, p) for p in (0.03, 0.05, 0.08, 0.10, 0.15) for n in (20, 100, 500)]
    for p95 in (1.2, 2.4):
        share = over_threshold(p95, 2.0, 0.8)
        cases.append((f"p95 of {p95:g} s: {100 * share:.1f}% over 2 s, 100", 100, share))
    for name, n, p in cases:
        draw = drawn(rng, runs, (n, 0), (p, 0.0))
        found = (raw_guard(0.05, draw), wilson(0.05, draw))
        mine = (ours(Guard(0.05), draw, a) for a in (ALPHA, SPLIT))
        yield _row(name, *(cell(f, n) for f in (*found, *mine)))


EQUAL_ARMS = ((500, 500), (100, 1900), (2000, 38000), (1900, 100))


def comparisons(rng: np.random.Generator, runs: int) -> Iterator[str]:
    """`error_rate <= control`, and with a margin of half a point."""
    yield _row("control to new, arms", "raw ratio", "z-test", "Mann-Whitney", "ours", "ours, 5%/18",
               "ours + 0.5pp", "+ 0.5pp, 5%/18")  # fmt: skip
    yield _row(*["---"] * 8)
    cases = [(arms, (p, p)) for p in (0.001, 0.01, 0.05, 0.2) for arms in EQUAL_ARMS]
    cases += [((100, 1900), (q + 0.005, q)) for q in (0.001, 0.01, 0.05)]
    cases += [((100, 1900), (0.05, 0.01)), ((100, 1900), (0.02, 0.01)), ((100, 1900), (0.005, 0.001))]
    cases += [((500, 500), (0.005, 0.001))]
    for arms, rates in cases:
        draw = drawn(rng, runs, arms, rates)
        name = f"{100 * rates[1]:g}% to {100 * rates[0]:g}%, {arms[0]:,}/{arms[1]:,}"
        yield _row(name, *_compared(draw))
    draw = sticky(rng, max(1, runs // 4), (100, 1900), 0.01, 0.1)
    yield _row("1% to 1%, 100/1,900 sticky users, correlation 0.1", *_compared(draw))


def _compared(draw: Draw) -> list[str]:
    rules = (raw_comparison(draw), z_test(draw), mann_whitney(draw))
    mine = [ours(Comparison(d), draw, a) for d in (0.0, 0.005) for a in (ALPHA, SPLIT)]
    return [cell(f, draw.n) for f in (*rules, *mine)]


def late_faults(rng: np.random.Generator, runs: int) -> Iterator[str]:
    """A fault that begins after 240 healthy looks of 100 events at 1 %, limit 5 %."""
    yield _row("fault", "looks until it is found: ours", "the same mixture without restarts")
    yield _row(*["---"] * 3)
    for rate, after in ((0.5, 60), (0.15, 200), (0.08, 600)):
        healthy = rng.binomial(100, 0.01, (runs, 240))
        counts = np.hstack([healthy, rng.binomial(100, rate, (runs, after))])
        draw = Draw(counts, 100, np.zeros_like(counts), 0)
        found = (ours(Guard(0.05), draw, ALPHA), cumulative(0.05, draw, ALPHA))
        yield _row(f"{100 * rate:g}%", *(f"{int(np.median(f[f > 240])) - 240}" for f in found))


def others(rng: np.random.Generator, runs: int) -> Iterator[str]:
    """The share test, and many looks."""
    yield _row("case", "stopped")
    yield _row("---", "---")
    for name, share, n in (("the true share", 0.05, 2000), ("doubled", 0.1, 200), ("doubled", 0.1, 2000)):
        draw = drawn(rng, runs, (n, 0), (share, 0.0))
        found = ours(Guard(0.05 * 1.2), draw, SHARE_ALPHA, SHARE_RATIOS)
        yield _row(f"share of 5%, tolerance 0.2, {name}, {n:,} events a look", cell(found, n))
    many = drawn(rng, max(1, runs // 4), (500, 500), (0.01, 0.01), looks=1500)
    yield _row("1,500 looks, equal 1%, 500/500", cell(ours(Comparison(), many, ALPHA), 500))


def page(runs: int, seed: int = 1) -> str:
    """All tables, in Markdown."""
    rng = np.random.default_rng(seed)
    tables = {
        "The limit `error_rate <= 5%`": guards,
        "Against control": comparisons,
        "A fault that begins after 240 healthy looks": late_faults,
        "The share test, and many looks": others,
    }
    intro = f"{runs:,} runs a row, {LOOKS} looks each, one criterion. A cell says how many runs are stopped; "
    parts = [f"{intro}where most are, the median look and the events of exposed users until then."]
    for title, make in tables.items():
        parts.append(f"\n{title}:\n")
        parts += make(rng, runs)
    return "\n".join(parts) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    text = page(chosen.runs)
    sys.stdout.write(text)
    if chosen.write:
        before, _, rest = chosen.write.read_text(encoding="utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        chosen.write.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
