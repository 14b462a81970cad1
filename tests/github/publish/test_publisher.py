"""Publishing against a server made from GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.core.model import Finding, Severity
from sluicegate.github.publish import publisher
from sluicegate.github.publish.content import CHECK, CONTEXT
from sluicegate.github.publish.identity import mark_of
from sluicegate.github.publish.outcome import Channel, OutcomeKind
from sluicegate.github.publish.publisher import Publication
from sluicegate.github.publish.settings import CommentMode, PublishSettings, StatusName
from sluicegate.github.publish.target import Target
from sluicegate.report.modes import AnnotationMode
from support import reports as r
from support.githubapi import LOGIN, REPOSITORY, Call, Hub, Lag, Reply, not_accessible
from support.publishing import EVERYTHING, HEAD, Time, a_run, at, client, kinds, publish

TARGET = Target(REPOSITORY, HEAD, 7, "main", "main")
STATUS = PublishSettings(CommentMode.NEVER, status=True)


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub(HEAD)
    yield server
    assert server.wrong == []


def comment_of(mode: CommentMode) -> PublishSettings:
    return PublishSettings(mode)


class TestTheComment:
    def test_is_written_and_names_its_run(self, hub: Hub) -> None:
        assert kinds(publish(hub, r.blocked())) == [OutcomeKind.CREATED] * 3
        (comment,) = hub.comments
        mark = mark_of(comment["body"])
        assert mark is not None
        assert (mark.key, mark.order, mark.head) == ("quality.yml:gate", (1, 1), HEAD)
        assert "blocked" in comment["body"]
        assert "/actions/runs/9001" in comment["body"]

    def test_of_a_later_green_run_resolves_the_red_one(self, hub: Hub) -> None:
        publish(hub, r.blocked())
        assert publish(hub, r.passing(), run=a_run(2))[Channel.COMMENT].kind is OutcomeKind.UPDATED
        (comment,) = hub.comments
        assert "Sluicegate: passed" in comment["body"]
        assert hub.statuses[HEAD][0]["state"] == "success"

    def test_is_left_alone_when_it_says_so_already(self, hub: Hub) -> None:
        publish(hub, r.blocked())
        written = len(hub.writes())
        assert kinds(publish(hub, r.blocked())) == [OutcomeKind.UNCHANGED] * 3
        assert len(hub.writes()) == written

    def test_of_a_newer_run_is_not_overwritten(self, hub: Hub) -> None:
        publish(hub, r.passing(), run=a_run(6))
        assert kinds(publish(hub, r.blocked(), run=a_run(5, attempt=3))) == [OutcomeKind.SUPERSEDED] * 3
        assert "Sluicegate: passed" in hub.comments[0]["body"]
        assert hub.statuses[HEAD][0]["state"] == "success"

    def test_of_a_second_attempt_replaces_the_first(self, hub: Hub) -> None:
        publish(hub, r.blocked(), run=a_run(5))
        publish(hub, r.passing(), run=a_run(5, attempt=2))
        assert "Sluicegate: passed" in hub.comments[0]["body"]

    def test_of_another_key_is_another(self, hub: Hub) -> None:
        publish(hub, r.passing())
        publish(hub, r.blocked(), run=a_run(key="quality.yml:other"))
        assert len(hub.comments) == 2

    def test_duplicates_become_one_with_the_newest_text(self, hub: Hub) -> None:
        publish(hub, r.blocked(), run=a_run(3), settings=comment_of(CommentMode.ALWAYS))
        body = hub.comments[0]["body"]
        hub.write_comment(body.replace('"run":[3,1]', '"run":[9,1]'), LOGIN)
        hub.write_comment(body.replace('"run":[3,1]', '"run":[2,1]'), LOGIN)
        first = hub.comments[0]["id"]
        outcome = publish(hub, r.passing(), run=a_run(5))[Channel.COMMENT]
        assert (outcome.kind, outcome.removed) == (OutcomeKind.SUPERSEDED, 2)
        assert [(c["id"], '"run":[9,1]' in c["body"]) for c in hub.comments] == [(first, True)]

    def test_of_somebody_else_is_never_touched(self, hub: Hub) -> None:
        publish(hub, r.blocked())
        stolen = hub.comments.pop()["body"]
        hub.write_comment(stolen, "mallory")
        publish(hub, r.passing(), run=a_run(2))
        assert [c["user"]["login"] for c in hub.comments] == ["mallory", LOGIN]
        assert hub.comments[0]["body"] == stolen

    def test_is_found_on_the_last_page(self, hub: Hub) -> None:
        for number in range(250):
            hub.write_comment(f"chatter {number}", "mona")
        publish(hub, r.blocked())
        publish(hub, r.passing(), run=a_run(2))
        assert len(hub.comments) == 251

    def test_of_a_token_that_may_not_ask_its_name_settles_on_one(self, hub: Hub) -> None:
        hub.login = "my-app[bot]"
        hub.fault = lambda _n, call, _serve: not_accessible() if call.path == "/user" else None
        for number in (1, 2, 3):
            publish(hub, r.blocked(), run=a_run(number))
        (comment,) = hub.comments
        assert '"run":[3,1]' in comment["body"]

    def test_is_not_written_when_the_head_has_moved_on(self, hub: Hub) -> None:
        hub.head = "b" * 40
        outcomes = publish(hub, r.blocked())
        assert kinds(outcomes) == [OutcomeKind.SUPERSEDED, OutcomeKind.CREATED, OutcomeKind.CREATED]
        assert hub.comments == []

    def test_sheds_detail_until_the_server_takes_it(self, hub: Hub) -> None:
        hub.most = 12_000
        assert kinds(publish(hub, r.blocked(400))) == [OutcomeKind.CREATED] * 3
        assert len(hub.comments[0]["body"]) <= 12_000
        assert "Left out for length" in hub.comments[0]["body"]


class TestTheModes:
    def test_on_failure_says_nothing_while_all_is_well(self, hub: Hub) -> None:
        outcome = publish(hub, r.passing(), settings=comment_of(CommentMode.ON_FAILURE))
        assert (outcome[Channel.COMMENT].kind, hub.comments) == (OutcomeKind.SKIPPED, [])

    def test_on_failure_resolves_what_it_said(self, hub: Hub) -> None:
        publish(hub, r.blocked(), settings=comment_of(CommentMode.ON_FAILURE))
        publish(hub, r.passing(), settings=comment_of(CommentMode.ON_FAILURE), run=a_run(2))
        assert "Sluicegate: passed" in hub.comments[0]["body"]

    def test_on_change_rewrites_only_for_another_status(self, hub: Hub) -> None:
        settings = comment_of(CommentMode.ON_CHANGE)
        publish(hub, r.warning(), settings=settings)
        body = hub.comments[0]["body"]
        outcomes = publish(hub, r.warning(), settings=settings, run=a_run(2))
        assert outcomes[Channel.COMMENT].kind is OutcomeKind.UNCHANGED
        assert hub.comments[0]["body"] == body
        publish(hub, r.blocked(), settings=settings, run=a_run(3))
        assert hub.comments[0]["body"] != body

    def test_never_asks_nothing(self, hub: Hub) -> None:
        assert publish(hub, r.blocked(), settings=comment_of(CommentMode.NEVER)) == {}
        assert hub.calls == []


class TestTheStatus:
    def test_stands_on_the_head_and_links_the_run(self, hub: Hub) -> None:
        publish(hub, r.blocked())
        (status,) = hub.statuses[HEAD]
        assert (status["context"], status["state"]) == (CONTEXT, "failure")
        assert status["target_url"].endswith("/actions/runs/9001")
        assert len(status["description"]) <= 140

    def test_of_warn_only_is_no_failure(self, hub: Hub) -> None:
        publish(hub, r.blocked(), settings=replace(EVERYTHING, warn_only=True))
        assert hub.statuses[HEAD][0]["state"] == "success"
        assert hub.checks[0]["conclusion"] == "neutral"

    def test_that_covers_a_newer_run_s_is_put_right(self, hub: Hub) -> None:
        publish(hub, r.passing(), run=a_run(8))
        newest = hub.statuses[HEAD][0]
        hub.statuses[HEAD].insert(0, newest | {"target_url": a_run(7).url, "state": "failure"})
        assert publish(hub, r.blocked(), run=a_run(7))[Channel.STATUS].kind is OutcomeKind.SUPERSEDED
        assert (hub.statuses[HEAD][0]["state"], hub.statuses[HEAD][0]["target_url"]) == (
            "success",
            a_run(8).url,
        )

    def test_is_named_by_a_key_of_the_user_s(self, hub: Hub) -> None:
        publish(hub, r.passing(), run=replace(a_run(key="py3.13"), named=True))
        assert hub.statuses[HEAD][0]["context"] == f"{CONTEXT} (py3.13)"
        assert hub.checks[0]["name"] == f"{CHECK} (py3.13)"


class TestTheBase:
    """One commit has a status for each branch that it was judged for."""

    def status(self, hub: Hub, **given: object) -> str:
        publish(hub, r.passing(), target=replace(TARGET, **given), settings=STATUS)  # type: ignore[arg-type]
        name: str = hub.statuses[HEAD][0]["context"]
        return name

    def test_is_named_unless_it_is_the_default_branch(self, hub: Hub) -> None:
        assert self.status(hub, branch="main") == CONTEXT
        assert self.status(hub, branch="release/1") == f"{CONTEXT}: release/1"

    def test_that_is_laxer_leaves_the_other_s_verdict(self, hub: Hub) -> None:
        publish(hub, r.blocked(), run=a_run(1), target=TARGET)
        publish(hub, r.passing(), run=a_run(2), target=replace(TARGET, branch="lax"))
        shown = {s["context"]: s["state"] for s in reversed(hub.statuses[HEAD])}
        assert shown == {CONTEXT: "failure", f"{CONTEXT}: lax": "success"}
        assert [c["name"] for c in hub.checks] == [CHECK, f"{CHECK}: lax"]

    def test_is_asked_for_where_only_the_pull_request_is_named(self, hub: Hub) -> None:
        assert self.status(hub, branch="", default_branch="") == CONTEXT  # the example's base is the default

    def test_is_compared_with_the_default_branch_that_the_server_names(self, hub: Hub) -> None:
        hub.fault = lambda _n, call, _serve: (
            Reply(200, {"default_branch": "dev"}) if call.path == f"/repos/{REPOSITORY}" else None
        )
        assert self.status(hub, number=0, branch="dev", default_branch="") == CONTEXT

    def test_is_named_where_the_default_branch_may_not_be_asked_for(self, hub: Hub) -> None:
        assert self.status(hub, number=0, default_branch="") == f"{CONTEXT}: main"

    def test_that_nothing_names_fails_the_status_and_says_what_to_do(self, hub: Hub) -> None:
        target = replace(TARGET, number=0, branch="")
        outcome = publish(hub, r.passing(), target=target, settings=STATUS)[Channel.STATUS]
        assert (outcome.kind, "--base" in outcome.message, hub.statuses) == (OutcomeKind.FAILED, True, {})

    def test_is_left_out_of_a_fixed_name(self, hub: Hub) -> None:
        settings = replace(STATUS, status_name=StatusName.FIXED)
        publish(hub, r.passing(), target=replace(TARGET, branch="lax"), settings=settings)
        assert hub.statuses[HEAD][0]["context"] == CONTEXT


class TestEvidenceOfAFork:
    FORK = replace(TARGET, measured_by_fork=7)

    def states(self, hub: Hub) -> list[str]:
        return [status["state"] for status in hub.statuses[HEAD]]

    def test_does_not_count_after_a_run_of_the_repository(self, hub: Hub) -> None:
        publish(hub, r.blocked(), run=a_run(1), target=TARGET, settings=STATUS)
        outcome = publish(hub, r.passing(), run=a_run(2), target=self.FORK, settings=STATUS)
        assert (outcome[Channel.STATUS].kind, self.states(hub)) == (OutcomeKind.SUPERSEDED, ["failure"])

    def test_is_replaced_by_a_run_of_the_repository(self, hub: Hub) -> None:
        publish(hub, r.passing(), run=a_run(2), target=self.FORK, settings=STATUS)
        publish(hub, r.blocked(), run=a_run(1), target=TARGET, settings=STATUS)
        assert self.states(hub)[0] == "failure"

    @pytest.mark.parametrize(("state", "shown"), [("open", "success"), ("closed", "failure")])
    def test_of_another_pull_request_with_the_commit_changes_it_when_that_is_closed(
        self, hub: Hub, state: str, shown: str
    ) -> None:
        hub.fault = lambda _n, call, _serve: (
            Reply(200, {"state": state}) if call.path.endswith("/pulls/5") else None
        )
        publish(hub, r.passing(), target=replace(TARGET, measured_by_fork=5), settings=STATUS)
        publish(hub, r.blocked(), run=a_run(2), target=self.FORK, settings=STATUS)
        assert self.states(hub)[0] == shown


class TestAListThatLags:
    @pytest.mark.parametrize("seconds", [2, 5, 8])
    def test_gives_one_comment_and_one_status(self, hub: Hub, seconds: int) -> None:
        time = Time()
        hub.fault = Lag(hub, lambda: time.seconds, seconds)
        assert kinds(publish(hub, r.blocked(), time)) == [OutcomeKind.CREATED] * 3
        assert len(hub.writes("/comments")) == 1
        assert len(hub.writes("/statuses")) == 1

    def test_hides_the_duplicate_of_another_run_only_for_a_while(self, hub: Hub) -> None:
        time, start = Time(), Time().seconds
        hub.fault = Lag(hub, lambda: time.seconds, 5)
        publish(hub, r.blocked(), time, run=a_run(1))
        time.seconds = start + 2  # the second run begins before the list shows what the first one wrote
        publish(hub, r.passing(), time, run=a_run(2))
        assert [mark.order for c in hub.comments if (mark := mark_of(c["body"]))] == [(2, 1)]

    def test_hides_the_own_run_s_status_only_for_a_while(self, hub: Hub) -> None:
        time, start = Time(), Time().seconds
        hub.fault = Lag(hub, lambda: time.seconds, 5)
        publish(hub, r.blocked(), time, run=a_run(1), target=TARGET, settings=STATUS)
        time.seconds = start + 2
        fork = replace(TARGET, measured_by_fork=7)
        publish(hub, r.passing(), time, run=a_run(2), target=fork, settings=STATUS)
        assert hub.statuses[HEAD][0]["state"] == "failure"


def test_the_comment_leads_to_the_lines_of_the_head(hub: Hub) -> None:
    publish(hub, r.blocked(), server_url="https://ghe.example", prefix="api/")
    blob = f"https://ghe.example/{REPOSITORY}/blob/{HEAD}/api"
    assert f"[`src/shop/run.py:41`]({blob}/src/shop/run.py#L41)" in hub.comments[0]["body"]


def test_without_a_server_the_comment_has_places_alone(hub: Hub) -> None:
    publish(hub, r.blocked())
    assert "/blob/" not in hub.comments[0]["body"]
    assert "`src/shop/run.py:41`" in hub.comments[0]["body"]


class TestTheCheckRun:
    def test_has_all_annotations_in_batches_those_of_the_change_first(self, hub: Hub) -> None:
        publish(hub, r.blocked(180))
        (check,) = hub.checks
        sizes = [len(c.body["output"]["annotations"]) for c in hub.writes("check-runs")]
        assert sizes == [50, 50, 50, 40]
        assert (check["name"], check["conclusion"], check["head_sha"]) == (CHECK, "failure", HEAD)
        there = hub.annotations[check["id"]]
        assert there[0]["path"] == "src/shop/db.py"
        assert "src/shop/hash.py" not in {a["path"] for a in there}, "it was there before"

    def test_has_old_findings_last_where_all_are_asked_for(self, hub: Hub) -> None:
        settings = replace(EVERYTHING, annotations=AnnotationMode.ALL)
        publish(hub, r.blocked(180), settings=settings)
        there = hub.annotations[hub.checks[0]["id"]]
        assert [a["path"] for a in there].index("src/shop/hash.py") > 180

    def test_has_no_annotations_where_they_are_off(self, hub: Hub) -> None:
        publish(hub, r.blocked(), settings=replace(EVERYTHING, annotations=AnnotationMode.OFF))
        assert hub.annotations[hub.checks[0]["id"]] == []

    def test_merges_neighbours(self, hub: Hub) -> None:
        lines = tuple(Finding("E1", Severity.HIGH, "bad", "src/a.py", n, n, new=True) for n in range(1, 40))
        publish(hub, r.report(replace(r.security_fail(), findings=lines)))
        (only,) = hub.annotations[hub.checks[0]["id"]]
        assert (only["start_line"], only["end_line"]) == (1, 39)

    def test_of_an_older_run_that_came_later_shows_the_newer_s_verdict(self, hub: Hub) -> None:
        newer = Hub(HEAD)
        publish(newer, r.passing(), run=a_run(9), settings=PublishSettings(CommentMode.NEVER, check_run=True))

        def meanwhile(_index: int, call: Call, serve: object) -> Reply | None:
            if call.verb == "POST" and not hub.checks:
                hub.checks += newer.checks
                hub.number = 2000
            return None

        hub.fault = meanwhile
        publish(hub, r.blocked(), run=a_run(5), settings=PublishSettings(CommentMode.NEVER, check_run=True))
        assert [c["conclusion"] for c in hub.checks] == ["success", "success"]


class TestPermissions:
    @pytest.mark.parametrize(
        ("part", "channel", "permission"),
        [
            ("/comments", Channel.COMMENT, "pull-requests: write"),
            ("/statuses", Channel.STATUS, "statuses: write"),
            ("/check-runs", Channel.CHECK_RUN, "checks: write"),
        ],
    )
    def test_a_missing_one_is_named_and_the_others_go_on(
        self, hub: Hub, part: str, channel: Channel, permission: str
    ) -> None:
        hub.fault = lambda _n, call, _serve: not_accessible() if part in call.path else None
        outcomes = publish(hub, r.blocked())
        assert outcomes[channel].kind is OutcomeKind.DENIED
        assert f"`{permission}`" in outcomes[channel].message
        assert sum(o.kind is OutcomeKind.CREATED for o in outcomes.values()) == 2

    def test_the_token_is_in_no_message(self, hub: Hub) -> None:
        hub.fault = lambda _n, call, _serve: Reply(403, {"message": f"no: {call.token}"})
        outcomes = publish(hub, r.blocked())
        assert all("***" in o.message and "ghp_" not in o.message for o in outcomes.values())


def test_a_report_of_another_commit_is_refused(hub: Hub) -> None:
    publication = Publication(at(r.blocked(), "c" * 40), Target(REPOSITORY, number=7), a_run(), EVERYTHING)
    with pytest.raises(UsageError, match="the report is of cccccccccc"):
        publisher.publish(publication, client(hub))
    assert hub.writes() == []


def test_a_pull_request_that_is_not_there_is_said(hub: Hub) -> None:
    publication = Publication(r.blocked(), Target(REPOSITORY, number=8), a_run(), EVERYTHING)
    outcomes = publisher.publish(publication, client(hub))
    assert [o.kind for o in outcomes] == [OutcomeKind.DENIED] * 3


def test_where_pull_requests_may_not_be_read_the_event_s_word_has_to_do(hub: Hub) -> None:
    hub.fault = lambda _n, call, _serve: not_accessible() if "/pulls/" in call.path else None
    assert kinds(publish(hub, r.blocked())) == [OutcomeKind.CREATED] * 3


def test_writes_are_a_second_apart(hub: Hub) -> None:
    time = Time()
    publish(hub, r.blocked(180), time)
    assert time.waits.count(1.0) >= 3
