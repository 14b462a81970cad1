"""Tests of counts that may be looked at after every bin, and the interval that is shown beside them. Pure.

Counts come in bins t = 1, 2, … of a fixed width from the epoch. A bin gives a likelihood ratio L_r for each
r of a fixed set, with E L_r <= 1 while the hypothesis "not worse than the bound" holds. They are joined to

    A_r(0) = 0;  A_r(t) = (A_r(t-1) + w_t) L_r(t)
    M(t) = mean_r A_r(t) + (1 - w_1 - … - w_t)
    w_1 = 3/4;  w_t = (1/4) / ((t-1) t) for t >= 2, which sum to 1

Given the past, E M(t) <= mean_r (A_r(t-1) + w_t) + 1 - w_1 - … - w_t = M(t-1). So M starts at 1 and is a
nonnegative supermartingale, and P(sup M >= 1/a) <= a (Ville, "Étude critique de la notion de collectif",
1939): the chance of a false alarm is at most a, however often and whenever somebody looks. The weights let
every bin begin a test of its own (Shiryaev; Lorden, "Procedures for reacting to a change in distribution",
Annals of Mathematical Statistics 42, 1971), so that a healthy day does not hide the fault that follows it.
The mixture over r is Robbins', "Statistical methods related to the law of the iterated logarithm", Annals of
Mathematical Statistics 41, 1970. See also Howard, Ramdas, McAuliffe and Sekhon, arXiv 1810.08240;
Waudby-Smith and Ramdas, arXiv 2010.09686; Lindon and Malek, arXiv 2011.03567.

Everything is computed in logarithms, so that no count is too large.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

RATIOS = (1.25, 1.6, 2.2, 4.0, 15.0)
"""How many times the odds, or the rate, of the bound: what a guard or a comparison looks for."""

SHARE_RATIOS = (1.1, 1.3, 2.0, 4.0)
"""The same for the share of exposed users, whose faults are smaller."""

SHARE_ALPHA = 0.0005
"""The chance of a false alarm of each side of the share test."""

_FIRST, _LATER = 0.75, 0.25


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of one arm in one bin: `bad` of `total`, both whole numbers, 0 <= bad <= total."""

    bad: int
    total: int


@dataclass(frozen=True, slots=True)
class BinCounts:
    """One bin: the exposed arm, and the control arm where there is one. An arm without data has no events."""

    exposed: Counts
    control: Counts = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rate of bad events is at most `bound`, a share from 0 to below 1."""

    bound: float

    def log_ratio(self, counts: BinCounts, ratio: float) -> float:
        """ln L_r of a bin.

        With x bad of n, b the bound, o = r b/(1-b) and p = o/(1+o), the ratio of likelihoods
        (p/b)^x ((1-p)/(1-b))^(n-x) is r^x / (1 + (r-1) b)^n. For a true rate q, E r^X = (1 + (r-1) q)^n, so
        E L_r <= 1 for every q <= b. For b = 0 any bad event is a proof.
        """
        x, n = counts.exposed.bad, counts.exposed.total
        if self.bound == 0:
            return math.inf if x else 0.0
        return x * math.log(ratio) - n * math.log1p((ratio - 1) * self.bound)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rate of the exposed arm is at most that of the control arm, times 1 + `growth`, plus `margin`.

    One of the two is 0; both are shares, 0.005 for half a percentage point.
    """

    margin: float = 0.0
    growth: float = 0.0

    def log_ratio(self, counts: BinCounts, ratio: float) -> float:
        """ln L_r of a bin; 0 where an arm has no requests.

        With x of nc in the exposed arm, y of n0 in the control, D = r nc + n0, lam = r (nc + n0) / D and
        mu = (nc + n0) / D, L_r = lam^x mu^y exp(-d nc (lam - 1)). Since 1 + u <= e^u, E lam^X <=
        exp(nc pc (lam - 1)) and E mu^Y <= exp(n0 p0 (mu - 1)); and nc (lam - 1) + n0 (mu - 1) = 0. So
        E L_r <= 1 for pc <= p0 + d, whatever p0 is, also where it changes from bin to bin, and for arms of
        any sizes. For pc <= (1 + g) p0, nc (1 + g) takes the place of nc in D, lam and mu.

        With d = 0 it is the conditional test: of all errors each is in the exposed arm with the chance
        nc/(nc + n0), against r nc/D.
        """
        x, y = counts.exposed.bad, counts.control.bad
        if not counts.exposed.total or not counts.control.total:
            return 0.0
        grown, n0 = counts.exposed.total * (1 + self.growth), counts.control.total
        log_mu = math.log((grown + n0) / (ratio * grown + n0))
        log_lam = log_mu + math.log(ratio)
        return x * log_lam + y * log_mu - self.margin * counts.exposed.total * math.expm1(log_lam)


Test = Guard | Comparison


@dataclass(frozen=True, slots=True)
class Evidence:
    """What bins say against a hypothesis.

    Attributes:
        now: ln M after the last bin; 0 without any.
        peak: the highest ln M so far, 0 at least: what Ville's inequality bounds.
        peak_bin: the number of bins at the end of which it was reached; 0 for none.
    """

    now: float = 0.0
    peak: float = 0.0
    peak_bin: int = 0

    def proves(self, alpha: float) -> bool:
        """Was M at least 1/alpha at any bin?"""
        return self.peak >= -math.log(alpha)


