"""Welch's t-test, for readings of which there are few."""

from __future__ import annotations

import math
from collections.abc import Sequence

_TINY = 1e-300
_STEPS = 400


def welch(a: Sequence[float], b: Sequence[float]) -> float:
    """The two-sided p-value of "the means of a and b are equal", with variances of their own.

    Welch, "The generalization of 'Student's' problem when several different population variances are
    involved", Biometrika 34 (1947). A side with fewer than two values proves nothing: p is 1. Sides
    without any spread differ for certain, or not at all.
    """
    if min(len(a), len(b)) < 2:
        return 1.0
    mean_a, error_a = _mean_and_error(a)
    mean_b, error_b = _mean_and_error(b)
    error = error_a + error_b
    if error == 0:
        return 1.0 if mean_a == mean_b else 0.0
    part = error_a / error  # of a in the error: the squares themselves could underflow
    freedom = 1 / (part**2 / (len(a) - 1) + (1 - part) ** 2 / (len(b) - 1))
    return two_sided((mean_b - mean_a) / math.sqrt(error), freedom)


def two_sided(t: float, freedom: float) -> float:
    """The chance of a |t| at least as large, of Student's distribution with `freedom` degrees."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and the square of its standard error."""
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1) / len(values)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, evaluated by Lentz's method."""
    c, d, value = 1.0, 0.0, 1.0
    for step in range(1, _STEPS):
        d = 1 / _away_from_zero(1 + _coefficient(step, a, b, x) * d)
        c = _away_from_zero(1 + _coefficient(step, a, b, x) / c)
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 / value if value else math.inf


def _coefficient(step: int, a: float, b: float, x: float) -> float:
    m = step // 2
    if step % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
