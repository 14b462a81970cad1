"""Collecting: run the engines and the user's commands, read the files, find the change.

All I/O of a check happens here and in what this module calls; what comes out is plain values.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sluicegate.collect.absent import absent, unknown_notices, unread_words
from sluicegate.collect.base import find_change
from sluicegate.collect.discover import discover
from sluicegate.collect.discovery import UnsupportedReport
from sluicegate.collect.engine_runs import EngineRuns, base_blobs
from sluicegate.collect.folders import SKIPPED_FOLDERS, Folders
from sluicegate.collect.freshness import freshness, of_another_commit
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.output import WorkingTree, without_output
from sluicegate.collect.parallel_data import REASON, notices, uncombined
from sluicegate.collect.request import CollectRequest
from sluicegate.collect.submodules import unscanned
from sluicegate.collect.tracked import TrackedFiles, TrackedFilter
from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Commit, Discovery, Notice
from sluicegate.engines.analyse import Analysis
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import Evidence, FindingsRecord, Kind
from sluicegate.git import open_repository
from sluicegate.policy import catalogue
from sluicegate.policy.model import GateSettings

_MAX_FILES = 200_000


def collect(request: CollectRequest) -> Evidence:
    """All evidence for the request.

    Raises:
        UsageError: `--base` or `--evidence` names what does not exist.
        EvidenceError: a file that the command line names is not what it claims to be.
        WorldError: git or the disk failed.
    """
    git = open_repository(request.root)
    commit, change = find_change(git, request.base, request.event)
    tree = WorkingTree.of(request.root, git)
    tracked = tree.tracked
    files = [*tracked, *tree.loose] if git else _all_files(request.root)
    index = PathIndex(files, prefixes=_prefixes(request.root))
    tracked_filter = TrackedFilter(TrackedFiles.of(git, commit, change), request.policy.source.fixtures)
    loader = EvidenceLoader(request.root, index, request.place, request.untrusted, tracked, tracked_filter)
    loader.entered = Folders.of(tracked, change)
    looked_for = _take_files(request, loader)
    change = without_output(change, tree, (source.path for source in loader.sources))
    loader.leave_out_repeats()
    _note_parallel_data(request, loader)
    sources = _python_sources(request, files, change)
    replaced = frozenset({"bandit"} if loader.names_report_of("bandit") else ())
    _note_submodules(request, loader, change)
    problems = {gate: tuple(found) for gate, found in loader.problems.items()}
    job = EngineRuns(request, sources, change, problems, replaced)
    analysis = job.analyse(base_blobs(git, commit.base, change))
    runs = job.run_gates(loader.index) if request.runs_commands else {}
    return Evidence(
        commit=commit,
        change=change,
        coverage=tuple(loader.coverage),
        tests=tuple(loader.tests),
        findings=_findings(analysis, loader, sources),
        benchmarks=tuple(loader.benchmarks),
        base_benchmarks=job.baseline_file(git, commit.base),
        complexity=analysis.complexity if sources else None,
        docs=analysis.docs if sources else None,
        changes=analysis.changes,
        runs=runs,
        problems=job.problems,
        notices=(*_notices(request, loader, commit, change), *job.left_out(files), *analysis.notices),
        absent=absent(
            request.gates(),
            looked_for,
            loader.passed_over,
            _unread(loader),
            has_sources=bool(sources),
            has_names=bool(request.named),
        ),
        discovery=Discovery(tuple(loader.sources), tuple(sorted(set(loader.passed_over))), looked_for),
        files=index.files,
    )


def _note_parallel_data(request: CollectRequest, loader: EvidenceLoader) -> None:
    taken = {source.path for source in loader.sources}
    found = [name for name in uncombined(request.place or request.root) if name not in taken]
    loader.passed_over += [(name, REASON) for name in found if name not in loader.named]
    loader.notices += notices(found)


def _note_submodules(request: CollectRequest, loader: EvidenceLoader, change: Change | NoChange) -> None:
    """Submodules that no engine of ours scans; a report of bandit that is named may have them."""
    if not loader.names_report_of("bandit"):
        for problem in unscanned(request.root, change, request.policy.source):
            loader.problems.setdefault("security", []).append(problem)


def _python_sources(
    request: CollectRequest, files: Iterable[str], change: Change | NoChange
) -> tuple[str, ...]:
    """The project's own Python sources, without its tests: those on the disk, and those of the change.

    A tracked file may be missing: deleted and not committed, or left out of a sparse checkout. One that the
    change leaves alone need not be there.
    """
    touched = change.files if isinstance(change, Change) else {}
    kept = {path for path, file in touched.items() if not (file.deleted or file.submodule)}
    own = filter(request.policy.source.is_scanned, dict.fromkeys((*files, *sorted(kept))))
    return tuple(path for path in own if path in kept or os.path.lexists(request.root / path))


def project_files(root: Path) -> tuple[list[str], tuple[str, ...]]:
    """The files that paths of reports are resolved against, and how tools spell the root."""
    git = open_repository(root)
    files = [*git.tracked(), *git.untracked()] if git else _all_files(root)
    return files, _prefixes(root)


def _notices(
    request: CollectRequest, loader: EvidenceLoader, commit: Commit, change: Change | NoChange
) -> tuple[Notice, ...]:
    """Notices of stale, repeated and unread reports; file times mean nothing after a runner's checkout."""
    stale = (
        ()
        if request.event.name
        else freshness(request.root, loader.coverage, loader.tests, change, request.policy.source.is_test)
    )
    kinds, taken = {report.kind for report in loader.unread}, _kinds_taken(loader)
    unread = (
        Notice("warning", "report-unread", unread_words([r for r in loader.unread if r.kind is kind]))
        for kind in sorted(kinds - taken)
    )
    return (
        *loader.notices,
        *loader.tracked_filter.notices(),
        *unread,
        *unknown_notices(loader.passed_over, kinds | taken),
        *stale,
        *of_another_commit(loader.benchmarks, commit.tested),
    )


