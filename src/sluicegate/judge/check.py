"""One check from end to end: find the policy, collect, evaluate. The command and the Action call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.bundle.find import find_bundles
from sluicegate.bundle.layout import WorkflowRun
from sluicegate.collect.base import base_tip
from sluicegate.collect.collector import collect, project_files
from sluicegate.collect.earlier import as_of_base
from sluicegate.collect.named import NamedEvidence, parse_named
from sluicegate.collect.request import CollectRequest, EarlierEvidence
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.model import Report
from sluicegate.core.statuses import ProposedStatus, ReportStatus
from sluicegate.core.trust import PolicyChange
from sluicegate.criteria import did_you_mean
from sluicegate.engines.interface import Progress
from sluicegate.engines.isolation import refuse_exposed
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.records import Evidence
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from sluicegate.history.baseline import Baseline
from sluicegate.judge.choose import choose, knowing_tests
from sluicegate.judge.evaluate import evaluate
from sluicegate.judge.question import Question
from sluicegate.ledger.memory import Memory, open_memory
from sluicegate.policy.model import Policy
from sluicegate.policy.origin import Chosen
from sluicegate.policy.proposal import Proposed, Unread
from sluicegate.report import view
from sluicegate.report.baseline import baseline_of, cases_of, failing_of
from sluicegate.report.document import load_report

if TYPE_CHECKING:
    from sluicegate.github.approvals import Approvals


def silent(label: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class CheckOptions(Question):
    """A question to a checkout.

    Attributes:
        evidence: `[KIND[.SUITE]=]PATH`.
        evidence_directory: the folder to look for evidence in; empty for the checkout.
        bundle: folder to which the raw evidence is written; its name is the shard's.
        run: the workflow run, for the bundle.
        untrusted: the checkout is a stranger's: nothing of it may run.
        runs: bundles, as for `merge`, that hold the values of `run:` gates; no command is run then.
        progress: receives how far the engines are.
    """

    evidence: tuple[str, ...] = ()
    evidence_directory: str = ""
    bundle: str = ""
    run: WorkflowRun = field(default_factory=WorkflowRun)
    untrusted: bool = False
    runs: tuple[str, ...] = ()
    progress: Progress = silent

    @property
    def place(self) -> Path | None:
        """The folder to look for evidence in; None for the checkout."""
        return self.directory / self.evidence_directory if self.evidence_directory else None

    @property
    def runs_commands(self) -> bool:
        """Are the commands of `run:` gates run here?"""
        return not self.untrusted and not self.runs


@dataclass(frozen=True, slots=True)
class Checked:
    """A report, and the folder that its paths are relative to."""

    report: Report
    root: Path


def check(options: CheckOptions, today: Callable[[], date]) -> Checked:
    """Judge the evidence of a checkout.

    Raises:
        SluicegateError: as the parts raise; see `errors`.
    """
    if options.untrusted:
        refuse_exposed(options.directory)
    if options.bundle:
        from sluicegate.bundle.write import shard_name

        shard_name(Path(options.bundle))
    chosen = knowing_tests(choose(options), options)
    proposed = chosen.proposed
    policies = (chosen.policy, *([proposed.policy] if proposed else []))
    named = tuple(parse_named(e) for e in options.evidence)
    check_gates(options.gates, policies)
    _check_suites(named, policies)
    baseline = _baseline(options)
    memory = open_memory(options.ledger, options.directory, chosen.root, options.event.base_ref)
    approvals = read_approvals(options)
    judging = _Judging(options, named, chosen.root, Past(baseline, memory), today())
    report, evidence = judging.judge(chosen.policy)
    if options.bundle:
        _bundle(options, chosen.root, chosen.policy, evidence)
    change = None
    if proposed is not None:
        again, _ = judging.judge(proposed.policy, EarlierEvidence(chosen.policy, evidence))
        change = change_of(proposed, again)
    return completed(report, chosen, change, approvals, options.event)


def _baseline(options: CheckOptions) -> Baseline | None:
    """The report that the user names; one in the commit is read from the base of a change."""
    git = open_repository(options.directory) if options.baseline else None
    is_change = options.event.is_pull_request or options.event.name == "merge_group"
    tip = base_tip(git, options.base, options.event) if git and is_change else ""
    with as_of_base(git, tip, options.directory / options.baseline) as path:
        return read_baseline(path, options.baseline) if path else None


def _bundle(options: CheckOptions, root: Path, policy: Policy, evidence: Evidence) -> None:
    from sluicegate.bundle.write import Shard, shard_name, write_bundle

    folder = options.directory / options.bundle
    names = dict.fromkeys(g.name for g in policy.everywhere)
    gates = [name for name in names if not options.gates or name in options.gates]
    files, prefixes = project_files(root)
    shard = Shard(shard_name(folder), root, files, prefixes, gates, options.run)
    write_bundle(folder, evidence, shard)


@dataclass(frozen=True, slots=True)
class Past:
    """What to compare with: the report that the user named, else that of the ledger; and the history."""

    baseline: Baseline | None = None
    memory: Memory | None = None

    def of(self, evidence: Evidence) -> tuple[Evidence, Baseline | None]:
        """The evidence with its history, and the baseline of its commit."""
        if self.memory is None:
            return evidence, self.baseline
        remembered = self.memory.of(evidence.commit)
        return replace(evidence, history=remembered.history), self.baseline or remembered.baseline


@dataclass(frozen=True, slots=True)
class _Judging:
    """What stays the same whichever policy judges."""

    options: CheckOptions
    named: tuple[NamedEvidence, ...]
    root: Path
    past: Past
    today: date

    def judge(self, policy: Policy, earlier: EarlierEvidence | None = None) -> tuple[Report, Evidence]:
        options = self.options
        evidence = collect(
            CollectRequest(
                root=self.root,
                policy=policy,
                event=options.event,
                progress=options.progress,
                base=options.base,
                named=self.named,
                only=options.gates,
                earlier=earlier,
                place=options.place,
                untrusted=options.untrusted,
                runs_commands=options.runs_commands,
            )
        )
        if not options.runs_commands:
            from sluicegate.bundle.runs import with_runs

            gates = [g for g in policy.everywhere if not options.gates or g.name in options.gates]
            evidence = with_runs(evidence, gates, find_bundles(options.runs, options.directory))
        evidence, baseline = self.past.of(replace(evidence, jobs=options.needs))
        report = evaluate(evidence, policy, self.today, baseline=baseline, only=options.gates)
        return report, evidence


def change_of(proposed: Proposed, report: Report) -> PolicyChange:
    """The change of the policy, with the report that the proposed one gives."""
    ref, status = proposed.policy.ref, ProposedStatus(report.status)
    return PolicyChange(ref.ref, ref.sha256, status, view.decided(report), proposed.diff, proposed.more)


def unknown_change(unread: Unread) -> PolicyChange:
    """The change of the policy, where the new one cannot be read as a whole."""
    return PolicyChange(unread.ref, "", ProposedStatus.UNKNOWN, unread.why, unread.diff, unread.more)


def completed(
    report: Report,
    chosen: Chosen,
    change: PolicyChange | None,
    approvals: Approvals | None,
    event: EventContext,
) -> Checked:
    """The report with the notices on the choice of the policy, and with the approvals applied."""
    report = replace(report, notices=(*chosen.notices, *report.notices), policy_change=change)
    if approvals is not None:
        from sluicegate.github.overrides import settle

        report = settle(report, approvals, event)
    return Checked(report, chosen.root)


def check_gates(names: Iterable[str], policies: Iterable[Policy]) -> list[str]:
    """The names of all gates of these policies.

    Raises:
        UsageError: one of `names` is unknown.
    """
    known = list(dict.fromkeys(g.name for policy in policies for g in policy.everywhere))
    for name in names:
        if name not in known:
            raise _unknown("gate", name, known, "--gate")
    return known


def _check_suites(named: tuple[NamedEvidence, ...], policies: tuple[Policy, ...]) -> None:
    """Refuse results for a suite that a policy with suites does not have, or that none has."""
    for known in list(filter(None, map(_suites, policies))) or [[]]:
        for item in named:
            if item.suite and item.suite not in known:
                raise _unknown("suite", item.suite, known, f"--evidence tests.{item.suite}={item.path}")


def _suites(policy: Policy) -> list[str]:
    gate = policy.gate("tests")
    return [suite.name for suite in gate.suites] if gate else []


def _unknown(kind: str, name: str, known: Sequence[str], where: str) -> UsageError:
    return UsageError(
        f"the policy has no {kind} '{name}'",
        where=where,
        remedy=f"{did_you_mean(name, known)}{kind.capitalize()}s: {', '.join(known) or 'none'}.",
    )


def read_baseline(path: Path, name: str) -> Baseline | None:
    """The measures of an earlier report document; None when no name is given.

    Raises:
        EvidenceError: it is missing or no report document.
    """
    if not name:
        return None
    report = load_report(path, name)
    return Baseline(baseline_of(report), cases=cases_of(report), failing=failing_of(report))


def read_approvals(question: Question) -> Approvals | None:
    """The approvals of the pull request; None when no file is named.

    Raises:
        EvidenceError: it is missing, or not such a file.
    """
    name = question.approvals
    if not name:
        return None
    from sluicegate.github.approvals import APPROVALS

    return APPROVALS.decode(read_bytes(question.directory / name, name, limit=APPROVALS.limit)[0], name)


def exit_code(report: Report, *, warn_only: bool) -> ExitCode:
    """1 for a blocked report, else 0; `warn_only` and a policy that only reports turn 1 into 0."""
    blocked = report.status is ReportStatus.BLOCKED and not warn_only and not report.report_only
    return ExitCode.BLOCKED if blocked else ExitCode.OK
