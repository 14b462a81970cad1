"""One call from end to end, in this process: real checkouts, real programs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sluicegate.bench import shared
from sluicegate.bench.measuring import World
from sluicegate.bench.model import Clock, Command, Compared, Outcome, Settings, Side, Stop
from sluicegate.bench.session import choose, measure, repository
from sluicegate.core.errors import UsageError
from sluicegate.git import Git
from sluicegate.github.event import EventContext
from support.benching import Benched, benched, needs_posix
from support.benchmark_files import native, native_entry

pytestmark = needs_posix

QUICK = Settings((Command("t", ("true",)),), max_rounds=1, warmup=0, seed=1)
"""One pair, and no more."""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checkouts are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def made(tmp_path: Path) -> Benched:
    return benched(tmp_path, {"x": "1\n"}, {"y": "1\n"})


def of(*words: str) -> tuple[Command]:
    """One command with these words."""
    return (Command("t", words),)


@dataclass
class Watched:
    """A world that remembers what was said."""

    said: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    path: str = os.environ["PATH"]

    def world(self) -> World:
        """With the real clock."""
        return World(
            {"PATH": self.path},
            time.monotonic,
            lambda label, _done, _all: self.told.append(label),
            self.said.append,
        )


def bench(made: Benched, settings: Settings, watched: Watched | None = None) -> tuple[Compared, Outcome]:
    git = repository(made.root)
    compared = choose(git, "main", EventContext())
    return measure(git, compared, settings, (watched or Watched()).world(), with_changes=True)


def test_each_pair_is_a_run_of_either_side(made: Benched) -> None:
    _, outcome = bench(made, replace(QUICK, max_rounds=3, per_round=1, warmup=1))
    assert len(outcome.series["t"].base) == len(outcome.series["t"].head) == 3
    assert (outcome.looks, outcome.stopped, outcome.failure) == (1, Stop.ROUNDS, None)
    assert made.left() == []


def test_cpu_time_can_be_what_is_compared(made: Benched) -> None:
    (reading,) = bench(made, replace(QUICK, clock=Clock.CPU))[1].series["t"].head
    assert 0 < reading.seconds == max(reading.cpu, 1e-6)


def test_progress_is_told_and_the_set_up_is_said(made: Benched) -> None:
    watched = Watched()
    bench(made, replace(QUICK, warmup=1, setup="echo built", verbose=True), watched)
    assert {"warm-up of the base", "warm-up of the head", "rounds"} <= set(watched.told)
    assert [line for line in watched.said if line == "built"] == ["built"] * 2
    assert watched.said[0].startswith("set-up of the base: ")


@pytest.mark.parametrize(
    ("settings", "side", "what"),
    [
        (replace(QUICK, setup="exit 2"), Side.BASE, "the set-up of the base ended with exit code 2"),
        (replace(QUICK, setup="test ! -e y"), Side.HEAD, "the set-up of the head ended with exit code 1"),
        (replace(QUICK, prepare="test ! -e y"), Side.HEAD, "--prepare on the head ended with exit code 1"),
        (replace(QUICK, commands=of("test", "-e", "y")), Side.BASE, "'t' on the base ended with exit code 1"),
        (replace(QUICK, commands=of("sh", "-c", "kill -9 $$")), None, "was ended by signal 9"),
        (replace(QUICK, commands=of("./y")), None, "could not be started"),
        (replace(QUICK, reads="out.json"), None, "left no out.json"),
        (replace(QUICK, commands=of("cp", "x", "o.json"), reads="o.json"), None, "benchmark format"),
        (replace(QUICK, commands=of("sleep", "9"), max_seconds=0.05), None, "were not enough for one round"),
    ],
)  # fmt: skip
def test_a_side_that_fails_is_an_outcome(
    made: Benched, settings: Settings, side: Side | None, what: str
) -> None:
    failure = bench(made, settings)[1].failure
    assert failure is not None
    assert what in failure.what
    assert side in (None, failure.side)
    assert made.left() == []


@pytest.mark.parametrize("ignored", [False, True])
def test_a_benchmark_that_failed_in_its_tool_is_a_failure_of_the_side(
    made: Benched, tmp_path: Path, *, ignored: bool
) -> None:
    report = tmp_path / "r.json"
    report.write_bytes(native(native_entry(), problems=[{"message": "sort crashed"}]))
    settings = replace(
        QUICK, commands=of("cp", str(report), "o.json"), reads="o.json", ignore_failure=ignored
    )
    failure = bench(made, settings)[1].failure
    assert failure is not None
    assert failure.what == f"o.json of the {failure.side}: has a benchmark that failed: sort crashed"


def test_a_failure_shows_what_was_written(made: Benched) -> None:
    failure = bench(made, replace(QUICK, setup="echo no compiler >&2; exit 1"))[1].failure
    assert failure is not None
    assert failure.log == "no compiler\n"


def test_the_budget_ends_it_and_keeps_the_pairs(made: Benched) -> None:
    command = Command("t", ("sleep", "0.05"))
    _, outcome = bench(made, replace(QUICK, commands=(command,), max_rounds=0, max_seconds=0.8))
    assert outcome.stopped is Stop.BUDGET
    assert 1 <= len(outcome.series["t"].base) < 30


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "ended with exit code 3"),
        ("sleep 9", "did not answer within 0.2 seconds"),
        ("kill -9 $$", "ended with exit code -9"),
        ("true", "did not answer: No such file or directory"),
    ],
)
def test_a_python_that_does_not_say_what_it_imports_is_noticed(
    made: Benched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    if script.startswith("sleep"):
        monkeypatch.setattr(shared, "_SECONDS", 0.2)
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\ncase "$1" in -c) {script};; esac\n')
    python.chmod(0o755)
    commands = (*of(str(python), "x"), Command("again", (str(python), "x")))
    notices = bench(made, replace(QUICK, commands=commands))[1].notices
    about = [notice for notice in notices if "import" in notice]
    assert about == [f"whether both sides import the same code is not known: {python} {why}"]


def test_uncommitted_changes_are_counted_and_noticed(made: Benched) -> None:
    made.repo.write({"x": "2\n", "new": "1\n"})
    compared, outcome = bench(made, QUICK)
    assert compared.uncommitted == 2
    assert "the head is dirty: 2 files of the working tree not as committed" in outcome.notices


def test_submodules_are_noticed(made: Benched) -> None:
    made.repo.commit({".gitmodules": ""})
    assert any("submodules are not checked out" in notice for notice in bench(made, QUICK)[1].notices)


def test_a_program_that_is_not_there_is_bad_input(made: Benched) -> None:
    with pytest.raises(UsageError, match="not in PATH: no-such"):
        bench(made, replace(QUICK, commands=of("no-such")))


# --- which two -----------------------------------------------------------------------------------


def opened(made: Benched) -> Git:
    return repository(made.root)


def test_a_laptop_compares_with_the_default_branch(made: Benched) -> None:
    compared = choose(opened(made), "", EventContext())
    assert compared.base == made.repo.git("rev-parse", "main")
    assert compared.head == made.repo.git("rev-parse", "HEAD")


def test_a_push_has_nothing_to_compare_with_unless_it_is_named(made: Benched) -> None:
    with pytest.raises(UsageError, match=r"no pull request to compare with.*--base HEAD"):
        choose(opened(made), "", EventContext(name="push"))
    assert choose(opened(made), "HEAD^1", EventContext(name="push")).label == "HEAD^1"


def test_nothing_changed_is_nothing_to_compare(made: Benched) -> None:
    made.repo.git("checkout", "-q", "main")
    with pytest.raises(UsageError, match="nothing differs from main"):
        choose(opened(made), "", EventContext())


def test_a_folder_without_a_repository_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be a git repository"):
        repository(tmp_path)
