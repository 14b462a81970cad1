"""All engines in one pass over the Python sources."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from itertools import chain

import sluicegate
from sluicegate.core.change import NoChange
from sluicegate.core.errors import EngineError
from sluicegate.core.model import Finding, Notice, Problem, Source
from sluicegate.core.text import plural
from sluicegate.engines import bandit, bandit_config, cache, changes, complexity, docs, pool
from sluicegate.engines.interface import Progress, Workspace
from sluicegate.engines.unread import UnreadSources
from sluicegate.engines.worker import BaseVersion, FileResult, FileTask, WorkerJob
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord
from sluicegate.evidence.findings.fingerprint import mark_new
from sluicegate.evidence.records import FindingsRecord

OF_SOURCES = frozenset({"bandit", "complexity", "docs"})
"""The engines that read the Python sources."""

ENGINES = OF_SOURCES | {"changes"}
"""The names that `analyse` knows."""

_HALF_SCANNED = (
    "Run `bandit --debug` on it to see where, and write that in another way; or exclude the file under "
    "`source.exclude` in the policy."
)
_LABEL = "Analysing Python sources"


@dataclass(frozen=True, slots=True)
class Analysis:
    """The results of the engines; None for one that did not run. Notices list the sources left out."""

    bandit: FindingsRecord | None = None
    complexity: ComplexityRecord | None = None
    docs: DocsRecord | None = None
    changes: ChangesRecord | None = None
    notices: tuple[Notice, ...] = ()


def analyse(workspace: Workspace, wanted: Set[str], progress: Progress) -> Analysis:
    """Run the wanted engines: every file is read and parsed once.

    The result does not depend on the number of workers. A file that cannot be read or parsed is a
    problem of each record where the change may hold it, else a notice (see `unread`); settings that bandit
    does not accept are a problem of its own record.

    Args:
        workspace: what to look at.
        wanted: names out of `ENGINES`.
        progress: called after every file or portion of files.

    Raises:
        EngineError: a process that analyses files died.
        ValueError: an unknown name in `wanted`.
    """
    if unknown := set(wanted) - ENGINES:
        raise ValueError(f"unknown engines: {sorted(unknown)}")
    settings = _settings(workspace) if "bandit" in wanted else None
    if isinstance(settings, EngineError):
        rest = analyse(workspace, set(wanted) - {"bandit"}, progress)
        return replace(rest, bandit=_refused(settings))
    job = WorkerJob(workspace.root, "complexity" in wanted, "docs" in wanted, settings)
    outcomes = _outcomes(workspace, job, progress) if wanted & OF_SOURCES else []
    unread = _unread(outcomes, workspace)
    return Analysis(
        bandit=_findings(outcomes, settings, workspace, unread) if settings else None,
        complexity=_complexity(outcomes, workspace, unread) if job.complexity else None,
        docs=_docs(outcomes, workspace, unread) if job.docs else None,
        changes=changes.record(workspace) if "changes" in wanted else None,
        notices=unread.notices(),
    )


def _settings(workspace: Workspace) -> bandit_config.BanditSettings | EngineError:
    """bandit's settings, tried out: what is wrong with them is found before any file is read."""
    from sluicegate.engines.bandit_scan import Scanner

    try:
        settings = bandit_config.load(workspace.root)
        Scanner(settings)
    except EngineError as error:
        return error
    return settings


def _refused(error: EngineError) -> FindingsRecord:
    problem = Problem(error.what, error.where, error.remedy)
    return FindingsRecord(bandit.source("did not run"), is_security_tool=True, problems=(problem,))


def _outcomes(workspace: Workspace, job: WorkerJob, progress: Progress) -> list[FileResult]:
    tasks = [_task(workspace, path) for path in sorted(set(workspace.files))]
    sizes = [_size(workspace, task.path) for task in tasks]
    results = _kept(workspace, job, sum(sizes))
    recalled = {task.path: outcome for task in tasks if (outcome := results.recall(task))}
    rest = [(size, task) for size, task in zip(sizes, tasks, strict=True) if task.path not in recalled]

    def done(count: int) -> None:
        progress(_LABEL, len(recalled) + count, len(tasks))

    done(0)
    found = recalled | pool.run(job, rest, workspace.workers, done)
    results.keep(found.values(), [task for _, task in rest])
    return [found[task.path] for task in tasks]


