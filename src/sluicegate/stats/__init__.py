"""The statistics of comparisons: pure, deterministic, without NumPy.

Every function refuses NaN and infinities by contract: samples are finite numbers. A comparison of
times is one of their logarithms, so that a slowdown is a factor and the unit does not matter.
"""

from __future__ import annotations

from sluicegate.stats.quantiles import MAX_SAMPLES, quantile, thinned
from sluicegate.stats.unpaired import MannWhitney, hodges_lehmann_ratio, mann_whitney

__all__ = ["MAX_SAMPLES", "MannWhitney", "hodges_lehmann_ratio", "mann_whitney", "quantile", "thinned"]
