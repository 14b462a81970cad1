"""Runs the engines and the user's commands for a request."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.collect.earlier import as_of_base
from sluicegate.collect.left_out import left_out
from sluicegate.collect.request import CollectRequest
from sluicegate.collect.unrecognised import identify_other
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EngineError, EvidenceError, SluicegateError
from sluicegate.core.model import Notice, Problem
from sluicegate.engines.analyse import OF_SOURCES, Analysis, analyse
from sluicegate.engines.interface import Workspace
from sluicegate.engines.isolation import checkout_of
from sluicegate.engines.run import run_gate
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import sniff
from sluicegate.evidence.records import BenchmarksRecord, Kind
from sluicegate.git import Git
from sluicegate.runtime import caches
from sluicegate.runtime.files import is_inside


@dataclass(frozen=True, slots=True)
class EngineRuns:
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
        """The values of the `run:` gates; those of an earlier run of the same command are taken."""
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


def base_blobs(git: Git | None, base: str, change: Change | NoChange) -> dict[str, bytes]:
    """The files of the base that the change touches, by path."""
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


def _former_sources(request: CollectRequest, sources: Sequence[str], change: Change | NoChange) -> list[str]:
    """Paths of changed files that were such sources in the base and are none now."""
    files = change.files.values() if isinstance(change, Change) else ()
    is_source, now = request.policy.source.is_scanned, set(sources)
    were = (file.path for file in files if file.old_path and not file.submodule and is_source(file.old_path))
    return sorted(path for path in were if path not in now)
