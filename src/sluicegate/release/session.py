"""What the commands do: plan a release, evaluate a commit, decide on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sluicegate.release.checkpoints import Checkpoint, CheckpointView, current, schedule, views
from sluicegate.release.decide import decide
from sluicegate.release.entries import CheckRecord, Journal, ReleaseEntry, ReleaseEvent, SignOffRecord
from sluicegate.release.evaluation import Evaluation, Settled
from sluicegate.release.gather.collect import Sources, Subject, gather
from sluicegate.release.matrix import accepted, judge
from sluicegate.release.record import decision_of
from sluicegate.release.roles import role_rows
from sluicegate.release.settings import ReleaseSettings
from sluicegate.release.signoffs import count
from sluicegate.release.store import Releases, decisions_in_force, read_journal


@dataclass(frozen=True, slots=True)
class Session:
    """One use of the commands.

    Attributes:
        releases: of the ledger.
        settings: of the policy, and `policy_sha256` of that.
        sources: where facts come from.
        by: the login of who asks; empty where it is not known.
    """

    releases: Releases
    settings: ReleaseSettings
    policy_sha256: str
    sources: Sources
    by: str = ""

    @property
    def _now(self) -> int:
        return int(self.sources.around.clock.now())

    def plan(
        self, release: str, planned: int, reason: str = ""
    ) -> tuple[ReleaseEntry, tuple[CheckpointView, ...]]:
        """Plan a release for a time, in seconds since 1970.

        Its checkpoints begin anew; an older plan stays on record.

        Raises:
            WorldError: the ledger cannot be written.
        """
        entry = ReleaseEntry(ReleaseEvent.PLANNED, self._now, self.by[:100], planned, reason[:1000])
        self.releases.add(release, entry)
        return entry, views(schedule(self.settings.checkpoints, planned), (), self._now)

    def look(self, subject: Subject) -> Evaluation:
        """A commit as it is now. Nothing is written.

        Raises:
            DocumentError: a recorded decision on it cannot be read.
            UnreachableError: the ledger cannot be read.
        """
        view = self.releases.store.view()
        journal = read_journal(view, subject.release)
        held = decisions_in_force(view, subject.release, subject.commit)
        facts, thread = gather(subject, self.settings, self.sources, view)
        today = datetime.fromtimestamp(facts.now, UTC).date()
        found = count(thread, self.settings, subject.commit, today, journal.known(subject.commit))
        rows = role_rows(self.settings, found, thread, subject.commit)
        matrix = accepted(judge(self.settings, facts, rows), found.waivers, today)
        checkpoints, looks = self._schedule(journal), journal.looks()
        decided = decide(self.settings, matrix, subject.commit, facts.now, checkpoints, looks, found.waivers)
        shown = views(checkpoints, looks, facts.now)
        return Evaluation(self.settings, facts, thread, found, matrix, decided, journal, shown, held)

    def _schedule(self, journal: Journal) -> tuple[Checkpoint, ...]:
        plan = journal.plan
        return schedule(self.settings.checkpoints, plan.planned) if plan is not None else ()

    def decide(self, subject: Subject) -> Evaluation:
        """Evaluate a commit; record the decision where it changed, and the evaluation where it differs.

        Raises:
            DocumentError: a recorded decision on it cannot be read.
            WorldError: the ledger cannot be read or written.
        """
        seen = self.look(subject)
        new = decision_of(seen.facts, seen.decided, seen.found, self.settings, self.policy_sha256)
        settled = self.releases.settle(new, seen.in_force)
        entry = self._entry(seen, settled)
        if _is_news(entry, seen):
            self.releases.add(subject.release, entry)
            journal = read_journal(self.releases.store.view(), subject.release)
            shown = views(self._schedule(journal), journal.looks(), seen.facts.now)
            seen = replace(seen, journal=journal, checkpoints=shown)
        return replace(seen, settled=settled)

    def _entry(self, seen: Evaluation, settled: Settled) -> ReleaseEntry:
        plan, now = seen.journal.plan, seen.facts.now
        checkpoint = current(self._schedule(seen.journal), now)
        return ReleaseEntry(
            ReleaseEvent.EVALUATED, now, self.by[:100],
            planned=plan.planned if plan is not None else 0,
            commit=seen.facts.commit,
            outcome=settled.document.body.outcome,
            checkpoint=checkpoint.label if checkpoint is not None else "",
            late=now - checkpoint.due if checkpoint is not None else 0,
            checks=tuple(CheckRecord(row.id, row.status) for row in seen.matrix.rows),
            sign_offs=tuple(
                SignOffRecord(s.id, s.role, s.who, s.approves, s.sha256) for s in seen.found.signatures
            ),
        )  # fmt: skip


def _is_news(entry: ReleaseEntry, seen: Evaluation) -> bool:
    """Does an evaluation differ from the last one of its commit?"""
    last = seen.journal.last(entry.commit)
    if last is None:
        return True
    parts = [(e.planned, e.checkpoint, e.outcome, e.checks, e.sign_offs) for e in (last, entry)]
    return parts[0] != parts[1]
