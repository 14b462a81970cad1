from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Report
from sluicegate.github.publish.content import Draft, draft_of
from sluicegate.github.publish.identity import fork_url, mark_of
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.plan import (
    CommitStatus,
    Create,
    Delete,
    Own,
    StickyComment,
    Update,
    plan_comment,
    plan_status,
)
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from support import reports as r
from support.publishing import a_run

BOT = "bot"
REPORTS = [r.passing(), r.warning(), r.blocked(0)]


def draft(number: int, report: Report | None = None, mode: CommentMode = CommentMode.ALWAYS) -> Draft:
    return draft_of(report or r.blocked(0), a_run(number), PublishSettings(mode))


def act(there: list[StickyComment], said: Draft) -> list[StickyComment]:
    """What the server holds when the plan was carried out."""
    held = {c.id: c for c in there}
    for action in plan_comment(there, said, BOT).actions:
        match action:
            case Create():
                held[1000] = StickyComment(1000, BOT, said.comment())
            case Update(number, body):
                held[number] = replace(held[number], body=said.comment() if body is None else body)
            case Delete(number):
                del held[number]
    return list(held.values())


def left_behind(runs: list[tuple[int, int]]) -> list[StickyComment]:
    """Comments that runs (number, which report) left."""
    drafts = [draft(number, REPORTS[which]) for number, which in runs]
    return [StickyComment(n, BOT, said.comment()) for n, said in enumerate(drafts, 1)]


left = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), max_size=5).map(left_behind)


@given(left, st.integers(1, 9), st.integers(0, 2))
def test_whatever_is_there_one_comment_of_the_newest_run_is_left(
    there: list[StickyComment], number: int, which: int
) -> None:
    said = draft(number, REPORTS[which])
    (comment,) = act(there, said)
    newest = max([number, *(m.order[0] for c in there if (m := mark_of(c.body)))])
    mark = mark_of(comment.body)
    assert mark is not None
    assert mark.order[0] == newest
    assert comment.id == min([c.id for c in there], default=1000)


@given(left, st.integers(1, 9))
def test_afterwards_there_is_nothing_left_to_do(there: list[StickyComment], number: int) -> None:
    said = draft(number)
    assert plan_comment(act(there, said), said, BOT).actions == ()


@given(st.permutations(range(1, 6)))
def test_in_whatever_order_runs_end_the_newest_is_shown(order: list[int]) -> None:
    there: list[StickyComment] = []
    for number in order:
        there = act(there, draft(number))
    mark = mark_of(there[0].body)
    assert (len(there), mark and mark.order) == (1, (5, 1))


def test_comments_of_others_and_of_other_keys_are_not_ours() -> None:
    said = draft(1)
    others = [StickyComment(1, "mallory", said.comment()), StickyComment(2, BOT, "hello")]
    other_key = draft_of(r.blocked(0), a_run(1, key="other.yml:gate"), PublishSettings())
    others.append(StickyComment(3, BOT, other_key.comment()))
    assert plan_comment(others, said, BOT).actions == (Create(),)


def test_the_author_s_case_does_not_matter() -> None:
    said = draft(1)
    assert plan_comment([StickyComment(1, "Bot", said.comment())], said, BOT).kind is OutcomeKind.UNCHANGED


def status(run: int, state: str = "success") -> CommitStatus:
    return CommitStatus("sluicegate/gate", state, "words", a_run(run).url)


def test_a_newer_run_s_status_stays() -> None:
    assert plan_status([status(5)], status(4)) is None


def test_an_older_run_s_status_on_top_is_covered_by_the_newest() -> None:
    assert plan_status([status(4), status(5)], status(4)) == status(5)


@pytest.mark.parametrize("bad", ["failure", "error"])
def test_of_two_uses_in_one_run_the_one_that_does_not_pass_shows(bad: str) -> None:
    assert plan_status([status(4, bad)], status(4)) is None
    assert plan_status([status(4)], status(4, bad)) == status(4, bad)
    assert plan_status([status(4, bad)], status(5)) == status(5)


def test_a_status_of_another_name_says_nothing() -> None:
    other = replace(status(9), context="other")
    assert plan_status([other], status(4)) == status(4)


@given(st.lists(st.integers(1, 6), max_size=5), st.integers(1, 6))
def test_when_set_the_newest_run_s_status_shows(there: list[int], number: int) -> None:
    held = [status(n) for n in there]
    wanted = plan_status(held, status(number))
    held = [wanted, *held] if wanted else held
    assert held[0].order == max(s.order for s in [*held, status(number)])
    assert plan_status(held, status(number)) is None


def of_fork(run: int, pull: int) -> CommitStatus:
    own = status(run)
    return replace(own, target_url=fork_url(own.target_url, pull))


class TestTheStatusOfWhatAForkMeasured:
    def test_never_covers_that_of_the_repository_s_own_run(self) -> None:
        assert plan_status([status(4)], of_fork(5, 7)) is None

    def test_is_covered_by_that_of_the_repository_s_own_run(self) -> None:
        assert plan_status([of_fork(5, 7)], status(4)) == status(4)

    def test_on_top_of_the_own_run_s_is_covered_again(self) -> None:
        assert plan_status([of_fork(5, 7), status(4)], of_fork(5, 7)) == status(4)

    def test_is_replaced_by_a_later_run_of_the_same_pull_request(self) -> None:
        assert plan_status([of_fork(5, 7)], of_fork(6, 7)) == of_fork(6, 7)

    def test_is_not_changed_by_a_later_pull_request_with_the_same_commit(self) -> None:
        assert plan_status([of_fork(5, 7)], of_fork(6, 8)) is None

    def test_of_a_closed_pull_request_counts_no_more(self) -> None:
        assert plan_status([of_fork(5, 7)], of_fork(6, 8), {7}) == of_fork(6, 8)


@given(st.permutations([status(1), status(2), of_fork(3, 8), of_fork(9, 7)]))
def test_in_whatever_order_they_come_the_own_run_s_shows(order: list[CommitStatus]) -> None:
    there: list[CommitStatus] = []
    for ours in order:
        while wanted := plan_status(there, ours):
            there = [wanted, *there]
    assert there[0] == status(2)


class TestOwnWrites:
    NEW = StickyComment(9, BOT, "new", updated_at="2026-11-21T10:00:05Z")
    OLD = replace(NEW, body="old", updated_at="2026-11-21T10:00:01Z")

    def test_are_there_before_the_list_shows_them(self) -> None:
        own = Own({9: self.NEW})
        assert (own.merged([]), own.is_shown_by([])) == ([self.NEW], False)

    def test_go_before_an_older_text(self) -> None:
        own = Own({9: self.NEW})
        assert (own.merged([self.OLD]), own.is_shown_by([self.OLD])) == ([self.NEW], False)

    def test_do_not_hide_what_another_run_wrote_later(self) -> None:
        own = Own({9: self.OLD})
        assert (own.merged([self.NEW]), own.is_shown_by([self.NEW])) == ([self.NEW], True)

    def test_that_delete_are_done_before_the_list_shows_it(self) -> None:
        own = Own(deleted={9})
        assert (own.merged([self.OLD]), own.is_shown_by([self.OLD])) == ([], False)
