"""What each channel shows of a report, within GitHub's limits. Pure.

| text | limit |
| --- | --- |
| comment body | 65,536 characters |
| check run's summary | 65,535 characters |
| check run's title | 255 characters |
| commit status's description | 140 characters |

Comment and summary drop detail in the order of `report.markdown.LEVELS`. When the server still
refuses a body (422), the next smaller limit of `LIMITS` is used.

| report | commit status | check run |
| --- | --- | --- |
| PASS | `success` | `success` |
| WARN | `success` | `neutral` |
| CONDITIONAL | `success` | `neutral` |
| BLOCKED | `failure` | `failure` |
| BLOCKED, warn-only | `success` | `neutral` |
| every gate SKIPPED | `success` | `skipped` |

Branch protection lets `success`, `neutral` and `skipped` pass ("About protected branches").

A status belongs to a commit alone, and a verdict to a commit and a branch: policy, change and baseline
are the base's. So the name of status and check run contains the branch, except for the default branch,
and a verdict for one base never counts for another.

| verdict for | name |
| --- | --- |
| the default branch | `sluicegate/gate` |
| the branch `release/1` | `sluicegate/gate: release/1` |
| the branch `Release/1` | `sluicegate/gate: Release/1~` and ten digits of the SHA-256 of `Release/1` |

GitHub compares names of statuses without regard to case ("Create a commit status") and up to 255 characters.
So a branch with other characters than `a-z 0-9 . _ / + -`, or with more than a hundred, is distinguished by a
digest. Neither `: ` nor `~` can be part of a branch's name (git-check-ref-format).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.core.model import Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.core.text import cut, one_line
from sluicegate.github.places import LineMap
from sluicegate.github.publish.identity import Mark, PublishingRun
from sluicegate.github.publish.settings import PublishSettings
from sluicegate.report import compose, markdown, view
from sluicegate.report.annotations import LEVELS, annotate, capped
from sluicegate.report.modes import AnnotationMode
from sluicegate.report.places import Link, nowhere

CONTEXT = "sluicegate/gate"
"""The commit status's name for the default branch."""

CHECK = "sluicegate/report"
"""The check run's name; it differs from the status's, since a rule that requires one name would
require both."""

STATES: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "success",
    ReportStatus.WARN: "success",
    ReportStatus.CONDITIONAL: "success",
    ReportStatus.BLOCKED: "failure",
}
"""The state of the commit status."""

CONCLUSIONS: Mapping[ReportStatus, str] = {
    **STATES,
    ReportStatus.WARN: "neutral",
    ReportStatus.CONDITIONAL: "neutral",
}
"""The conclusion of the check run."""

BATCH = 50
"""Annotations of one request ("Checks" of the REST API); more come by updating the check run."""

MAX = 250
"""Annotations of one check run: five requests."""

MAX_BRANCH = 100
"""Characters of a branch that are shown."""

LIMITS = (65_000, 30_000, 10_000, 2_000)
"""UTF-8 bytes of a body; never fewer than its characters."""