def course(log_ratios: Iterable[Sequence[float]]) -> list[float]:
    """ln M(t) for t = 1, 2, … .

    Args:
        log_ratios: of each bin, ln L_r for every r, always as many.
    """
    parts: list[float] = []
    made = []
    for t, row in enumerate(log_ratios, 1):
        log_weight = math.log(_FIRST if t == 1 else _LATER / ((t - 1) * t))
        parts = parts or [-math.inf] * len(row)
        parts = [_add(part, log_weight) + log for part, log in zip(parts, row, strict=True)]
        mean = _sum(parts) - math.log(len(parts))
        made.append(_add(mean, math.log(_LATER / t)))  # 1 - w_1 - … - w_t = (1/4) / t
    return made


def _add(a: float, b: float) -> float:
    """ln(e^a + e^b)."""
    return _sum((a, b))


def _sum(logs: Sequence[float]) -> float:
    most = max(logs)
    if math.isinf(most):
        return most
    return most + math.log(math.fsum(math.exp(log - most) for log in logs))


def log_course(test: Test, bins: Iterable[BinCounts], dispersion: float = 1.0) -> list[float]:
    """ln M after each bin.

    Args:
        test: the hypothesis.
        bins: all since the epoch, in their order.
        dispersion: k >= 1 takes L^(1/k) for L, which is still valid by Jensen's inequality: for counts that
            vary k times as much as independent events do.
    """
    return course([test.log_ratio(counts, r) / dispersion for r in RATIOS] for counts in bins)


def weigh(test: Test, bins: Iterable[BinCounts], dispersion: float = 1.0) -> Evidence:
    """The evidence of all bins against the test's hypothesis; arguments as of `log_course`."""
    return _evidence(log_course(test, bins, dispersion))


def _evidence(logs: Sequence[float]) -> Evidence:
    if not logs:
        return Evidence()
    peak = max(logs)
    if peak <= 0:
        return Evidence(logs[-1])
    return Evidence(logs[-1], peak, logs.index(peak) + 1)


class ShareVerdict(enum.StrEnum):
    """What the counts say about the share of exposed users."""

    FITS = "fits"
    HIGH = "too high"
    LOW = "too low"


def share_evidence(
    share: float, tolerance: float, bins: Sequence[tuple[int, int]]
) -> tuple[Evidence, Evidence]:
    """The evidence that the share is above, and that it is below, what the stage says.

    The hypotheses are share <= s (1 + tolerance) and share >= s / (1 + tolerance): two guards, on the exposed
    and on the others.

    Args:
        share: s, from above 0 to below 1.
        tolerance: 0.2 for counts of distinct users, 0.5 for counts of requests.
        bins: of each, how many of how many were exposed.
    """
    high = Guard(min(share * (1 + tolerance), 1 - 1e-9))
    low = Guard(1 - share / (1 + tolerance))
    return (
        _share_evidence(high, ((exposed, total) for exposed, total in bins)),
        _share_evidence(low, ((total - exposed, total) for exposed, total in bins)),
    )


def _share_evidence(test: Guard, bins: Iterable[tuple[int, int]]) -> Evidence:
    rows = [[test.log_ratio(BinCounts(Counts(*counts)), r) for r in SHARE_RATIOS] for counts in bins]
    return _evidence(course(rows))


def share_verdict(share: float, tolerance: float, bins: Sequence[tuple[int, int]]) -> ShareVerdict:
    """Does the measured share fit the stage? Arguments as of `share_evidence`.

    Each side is tested at `SHARE_ALPHA`. Where both are proven, as the share jumped, it is too high.
    """
    high, low = share_evidence(share, tolerance, bins)
    if high.proves(SHARE_ALPHA):
        return ShareVerdict.HIGH
    return ShareVerdict.LOW if low.proves(SHARE_ALPHA) else ShareVerdict.FITS


def shown_interval(bad: int, total: int, alpha: float) -> tuple[float, float]:
    """A confidence interval for a rate that is valid at every look, for people; nothing acts on it.

    It holds all p that the beta-binomial mixture (Robbins 1970) does not refute, those with
    ln B(x + 1/2, n - x + 1/2) - ln B(1/2, 1/2) - x ln p - (n - x) ln(1 - p) < ln(1/a).

    Args:
        bad: x, of `total`: n.
        alpha: a, the chance that the interval ever misses a constant rate.
    """
    good = total - bad
    level = _log_beta(bad + 0.5, good + 0.5) - _log_beta(0.5, 0.5) + math.log(alpha)

    def refutes(p: float) -> bool:
        chance = (bad * math.log(p) if bad else 0.0) + (good * math.log1p(-p) if good else 0.0)
        return chance <= level

    if not total:
        return 0.0, 1.0
    rate = bad / total
    low = _bisected(refutes, 0.0, rate) if bad else 0.0
    high = _bisected(refutes, 1.0, rate) if good else 1.0
    return low, high


def _bisected(refutes: Callable[[float], bool], outside: float, inside: float) -> float:
    """The border between a refuted and a kept rate."""
    for _ in range(200):
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        if refutes(middle):
            outside = middle
        else:
            inside = middle
    return inside


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
