"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def at_most(number: int) -> int:
    """As many examples as the profile asks for, and at most `number`: for `settings(max_examples=...)`.

    A number alone would hold in every profile, so that a quick run searched as long as a thorough one.
    """
    return min(number, settings().max_examples)


def few() -> int:
    """As `at_most`, where each example starts programs: three in a quick run, and many in a thorough one."""
    return max(3, settings().max_examples // 20)
