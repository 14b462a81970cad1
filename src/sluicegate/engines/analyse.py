"""All engines in one pass over the Python sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import sluicegate
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EngineError
from sluicegate.core.model import Finding, Notice, Problem, Severity, Source
from sluicegate.core.text import plural, some
from sluicegate.engines import bandit_config, cache, changes, complexity, docs, pool
from sluicegate.engines.interface import Progress, Workspace
from sluicegate.engines.known_findings import mark_known
from sluicegate.engines.moved_functions import pair_moved
from sluicegate.engines.worker import BaseVersion, FileResult, FileTask, WorkerJob
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord
from sluicegate.evidence.records import FindingsRecord

if TYPE_CHECKING:
    from sluicegate.engines.bandit_scan import Scanner

OF_SOURCES = frozenset({"bandit", "complexity", "docs"})
"""The engines that read the Python sources."""

ENGINES = OF_SOURCES | {"changes"}
"""The names that `analyse` knows."""

_SERIOUS = frozenset({Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM})
_HALF_SCANNED = (
    "Run `bandit --debug` on it to see where, and write that in another way; or exclude the file under "
    "`source.exclude` in the policy."
)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Analysis:
    """The results of the engines; None for one that did not run. Notices list the sources left out."""

    bandit: FindingsRecord | None = None
    complexity: ComplexityRecord | None = None
    docs: DocsRecord | None = None
    changes: ChangesRecord | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadSources:
    """Sources that could not be read or parsed: which gates fail because of them.

    A file that the change leaves alone was there before it: it is a notice. One that the change touches, or
    may touch, was not measured. `security` then fails even where it is optional, so that nothing hides behind
    a syntax that this Python cannot read; other gates fail where the policy names them, and else warn.

    Attributes:
        problems: as the engines met them, ordered by path.
        change: the change that is judged, or the reason why it is missing.
    """

    problems: Sequence[Problem]
    change: Change | NoChange

    def measured(self) -> tuple[Problem, ...]:
        """For gates that measure: files of which there is no measure."""
        return tuple(replace(problem, unseen=True) for problem in self._answered_for())

    def scanned(self, paths: Iterable[str]) -> tuple[Problem, ...]:
        """For `security`: those of `paths` that were not scanned; a failure where a change may hold them."""
        own = set(paths)
        is_whole = isinstance(self.change, NoChange) and not self.change.unseen
        return tuple(replace(p, unseen=is_whole) for p in self._answered_for() if p.path in own)

    def notices(self) -> tuple[Notice, ...]:
        """Files that the change does not touch, in one notice."""
        answered = set(self._answered_for())
        left = [problem for problem in self.problems if problem not in answered]
        if not left:
            return ()
        first, was = left[0], "was" if len(left) == 1 else "were"
        names = some([problem.path for problem in left[:_NAMED]], len(left))
        message = (
            f"{plural(len(left), 'source')} that the change does not touch {was} not looked at: {names}. "
            f"{first.path} {first.message}. {first.remedy}"
        )
        return (Notice("info", "sources-unread", message.strip()),)

    def _answered_for(self) -> Iterator[Problem]:
        """What is judged here: the files of the change; without one, or where it is not seen, all."""
        files = self.change.files if isinstance(self.change, Change) else None
        return (problem for problem in self.problems if files is None or problem.path in files)


def analyse(workspace: Workspace, wanted: Set[str], progress: Progress) -> Analysis:
    """Run the wanted engines: every file is read and parsed once.

    The result does not depend on the number of workers. A file that cannot be read or parsed is a problem
    of each record where the change may hold it, else a notice; settings that bandit does not accept are a
    problem of its own record.

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
    try:
        scanner = _scanner(workspace) if "bandit" in wanted else None
    except EngineError as error:
        rest = analyse(workspace, set(wanted) - {"bandit"}, progress)
        problem = Problem(error.what, error.where, error.remedy)
        source = _source("bandit", "did not run", version("bandit"))
        return replace(rest, bandit=FindingsRecord(source, is_security_tool=True, problems=(problem,)))
    every = _outcomes(workspace, wanted, scanner, progress) if wanted & OF_SOURCES else []
    outcomes, former = _paired(every, workspace)
    unread = UnreadSources(list(filter(None, map(attrgetter("problem"), outcomes))), workspace.change)
    measured, looked_at = unread.measured(), _looked_at(outcomes, workspace)
    functions = tuple(chain.from_iterable(map(attrgetter("compared.functions"), outcomes)))
    of_complexity = _source("complexity", complexity.DEFINITION)
    names = tuple(chain.from_iterable(map(attrgetter("names"), outcomes)))
    of_docs = _source("docs", docs.DEFINITION)
    return Analysis(
        _findings(outcomes, former, scanner.settings, workspace, unread) if scanner else None,
        ComplexityRecord(of_complexity, functions, measured, looked_at) if "complexity" in wanted else None,
        DocsRecord(of_docs, names, measured, looked_at) if "docs" in wanted else None,
        changes.record(workspace) if "changes" in wanted else None,
        unread.notices(),
    )


def _paired(
    outcomes: Sequence[FileResult], workspace: Workspace
) -> tuple[list[FileResult], list[FileResult]]:
    """The outcomes of the sources, with their moved functions known, and those of files that are gone."""
    pair_moved({outcome.path: outcome.compared for outcome in outcomes if workspace.changed(outcome.path)})
    gone = set(workspace.former)
    former = [outcome for outcome in outcomes if outcome.path in gone]
    return [outcome for outcome in outcomes if outcome.path not in gone], former


