"""Which of several decisions is in force, and whether it lets a commit go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.decision import Decision, Frozen, ReleaseOutcome, Wanted, in_force, verify
from support.examples import at_most

HEAD, SQUASH, CHILD = "a" * 40, "b" * 40, "c" * 40
TREE, OTHER = "1" * 40, "2" * 40
NOW = 1_800_000_000
GO = Decision("v1.4.0", HEAD, TREE, ReleaseOutcome.GO, NOW - 60, NOW + 3600, "f" * 64, "o/r")
NO_GO = replace(GO, outcome=ReleaseOutcome.NO_GO, blocking=("tests: 2 failed",))
WANTED = Wanted(HEAD, TREE, NOW, "o/r")


def test_a_go_lets_its_commit_go() -> None:
    found = verify({"p": GO}, (), WANTED)
    assert (found.refused, found.path) == ("", "p")
    assert found.text == "GO of v1.4.0, decided 2027-01-15 07:59 UTC"


def test_a_squash_of_the_same_tree_goes_and_it_is_said() -> None:
    found = verify({"p": GO}, (), replace(WANTED, commit=SQUASH))
    assert found.same_tree
    assert "of aaaaaaaaaaaa, which has the same tree" in found.text


@pytest.mark.parametrize(
    ("decision", "wanted", "why"),
    [
        (GO, replace(WANTED, commit=CHILD, tree=OTHER), "there is no decision to release for the commit"),
        (GO, replace(WANTED, commit=CHILD, tree=""), "its tree is not known here"),
        (NO_GO, WANTED, "is NO-GO: tests: 2 failed"),
        (replace(GO, expires=NOW), WANTED, "has expired"),
        (replace(GO, at=NOW + 3000), WANTED, "is dated in the future"),
        (GO, replace(WANTED, longest=30), "is older than asked for"),
        (
            replace(GO, freezes=(Frozen(NOW, NOW + 60),)),
            WANTED,
            "a freeze holds v1.4.0 until 2027-01-15 08:01 UTC",
        ),
        (GO, replace(WANTED, repository="o/other"), "is of the repository o/r"),
        (GO, replace(WANTED, policy_sha256="e" * 64), "made by the policy ffffffffffff"),
        (GO, replace(WANTED, release="v2"), "there is no decision to release of v2"),
        (
            replace(GO, outcome=ReleaseOutcome.CONDITIONAL),
            replace(WANTED, may_be_conditional=False),
            "is only CONDITIONAL",
        ),
    ],
)
def test_other_decisions_let_nothing_go(decision: Decision, wanted: Wanted, why: str) -> None:
    found = verify({"p": decision}, (), wanted)
    assert why in found.refused
    assert found.remedy


@pytest.mark.parametrize("frozen", [Frozen(NOW + 1, NOW + 60), Frozen(NOW - 60, NOW)])
def test_a_freeze_that_comes_or_is_over_holds_nothing(frozen: Frozen) -> None:
    assert not verify({"p": replace(GO, freezes=(frozen,))}, (), WANTED).refused


def test_a_superseding_no_go_counts_whatever_its_time_is() -> None:
    earlier = replace(NO_GO, at=NOW - 7200, supersedes=("p",))
    assert "is NO-GO" in verify({"p": GO, "q": earlier}, (), WANTED).refused


def test_a_no_go_that_was_superseded_counts_no_more() -> None:
    assert verify({"p": NO_GO, "q": replace(GO, supersedes=("p",))}, (), WANTED).path == "q"


def test_a_decision_that_cannot_be_read_may_be_a_no_go() -> None:
    assert "cannot be read" in verify({"p": GO}, ("q: is damaged",), WANTED).refused


def test_its_own_decision_comes_before_that_of_the_same_tree() -> None:
    own = replace(NO_GO, commit=SQUASH, at=NOW - 9000)
    assert "is NO-GO" in verify({"p": GO, "q": own}, (), replace(WANTED, commit=SQUASH)).refused


decisions = st.lists(
    st.builds(
        Decision,
        st.sampled_from(("v1", "v2")), st.sampled_from((HEAD, SQUASH)), st.just(TREE),
        st.sampled_from(ReleaseOutcome), st.integers(NOW - 100, NOW), st.integers(NOW - 50, NOW + 50),
        st.just("f" * 64), supersedes=st.sampled_from(((), ("0",), ("1", "2"))),
    ),
    max_size=4,
).map(lambda found: {str(n): decision for n, decision in enumerate(found)})  # fmt: skip


@given(decisions, st.integers(NOW, NOW + 100))
@settings(max_examples=at_most(200))
def test_the_order_of_decisions_never_matters(found: dict[str, Decision], now: int) -> None:
    wanted = replace(WANTED, now=now)
    assert verify(found, (), wanted) == verify(dict(reversed(found.items())), (), wanted)


@given(decisions, st.sampled_from((HEAD, SQUASH)))
@settings(max_examples=at_most(200))
def test_one_more_no_go_of_the_commit_never_lets_it_go(found: dict[str, Decision], commit: str) -> None:
    wanted = replace(WANTED, commit=commit)
    if verify(found, (), wanted).refused:
        more = found | {"z": replace(NO_GO, commit=commit)}
        assert verify(more, (), wanted).refused


@given(decisions, st.integers(NOW, NOW + 60), st.integers(0, 60))
@settings(max_examples=at_most(200))
def test_time_alone_never_lets_a_commit_go(found: dict[str, Decision], now: int, later: int) -> None:
    if verify(found, (), replace(WANTED, now=now)).refused:
        assert verify(found, (), replace(WANTED, now=now + later)).refused


@given(decisions)
@settings(max_examples=at_most(100))
def test_what_is_in_force_is_superseded_by_none(found: dict[str, Decision]) -> None:
    kept = in_force(found)
    keys = {(d.release, d.commit, path) for d in found.values() for path in d.supersedes}
    assert all((d.release, d.commit, path) not in keys for path, d in kept.items())
