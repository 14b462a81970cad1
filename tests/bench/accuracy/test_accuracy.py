"""The accuracy bench itself: its workloads, its file, and the suites that it draws."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.accuracy import evaluate
from bench.accuracy.pool import MODES, SAME, SLOWER, VARIANTS, Pool, Runs, load, save
from bench.accuracy.record import run
from bench.accuracy.rules import OURS, RULES
from bench.accuracy.suites import FAMILY, SLOW, Design, suite
from bench.accuracy.workloads import WORKLOADS


def recorded(factor: float = 1.0, rounds: int = 40) -> Mapping[str, Runs]:
    """Made-up runs of two workloads; the slow variants are slower by `factor` more."""
    rng = random.Random(1)

    def of(variant: str) -> tuple[float, ...]:
        slower = factor * SLOWER.get(variant, 1 / factor)
        return tuple(0.02 * slower * rng.lognormvariate(0, 0.05) for _ in range(rounds))

    return {name: {variant: of(variant) for variant in VARIANTS} for name in ("one", "two")}


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_each_workload_says_how_long_it_took(workload: str) -> None:
    assert 0 < run(workload, 2) < 5


def test_the_file_keeps_what_was_recorded(tmp_path: Path) -> None:
    pool = Pool("a machine", 5, {mode: {"w": dict.fromkeys(VARIANTS, (0.001, 0.002))} for mode in MODES})
    save(pool, tmp_path / "pool")
    assert load(tmp_path / "pool") == pool


def test_a_suite_has_thirty_benchmarks_and_three_are_slow() -> None:
    drawn = suite(recorded(), "10", Design(20, 5), random.Random(1))
    assert (len(drawn), sum(d.slower for d in drawn)) == (FAMILY, SLOW)
    assert {len(d.benchmark.samples) for d in drawn} == {len(d.benchmark.base) for d in drawn} == {100}
    assert {d.benchmark.per_round for d in drawn} == {5}


def test_without_a_slowdown_either_side_is_as_often_the_slower_one() -> None:
    runs = {**recorded()["one"]}
    runs[SAME[1]] = tuple(1.5 * x for x in runs[SAME[1]])  # an unlucky recording
    drawn = [d.benchmark for _ in range(5) for d in suite({"w": runs}, "", Design(20, 1), random.Random(1))]
    slower = sum(h > b for one in drawn for h, b in zip(one.samples, one.base, strict=True))
    assert 0.42 < slower / (len(drawn) * 20) < 0.58


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_sees_what_nobody_can_miss(rule: str) -> None:
    drawn = suite(recorded(factor=3.0), "20", Design(20, 3), random.Random(1))
    assert {d.benchmark.name for d in drawn if d.slower} <= RULES[rule](drawn)


def test_ours_raises_no_alarm_without_a_reason() -> None:
    assert RULES[OURS](suite(recorded(), "", Design(20, 3), random.Random(1))) == set()


@pytest.mark.slow
def test_the_tables_take_their_place_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pool, page = tmp_path / "pool", tmp_path / "page.md"
    save(Pool("a machine", 5, dict.fromkeys(MODES, recorded())), pool)
    page.write_text(f"before\n{evaluate.MARKS[0]}\nold\n{evaluate.MARKS[1]}\nafter\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["evaluate", "--suites", "1", "--pool", str(pool), "--write", str(page)])
    evaluate.main()
    text = page.read_text(encoding="utf-8")
    assert capsys.readouterr().out in text
    assert text.startswith(f"before\n{evaluate.MARKS[0]}\na machine.")
    assert text.endswith(f"{evaluate.MARKS[1]}\nafter\n")
    assert "old" not in text
