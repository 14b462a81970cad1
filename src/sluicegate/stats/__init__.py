"""The statistics of comparisons: pure, deterministic, without NumPy.

Every function refuses NaN and infinities by contract: samples are finite numbers. A comparison of
times is one of their logarithms, so that a slowdown is a factor and the unit does not matter.
"""
