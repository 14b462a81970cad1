"""What a run that ended was about: by the event, an API that is held to its description, and real git."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github.event import EventContext
from sluicegate.github.find_subject import find_subject
from sluicegate.github.objects import create
from sluicegate.github.subject import Subject
from support import bundles
from support.forks import RUN, Fork, Listed, basic, fork_of, serving
from support.githubapi import not_accessible
from support.publishing import client
from support.pullrequest import git

pytestmark = pytest.mark.slow

JUNIT = {"reports/junit.xml": bundles.junit("++")}


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Fork]:
    with serving(fork_of(tmp_path, tmp_path)) as made:
        yield made


def found(fork: Fork, tested: str = "", **run: Any) -> Subject:
    return fork.find(fork.left(JUNIT, tested=tested), payload=fork.payload(**run))[1]


def commit(fork: Fork, tree: str, *parents: str) -> str:
    """A commit that anybody in the network of forks could make, on the server."""
    options = [word for parent in parents for word in ("-p", parent)]
    made = git(fork.pull.remote, "commit-tree", "-m", "Forged", *options, f"{tree}^{{tree}}")
    git(fork.pull.remote, "update-ref", "refs/network/forged", made)
    return made


class TestThePullRequest:
    def test_of_a_fork_is_found_by_its_branch(self, fork: Fork) -> None:
        subject = found(fork)
        assert (subject.number, subject.base_ref, subject.tip) == (7, "main", fork.pull.base)
        assert (subject.is_fork, subject.problems, subject.shared) == (True, (), "")
        assert fork.hub.calls[0].query["head"] == "stranger:feature"

    def test_is_found_over_all_pages(self, fork: Fork) -> None:
        others = [Listed("b" * 40, number=n, branch="feature") for n in range(100, 201)]
        fork.hub.listed = [*(replace(p, state="closed") for p in others), *fork.hub.listed]
        assert found(fork).number == 7

    def test_of_a_deleted_fork_is_found_by_its_commit(self, fork: Fork) -> None:
        fork.hub.listed = [Listed(fork.pull.head, repository=None)]
        assert found(fork, head_repository=None).number == 7

    def test_of_this_repository_is_found_the_same_way(self, fork: Fork) -> None:
        git(fork.pull.remote, "update-ref", "refs/heads/feature", fork.pull.head)
        fork.hub.listed = [Listed(fork.pull.head, repository="octo-org/octo-repo")]
        subject = found(fork, head_repository={"full_name": "octo-org/octo-repo"})
        assert (subject.number, subject.is_fork, subject.shared) == (7, False, "")

    def test_given_another_base_is_judged_by_that_one(self, fork: Fork) -> None:
        git(
            fork.pull.remote, "update-ref", "refs/heads/release", git(fork.pull.remote, "rev-parse", "main~1")
        )
        fork.hub.listed = [Listed(fork.pull.head, base="release")]
        subject = found(fork)
        assert (subject.base_ref, subject.base) == ("release", "")
        assert "is not on `release`" in subject.unseen

    def test_that_is_closed_gets_no_comment(self, fork: Fork) -> None:
        fork.hub.listed = [Listed(fork.pull.head, state="closed")]
        subject = found(fork)
        assert (subject.number, subject.target.number) == (7, 0)

    def test_one_of_two_with_the_same_head_is_not_guessed(self, fork: Fork) -> None:
        fork.hub.listed.append(Listed(fork.pull.head, number=8, base="release"))
        subject = found(fork)
        assert subject.number == 0
        assert "several open pull requests" in subject.problems[0]
        assert "the base branch of the verdict is not known" in subject.shared

    def test_that_does_not_exist_is_a_problem_under_the_default_branch(self, fork: Fork) -> None:
        fork.hub.listed = []
        subject = found(fork)
        assert (subject.number, subject.base_ref) == (0, "main")
        assert "no pull request has this head" in subject.problems[0]

    def test_whose_branch_moved_on_is_still_its_own(self, fork: Fork) -> None:
        first = fork.pull
        folder = fork.left(JUNIT)
        fork.push({"NEW.md": "More.\n"})
        _, subject = fork.find(folder, payload=fork.payload(head=first.head))
        assert (subject.number, subject.head, subject.tested) == (7, first.head, first.merge)
        assert subject.base == first.base


class TestACommitOfOthers:
    """A stranger can open a pull request with any commit; a status on it would speak for others too."""

    def test_the_tip_of_a_branch_of_this_repository_is_not_touched(self, fork: Fork) -> None:
        git(fork.pull.remote, "update-ref", "refs/heads/release", fork.pull.head)
        assert "the tip of the branch `release`" in found(fork).shared

    def test_the_head_of_another_pull_request_has_its_own_order_of_statuses(self, fork: Fork) -> None:
        victim = Listed(fork.pull.head, number=6, repository="victim/octo-repo", branch="mine")
        fork.hub.listed.append(victim)
        assert (found(fork).shared, found(fork).target.measured_by_fork) == ("", 7)


class TestTheTestedCommit:
    def test_the_current_test_merge_is_believed(self, fork: Fork) -> None:
        subject = found(fork)
        assert (subject.tested, subject.base) == (fork.pull.merge, fork.pull.base)

    def test_an_earlier_test_merge_is_believed_when_git_makes_the_same(self, fork: Fork) -> None:
        first = fork.pull
        fork.push({"OTHER.md": "Main moved on.\n"}, onto_main=True)
        subject = found(fork, tested=first.merge)
        assert (subject.tested, subject.base, subject.tip) == (first.merge, first.base, fork.pull.base)

    def test_the_head_itself_is_believed(self, fork: Fork) -> None:
        subject = found(fork, tested=fork.pull.head)
        ancestor = git(fork.pull.remote, "merge-base", fork.pull.base, fork.pull.head)
        assert (subject.tested, subject.base) == (fork.pull.head, ancestor)

    def test_a_merge_with_another_tree_is_not(self, fork: Fork) -> None:
        """Its parents are right, and its tree is the base's: nothing would seem to be changed."""
        forged = commit(fork, fork.pull.base, fork.pull.base, fork.pull.head)
        subject = found(fork, tested=forged)
        assert subject.base == ""
        assert "is not what git makes of" in subject.unseen

    def test_a_merge_with_a_base_of_their_own_is_not(self, fork: Fork) -> None:
        own = commit(fork, fork.pull.head, fork.pull.base)
        subject = found(fork, tested=commit(fork, fork.pull.head, own, fork.pull.head))
        assert "is not on `main`" in subject.unseen

    @pytest.mark.parametrize("revision", ["main", "refs/pull/7/head~1"])
    def test_another_commit_is_no_evidence_about_the_head(self, fork: Fork, revision: str) -> None:
        subject = found(fork, tested=git(fork.pull.remote, "rev-parse", revision))
        assert (subject.tested, subject.base) == (fork.pull.head, "")
        assert "that was tested is neither" in subject.problems[0]

    def test_another_pull_request_s_merge_is_none_either(self, fork: Fork) -> None:
        theirs = commit(fork, "main", "main~1")
        subject = found(fork, tested=commit(fork, "main", "main", theirs))
        assert "nor a merge of it" in subject.problems[0]

    @pytest.mark.parametrize(
        "claim", ["--upload-pack=touch x", "HEAD", "refs/heads/main", "A" * 40, "\x1b[31m"]
    )
    def test_what_is_no_commit_s_name_never_reaches_git(self, fork: Fork, claim: str) -> None:
        assert "the bundle must name a commit" in found(fork, tested=claim).problems[0]

    def test_one_that_the_server_does_not_have_is_unseen(self, fork: Fork) -> None:
        subject = found(fork, tested="d" * 40)
        assert (subject.problems, subject.base) == ((), "")
        assert "dddddddddd cannot be fetched" in subject.unseen

    def test_without_a_bundle_nothing_is_known(self, fork: Fork) -> None:
        _, subject = fork.find()
        assert "no bundle names" in subject.unseen

    def test_when_the_relation_cannot_be_asked_it_is_unseen(self, fork: Fork) -> None:
        fork.hub.fault = lambda _n, call, _serve: not_accessible() if "/compare/" in call.path else None
        assert "could not be read" in found(fork).unseen


