"""One evaluation of a commit, with all that decides on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluicegate.core.decision import Decision
from sluicegate.ledger.documents import Document
from sluicegate.release.checkpoints import CheckpointView
from sluicegate.release.decide import Decided
from sluicegate.release.entries import Journal
from sluicegate.release.facts import Facts
from sluicegate.release.matrix import Matrix
from sluicegate.release.settings import ReleaseSettings
from sluicegate.release.signoffs import SignOffs
from sluicegate.release.statements import Thread


@dataclass(frozen=True, slots=True)
class Settled:
    """The decision that is in force now.

    Attributes:
        document: of it.
        is_new: was it written now?
        is_others: did another run decide meanwhile, so that its decision counts and not ours?
    """

    document: Document[Decision]
    is_new: bool = False
    is_others: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a commit, with all that decides on it.

    Attributes:
        settings: of the policy.
        facts, thread: the evidence, and the comments and reviews.
        found: the sign-offs and waivers that count, and what does not count.
        matrix: with what is accepted.
        decided: the decision by it.
        journal: of the release, before this evaluation.
        checkpoints: with their states; none without a plan.
        in_force: the decisions on the commit that are recorded.
        settled: the decision that is in force after it; None where nothing was to be written.
    """

    settings: ReleaseSettings
    facts: Facts
    thread: Thread
    found: SignOffs
    matrix: Matrix
    decided: Decided
    journal: Journal
    checkpoints: tuple[CheckpointView, ...]
    in_force: Mapping[str, Document[Decision]]
    settled: Settled | None = None

    @property
    def decision(self) -> Document[Decision] | None:
        """The decision that is in force; None where there is none."""
        if self.settled is not None:
            return self.settled.document
        return next(iter(self.in_force.values()), None)

    @property
    def goes(self) -> bool:
        """May the commit go, by the decision that is in force?"""
        if self.settled is None:
            return self.decided.goes
        return replace(self.decided, outcome=self.settled.document.body.outcome).goes
