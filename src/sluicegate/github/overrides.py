"""Overrides and approvals of a blocked commit. Pure.

An override counts if it is bound to the head commit and comes from a person who may merge: their
permission is `write` or `admin` (GitHub reports `maintain` as `write`, and `triage` as `read`).

| what | bound to the commit by |
| --- | --- |
| the label `sluicegate: override` | set after the commit was pushed, by the server's clock |
| `/sluicegate override because REASON` | written after that, and not edited since |
| `/sluicegate override COMMIT because REASON` | the commit that it names in full |
| an approving review | the commit that GitHub recorded with it; for a change of the policy alone |

The times in a commit are set by its author and are not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sluicegate.core.model import Notice, Report
from sluicegate.core.statuses import ProposedStatus, ReportStatus
from sluicegate.core.text import cut, one_line
from sluicegate.core.trust import Override
from sluicegate.github.approvals import Approvals, Comment, Statement
from sluicegate.github.comments import PREFIX, Command, parse_command
from sluicegate.github.event import EventContext

LABEL = "sluicegate: override"
MAY_MERGE = frozenset({"write", "maintain", "admin"})

_COMMIT = re.compile("[0-9a-f]{7,64}", re.IGNORECASE)
_NO_PASS = frozenset({ProposedStatus.BLOCKED, ProposedStatus.UNKNOWN})
_MAX_REFUSED = 5


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision.

    Attributes:
        override: applies to any blocked report; None when nothing counts.
        approval: applies to a report that would pass under the new policy.
        refused: why others do not count, a sentence each.
    """

    override: Override | None = None
    approval: Override | None = None
    refused: tuple[str, ...] = ()


def decide(found: Approvals, event: EventContext) -> Decision:
    """What counts for the event's commit. A comment, which has a reason, precedes the label."""
    if mismatch := _mismatch(found, event):
        return Decision(refused=(mismatch,))
    outcomes = list(_outcomes(found))
    overrides = [outcome for outcome in outcomes if isinstance(outcome, Override)]
    refused = [cut(one_line(outcome), 400) for outcome in outcomes if isinstance(outcome, str)]
    return Decision(overrides[0] if overrides else None, _approval(found), tuple(refused[:_MAX_REFUSED]))


def _approval(found: Approvals) -> Override | None:
    """The last review that approves the head and counts."""
    for review in reversed(found.reviews):
        if review.state == "APPROVED" and review.commit == found.head and not _who(review, found):
            return Override("approval", review.who, review.at, "", review.url, found.head)
    return None


def settle(report: Report, found: Approvals, event: EventContext) -> Report:
    """The report after the decision: a blocked one with an override is CONDITIONAL.

    Any other report is returned unchanged.
    """
    if report.status is not ReportStatus.BLOCKED:
        return report
    decision, change = decide(found, event), report.policy_change
    would_pass = change is not None and change.status not in _NO_PASS
    override = decision.override or (decision.approval if would_pass else None)
    if override is not None:
        return replace(report, status=ReportStatus.CONDITIONAL, override=override)
    notices = [Notice("warning", "override-refused", text) for text in decision.refused]
    notices += [Notice("warning", "approvals-incomplete", cut(one_line(p), 500)) for p in found.problems]
    if would_pass:
        text = (
            "this passes under the new policy: it will pass once a person who may merge approves this commit"
        )
        notices.append(Notice("info", "policy-approval", text))
    return replace(report, notices=(*report.notices, *notices))


def _mismatch(found: Approvals, event: EventContext) -> str:
    """Why the file does not match the event's commit; empty when it does."""
    wanted = (event.repository.lower(), event.number, event.head_sha)
    if (found.repository.lower(), found.number, found.head) == wanted:
        return ""
    if not event.number:
        return "the approvals do not count: this run has no pull request"
    return (
        f"the approvals do not count: they were read for {found.repository}#{found.number} at "
        f"{found.head[:10]}, and this is {event.repository}#{event.number} at {event.head_sha[:10]}"
    )


def _who(item: Statement, found: Approvals) -> str:
    """Why this person does not count; empty when they do."""
    if item.bot:
        return f"@{item.who} is not a person"
    permission = found.permissions.get(item.who, "")
    if not permission:
        return f"the permission of @{item.who} could not be read"
    if permission not in MAY_MERGE:
        return f"@{item.who} may not merge (their permission is '{permission}')"
    return ""


def _when(at: str, found: Approvals) -> str:
    """Why a comment or label of this time is not bound to the head; empty when it is."""
    short = found.head[:10]
    if not found.pushed_at:
        return f"when {short} was pushed is not known; name it: '/sluicegate override {found.head} because …'"
    if at <= found.pushed_at:
        return f"it is from {at}, and {short} was pushed at {found.pushed_at}"
    return ""


def _outcomes(found: Approvals) -> Iterator[Override | str]:
    """The overrides by comment, the last first, then that by label; for one that does not count, why."""
    for comment in reversed(found.comments):
        command = parse_command(comment.body)
        if command is None or command.name != "override":
            continue
        if problem := _comment_problem(comment, found, command):
            yield f"the override of @{comment.who} at {comment.at} does not count: {problem}"
        else:
            yield Override("comment", comment.who, comment.at, command.reason, comment.url, found.head)
    label = found.label
    if label is not None and (problem := _who(label, found) or _when(label.at, found)):
        yield f"the label '{LABEL}' does not count: {problem}"
    elif label is not None:
        yield Override("label", label.who, label.at, "", label.url, found.head)


def _comment_problem(comment: Comment, found: Approvals, command: Command) -> str:
    commit = " ".join(command.words).lower()
    if not command.reason or (commit and not _COMMIT.fullmatch(commit)):
        return f"it is not '{PREFIX} override because REASON', with a reason that has words"
    if problem := _who(comment, found):
        return problem
    if comment.edited:
        return "it was edited; write a new one"
    return _named(commit, found) if commit else _when(comment.at, found)


def _named(commit: str, found: Approvals) -> str:
    """Why the named commit is not the head. An abbreviation does not count: another commit that begins
    with the same seven digits is made in seconds."""
    if commit == found.head:
        return ""
    if found.head.startswith(commit):
        return f"the commit must be named in full: '/sluicegate override {found.head} because …'"
    return f"it is for the commit {commit[:10]}, and this is {found.head[:10]}"