def _unread(loader: EvidenceLoader) -> dict[str, list[UnsupportedReport]]:
    """The reports in unsupported formats, by the gates that would use them."""
    found: dict[str, list[UnsupportedReport]] = {}
    for report in loader.unread:
        for gate in catalogue.gates_reading(report.kind):
            found.setdefault(gate, []).append(report)
    return found


def _findings(
    analysis: Analysis, loader: EvidenceLoader, sources: tuple[str, ...]
) -> tuple[FindingsRecord, ...]:
    """Our bandit's findings and those of files; bandit's own reports are then left out."""
    if analysis.bandit is None or not sources:
        return tuple(loader.findings)
    return (analysis.bandit, *filter(None, map(_without_bandit, loader.findings)))


def _without_bandit(record: FindingsRecord) -> FindingsRecord | None:
    """The findings of the file's other tools; None where bandit alone wrote it."""
    tools = record.source.tool.lower().split(", ")
    if "bandit" not in tools:
        return record
    if tools == ["bandit"]:
        return None
    security = tuple(f for f in record.security if f.tool.lower() != "bandit")
    return replace(record, security=security)


def _prefixes(root: Path) -> tuple[str, ...]:
    """The spellings of the root that a tool on this machine may write."""
    return tuple(dict.fromkeys(p.as_posix() for p in (root, root.absolute(), root.resolve())))


def _all_files(root: Path) -> list[str]:
    """Every file below a folder that is no git repository, dependency folders left out."""
    found: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        where = Path(folder).relative_to(root).as_posix()
        found += [n if where == "." else f"{where}/{n}" for n in sorted(names)]
        if len(found) > _MAX_FILES:
            break
    return found[:_MAX_FILES]


def _take_files(request: CollectRequest, loader: EvidenceLoader) -> dict[str, tuple[str, ...]]:
    """Read named files and pattern matches, and discover the rest; the searched places by gate."""
    for named in request.named:
        loader.take_named(named)
    settled = {n.kind for n in request.named if n.kind} | _kinds_taken(loader)
    by_pattern = [_take_patterns(settings, loader, settled) for settings in request.patterned()]
    settled = settled.union(*by_pattern)
    rest = _kinds_of(request.gates()) - settled
    if rest:
        discover(loader, rest)
    gates = [g for kind in sorted(rest) for g in catalogue.gates_reading(kind)]
    return {g: catalogue.gate_spec(g).looks_for for g in gates}


def _kinds_of(gates: Sequence[GateSettings]) -> set[Kind]:
    return {Kind(kind) for g in gates if g.spec is not None for kind in g.spec.reads}


def _kinds_taken(loader: EvidenceLoader) -> set[Kind]:
    parts = {
        Kind.COVERAGE: loader.coverage,
        Kind.TESTS: loader.tests,
        Kind.FINDINGS: loader.findings,
        Kind.BENCHMARKS: loader.benchmarks,
    }
    return {kind for kind, records in parts.items() if records}


def _take_patterns(settings: GateSettings, loader: EvidenceLoader, settled: set[Kind]) -> set[Kind]:
    """Read the files that the policy's patterns for one gate match; the kinds that need no discovery."""
    kind = Kind(settings.spec.reads[0]) if settings.spec is not None and settings.spec.reads else None
    if kind is None or kind in settled:
        return set()
    loader.take_pattern(settings.name, settings.files, kind)
    for suite in settings.suites:
        loader.take_pattern(settings.name, suite.files, kind, suite.name)
    return {kind} if settings.files or settings.suites else set()
