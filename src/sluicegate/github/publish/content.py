"""The texts of a report for each channel, within GitHub's limits. Pure.

| text | limit |
| --- | --- |
| comment body | 65,536 characters |
| check run's summary | 65,535 characters |
| check run's title | 255 characters |
| commit status's description | 140 characters |

Comment and summary drop detail in the order of `report.markdown.LEVELS`. When the server still
refuses a body (422), the next smaller limit of `LIMITS` is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from sluicegate.core.model import Report
from sluicegate.core.text import cut, one_line
from sluicegate.github.publish.identity import Mark, PublishingRun
from sluicegate.github.publish.mapping import state
from sluicegate.github.publish.naming import qualified
from sluicegate.github.publish.settings import PublishSettings
from sluicegate.report import compose, markdown, view

LIMITS = (65_000, 30_000, 10_000, 2_000)
"""UTF-8 bytes of a body; never fewer than its characters."""

DESCRIPTION = 140
TITLE = 255


@dataclass(frozen=True, slots=True)
class Draft:
    """A report, ready to be written to any channel; made by `draft_of`.

    `mark` is hidden in the comment and the check run. `branch` is the one that the verdict is for, if the
    names of status and check run contain it; see `naming`.
    """

    report: Report
    run: PublishingRun
    settings: PublishSettings
    mark: Mark
    branch: str = ""

    @property
    def details_url(self) -> str:
        """Where the whole report is."""
        return self.settings.details_url or self.run.url

    def comment(self, limit: int = LIMITS[0]) -> str:
        """The comment's body, of at most `limit` bytes."""
        head = self.mark.comment() + "\n"
        return head + self._markdown(limit - len(head.encode()))

    def summary(self, limit: int = LIMITS[0]) -> str:
        """The check run's summary, of at most `limit` bytes."""
        return self._markdown(limit)

    def _markdown(self, limit: int) -> str:
        links = ((compose.DETAILS, self.details_url), (compose.MEASURED, self.settings.measured_url))
        return markdown.render(compose.page(self.report, title=self.title, links=links), limit=limit)

    @property
    def title(self) -> str:
        """Title of comment and summary, with the key if the user chose one."""
        key = f": {cut(one_line(self.run.key), 60)}" if self.run.named else ""
        return f"{self.settings.title}{key}"

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
        return state(self.report, warn_only=self.settings.warn_only)


def draft_of(report: Report, run: PublishingRun, settings: PublishSettings, branch: str = "") -> Draft:
    """The draft of a report, as this run publishes it; `branch` as in `Draft`."""
    mark = Mark(run.key, run.order, report.commit.head, digest(report), "")
    bare = Draft(report, run, settings, mark, branch)
    body = hashlib.sha256(f"{settings.warn_only}{bare.summary()}".encode()).hexdigest()[:16]
    return replace(bare, mark=replace(bare.mark, body=body))


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
