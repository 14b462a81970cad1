"""Who may let a blocked commit pass, and for which commit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Report
from sluicegate.core.statuses import ProposedStatus, ReportStatus
from sluicegate.core.trust import PolicyChange
from sluicegate.github.approvals import Approvals, Comment, Label, Review
from sluicegate.github.event import EventContext
from sluicegate.github.overrides import MAY_MERGE, Decision, decide, settle
from support import reports as r

HEAD = "4f1c2d9be07a36c5d8812f3a90b7e6c4d5a1f023"
OTHER = "9e8d7c6b5a493827160514233241506978a9bcde"
EVENT = EventContext(name="pull_request", repository="octo/repo", number=7, head_sha=HEAD)
BEFORE, PUSHED, AFTER = "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"
COMMAND = "/sluicegate override because the feed is down"


def comment(body: str = COMMAND, at: str = AFTER, **more: Any) -> Comment:
    return Comment(**{"who": "mona", "bot": False, "at": at, "edited": False, "body": body, **more})


def label(at: str = AFTER, **more: Any) -> Label:
    return Label(**{"who": "mona", "bot": False, "at": at, **more})


def review(state: str = "APPROVED", commit: str = HEAD, **more: Any) -> Review:
    return Review(**{"who": "mona", "bot": False, "at": AFTER, "state": state, "commit": commit, **more})


def said(*items: Comment | Label | Review, permission: str = "write", **more: Any) -> Approvals:
    given: dict[str, Any] = {
        "repository": "octo/repo", "number": 7, "head": HEAD, "pushed_at": PUSHED,
        "label": next((i for i in items if isinstance(i, Label)), None),
        "comments": tuple(i for i in items if isinstance(i, Comment)),
        "reviews": tuple(i for i in items if isinstance(i, Review)),
        "permissions": {i.who: permission for i in items}, "problems": (),
    }  # fmt: skip
    return Approvals(**(given | more))


def refused(found: Approvals, event: EventContext = EVENT) -> str:
    decision = decide(found, event)
    assert (decision.override, len(decision.refused)) == (None, 1)
    return decision.refused[0]


# --- what counts -------------------------------------------------------------------------------


def test_a_comment_counts_with_who_when_and_why() -> None:
    override = decide(said(comment(url="https://x")), EVENT).override
    assert override is not None
    assert (override.kind, override.who, override.when, override.why) == (
        "comment", "mona", AFTER, "the feed is down",
    )  # fmt: skip
    assert (override.commit, override.url) == (HEAD, "https://x")


@pytest.mark.parametrize("permission", sorted(MAY_MERGE))
def test_who_may_merge_may_override(permission: str) -> None:
    assert decide(said(label(), permission=permission), EVENT).override is not None


def test_a_comment_goes_before_the_label_and_the_last_before_the_first() -> None:
    found = said(label(), comment(), comment("/sluicegate override because it is late"))
    override = decide(found, EVENT).override
    assert override is not None
    assert (override.kind, override.why) == ("comment", "it is late")


@pytest.mark.parametrize(
    "body",
    [
        "\n  /sluicegate override because x  \n\nThanks!",
        "/Sluicegate Override Because x",
        f"/sluicegate override {HEAD} because x",
        f"/sluicegate override {HEAD.upper()} because x",
    ],
)
def test_spellings_that_count(body: str) -> None:
    assert decide(said(comment(body)), EVENT).override is not None


def test_a_comment_that_names_the_commit_needs_no_time() -> None:
    found = said(comment(f"/sluicegate override {HEAD} because x", at=BEFORE), pushed_at="")
    assert decide(found, EVENT).override is not None


# --- what does not -----------------------------------------------------------------------------


@pytest.mark.parametrize("permission", ["read", "none", "triage", "", "owner"])
def test_who_may_not_merge_does_not_count(permission: str) -> None:
    assert "@mona" in refused(said(comment(), permission=permission))
    assert "@mona" in refused(said(label(), permission=permission))


@pytest.mark.parametrize(
    "body",
    [
        f"    {COMMAND}", f"\t{COMMAND}", f"  \t{COMMAND}", f"\n\n    {COMMAND}",
        f"```\n{COMMAND}\n```", f"~~~\n{COMMAND}", f"`{COMMAND}`", f"> {COMMAND}", f"- {COMMAND}",
        f"<!--\n{COMMAND}\n-->", f"<!-- {COMMAND} -->", f"Like this:\n{COMMAND}",
        f"\u2028{COMMAND}", f"\u200b{COMMAND}",
        COMMAND.replace("s", "\u017f", 1), COMMAND.replace("/", "\u2215"), COMMAND.replace("o", "\u043e", 1),
    ],
)  # fmt: skip
def test_what_is_shown_as_code_or_quoted_or_looks_alike_is_no_command(body: str) -> None:
    assert decide(said(comment(body)), EVENT) == Decision()


@pytest.mark.parametrize(
    "why",
    [
        "", " ", "\u200b", "\u2060\u2063", "\u202e\u202c", "\u3164", "\u115f\u1160\uffa0", "\u2800", "\xad",
        "\ufe0f", "\U000e0041\U000e007f", "\u034f", "\u00a0\u3000", "...", "<!-- the feed is down -->",
        "<b></b>", "<span hidden>", "[](https://example.org)", "&#8203;", "&nbsp;&ZeroWidthSpace;",
    ],
)  # fmt: skip
def test_a_reason_without_a_word_to_be_seen_is_none(why: str) -> None:
    assert "with a reason that has words" in refused(said(comment(f"/sluicegate override because {why}")))


@pytest.mark.parametrize(
    "why", ["x", "データ", "\u200bthe feed\u200b", "<b>late</b>", "see [12](x)", "<https://example.org/12>"]
)
def test_a_reason_in_any_script_counts(why: str) -> None:
    assert decide(said(comment(f"/sluicegate override because {why}")), EVENT).override is not None


def test_an_app_does_not_count() -> None:
    assert "is not a person" in refused(said(comment(bot=True), permission="admin"))


@pytest.mark.parametrize("at", [BEFORE, PUSHED])
def test_what_was_said_before_the_head_was_pushed_does_not_count(at: str) -> None:
    assert f"was pushed at {PUSHED}" in refused(said(comment(at=at)))
    assert f"was pushed at {PUSHED}" in refused(said(label(at=at)))


def test_without_the_time_of_the_push_the_commit_must_be_named() -> None:
    assert f"/sluicegate override {HEAD} because" in refused(said(label(), pushed_at=""))


@pytest.mark.parametrize("digits", [7, 10, 39])
def test_a_commit_that_is_named_by_its_first_digits_does_not_count(digits: int) -> None:
    """Another commit that begins with the same seven is made in seconds."""
    said_so = refused(said(comment(f"/sluicegate override {HEAD[:digits]} because x")))
    assert f"named in full: '/sluicegate override {HEAD} because …'" in said_so


def test_another_commit_that_is_named_does_not_count() -> None:
    assert OTHER[:10] in refused(said(comment(f"/sluicegate override {OTHER} because x")))


def test_a_comment_that_was_edited_does_not_count() -> None:
    assert "was edited" in refused(said(comment(edited=True)))


@pytest.mark.parametrize(
    "body", ["/sluicegate override", "/sluicegate override because", "/sluicegate override please"]
)
def test_without_a_reason_it_does_not_count(body: str) -> None:
    assert "because REASON" in refused(said(comment(body)))


@pytest.mark.parametrize("body", [f"> {COMMAND}", f"see: {COMMAND}", f"text\n{COMMAND}", "/sluicegate help"])
def test_what_is_no_command_is_passed_over(body: str) -> None:
    assert decide(said(comment(body)), EVENT) == decide(said(), EVENT)


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, number=8),
        replace(EVENT, head_sha=OTHER),
        replace(EVENT, repository="o/r"),
        EventContext(),
    ],
)
def test_approvals_of_another_commit_or_pull_request_do_not_count(event: EventContext) -> None:
    assert "the approvals do not count" in refused(said(comment()), event)


# --- the report --------------------------------------------------------------------------------


def blocked(new_status: str = "") -> Report:
    report = r.report(r.tests_fail(), status=ReportStatus.BLOCKED)
    change = PolicyChange("sluicegate.yml", "ab", ProposedStatus(new_status), "s") if new_status else None
    return replace(report, policy_change=change)


def codes(report: Report) -> list[str]:
    return [n.code for n in report.notices]


def test_a_new_policy_that_could_not_be_read_passes_nothing() -> None:
    report = settle(blocked("UNKNOWN"), said(reviews=[review()]), EVENT)
    assert (report.status, report.override, codes(report)) == (ReportStatus.BLOCKED, None, [])


def test_an_overridden_report_is_conditional_and_keeps_its_verdicts() -> None:
    report = settle(blocked(), said(comment()), EVENT)
    assert report.status is ReportStatus.CONDITIONAL
    assert report.override is not None
    assert report.verdicts == blocked().verdicts


@pytest.mark.parametrize("status", [s for s in ReportStatus if s is not ReportStatus.BLOCKED])
def test_what_is_not_blocked_is_left_as_it_is(status: ReportStatus) -> None:
    report = replace(blocked(), status=status)
    assert settle(report, said(comment()), EVENT) == report


def test_why_nothing_counts_is_said() -> None:
    report = settle(blocked(), said(comment(at=BEFORE), problems=("the reviews could not be read",)), EVENT)
    assert (report.status, codes(report)) == (
        ReportStatus.BLOCKED, ["override-refused", "approvals-incomplete"],
    )  # fmt: skip


class TestAnApprovalOfANewPolicy:
    def test_lets_it_pass_where_only_the_new_policy_would(self) -> None:
        report = settle(blocked("PASS"), said(review()), EVENT)
        assert report.override is not None
        assert (report.status, report.override.kind) == (ReportStatus.CONDITIONAL, "approval")

    @pytest.mark.parametrize("new_status", ["", "BLOCKED"])
    def test_overrides_nothing_else(self, new_status: str) -> None:
        assert settle(blocked(new_status), said(review()), EVENT).status is ReportStatus.BLOCKED

    @pytest.mark.parametrize(
        "given", [review("CHANGES_REQUESTED"), review("DISMISSED"), review(commit=OTHER)]
    )
    def test_is_of_this_commit_and_stands(self, given: Review) -> None:
        report = settle(blocked("PASS"), said(given), EVENT)
        assert (report.status, codes(report)) == (ReportStatus.BLOCKED, ["policy-approval"])

    def test_is_by_somebody_who_may_merge(self) -> None:
        assert settle(blocked("PASS"), said(review(), permission="read"), EVENT).override is None


# --- properties --------------------------------------------------------------------------------

people = st.sampled_from(["mona", "hubot", "stranger"])
times = st.sampled_from([BEFORE, PUSHED, AFTER])
bodies = st.sampled_from(
    [COMMAND, f"/sluicegate override {HEAD} because x", f"/sluicegate override {OTHER} because x"]
) | st.text(max_size=60).map(lambda t: f"/sluicegate override{t}")
common: dict[str, Any] = {"who": people, "bot": st.booleans(), "at": times}
comments = st.builds(Comment, **common, edited=st.booleans(), body=bodies)
labels = st.builds(Label, **common)
reviews = st.builds(
    Review, **common, state=st.sampled_from(["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]),
    commit=st.sampled_from([HEAD, OTHER]),
)  # fmt: skip
permissions = st.dictionaries(people, st.sampled_from(["admin", "write", "read", "none", "triage"]))


@given(st.lists(comments, max_size=4), st.none() | labels, st.lists(reviews, max_size=3), permissions)
def test_whoever_lets_it_pass_is_a_person_who_may_merge_and_speaks_of_the_head(
    commented: list[Comment], set_: Label | None, given: list[Review], may: dict[str, str]
) -> None:
    found = said(comments=tuple(commented), label=set_, reviews=tuple(given), permissions=may)
    decision = decide(found, EVENT)
    for override in (decision.override, decision.approval):
        if override is None:
            continue
        assert may[override.who] in MAY_MERGE
        assert override.commit == HEAD
        by_kind: dict[str, list[Any]] = {"comment": [*commented], "label": [set_], "approval": [*given]}
        (source, *_) = [
            s
            for s in by_kind[override.kind]
            if s and (s.who, s.at, s.bot) == (override.who, override.when, False)
        ]
        if override.kind == "label":
            assert source.at > PUSHED


@given(st.lists(comments, max_size=4), st.none() | labels, permissions)
def test_a_push_takes_every_override_away_that_does_not_name_the_new_commit(
    commented: list[Comment], set_: Label | None, may: dict[str, str]
) -> None:
    unnamed = tuple(c for c in commented if OTHER[:7] not in c.body)
    found = said(comments=unnamed, label=set_, permissions=may, head=OTHER, pushed_at="2026-11-21T12:00:00Z")
    assert decide(found, replace(EVENT, head_sha=OTHER)).override is None


@given(st.lists(comments, max_size=4), st.none() | labels, permissions)
def test_taking_a_permission_away_never_lets_more_pass(
    commented: list[Comment], set_: Label | None, may: dict[str, str]
) -> None:
    before = decide(said(comments=tuple(commented), label=set_, permissions=may), EVENT).override
    after = decide(
        said(comments=tuple(commented), label=set_, permissions=dict.fromkeys(may, "read")), EVENT
    ).override
    assert after is None
    assert before is None or before.who in may
