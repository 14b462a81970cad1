"""Collecting: run the engines and the user's commands, read the files, find the change.

All I/O of a check happens here and in what this module calls; what comes out is plain values.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.collect.absent import absent, unknown_notices, unread_words
from sluicegate.collect.base import find_change
from sluicegate.collect.discover import discover
from sluicegate.collect.discovery import UnsupportedReport
from sluicegate.collect.earlier import as_of_base
from sluicegate.collect.folders import SKIPPED_FOLDERS, Folders
from sluicegate.collect.freshness import freshness, of_another_commit
from sluicegate.collect.left_out import left_out
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.named import NamedEvidence
from sluicegate.collect.output import WorkingTree, without_output
from sluicegate.collect.parallel_data import REASON, notices, uncombined
from sluicegate.collect.submodules import unscanned
from sluicegate.collect.tracked import TrackedFiles, TrackedFilter
from sluicegate.collect.unrecognised import identify_other
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EngineError, EvidenceError, SluicegateError
from sluicegate.core.model import Commit, Discovery, Notice, Problem
from sluicegate.engines.analyse import OF_SOURCES, Analysis, analyse
from sluicegate.engines.interface import Progress, Workspace
from sluicegate.engines.isolation import checkout_of
from sluicegate.engines.run import run_gate
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import sniff
from sluicegate.evidence.records import BenchmarksRecord, Evidence, FindingsRecord, Kind
from sluicegate.git import Git, open_repository
from sluicegate.github.event import EventContext
from sluicegate.policy import catalogue
from sluicegate.policy.model import GateSettings, Policy
from sluicegate.runtime import caches
from sluicegate.runtime.files import is_inside

_MAX_FILES = 200_000


@dataclass(frozen=True, slots=True)
class EarlierEvidence:
    """Evidence that was collected for another policy on the same tree."""

    policy: Policy
    evidence: Evidence

    def run(self, settings: GateSettings) -> RunRecord | None:
        """The output of the same command of a gate; None when it did not run."""
        other = self.policy.gate(settings.name)
        same = other is not None and other.run == settings.run
        return self.evidence.runs.get(settings.name) if same else None


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """What to collect.

    Attributes:
        root: the folder that is judged; paths are relative to it.
        base: `--base`; empty for the default.
        named: the `--evidence` arguments; they replace discovery for their kinds.
        only: the gates to collect for; all of the policy's when empty.
        earlier: whose commands are not run again where they are the same.
        place: the folder to look for evidence in; None for `root`.
        untrusted: no code of the project may run: the project's interpreter does not complete coverage data.
        runs_commands: the commands of `run:` gates are run; else the caller has their values.
    """

    root: Path
    policy: Policy
    event: EventContext
    progress: Progress
    base: str = ""
    named: tuple[NamedEvidence, ...] = ()
    only: tuple[str, ...] = ()
    earlier: EarlierEvidence | None = None
    place: Path | None = None
    untrusted: bool = False
    runs_commands: bool = True

    def gates(self) -> list[GateSettings]:
        """The settings of the gates to collect for: of the whole policy and of components."""
        gates = {g.name: g for g in self.policy.gates}
        for component in self.policy.components:
            gates = {g.name: g for g in component.gates} | gates
        return [g for g in gates.values() if not self.only or g.name in self.only]

    def patterned(self) -> list[GateSettings]:
        """Every setting that may name files: those of `gates`, then those of components."""
        gates = self.gates()
        parts = [g for c in self.policy.components for g in c.gates if not self.only or g.name in self.only]
        return [*gates, *(g for g in parts if g not in gates)]


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
    job = _EngineRun(request, sources, change, problems, replaced)
    analysis = job.analyse(_base_blobs(git, commit.base, change))
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


def _former_sources(request: CollectRequest, sources: Sequence[str], change: Change | NoChange) -> list[str]:
    """Paths of changed files that were such sources in the base and are none now."""
    files = change.files.values() if isinstance(change, Change) else ()
    is_source, now = request.policy.source.is_scanned, set(sources)
    were = (file.path for file in files if file.old_path and not file.submodule and is_source(file.old_path))
    return sorted(path for path in were if path not in now)


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


@dataclass(frozen=True, slots=True)
class _EngineRun:
    """Runs engines and commands; failures go to `problems`, by gate."""

    request: CollectRequest
    sources: tuple[str, ...]
    change: Change | NoChange
    problems: dict[str, tuple[Problem, ...]]
    replaced: frozenset[str] = frozenset()  # engines whose work the command line names a report of

    def _failed(self, gate: str, error: SluicegateError) -> None:
        problem = Problem(error.what, error.where, error.remedy)
        self.problems[gate] = (*self.problems.get(gate, ()), problem)

    def analyse(self, base: Mapping[str, bytes]) -> Analysis:
        """Run the engines that the gates need; `base` has the base's files by path."""
        engine_of = {g.name: g.spec.engine for g in self.request.gates() if g.spec and g.spec.engine}
        wanted = set(engine_of.values()) - self.replaced
        workers = os.cpu_count() or 1
        former = tuple(_former_sources(self.request, self.sources, self.change))
        workspace = Workspace(
            self.request.root, self.sources, self.change, base.get, workers, self._kept(), former
        )
        try:
            return analyse(workspace, wanted, self.request.progress)
        except EngineError as error:
            for gate in [g for g, engine in engine_of.items() if engine in wanted]:
                self._failed(gate, error)
            return Analysis()

    def left_out(self, files: Iterable[str]) -> Iterator[Notice]:
        """What engines that read the sources leave out; nothing where none of them is asked for."""
        wanted = {g.spec.engine for g in self.request.gates() if g.spec} & OF_SOURCES
        return left_out(files, self.request.policy.source) if wanted else iter(())

    def _kept(self) -> Path | None:
        """The folder of cached engine results; None if an untrusted checkout contains it."""
        kept = caches.folder(os.environ)
        own = kept and self.request.untrusted and is_inside(kept, checkout_of(self.request.root))
        return None if own else kept

    def run_gates(self, index: PathIndex) -> dict[str, RunRecord]:
        runs: dict[str, RunRecord] = {}
        for settings in self.request.gates():
            if settings.run is None:
                continue
            if self.request.earlier and (record := self.request.earlier.run(settings)):
                runs[settings.name] = record
                continue
            self.request.progress(f"run {settings.name}", 0, 1)
            try:
                runs[settings.name] = run_gate(settings.name, settings.run, self.request.root, index)
            except (EngineError, EvidenceError) as error:
                self._failed(settings.name, error)
        return runs

    def baseline_file(self, git: Git | None, base: str) -> tuple[BenchmarksRecord, ...]:
        """The benchmarks that the policy names as the baseline of `performance`; see `earlier`."""
        settings = next((g for g in self.request.gates() if g.name == "performance"), None)
        if settings is None or not settings.baseline:
            return ()
        try:
            with as_of_base(git, base, self.request.root / settings.baseline) as path:
                if path is None:
                    return ()
                record = _read_baseline(path, settings.baseline)
        except EvidenceError as error:
            self._failed("performance", error)
            return ()
        return (replace(record, source=replace(record.source, note="baseline")),)


def _base_blobs(git: Git | None, base: str, change: Change | NoChange) -> dict[str, bytes]:
    if git is None or not isinstance(change, Change):
        return {}
    return git.files_at(base, [f.old_path for f in change.files.values() if f.old_path and not f.binary])


def _read_baseline(path: Path, name: str) -> BenchmarksRecord:
    remedy = "Write it as the benchmarks themselves are written, for example with --benchmark-json."
    try:
        reader = sniff(path, Kind.BENCHMARKS)
    except OSError as error:
        what = f"the baseline cannot be read: {error.strerror}"
        raise EvidenceError(what, where=name, remedy=remedy) from error
    record = reader.read(path, name) if reader else None
    if not isinstance(record, BenchmarksRecord):
        other = identify_other(path, Kind.BENCHMARKS)
        what = f"the baseline {other[0] if other else 'is not a benchmark file'}"
        raise EvidenceError(what, where=name, remedy=remedy)
    return record
