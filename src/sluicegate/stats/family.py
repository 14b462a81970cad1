"""Many questions at once: p-values corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate


def holm(p_values: Mapping[str, float], family: int = 0) -> dict[str, float]:
    """Holm's adjusted p-values: below alpha are those that may be called proven together.

    The chance of one or more false ones among them is then at most alpha, however the questions
    depend on each other. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: by name.
        family: how many questions were asked, where that is more than are answered here.
    """
    names = sorted(p_values, key=lambda name: p_values[name])
    size = max(family, len(names))
    scaled = (min(p_values[name] * (size - i), 1.0) for i, name in enumerate(names))
    return dict(zip(names, accumulate(scaled, max), strict=True))
