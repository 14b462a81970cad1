"""Which recorded report is the baseline: the nearest recorded ancestor, and what it carries forward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Absence
from sluicegate.history.entries import Entry
from sluicegate.history.series import of_history
from sluicegate.ledger.baselines import ParentLine, nearest
from sluicegate.ledger.resolve import CARRY, remember
from support.ledgers import entry, sha


def line(names: str, *, whole: bool = False) -> ParentLine:
    """`d c b a`: first parents, newest first."""
    return ParentLine(tuple(map(sha, names.split())), whole)


def value(entries: list[Entry], names: str, verdict: str = "coverage") -> float:
    found = remember(entries, line(names)).baseline.measures[verdict].plain["total"].value
    assert found is not None
    return float(found)


@given(st.lists(st.integers(0, 30), unique=True), st.frozensets(st.integers(0, 30)))
def test_the_nearest_is_the_first_recorded(commits: list[int], recorded: frozenset[int]) -> None:
    names, known = [sha(c) for c in commits], [sha(c) for c in recorded]
    distance = nearest(names, known)
    assert not set(names[:distance] if distance >= 0 else names) & set(known)
    assert distance < 0 or names[distance] in known


def test_the_report_of_the_base_itself() -> None:
    entries = [entry("a", coverage=70), entry("b", coverage=80)]
    found = remember(entries, line("b a")).baseline
    assert (value(entries, "b a"), found.label) == (80, f"{sha('b')[:7]}, the base")


def test_the_nearest_recorded_ancestor_says_how_far() -> None:
    found = remember([entry("a", coverage=70)], line("d c b a")).baseline
    assert found.label == f"{sha('a')[:7]}, 3 commits before the base"


def test_what_is_recorded_elsewhere_does_not_count() -> None:
    entries = [entry("a", coverage=70), entry("side", at=9, coverage=99)]
    assert value(entries, "b a") == 70


def test_of_several_reports_of_a_commit_the_last_counts() -> None:
    entries = [entry("a", at=1, coverage=70), entry("a", at=2, coverage=75)]
    assert value(entries, "a") == 75


def test_the_clock_does_not_order_commits() -> None:
    entries = [entry("a", at=9, coverage=70), entry("b", at=1, coverage=80)]
    assert value(entries, "b a") == 80


class TestCarrying:
    def test_a_gate_that_did_not_run_keeps_its_last_value_and_says_so(self) -> None:
        found = remember([entry("a", coverage=70), entry("b", tests=1)], line("b a")).baseline
        assert found.notes == {"coverage": f"the baseline is {sha('a')[:7]}'s, 1 commit before the others'"}
        assert "coverage" in found.measures

    def test_for_a_stated_number_of_commits(self) -> None:
        entries = [entry("old", coverage=70), entry("new", tests=1)]
        for between, carried in ((CARRY - 1, True), (CARRY, False)):
            commits = " ".join(["new", *(f"c{n}" for n in range(between)), "old"])
            assert ("coverage" in remember(entries, line(commits)).baseline.measures) == carried

    def test_from_the_nearest_that_measured_it(self) -> None:
        entries = [entry("a", coverage=60), entry("b", coverage=70), entry("c", tests=1)]
        assert value(entries, "c b a") == 70


class TestNone:
    def test_nothing_is_recorded_yet(self) -> None:
        found = remember([], line("b a"), "main").baseline
        assert (found.absence, found.reason) == (
            Absence.NOT_APPLICABLE, "no baseline yet: it is recorded on the next push to main",
        )  # fmt: skip

    def test_no_ancestor_is_recorded(self) -> None:
        found = remember([entry("side", coverage=1)], line("b a", whole=True), "main").baseline
        assert found.absence is Absence.NOT_APPLICABLE
        assert "recorded on the next push to main" in found.reason

    def test_a_shallow_clone_cannot_tell(self) -> None:
        found = remember([entry("side", coverage=1)], line("b a")).baseline
        assert found.absence is Absence.NOT_MEASURED
        assert "sluicegate ledger fetch" in found.reason


class TestHistory:
    ENTRIES = (
        entry("a", at=9, coverage=60, failed="x"),
        entry("b", at=1, tests=1),
        entry("b", at=2, coverage=70, tests=1),
        entry("later", at=3, coverage=99),
    )

    def test_a_series_is_in_the_order_of_ancestry(self) -> None:
        history = remember(self.ENTRIES, line("c b a")).history
        series = of_history(history, "coverage", "total")
        assert series is not None
        assert [(p.commit, float(p.value or 0)) for p in series.points] == [(sha("a"), 60), (sha("b"), 70)]

    def test_every_run_is_there_for_flaky_tests(self) -> None:
        entries = [entry("a", at=1, failed="x"), entry("a", at=2)]
        history = remember(entries, line("a")).history
        assert [[c.name for c in e.cases] for e in history.entries] == [["t::x"], []]

    def test_names_are_those_ever_recorded(self) -> None:
        assert remember(self.ENTRIES, line("c b a")).history.names() == {
            "coverage": ("total",), "tests": ("total",),
        }  # fmt: skip
