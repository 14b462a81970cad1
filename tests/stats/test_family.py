"""Holm's correction, against its definition."""

import random

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.stats.comparison import holm

p_values = st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=12)


def stepwise(given_: dict[str, float], alpha: float) -> set[str]:
    """Holm's procedure as he wrote it: reject from the smallest on, until one fails."""
    rejected: set[str] = set()
    for name in sorted(given_, key=lambda n: given_[n]):
        if given_[name] * (len(given_) - len(rejected)) > alpha:
            break
        rejected.add(name)
    return rejected


def test_the_smallest_counts_for_all_and_the_largest_for_itself() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}


@given(p_values, st.floats(0.001, 0.5))
def test_below_alpha_is_what_the_procedure_rejects(given_: dict[str, float], alpha: float) -> None:
    assert {name for name, p in holm(given_).items() if p <= alpha} == stepwise(given_, alpha)


@given(p_values)
def test_no_p_gets_smaller_nor_above_one(given_: dict[str, float]) -> None:
    assert all(given_[name] <= p <= 1 for name, p in holm(given_).items())


def test_questions_without_an_answer_yet_count() -> None:
    assert holm({"a": 0.001}, family=30) == {"a": 0.03}


def test_of_many_families_under_the_null_few_have_a_false_one() -> None:
    rng = random.Random(1)
    alarms = sum(min(holm({str(i): rng.random() for i in range(30)}).values()) <= 0.05 for _ in range(2000))
    assert 60 <= alarms <= 140  # 5 % of 2,000 expected