def _scanner(workspace: Workspace) -> Scanner:
    """Made before any file is read, so that what is wrong with bandit's settings is found."""
    from sluicegate.engines.bandit_scan import Scanner

    return Scanner(bandit_config.load(workspace.root))


def _outcomes(
    workspace: Workspace, wanted: Set[str], scanner: Scanner | None, progress: Progress
) -> list[FileResult]:
    former = frozenset(workspace.former)
    tasks = list(map(partial(_task, workspace, former), sorted({*workspace.files, *former})))
    sizes = list(map(partial(_size, workspace), tasks))
    settings, checks = (scanner.settings, scanner.signature()) if scanner else (None, "")
    job = WorkerJob(workspace.root, "complexity" in wanted, "docs" in wanted, settings)
    is_worth_it = sum(sizes) >= pool.PARALLEL_BYTES  # few sources are faster looked at than remembered
    results = cache.CachedResults.load(workspace.cache if is_worth_it else None, job, checks)
    recalled = {task.path: outcome for task in tasks if (outcome := results.recall(task))}
    rest = [(size, task) for size, task in zip(sizes, tasks, strict=True) if task.path not in recalled]

    def done(count: int) -> None:
        progress("Analysing Python sources", len(recalled) + count, len(tasks))

    done(0)
    found = recalled | pool.run(job, rest, workspace.workers, done)
    results.keep(found.values(), [task for _, task in rest])
    return [found[task.path] for task in tasks]


def _size(workspace: Workspace, task: FileTask) -> int:
    if task.is_gone:
        return len(task.base or b"")
    try:
        return (workspace.root / task.path).lstat().st_size
    except (OSError, ValueError):
        return 0


def _task(workspace: Workspace, former: Set[str], path: str) -> FileTask:
    if isinstance(workspace.change, NoChange):
        return FileTask(path, BaseVersion.NOTHING)
    file = workspace.changed(path)
    if file is None:
        return FileTask(path, BaseVersion.ITSELF, base_path=path)
    base = workspace.base_of(file)
    return FileTask(path, BaseVersion.BASE, base, file.old_path or path, is_gone=path in former)


def _source(name: str, note: str, of_tool: str = "") -> Source:
    """Where results come from; `of_tool` is the version of a tool that is not ours."""
    tool, number = (name, of_tool) if of_tool else ("sluicegate", sluicegate.__version__)
    return Source(name, name, tool=tool, version=number, note=note)


def _looked_at(outcomes: Iterable[FileResult], workspace: Workspace) -> tuple[str, ...]:
    """The sources of the change that the engines saw as a whole."""
    whole = (outcome.path for outcome in outcomes if not (outcome.problem or outcome.new_failures))
    return tuple(path for path in whole if workspace.changed(path))


def _findings(
    outcomes: Iterable[FileResult],
    former: Iterable[FileResult],
    settings: bandit_config.BanditSettings,
    workspace: Workspace,
    unread: UnreadSources,
) -> FindingsRecord:
    judged = [outcome for outcome in outcomes if not settings.excludes(outcome.path)]
    touched = [*former, *(outcome for outcome in judged if workspace.changed(outcome.path))]
    note = settings.note
    if failures := sum(outcome.failures for outcome in judged):
        note += f"; {failures} checks failed inside bandit, as they do on its command line"
    security = tuple(_marked(judged, touched, workspace))
    return FindingsRecord(
        source=_source("bandit", note, version("bandit")),
        security=security,
        rated=tuple(sorted({finding.rule for finding in security})),
        suppressed=tuple(_newly_silenced(touched)),
        is_security_tool=True,
        problems=(*unread.scanned(map(attrgetter("path"), judged)), *_half_scanned(judged)),
        new_known=not isinstance(workspace.change, NoChange),
        looked_at=_looked_at(judged, workspace),
    )


def _marked(
    judged: Iterable[FileResult], touched: Iterable[FileResult], workspace: Workspace
) -> Iterator[Finding]:
    """The findings, each with whether the change brought it."""
    known = mark_known({outcome.path: outcome.versions for outcome in touched})
    is_new = None if isinstance(workspace.change, NoChange) else False
    for outcome in judged:
        yield from known.get(outcome.path, ())
        yield from (replace(issue, new=is_new) for issue in outcome.issues)


def _half_scanned(judged: Iterable[FileResult]) -> Iterator[Problem]:
    """Changed files on which checks fail: they may be written for that."""
    for outcome in judged:
        if outcome.new_failures:
            checks = plural(outcome.new_failures, "check")
            what = f"was not scanned by {checks} of bandit, which failed on it"
            yield Problem(what, outcome.path, _HALF_SCANNED)


def _newly_silenced(touched: Sequence[FileResult]) -> Iterator[Finding]:
    """Serious findings that `# nosec` silences, and did not in the base."""
    known = mark_known({outcome.path: outcome.silenced for outcome in touched})
    for finding in chain.from_iterable(known[path] for path in sorted(known)):
        if finding.new and finding.severity in _SERIOUS:
            yield replace(finding, message=f"{finding.message}, silenced by # nosec")
