"""Judging the bundles of any number of shards as one: the command `merge` and the Action call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from sluicegate.bundle.admit import Admission
from sluicegate.bundle.find import find_bundles
from sluicegate.bundle.gather import Expected, GatherRequest, gather, parse_expected
from sluicegate.bundle.layout import MANIFEST, WorkflowRun
from sluicegate.bundle.runs import wrong_measures
from sluicegate.collect.tracked import GitStatus, TrackedFiles
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import UsageError
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Commit, Notice, Problem, Report
from sluicegate.evidence.analysed import ChangesRecord
from sluicegate.evidence.findings import repeats as repeated_findings
from sluicegate.evidence.records import Evidence, TestsRecord
from sluicegate.evidence.shards import own_path
from sluicegate.evidence.tests.repeats import once
from sluicegate.git import open_repository
from sluicegate.judge import check as checking
from sluicegate.judge.choose import choose, knowing_tests
from sluicegate.judge.evaluate import evaluate
from sluicegate.judge.question import Question
from sluicegate.ledger.memory import open_memory
from sluicegate.policy.model import GateSettings, Policy, Suite
from sluicegate.policy.origin import Chosen

_NO_BUNDLE = {
    GitStatus.UNSEEN: "is tracked: the commit has it, and no job of this run wrote it",
    GitStatus.EMBEDDED: "is in a submodule or another repository, and no job of this run wrote it",
}


@dataclass(frozen=True, slots=True)
class MergeOptions(Question):
    """A question to bundles.

    Attributes:
        bundles: folders, manifests, or globs of them.
        expect: `NAME` or `NAME=GATE,GATE`: shards that must be there.
        expect_count: how many shards there must be at least.
    """

    bundles: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    expect_count: int = 0


@dataclass(frozen=True, slots=True)
class MergeContext:
    """How bundles are judged: what the caller decides, not the bundles.

    Attributes:
        policy: as resolved; never taken from a bundle.
        today: the date on which waivers are looked at.
        gates: names of the gates to judge; all of the policy's when empty.
        commit, change: what is judged, from the event and the repository; None leaves it to the
            bundles, which only a run of one's own can be trusted with.
        changes: what the change does to the gate itself, where the caller has looked.
    """

    policy: Policy
    today: date
    expected: Expected = field(default_factory=lambda: Expected({}))
    gates: tuple[str, ...] = ()
    past: checking.Past = field(default_factory=checking.Past)
    commit: Commit | None = None
    change: Change | NoChange | None = None
    changes: ChangesRecord | None = None
    admission: Admission = field(default_factory=Admission)
    needs: Mapping[str, str] | None = None


def merge(options: MergeOptions, today: Callable[[], date]) -> checking.Checked:
    """Judge bundles under the policy that `choosing.choose` picks.

    Raises:
        UsageError: there is no bundle and none is expected, or an argument is wrong.
        SluicegateError: as the parts raise.
    """
    if options.event.triggered_by is not None:
        raise UsageError(
            "the bundles of another run do not prove which commits they are of", where="workflow_run",
            remedy="Write a subject with 'sluicegate subject', and name it with --subject.",
        )  # fmt: skip
    chosen = knowing_tests(choose(options), options)
    names = checking.check_gates(options.gates, (chosen.policy,))
    expected = parse_expected(options.expect, options.expect_count, names)
    folders = find_bundles(options.bundles, options.directory)
    if not folders and not expected.shards and not expected.count:
        raise UsageError(
            "there is no bundle", where=", ".join(options.bundles),
            remedy="A bundle is a folder that 'sluicegate check --bundle' wrote. List with --expect the "
            "shards that must be there, then missing ones are reported.",
        )  # fmt: skip
    admission = admitted(folders, options)
    judging = MergeContext(
        chosen.policy, today(), expected, options.gates, admission=admission, needs=options.needs
    )
    return judged(folders, judging, chosen, options)


def admitted(folders: Sequence[Path], options: MergeOptions) -> Admission:
    """What bundles must agree with: the event, wherever there is one, and the checkout's own commit.

    A commit cannot name itself, so what a change commits never names the commit that is checked out.

    Raises:
        WorldError: git failed.
    """
    event = options.event
    git = open_repository(options.directory) if options.directory.is_dir() else None
    head = git.commit("HEAD") if git else ""
    is_tested = bool(event.name) and (event.is_pull_request or not event.is_about_pull_request)
    tested = {event.tested_sha, event.head_sha, head} - {""} if is_tested else set()
    tracked = TrackedFiles.of(git, Commit(tested=head), NoChange("it is not looked at", unseen=True))
    return Admission(
        WorkflowRun(event.run_id, event.run_attempt), frozenset(tested), _refused(folders, tracked)
    )


def _refused(folders: Sequence[Path], tracked: TrackedFiles | None) -> dict[Path, str]:
    """The folders that no run wrote, each with the reason."""
    if tracked is None:
        return {}
    statuses = tracked.statuses(folder / MANIFEST for folder in folders)
    reasons = {folder: _NO_BUNDLE.get(statuses[folder / MANIFEST], "") for folder in folders}
    return {folder: reason for folder, reason in reasons.items() if reason}


def judged(
    folders: Sequence[Path],
    judging: MergeContext,
    chosen: Chosen,
    options: MergeOptions,
    finish: Callable[[Report], Report] = lambda report: report,
) -> checking.Checked:
    """The report of bundles, with the verdict of the change's own policy, and the approvals applied.

    `finish` adds what the evidence lacks, before approvals are applied.

    Raises:
        EvidenceError: the baseline or the approvals cannot be read.
    """
    baseline = checking.read_baseline(options.directory / options.baseline, options.baseline)
    approvals = checking.read_approvals(options)
    memory = open_memory(options.ledger, options.directory, chosen.root, options.event.base_ref)
    if memory is not None and isinstance(judging.change, NoChange) and judging.change.unseen:
        memory = replace(memory, unseen=judging.change.reason)  # a stranger must not choose the base
    judging = replace(judging, past=checking.Past(baseline, memory))
    report = finish(judge_bundles(folders, judging))
    change = None
    if chosen.proposed is not None:
        proposed = replace(judging, policy=chosen.proposed.policy)
        change = checking.change_of(chosen.proposed, finish(judge_bundles(folders, proposed)))
    elif chosen.unread is not None:
        change = checking.unknown_change(chosen.unread)
    return checking.completed(report, chosen, change, approvals, options.event)


def judge_bundles(folders: Sequence[Path], judging: MergeContext) -> Report:
    """One report of the bundles in these folders. Nothing of a bundle is executed or trusted.

    What cannot be read, and what is missing, is an ERROR of the gates that it would have fed.
    """
    policy = judging.policy
    chosen = [g for g in policy.everywhere if not judging.gates or g.name in judging.gates]
    gathered = gather(folders, _wanted(judging, chosen))
    evidence = replace(gathered.evidence, notices=(*gathered.evidence.notices, *gathered.notices))
    evidence = _counted_once(_for_policy(evidence, policy, chosen))
    evidence = replace(evidence, changes=judging.changes or evidence.changes, jobs=judging.needs)
    evidence, baseline = judging.past.of(evidence)
    return evaluate(evidence, policy, judging.today, baseline=baseline, only=judging.gates)


def _wanted(judging: MergeContext, chosen: Sequence[GateSettings]) -> GatherRequest:
    chosen = [g for g in chosen if not g.of_run]
    parts = judging.policy.components
    return GatherRequest(
        {g.name: g.required for g in sorted(chosen, key=lambda g: g.required)},  # of one name the required
        judging.expected,
        {c.name: {g.name: g.required for g in c.gates if g in chosen} for c in parts},
        judging.commit,
        judging.change,
        judging.admission,
    )


def _for_policy(evidence: Evidence, policy: Policy, gates: Sequence[GateSettings]) -> Evidence:
    """The evidence as the policy that judges asks for it, which may not be the shards' own."""
    suites = [s for g in policy.everywhere if g.name == "tests" for s in g.suites]
    records = tuple(r for t in evidence.tests for r in _suites(t, suites))
    problems = dict(evidence.problems)
    for settings in gates:
        if settings.run is not None:
            wrong = wrong_measures(settings, evidence.runs.get(settings.name))
            problems[settings.name] = (*problems.get(settings.name, ()), *wrong)
    return replace(evidence, tests=records, problems=_of_suites(problems, {s.name for s in suites}))