def _kept(workspace: Workspace, job: WorkerJob, total: int) -> cache.CachedResults:
    """The results of earlier runs; few sources are faster looked at than remembered."""
    place = workspace.cache if total >= pool.PARALLEL_BYTES else None
    if place is None or job.bandit is None:
        return cache.CachedResults.load(place, job, "")
    from sluicegate.engines.bandit_scan import Scanner

    return cache.CachedResults.load(place, job, Scanner(job.bandit).signature())


def _size(workspace: Workspace, path: str) -> int:
    try:
        return (workspace.root / path).lstat().st_size
    except (OSError, ValueError):
        return 0


def _task(workspace: Workspace, path: str) -> FileTask:
    if isinstance(workspace.change, NoChange):
        return FileTask(path, BaseVersion.NOTHING)
    file = workspace.changed(path)
    if file is None:
        return FileTask(path, BaseVersion.ITSELF, base_path=path)
    return FileTask(path, BaseVersion.BASE, workspace.base_of(file), file.old_path or path)


def _unread(outcomes: Iterable[FileResult], workspace: Workspace) -> UnreadSources:
    return UnreadSources([outcome.problem for outcome in outcomes if outcome.problem], workspace.change)


def _source(name: str, definition: str) -> Source:
    return Source(name, name, tool="sluicegate", version=sluicegate.__version__, note=definition)


def _looked_at(outcomes: Iterable[FileResult], workspace: Workspace) -> tuple[str, ...]:
    """The sources of the change that the engines saw as a whole."""
    whole = (outcome.path for outcome in outcomes if not (outcome.problem or outcome.new_failures))
    return tuple(path for path in whole if workspace.changed(path))


def _complexity(outcomes: list[FileResult], workspace: Workspace, unread: UnreadSources) -> ComplexityRecord:
    functions = chain.from_iterable(complexity.records(o.path, o.functions) for o in outcomes)
    source = _source("complexity", complexity.DEFINITION)
    return ComplexityRecord(source, tuple(functions), unread.measured(), _looked_at(outcomes, workspace))


def _docs(outcomes: list[FileResult], workspace: Workspace, unread: UnreadSources) -> DocsRecord:
    names = chain.from_iterable(docs.records(o.path, o.names) for o in outcomes)
    source = _source("docs", docs.DEFINITION)
    return DocsRecord(source, tuple(names), unread.measured(), _looked_at(outcomes, workspace))


def _findings(
    outcomes: list[FileResult],
    settings: bandit_config.BanditSettings,
    workspace: Workspace,
    unread: UnreadSources,
) -> FindingsRecord:
    judged = [outcome for outcome in outcomes if not settings.excludes(outcome.path)]
    failed = [outcome for outcome in judged if outcome.new_failures]
    return FindingsRecord(
        source=bandit.source(settings.note, sum(outcome.failures for outcome in judged)),
        security=tuple(chain.from_iterable(_of_file(outcome, workspace) for outcome in judged)),
        is_security_tool=True,
        problems=(*unread.scanned(outcome.path for outcome in judged), *map(_half_scanned, failed)),
        new_known=not isinstance(workspace.change, NoChange),
        looked_at=_looked_at(judged, workspace),
    )


def _half_scanned(outcome: FileResult) -> Problem:
    """A changed file may be written so that checks fail on it."""
    what = f"was not scanned by {plural(outcome.new_failures, 'check')} of bandit, which failed on it"
    return Problem(what, outcome.path, _HALF_SCANNED)


def _of_file(outcome: FileResult, workspace: Workspace) -> Iterable[Finding]:
    if isinstance(workspace.change, NoChange):
        return bandit.findings(outcome.path, outcome.issues, new=None)
    head = bandit.findings(outcome.path, outcome.issues, new=False)
    if workspace.changed(outcome.path) is None:
        return head
    return mark_new(head, bandit.findings(outcome.path, outcome.base_issues, new=False))
