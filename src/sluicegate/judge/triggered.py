"""Judging the bundles of a run that has ended: on `workflow_run`, where its code is not checked out.

Commit, change, pull request and policy are those of the subject (`github.subject`), never a bundle's.
That the run failed or left no bundle is a verdict of its own, so that no policy turns it into a
success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from sluicegate.bundle.find import find_bundles
from sluicegate.bundle.gather import parse_expected
from sluicegate.collect.committed import changes_between
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.model import Problem, Report, Verdict
from sluicegate.core.statuses import REPORT_ORDER, GateStatus, ReportStatus
from sluicegate.core.text import plural
from sluicegate.evidence.analysed import ChangesRecord
from sluicegate.git import Git, open_repository
from sluicegate.github.claims import Claims, claims_of
from sluicegate.github.subject import REPOSITORY, Subject, notices
from sluicegate.github.subject_folder import read_subject
from sluicegate.judge.check import Checked, check_gates
from sluicegate.judge.choose import of_tests
from sluicegate.judge.merge import MergeContext, MergeOptions, judged
from sluicegate.judge.question import RunSubject
from sluicegate.policy.origin import PolicyCommits, PolicyLocation, of_commits, read_base
from sluicegate.policy.pinned import ReadPinned
from sluicegate.policy.touched import touched

GATE = "workflow-run"
"""The verdict on the run itself."""

_REMEDY = "See the log of that run, and start it again when its fault is fixed."
_MEND = (
    "Fix the policy. The step that fetches presets, or `sluicegate fetch --subject`, prints why a preset is "
    "missing; start this run again then."
)


def merge(options: MergeOptions, run: RunSubject, today: Callable[[], date]) -> Checked:
    """Judge the bundles of a run that has ended, under the policy at the tip of its base branch.

    Raises:
        UsageError: the subject is missing or malformed, or an argument is wrong.
        SluicegateError: as the parts raise.
    """
    subject = read_subject(run.folder)
    git = project(run, subject)
    commits = PolicyCommits(subject.tip, subject.tested if subject.base else "", subject.fork_point)
    chosen, wrong = of_commits(PolicyLocation(git.root, options.policy, options.pinned), git, commits)
    if (judged_folder := open_repository(chosen.root)) is not None:
        chosen = of_tests(chosen, judged_folder, subject.tip, "" if subject.absence else subject.tested)
    change, changes = change_of(subject, chosen.root)
    claims = claims_of(find_bundles(options.bundles, options.directory), subject.run.id, subject.run.attempt)
    names = check_gates(options.gates, (chosen.policy,))
    judging = MergeContext(
        policy=chosen.policy,
        today=today(),
        expected=parse_expected(options.expect, options.expect_count, names),
        gates=options.gates,
        commit=subject.commit,
        change=change,
        changes=changes,
    )
    problems = [
        *(Problem(text, remedy=_REMEDY) for text in subject.problems),
        *(Problem(text, remedy=_MEND) for text in wrong),
        *(Problem(text, remedy=_REMEDY) for text in _nothing(claims)),
    ]

    def finish(report: Report) -> Report:
        nothing = [Problem(text, remedy=_REMEDY) for text in _no_tests(report, judging)]
        return _finished(report, subject, change, [*problems, *nothing])

    options = replace(options, event=subject.event(options.event))
    return judged(claims.folders, judging, chosen, options, finish)


def project(run: RunSubject, subject: Subject) -> Git:
    """Git in the judged folder of the subject's repository, where nothing is checked out.

    Raises:
        UsageError: the folder leads out of the repository, or the subject has none.
        WorldError: the disk refused.
    """
    top = run.folder / REPOSITORY
    folder = top / run.project
    if not folder.resolve().is_relative_to(top.resolve()):
        raise UsageError("leads out of the repository", where=run.project)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(f"cannot be made: {error.strerror}", where=str(folder)) from error
    git = open_repository(folder)
    if git is None or not git.commit(subject.tip):
        raise UsageError("holds no repository with the base branch", where=str(run.folder),
                         remedy="Write it again with 'sluicegate subject'.")  # fmt: skip
    return git


def fetch_presets(run: RunSubject, policy: str, pinned: ReadPinned) -> None:
    """Read with `pinned` what the policy at the tip of the base branch extends, and nothing else.

    Raises:
        PresetError: a preset cannot be had.
        SluicegateError: as `merge`.
    """
    subject = read_subject(run.folder)
    git = project(run, subject)
    read_base(PolicyLocation(git.root, policy, pinned), git, subject.tip)


def root_of(run: RunSubject, policy: str) -> Path:
    """The folder that the report's paths are relative to, as `merge` finds it.

    Raises:
        SluicegateError: as `merge`.
    """
    subject = read_subject(run.folder)
    git = project(run, subject)
    return of_commits(PolicyLocation(git.root, policy), git, PolicyCommits(subject.tip))[0].root


def change_of(subject: Subject, root: Path) -> tuple[Change | NoChange, ChangesRecord | None]:
    """The change below `root`, and what it does to the gate itself, by our own look at the commits."""
    git = open_repository(root)
    if subject.absence is not None or git is None:
        return subject.absence or NoChange("the commits are not here", unseen=True), None
    change = git.change_between(subject.base, subject.tested)
    return change, changes_between(git, subject.base, subject.tested, change)


def _nothing(claims: Claims) -> Iterator[str]:
    yield from claims.refused
    if not claims.folders:
        yield "the run left no bundle"
    elif not claims.readable:
        yield f"{plural(len(claims.folders), 'bundle')} of the run cannot be read"


def _no_tests(report: Report, judging: MergeContext) -> Iterator[str]:
    """Neither results nor coverage, though the policy asks for them: the tests may have crashed."""
    kinds = {"tests", "coverage"} & {g.name for g in judging.policy.everywhere}
    kinds &= set(judging.gates) or kinds
    # A gate that measured and had nothing to judge, as before the first baseline, lists its criteria.
    measured = {v.gate for v in report.verdicts if v.criteria or v.status is not GateStatus.SKIPPED}
    if kinds and not kinds & measured and not _is_untouched(judging):
        yield "the run brought neither test results nor coverage"


def _is_untouched(judging: MergeContext) -> bool:
    """Are only components judged, none of which the change touches?"""
    change = judging.change
    return isinstance(change, Change) and not judging.policy.whole and not touched(judging.policy, change)


def _finished(
    report: Report, subject: Subject, change: Change | NoChange, problems: Sequence[Problem]
) -> Report:
    """The report with where it comes from, and blocked where the run itself was no success."""
    report = replace(report, commit=subject.commit, notices=(*notices(subject, change), *report.notices))
    if not problems:
        return report
    what = problems[0].message
    verdict = Verdict(GATE, GateStatus.ERROR, required=True, summary=what, problems=tuple(problems))
    worst = max(report.status, ReportStatus.BLOCKED, key=REPORT_ORDER.index)
    return replace(report, status=worst, verdicts=(verdict, *report.verdicts))