DESCRIPTION = 140
TITLE = 255
_PLAIN = re.compile(rf"[a-z0-9._/+-]{{1,{MAX_BRANCH}}}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A report, ready to be written to any channel; made by `draft_of`.

    `mark` is hidden in the comment and the check run. `branch` is the one that the verdict is for, if the
    names of status and check run contain it. `rendered` is the page of comment and summary.
    """

    report: Report
    run: PublishingRun
    settings: PublishSettings
    mark: Mark
    branch: str
    rendered: markdown.Rendered

    @property
    def verdict(self) -> ReportStatus:
        """The status of the report."""
        return self.report.status

    @property
    def details_url(self) -> str:
        """Where the whole report is."""
        return _details_url(self.run, self.settings)

    def comment(self, limit: int = LIMITS[0]) -> str:
        """The comment's body, of at most `limit` bytes."""
        head = self.mark.comment() + "\n"
        return head + self.summary(limit - len(head.encode()))

    def summary(self, limit: int = LIMITS[0]) -> str:
        """The check run's summary, of at most `limit` bytes."""
        return self.rendered.within(limit)

    def named(self, name: str) -> str:
        """The name of status or check run, with branch and key where required."""
        return qualified(name, self.branch, self.run.key if self.run.named else "")

    @property
    def sentence(self) -> str:
        """The verdict and its reason."""
        return one_line(f"{view.WORDS[self.report.status]}: {view.sentence(self.report)}")

    @property
    def state(self) -> str:
        """The commit status's state."""
        return "success" if self._blocks_nothing else STATES[self.report.status]

    @property
    def conclusion(self) -> str:
        """The check run's conclusion."""
        is_blocked = self.report.status is ReportStatus.BLOCKED
        if self.report.verdicts and not view.judged(self.report) and not is_blocked:
            return "skipped"
        return "neutral" if is_blocked and self._blocks_nothing else CONCLUSIONS[self.report.status]

    @property
    def _blocks_nothing(self) -> bool:
        return self.settings.warn_only or self.report.report_only


def draft_of(
    report: Report, run: PublishingRun, settings: PublishSettings, branch: str = "", link: Link = nowhere
) -> Draft:
    """The draft of a report, as this run publishes it.

    Args:
        report: to publish.
        run: that publishes it.
        settings: of the user.
        branch: as of `Draft`.
        link: gives the addresses of files.
    """
    links = ((compose.DETAILS, _details_url(run, settings)), (compose.MEASURED, settings.measured_url))
    page = compose.page(report, title=_title(run, settings), links=links, link=link)
    rendered = markdown.Rendered(page)
    text = f"{settings.warn_only}{rendered.within(LIMITS[0])}"
    body = hashlib.sha256(text.encode()).hexdigest()[:16]
    mark = Mark(run.key, run.order, report.commit.head, digest(report), body)
    return Draft(report, run, settings, mark, branch, rendered)


def _title(run: PublishingRun, settings: PublishSettings) -> str:
    """Title of comment and summary, with the key if the user chose one."""
    key = f": {cut(one_line(run.key), 60)}" if run.named else ""
    return f"{settings.title}{key}"


def _details_url(run: PublishingRun, settings: PublishSettings) -> str:
    """Where the whole report is."""
    return settings.details_url or run.url


def digest(report: Report) -> str:
    """Sixteen hexadecimal digits that change exactly when a status in the report does."""
    statuses = [
        str(report.status),
        [
            [view.title(v), str(v.status), v.blocking, [[c.id, view.shown_status(c)] for c in v.criteria]]
            for v in report.verdicts
        ],
    ]
    return hashlib.sha256(json.dumps(statuses).encode()).hexdigest()[:16]


def shown_branch(branch: str) -> str:
    """The branch in a name, unique for each branch even without regard to case."""
    if _PLAIN.fullmatch(branch):
        return branch
    digits = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    text = one_line(branch).encode("ascii", "replace").decode("ascii")
    return f"{text[:MAX_BRANCH]}~{digits}"


def qualified(name: str, branch: str, key: str) -> str:
    """`CONTEXT` or `CHECK` with the branch and the user's key; each may be empty."""
    of_branch = f": {shown_branch(branch)}" if branch else ""
    return f"{name}{of_branch}" + (f" ({cut(one_line(key), 60)})" if key else "")


def check_annotations(report: Report, map_line: LineMap, mode: AnnotationMode) -> list[dict[str, object]]:
    """At most `MAX` annotations of the mode as the API takes them, those on lines of the change first.

    Findings on touching lines are one; the last says how many more there are. Path and lines are mandatory,
    so findings without them, and unreadable reports, appear in the summary alone.
    """
    placed = [a for a in annotate(report, map_line=map_line, mode=mode) if a.path and a.rank[0] > 0]
    placed.sort(key=lambda a: (a.rank[:1], LEVELS.index(a.level)))
    return [
        {
            "path": a.path,
            "start_line": a.line or 1,
            "end_line": max(a.line or 1, a.end_line),
            "annotation_level": "failure" if a.level == "error" else a.level,
            "title": a.title[:TITLE],
            "message": a.message or a.title,
        }
        for a in capped(placed, MAX)
    ]
