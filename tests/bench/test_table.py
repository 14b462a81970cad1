"""The table that people read."""

from __future__ import annotations

from sluicegate.bench.model import (
    Command,
    Compared,
    Outcome,
    Reading,
    Series,
    Settings,
    Stop,
)
from sluicegate.bench.table import table

SETTINGS = Settings((Command("b", ("b",)),))
COMPARED = Compared("a" * 40, "b" * 40, "merge base with main", uncommitted=1)


GOLDEN = """\
base  aaaaaaaaaaaa  merge base with main
head  bbbbbbbbbbbb  dirty: 1 file

benchmark     base      head  head/base          between  pairs
faster       101ms    81.2ms      0.804  0.800 and 0.812     20  faster
noisy        140ms     160ms      1.134  1.000 and 1.342     30  undecided
same       100.1ms  100.15ms      1.000  1.000 and 1.002     10  no difference shown
slower       101ms   121.8ms      1.206  1.200 and 1.218     20  slower

Times are medians; head/base is of the pairs, which noise moves less, so that the two may differ.
The true factor lies above and below each bound with 99 % confidence.

benchmark  CPU base  CPU head  memory base  memory head
faster        101ms    81.2ms        10MiB        11MiB
noisy         140ms     160ms        10MiB        11MiB
same        100.1ms  100.15ms        10MiB        11MiB
slower        101ms   121.8ms        10MiB        11MiB

note: a notice
note: only in the base: gone
note: only in the head, so not compared: new
Slower: slower. Profile it on both sides; 'sluicegate check' judges by the policy.
Undecided: noisy. The difference is small or the machine noisy: try --pairs-per-round 20.
"""


def timed(factor: float, pairs: int, *, wobble: float = 0.01) -> Series:
    base = [0.1 * (1 + wobble * (n % 3)) for n in range(pairs)]
    head = [0.1 * factor * (1 + wobble * ((n + 1) % 4)) for n in range(pairs)]
    return Series(tuple(Reading(s, s, 10 << 20) for s in base), tuple(Reading(s, s, 11 << 20) for s in head))


def test_the_table_says_what_was_found_and_what_to_do() -> None:
    outcome = Outcome(
        {
            "faster": timed(0.8, 20),
            "noisy": timed(1.0, 30, wobble=0.4),
            "same": timed(1.0, 10, wobble=0.001),
            "slower": timed(1.2, 20),
        },
        only_base=("gone",),
        only_head={"new": (Reading(1.0),)},
        looks=4,
        stopped=Stop.ROUNDS,
        notices=("a notice",),
    )
    assert table(outcome, SETTINGS, COMPARED) == GOLDEN


def test_too_few_pairs_say_how_many_are_needed() -> None:
    text = table(Outcome({"b": timed(2, 3)}, stopped=Stop.BUDGET), SETTINGS, COMPARED)
    assert "too few pairs" in text
    assert "Below 10 pairs nothing can be proven here: raise --max-time or --max-rounds." in text


def test_a_budget_that_ran_out_is_said() -> None:
    outcome = Outcome({"b": timed(1, 12, wobble=0.4)}, stopped=Stop.BUDGET)
    assert "Undecided: b. The time was over: raise --max-time." in table(outcome, SETTINGS, COMPARED)


def test_names_of_strangers_stay_on_their_line() -> None:
    text = table(Outcome({"a\nb\x1b[2J" + "x" * 200: timed(1, 3)}), SETTINGS, COMPARED)
    assert "\x1b" not in text
    assert "a b" in text


def test_nothing_slower_is_said() -> None:
    text = table(Outcome({"b": timed(1.0, 10, wobble=0.001)}, stopped=Stop.DECIDED), SETTINGS, COMPARED)
    assert text.endswith("Nothing is slower.\n")
