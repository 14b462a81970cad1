"""The subject of a run that ended, from the event, the API and git: data between the Action's steps. Pure.

`sluicegate subject` writes it as `subject.json`, beside a repository that holds the commits without a
checkout. Only `tested` comes from a bundle, and it was verified.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Commit, Notice
from sluicegate.documents.codec import Codec
from sluicegate.github.event import EndedRun, EventContext
from sluicegate.github.publish.settings import PublishSettings
from sluicegate.github.publish.target import Target

FILE = "subject.json"
REPOSITORY = "repository"
"""The folder of the repository, beside the file."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A commit, its pull request, and what it changes.

    Attributes:
        repository: `owner/name` of the repository that is published to.
        run: the run that measured.
        head: the commit that the author pushed.
        base_ref: branch whose policy is used: the pull request's base, else the default branch.
        tip: the commit at its tip.
        number: of the pull request; 0 when it is not known.
        is_fork: its head is in another repository, or in a deleted one.
        is_open: it can still be merged.
        tested: the commit that the bundles are about; `head`, or a test merge of it.
        base, base_label: the commit that the change is relative to, empty where the change is not known; and
            how it was chosen.
        fork_point: the merge base of head and base branch.
        unseen: why the change is not known.
        branch: that the verdict is for, and that the name of the status has: the base, or the branch of the
            push; empty where it is not known.
        problems: why the report cannot be a success, whatever was measured.
        shared: why neither status nor check run is set on the commit.
    """

    repository: str
    run: EndedRun
    head: str
    base_ref: str
    tip: str
    number: int = 0
    is_fork: bool = False
    is_open: bool = True
    tested: str = ""
    base: str = ""
    base_label: str = ""
    fork_point: str = ""
    unseen: str = ""
    branch: str = ""
    default_branch: str = ""
    problems: tuple[str, ...] = ()
    shared: str = ""

    @property
    def commit(self) -> Commit:
        """The commit that the report is about."""
        return Commit(self.head, self.tested, self.base, self.base_label)

    @property
    def absence(self) -> NoChange | None:
        """Why there is no change; None where `base` and `tested` give one."""
        if self.base:
            return None
        if not self.run.is_of_pull_request:
            return NoChange(f"a run on '{self.run.event}' has no pull request to compare with")
        return NoChange(self.unseen or "the change is not known", unseen=True)

    @property
    def target(self) -> Target:
        """Where the report is published: a closed pull request gets no comment."""
        return Target(
            self.repository,
            self.head,
            self.number if self.is_open else 0,
            self.branch,
            self.default_branch,
            measured_by_fork=self.number if self.is_fork else 0,
        )

    def settings(self, asked: PublishSettings) -> PublishSettings:
        """The requested settings, without status and check run where `shared` gives a reason."""
        on = not self.shared
        return replace(
            asked,
            status=asked.status and on,
            check_run=asked.check_run and on,
            measured_url=self.run.url,
        )

    def event(self, event: EventContext) -> EventContext:
        """The event of the run that judges, with the pull request that was found."""
        return replace(
            event,
            repository=self.repository,
            head_sha=self.head,
            number=self.number,
            base_ref=self.base_ref,
            base_sha=self.tip,
        )


SUBJECT = Codec(
    Subject,
    "sluicegate.subject/1",
    remedy="Write it again with 'sluicegate subject', in the same job.",
    limit=1024**2,
)


def notices(subject: Subject, change: Change | NoChange) -> list[Notice]:
    """Notices about the source of the evidence."""
    where = f"run {subject.run.id}, attempt {subject.run.attempt}"
    if subject.is_fork:
        text = (
            f"measured by the fork's own run ({where}), which its author controls; "
            f"judged here under the policy of `{subject.base_ref}`"
        )
        found = [Notice("warning", "measured-by-fork", text)]
    else:
        text = f"measured by another run ({where}); judged here under the policy of `{subject.base_ref}`"
        found = [Notice("info", "measured-elsewhere", text)]
    if isinstance(change, NoChange) and change.unseen:
        found.append(Notice("warning", "change-unseen", f"the change is not judged: {change.reason}"))
    if subject.shared:
        text = f"no status and no check run were set, because {subject.shared}"
        found.append(Notice("warning", "commit-shared", text))
    return found
