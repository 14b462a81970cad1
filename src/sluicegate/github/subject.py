"""What a run that ended was about, as the event, the API and git say: data between the Action's steps. Pure.

`sluicegate subject` writes it as `subject.json`, beside a repository that holds the commits and
nothing checked out. Nothing in it is taken from a bundle but `tested`, which was checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Commit, Notice
from sluicegate.documents.codec import Codec
from sluicegate.github.event import EventContext
from sluicegate.github.publish.settings import Settings
from sluicegate.github.publish.target import Target

FILE = "subject.json"
REPOSITORY = "repository"
"""The folder of the repository, beside the file."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """The run that measured.

    Attributes:
        id, attempt: name it.
        event: what started it, for example `pull_request`.
        conclusion: `success`, `failure` and so on.
        url: of its page.
    """

    id: int
    attempt: int
    event: str
    conclusion: str
    url: str

    @property
    def succeeded(self) -> bool:
        """Did every job of it do what it should?"""
        return self.conclusion == "success"


@dataclass(frozen=True, slots=True)
class Subject:
    """A commit, its pull request, and what it changes.

    Attributes:
        repository: `owner/name` of the repository that is published to.
        run: which run measured.
        head: what the author pushed.
        base_ref: branch whose policy judges: the pull request's base, else the default branch.
        tip: the commit at its tip.
        number: of the pull request; 0 when there is none to speak of.
        is_fork: its head is in another repository, or in one that is gone.
        is_open: it can still be merged.
        tested: the commit that the bundles are about; `head`, or a test merge of it.
        base: what the change is measured against; empty where the change is not known.
        base_label: how `base` was chosen.
        fork_point: what the head and the base branch have in common.
        unseen: why the change is not known.
        branch: that the verdict is for, which the name of the status says: the base, or what was pushed
            to; empty where nothing tells.
        default_branch: of the repository; empty where the event does not say it.
        problems: why the report can be no success, whatever was measured.
        shared: why nothing is to be set on the commit itself.
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
    def is_pull_request(self) -> bool:
        """Was the run started by a pull request?"""
        return self.run.event.startswith("pull_request")

    @property
    def commit(self) -> Commit:
        """The commit that the report is about."""
        return Commit(self.head, self.tested, self.base, self.base_label)

    @property
    def absence(self) -> NoChange | None:
        """Why there is no change; None where `base` and `tested` give one."""
        if self.base:
            return None
        if not self.is_pull_request:
            return NoChange(f"a run on '{self.run.event}' has no pull request to compare with")
        return NoChange(self.unseen or "the change is not known", unseen=True)

    @property
    def target(self) -> Target:
        """Where the report is published: a closed pull request gets no comment any more."""
        return Target(
            self.repository,
            self.head,
            self.number if self.is_open else 0,
            self.branch,
            self.default_branch,
            measured_by_fork=self.number if self.is_fork else 0,
        )

    def settings(self, asked: Settings) -> Settings:
        """What is published of what was asked for: nothing on the commit where `shared` says why."""
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
    """What is to be said of where the evidence comes from."""
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
