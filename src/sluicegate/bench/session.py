"""One call of `bench`, from the checkouts to the outcome."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from sluicegate.bench.measuring import Bench, ComparisonError, Measuring, World
from sluicegate.bench.model import Compared, Outcome, Settings, Side
from sluicegate.bench.processes import processes
from sluicegate.bench.shared import Shared, shared_sources
from sluicegate.bench.worktrees import Checkouts, checkouts, take_from_head
from sluicegate.collect.base import find_change
from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line, plural
from sluicegate.git import Git, open_repository
from sluicegate.github.event import EventContext

_SUBMODULES = (
    "submodules are not checked out; where they matter: --setup 'git submodule update --init --recursive'"
)


def repository(folder: Path) -> Git:
    """Git in the folder.

    Raises:
        UsageError: it is in no repository.
    """
    git = open_repository(folder)
    if git is None:
        raise UsageError("must be a git repository", where=str(folder), remedy="Run it in a clone.")
    return git


def choose(git: Git, base: str, event: EventContext) -> Compared:
    """The two commits, as `check` finds them; `uncommitted` is not known yet.

    Raises:
        UsageError: there is no commit, or no base; or nothing differs from it.
    """
    commit, change = find_change(git, base, event)
    if not commit.tested:
        raise UsageError("the repository has no commit yet", where="bench", remedy="Commit first.")
    reason = getattr(change, "reason", "")
    if not base and reason:
        raise UsageError(
            reason, where="bench", remedy="Name what to compare with, for example --base HEAD^1."
        )
    return Compared(commit.base, commit.tested, commit.base_label)


def measure(
    git: Git,
    compared: Compared,
    settings: Settings,
    world: World,
    *,
    with_changes: bool,
    without: Path | None = None,
) -> tuple[Compared, Outcome]:
    """Check out, set up, and measure. A side that fails is an outcome.

    `with_changes` gives the head what is not committed, but for the file `without`.

    Raises:
        UsageError: a program is not there, a path is not, or the budget is too small.
        WorldError: git, the disk, or a process failed.
    """
    _check_programs(settings, world.path)
    with ExitStack() as stack:
        places = stack.enter_context(
            checkouts(git, compared.base, compared.head, with_changes=with_changes, without=without)
        )
        runner = stack.enter_context(processes(world.environment, places.scratch / "output.log"))
        bench = Bench(settings, runner, places, world)
        compared = replace(compared, uncommitted=len(places.uncommitted))
        outcome = _outcome(bench)
        shared = Shared() if outcome.failure else shared_sources(bench, git.repository.top)
        notices = (*outcome.notices, *_notices(places, compared, shared))
        return compared, replace(outcome, notices=notices)


def _outcome(bench: Bench) -> Outcome:
    try:
        take_from_head(bench.places, bench.settings.from_head)
        for side in Side:
            bench.set_up(side)
        return Measuring(bench).run()
    except ComparisonError as failed:
        return Outcome(failure=failed.failure)


def _check_programs(settings: Settings, path: str) -> None:
    """Check that programs of PATH exist; the others are in the checkouts, which do not exist yet."""
    for command in settings.commands:
        name = command.words[0]
        if "/" not in name and shutil.which(name, path=path) is None:
            spaces = " It has spaces: write its words apart, or add --shell bash." if " " in name else ""
            raise UsageError(
                f"the program is not in PATH: {one_line(name)}", where=f"bench -- {one_line(name)}",
                remedy=f"Install it, or give its path.{spaces}",
            )  # fmt: skip


def _notices(places: Checkouts, compared: Compared, shared: Shared) -> tuple[str, ...]:
    notices = [
        f"both sides import from {folder}, the same code: let --setup make an environment in each checkout"
        for folder in shared.folders
    ]
    notices += [f"whether both sides import the same code is not known: {why}" for why in shared.unknown]
    if any((side / ".gitmodules").is_file() for side in (places.base, places.head)):
        notices.append(_SUBMODULES)
    if compared.uncommitted:
        changed = plural(compared.uncommitted, "file")
        notices.append(f"the head is dirty: {changed} of the working tree not as committed")
    elif compared.base == compared.head:
        notices.append("base and head are the same commit: what differs is noise")
    return tuple(notices)
