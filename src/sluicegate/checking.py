"""One check from end to end: find the policy, collect, evaluate. The command and the Action call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sluicegate import catalogue
from sluicegate.collect import Earlier, Request, collect
from sluicegate.collect.base import base_tip
from sluicegate.collect.intake import parse_named
from sluicegate.criteria import nearest
from sluicegate.engines.interface import Progress
from sluicegate.errors import ExitCode, UsageError
from sluicegate.evaluate import Baseline, evaluate
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.records import Evidence
from sluicegate.git import open_repository
from sluicegate.github.approvals import MAX_BYTES, Approvals, parse_approvals
from sluicegate.github.event import EventContext
from sluicegate.github.overrides import settle
from sluicegate.model import Report, ReportStatus
from sluicegate.policy.model import Policy
from sluicegate.policy.origin import Chosen, Place, Proposed, of_base, of_tree, tree_root
from sluicegate.report import view
from sluicegate.report.baseline import baseline_of, parse_document
from sluicegate.text import cut, one_line
from sluicegate.trust import PolicyChange

POLICY_FROM = ("auto", "base", "head")
"""Whose policy judges; see `Options`."""

_MAX_REPORT = 64 * 1024**2


def silent(label: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; empty means the default.

    Attributes:
        directory: where the user stands.
        policy: path of the policy file.
        policy_from: `base`, `head`, or `auto`: the base's on a pull request and in a merge queue.
        gates: names of the gates to judge.
        base: revision to compare with.
        baseline: path of an earlier report document.
        evidence: `[KIND[.SUITE]=]PATH`.
        approvals: path of what `sluicegate approvals` wrote.
        event: what started the run.
        progress: told how far the engines are.
    """

    directory: Path
    policy: str = ""
    policy_from: str = "auto"
    gates: tuple[str, ...] = ()
    base: str = ""
    baseline: str = ""
    evidence: tuple[str, ...] = ()
    approvals: str = ""
    event: EventContext = field(default_factory=EventContext)
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Checked:
    """A report, and the folder that its paths are relative to."""

    report: Report
    root: Path


def check(options: Options, today: Callable[[], date]) -> Checked:
    """Judge the evidence of a checkout.

    Raises:
        SluicegateError: as the parts raise; see `errors`.
    """
    chosen = choose_policy(options)
    proposed = chosen.proposed
    _check_gates(options.gates, (chosen.policy, *([proposed.policy] if proposed else [])))
    baseline = read_baseline(options.directory / options.baseline, options.baseline)
    approvals = read_approvals(options.directory / options.approvals, options.approvals)
    judging = _Judging(options, chosen.root, baseline, today())
    report, evidence = judging.judge(chosen.policy)
    report = replace(report, notices=(*chosen.notices, *report.notices))
    if proposed is not None:
        change = judging.policy_change(proposed, Earlier(chosen.policy, evidence))
        report = replace(report, policy_change=change)
    if approvals is not None:
        report = settle(report, approvals, options.event)
    return Checked(report, chosen.root)


@dataclass(frozen=True, slots=True)
class _Judging:
    """What stays the same whichever policy judges."""

    options: Options
    root: Path
    baseline: Baseline | None
    today: date

    def judge(self, policy: Policy, earlier: Earlier | None = None) -> tuple[Report, Evidence]:
        """Collect and evaluate for a policy."""
        options = self.options
        evidence = collect(
            Request(
                root=self.root,
                policy=policy,
                event=options.event,
                progress=options.progress,
                base=options.base,
                named=tuple(parse_named(e) for e in options.evidence),
                only=options.gates,
                earlier=earlier,
            )
        )
        remedies = {name: catalogue.gate_spec(name).remedies for name in catalogue.GATES}
        only = options.gates
        report = evaluate(evidence, policy, self.today, baseline=self.baseline, only=only, remedies=remedies)
        return report, evidence

    def policy_change(self, proposed: Proposed, earlier: Earlier) -> PolicyChange:
        """What the change's own policy would say."""
        report, _ = self.judge(proposed.policy, earlier)
        ref, summary = proposed.policy.ref, view.sentence(report)
        return PolicyChange(ref.ref, ref.sha256, str(report.status), summary, proposed.diff, proposed.more)


# --- the policy --------------------------------------------------------------------------------


def choose_policy(options: Options) -> Chosen:
    """The policy that judges: on a pull request and in a merge queue the base's, else the tree's.

    Raises:
        UsageError: the named file is not there, or `--policy-from base` has no base.
        PolicyError: the working tree's policy is wrong.
    """
    if options.policy_from not in POLICY_FROM:
        raise UsageError(f"'{cut(one_line(options.policy_from), 40)}' is no place for a policy",
                         where="policy-from", remedy=f"It is one of: {', '.join(POLICY_FROM)}.")  # fmt: skip
    if options.policy and not (options.directory / options.policy).is_file():
        raise UsageError("there is no such policy file", where=options.policy,
                         remedy="'sluicegate init' writes one.")  # fmt: skip
    git = open_repository(options.directory)
    place = Place(options.directory, options.policy)
    if options.policy_from == "base" and git is None:
        raise UsageError("needs a git repository", where="--policy-from base")
    if git is None or not _from_base(options):
        return of_tree(place, git)
    tip = base_tip(git, options.base, options.event)
    if not tip and not options.event.name:
        raise UsageError("no base branch was found", where="--policy-from base",
                         remedy="Name one with --base.")  # fmt: skip
    return of_base(place, git, tip, git.merge_base(tip, "HEAD") if tip else "")


def _from_base(options: Options) -> bool:
    event = options.event
    by_event = event.is_about_pull_request or event.name == "merge_group"
    return options.policy_from == "base" or (options.policy_from != "head" and by_event)


def project_root(directory: Path) -> Path:
    """The nearest folder upwards, within the repository, that holds a policy; else `directory`."""
    return tree_root(directory, open_repository(directory))


def _check_gates(names: tuple[str, ...], policies: tuple[Policy, ...]) -> None:
    known = list(dict.fromkeys(g.name for policy in policies for g in policy.gates))
    for name in names:
        if name not in known:
            close = nearest(name, known)
            hint = f"Perhaps you meant '{close}'. " if close else ""
            raise UsageError(f"the policy has no gate '{name}'", where="--gate",
                             remedy=f"{hint}Gates: {', '.join(known)}.")  # fmt: skip


def read_baseline(path: Path, name: str) -> Baseline | None:
    """The measures of an earlier report document; None when no name is given.

    Raises:
        EvidenceError: it is missing or no report document.
    """
    if not name:
        return None
    data, _ = read_bytes(path, name, limit=_MAX_REPORT)
    return baseline_of(parse_document(data, where=name), where=name)


def read_approvals(path: Path, name: str) -> Approvals | None:
    """What people said about the pull request; None when no file is named.

    Raises:
        EvidenceError: it is missing, or not such a file.
    """
    if not name:
        return None
    data, _ = read_bytes(path, name, limit=MAX_BYTES)
    return parse_approvals(data, name)


def exit_code(report: Report, *, warn_only: bool) -> ExitCode:
    """1 for a blocked report, else 0; `warn_only` turns 1 into 0 and nothing else."""
    blocked = report.status is ReportStatus.BLOCKED and not warn_only
    return ExitCode.BLOCKED if blocked else ExitCode.OK
