"""Shows a release where people look: one sticky comment, a commit status, the job's summary, outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sluicegate.core.decision import ReleaseOutcome
from sluicegate.core.statuses import ReportStatus
from sluicegate.core.text import cut, one_line
from sluicegate.github.client import Client
from sluicegate.github.publish.comments import publish_comment
from sluicegate.github.publish.content import DESCRIPTION
from sluicegate.github.publish.identity import Mark, PublishingRun, run_of
from sluicegate.github.publish.outcome import Channel, ChannelOutcome
from sluicegate.github.publish.plan import CommitStatus
from sluicegate.github.publish.publisher import outcome_of
from sluicegate.github.publish.settings import PublishSettings
from sluicegate.github.publish.statuses import set_status
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError
from sluicegate.release.evaluation import Evaluation
from sluicegate.release.page import page
from sluicegate.report import markdown
from sluicegate.runtime.commands import SUMMARY_LIMIT, append

STATUS = "sluicegate/release"
"""The commit status's name."""

_VERDICTS: Mapping[ReleaseOutcome, ReportStatus] = {
    ReleaseOutcome.GO: ReportStatus.PASS,
    ReleaseOutcome.CONDITIONAL: ReportStatus.CONDITIONAL,
    ReleaseOutcome.NO_GO: ReportStatus.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class ReleaseDraft:
    """The readiness of a release, ready to be a comment."""

    seen: Evaluation
    run: PublishingRun
    mark: Mark
    settings: PublishSettings

    @property
    def verdict(self) -> ReportStatus:
        """The decision, in the words of reports."""
        return _VERDICTS[self.seen.decided.outcome]

    def comment(self, limit: int) -> str:
        """The comment's body, of at most `limit` bytes."""
        head = self.mark.comment() + "\n"
        return head + markdown.render(page(self.seen), limit=limit - len(head.encode()))


def draft_of(seen: Evaluation, environment: Mapping[str, str]) -> ReleaseDraft:
    """The draft of a look, as the run of the environment publishes it. One release has one comment."""
    run = run_of(environment, f"release {seen.facts.release}")
    text = markdown.render(page(seen))
    rows = [[row.id, str(row.status), row.blocks] for row in seen.matrix.rows]
    digest = hashlib.sha256(json.dumps([str(seen.decided.outcome), rows]).encode()).hexdigest()[:16]
    body = hashlib.sha256(text.encode()).hexdigest()[:16]
    mark = Mark(run.key, run.order, seen.facts.commit, digest, body)
    return ReleaseDraft(seen, run, mark, PublishSettings())


def status_of(seen: Evaluation, run: PublishingRun) -> CommitStatus:
    """The commit status: a GO that a freeze holds is pending."""
    state = "success" if seen.goes else "failure"
    if not seen.goes and seen.decided.outcome is not ReleaseOutcome.NO_GO:
        state = "pending"
    why = f": {seen.decided.blocking[0]}" if seen.decided.blocking else ""
    text = cut(one_line(f"{seen.facts.release}: {seen.decided.sentence}{why}"), DESCRIPTION)
    return CommitStatus(STATUS, state, text, run.url)


def publish(seen: Evaluation, client: Client, environment: Mapping[str, str]) -> list[ChannelOutcome]:
    """Publish comment and status; each succeeds or fails alone, and changes no decision."""
    draft = draft_of(seen, environment)
    target = Target(seen.facts.repository, seen.facts.commit, seen.thread.number)
    ways: dict[Channel, Callable[[], ChannelOutcome]] = {
        Channel.STATUS: lambda: set_status(client, target, status_of(seen, draft.run)),
    }
    if target.number:
        ways[Channel.COMMENT] = lambda: publish_comment(client, target, draft)
    outcomes = []
    for channel, way in ways.items():
        try:
            outcomes.append(way())
        except ApiError as error:
            outcomes.append(outcome_of(channel, error, target))
    return outcomes


def write_outputs(seen: Evaluation, environment: Mapping[str, str]) -> None:
    """Write the job's summary, and `outcome`, `goes`, `commit` and `decision` as outputs of the step."""
    summary = markdown.render(page(seen), limit=SUMMARY_LIMIT)
    append("GITHUB_STEP_SUMMARY", environment.get("GITHUB_STEP_SUMMARY", ""), summary)
    document = seen.decision
    values = {
        "outcome": str(document.body.outcome if document is not None else seen.decided.outcome),
        "goes": str(seen.goes).lower(),
        "commit": seen.facts.commit,
        "decision": document.path if document is not None else "",
    }
    lines = "\n".join(f"{name}={value}" for name, value in values.items())
    append("GITHUB_OUTPUT", environment.get("GITHUB_OUTPUT", ""), lines)
