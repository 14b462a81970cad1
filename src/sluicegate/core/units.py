"""Units of measures: their dimensions, their conversion, and how values are written for people.

A value is a `Fraction` in the canonical unit of its dimension, so conversion is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its canonical unit, and how many of those it is worth."""

    symbol: str
    canonical: str
    factor: Fraction


_FACTORS: Mapping[str, Mapping[str, int | Fraction]] = {
    "": {"": 1},
    "%": {"%": 1},
    "pp": {"pp": 1},
    "s": {
        "ns": Fraction(1, 10**9),
        "us": Fraction(1, 10**6),
        "µs": Fraction(1, 10**6),
        "ms": Fraction(1, 1000),
        "s": 1,
        "min": 60,
        "h": 3600,
    },
    "B": {"B": 1, "kB": 1000, "KiB": 1024, "MB": 10**6, "MiB": 1024**2, "GB": 10**9, "GiB": 1024**3},
    "/s": {"/s": 1, "/min": Fraction(1, 60)},
}
UNITS: Mapping[str, Unit] = {
    symbol: Unit(symbol, canonical, Fraction(factor))
    for canonical, factors in _FACTORS.items()
    for symbol, factor in factors.items()
}
"""Every unit that a criterion may use, by symbol. SI prefixes are decimal, IEC ones binary."""

DIMENSIONS: Mapping[str, str] = {
    "": "a count",
    "%": "a percentage",
    "s": "a time",
    "B": "a size",
    "/s": "a rate",
}
"""What a canonical unit measures, in words."""

_SCALES: Mapping[str, tuple[str, ...]] = {
    "s": ("h", "min", "s", "ms", "us", "ns"),
    "B": ("GiB", "MiB", "KiB", "B"),
}

EXAMPLES: Mapping[str, str] = {"": "10", "%": "80%", "s": "500ms", "B": "250KiB", "/s": "100/s"}
"""A well-formed bound of each dimension, for error messages."""


def symbols_of(canonical: str) -> tuple[str, ...]:
    """The unit symbols of one dimension."""
    return tuple(_FACTORS.get(canonical, ()))


def decimal_text(value: Fraction, digits: int) -> str:
    """The value with at most `digits` decimals, half to even, without trailing zeros."""
    scaled = round(value * 10**digits)
    whole, rest = divmod(abs(scaled), 10**digits)
    decimals = f"{rest:0{digits}d}".rstrip("0") if rest else ""
    return f"{'-' if scaled < 0 else ''}{whole:,}{'.' if decimals else ''}{decimals}"


def fitting(value: Fraction, unit: str) -> Unit:
    """The unit in which a value of the canonical unit `unit` is short to read: `ms` for 0.0123 s."""
    scales = _SCALES.get(unit, ()) if value else ()
    reached = (s for s in scales if abs(value) >= UNITS[s].factor)
    symbol = next(reached, scales[-1] if scales else unit)
    return UNITS[symbol] if symbol in UNITS else Unit(symbol, symbol, Fraction(1))


def format_value(value: Fraction, unit: str, *, against: Fraction | None = None, digits: int = 2) -> str:
    """The value for people, in a readable unit of its dimension: `79.99%`, `12.5ms`, `1,204`.

    Args:
        value: in the canonical unit `unit`.
        unit: the canonical unit.
        against: a value that it is compared with; when they differ, decimals are added until
            they also look different, so that a report never says `80% < 80%`.
        digits: decimals at the most, when `against` does not ask for more.
    """
    scale = fitting(value, unit)
    shown = value / scale.factor
    if against is not None and against != value:
        other = against / scale.factor
        while decimal_text(shown, digits) == decimal_text(other, digits):
            digits += 1
    return decimal_text(shown, digits) + scale.symbol
