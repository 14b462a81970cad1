"""Taking in what a search finds, and saying what it could not look at."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from sluicegate.collect.discovery import MAX_DEPTH, MAX_ENTRIES, Search, is_output, search
from sluicegate.collect.intake import Intake
from sluicegate.collect.tracked import Tracked
from sluicegate.core.model import Problem
from sluicegate.evidence.records import Kind

_SEARCH_ENDED = Problem(
    f"the search for reports ended after {MAX_ENTRIES:,} files, so there may be more of them",
    remedy="Name the reports with --evidence, or in the policy with `files`.",
)
_DEEPER = f"is more than {MAX_DEPTH} folders deep, so it was not looked into"
_LINK = "is a link, and links are not followed"
_REPOSITORY = "is a submodule or another repository, and is not entered"
_HIDES = "the change puts {} where results are written, so they are not found"


def discover(intake: Intake, kinds: Set[Kind]) -> None:
    """Take all evidence of these kinds that is found in the place of the intake.

    Raises:
        WorldError: git failed.
    """
    place = intake.folder
    found = search(place, (), intake.folders, intake.tracked if place == intake.root else ())
    intake.take_discovered(found.candidates, kinds)
    intake.passed_over += [(link.path, _LINK) for link in found.links]
    intake.passed_over += [(path, _REPOSITORY) for path in found.repositories]
    intake.passed_over += [(folder.path, folder.reason) for folder in found.unreadable]
    for told, problem in (
        *_not_found(found),
        *_unreadable(found),
        *_hidden(place, found, intake.sieve.tracked),
    ):
        intake.problem([kind for kind in kinds if told in (kind, None)], problem)


def _not_found(found: Search) -> Iterator[tuple[None, Problem]]:
    """Why there may be results of whatever kind that were not looked for."""
    if not found.is_whole:
        yield None, _SEARCH_ENDED
    for path in found.deeper[:1]:
        yield None, Problem(_DEEPER, path, "Move it up, or name the reports with --evidence.")


def _unreadable(found: Search) -> Iterator[tuple[None, Problem]]:
    """Places of results that cannot be looked into, of whatever kind."""
    for place in found.unreadable:
        if is_output(place.path):
            yield None, Problem(place.reason, place.path, "Let the tests write it as the user of this job.")


def _hidden(root: Path, found: Search, tracked: Tracked | None) -> Iterator[tuple[Kind | None, Problem]]:
    """Links and submodules that the change puts in places of results, each with the kind that it tells."""
    if tracked is None:
        return
    places = {link.path: (link.told, "a link") for link in found.links}
    places |= {path: (None, "a submodule") for path in found.repositories if is_output(path)}
    from_top = {tracked.from_top(root / path): path for path in places}
    for name in tracked.adds(sorted(from_top)):
        told, what = places[from_top[name]]
        yield told, Problem(_HIDES.format(what), from_top[name], "Let the tests write into a plain folder.")