def _counted_once(evidence: Evidence) -> Evidence:
    """The evidence without files that repeat those of another shard, as an aggregate does."""
    findings = repeated_findings.once(evidence.findings)
    reasons = {(r.source.format, r.source.tool): why for r, why in findings.left_out}
    found = once(evidence.tests)
    if not found.left_out and not reasons:
        return evidence
    left_out = dict(found.left_out)
    for source in evidence.discovery.taken:
        if why := reasons.get((source.format, source.tool)):
            left_out[source.path] = why
    discovery = replace(
        evidence.discovery,
        taken=tuple(source for source in evidence.discovery.taken if source.path not in left_out),
        passed_over=(*evidence.discovery.passed_over, *left_out.items()),
    )
    notices = (Notice("info", "repeated-results", found.text),) if found.left_out else ()
    return replace(
        evidence,
        tests=found.records,
        findings=findings.records,
        discovery=discovery,
        notices=(*evidence.notices, *notices),
    )


def _of_suites(
    problems: Mapping[str, tuple[Problem, ...]], suites: Iterable[str]
) -> dict[str, tuple[Problem, ...]]:
    """Problems of the tests are repeated for each suite, since suites have verdicts of their own."""
    result = {key: found for key, found in problems.items() if found}
    for key in [k for k in result if k == "tests" or k.endswith("/tests")]:
        for suite in suites:
            full = f"{key}.{suite}"
            result[full] = tuple(dict.fromkeys((*result[key], *result.get(full, ()))))
    return result


def _suites(record: TestsRecord, suites: Iterable[Suite]) -> list[TestsRecord]:
    """The record under each suite whose files it is one of, where the shard named none."""
    if record.suite:
        return [record]
    names = dict.fromkeys(s.name for s in suites if matches_any(s.files, own_path(record.source)))
    return [replace(record, suite=name) for name in names] or [record]
