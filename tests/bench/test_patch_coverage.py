"""Small patches: who covers 90 % by habit is seldom failed, and who does not is still found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench.patch_coverage import RATE_ALONE, SIZES, failing, of_preset, uncovered_of


def test_a_rate_alone_fails_a_third_of_the_patches_of_four_lines() -> None:
    assert failing(RATE_ALONE, 4) == pytest.approx(0.344, abs=0.001)


some_and_all = pytest.mark.parametrize(
    "sizes", [SIZES[::4], pytest.param(SIZES, marks=pytest.mark.soak)], ids=["some", "all"]
)


@some_and_all
def test_at_most_12_per_cent_of_patches_of_any_size_fail_by_chance(sizes: Sequence[int]) -> None:
    assert max(failing(of_preset("standard"), size) for size in sizes) <= 0.12


@some_and_all
def test_in_blocks_of_three_lines_at_most_a_quarter_does(sizes: Sequence[int]) -> None:
    assert max(failing(of_preset("standard"), size, block=3) for size in sizes) <= 0.25


@pytest.mark.parametrize("preset", ["standard", "strict"])
def test_twelve_lines_of_which_30_per_cent_are_covered_still_fail(preset: str) -> None:
    assert failing(of_preset(preset), 12, habit=0.3) >= 0.99


def test_the_chances_of_all_numbers_add_up() -> None:
    assert sum(uncovered_of(20, 0.9, 3).values()) == pytest.approx(1)