class TestTheRun:
    def test_a_later_attempt_s_bundle_is_not_asked(self, fork: Fork) -> None:
        late = fork.left(JUNIT, run=(RUN, 2), tested="d" * 40)
        subject = fork.find(fork.left(JUNIT), late)[1]
        assert subject.tested == fork.pull.merge

    def test_that_failed_is_a_problem(self, fork: Fork) -> None:
        assert "ended with 'failure'" in found(fork, conclusion="failure").problems[0]

    def test_of_a_push_has_no_pull_request(self, fork: Fork) -> None:
        tip = fork.pull.base
        subject = fork.find(payload=fork.payload(head=tip, event="push", head_branch="main"))[1]
        assert (subject.number, subject.head, subject.problems) == (0, tip, ())

    def test_a_relative_folder_is_where_the_process_stands(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        objects = create(Path("subject/repository"), "https://github.com/o/r", "", os.environ)
        assert objects.git("rev-parse", "--git-dir").line == str(tmp_path / "subject" / "repository" / ".git")

    def test_another_event_has_none(self, fork: Fork, tmp_path: Path) -> None:
        objects = create(tmp_path / "objects", fork.git_url + "/o/r", "", os.environ)
        with pytest.raises(UsageError, match="not started by the end of another"):
            find_subject(EventContext(name="push"), (), client(fork.hub), objects)


class TestFetching:
    def test_nothing_is_checked_out(self, fork: Fork) -> None:
        folder, subject = fork.find(fork.left(JUNIT))
        assert [p.name for p in (folder / "repository").iterdir()] == [".git"]
        assert git(folder / "repository", "rev-parse", "HEAD") == subject.tested
        assert list((folder / "repository" / ".git" / "hooks").glob("*")) == []

    def test_the_token_goes_to_the_server_and_stays_nowhere(self, fork: Fork) -> None:
        folder, _ = fork.find(fork.left(JUNIT))
        assert fork.seen
        assert [basic(fork.token)] in fork.seen
        assert all(headers in ([], [basic(fork.token)]) for headers in fork.seen)
        secret = basic(fork.token).partition(" ")[2].encode()
        files = [p for p in folder.rglob("*") if p.is_file()]
        assert [p for p in files if secret in p.read_bytes() or b"ghs_" in p.read_bytes()] == []

    def test_a_base_that_is_not_there_is_an_error_that_names_the_permission(self, fork: Fork) -> None:
        fork.hub.listed = [Listed(fork.pull.head, base="gone")]
        with pytest.raises(WorldError, match="the base branch 'gone' cannot be fetched") as caught:
            found(fork)
        assert "contents: read" in caught.value.remedy
        assert list(fork.project.root.glob("subject-*")) == []

    def test_without_the_permission_to_ask_it_is_named(self, fork: Fork) -> None:
        fork.hub.fault = lambda _n, _call, _serve: not_accessible()
        with pytest.raises(WorldError, match="pull-requests: read"):
            found(fork)
