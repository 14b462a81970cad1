"""Reads the files that a search finds, and reports the places that it could not search."""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path

from sluicegate.collect.discovery import MAX_DEPTH, MAX_ENTRIES, SearchResult, is_output, search
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.tracked import TrackedFiles
from sluicegate.core.model import Problem
from sluicegate.evidence.records import Kind

_SEARCH_ENDED = Problem(
    f"the search for reports ended after {MAX_ENTRIES:,} files, so there may be more of them",
    remedy="Name the reports with --evidence, or in the policy with `files`.",
)
_DEEPER = f"is more than {MAX_DEPTH} folders deep, so it was not searched"
_LINK = "is a link, and links are not followed"
_REPOSITORY = "is a submodule or another repository, and is not entered"
_HIDES = "the change puts {} where results are written, so they are not found"


def discover(loader: EvidenceLoader, kinds: Set[Kind]) -> None:
    """Read all evidence of these kinds that is found in the loader's folder.

    Raises:
        WorldError: git failed.
    """
    place = loader.folder
    found = search(place, (), loader.folders, loader.tracked if place == loader.root else ())
    loader.take_discovered(found.candidates, kinds)
    loader.passed_over += [(link.path, _LINK) for link in found.links]
    loader.passed_over += [(path, _REPOSITORY) for path in found.repositories]
    loader.passed_over += [(folder.path, folder.reason) for folder in found.unreadable]
    for problem in _unsearched(found):
        loader.problem(kinds, problem)
    for named_kind, problem in _hidden(place, found, loader.tracked_filter.tracked):
        loader.problem([kind for kind in kinds if named_kind in (kind, None)], problem)


def _unsearched(found: SearchResult) -> Iterator[Problem]:
    """Places that were not searched: results of any kind may be missing."""
    if not found.is_whole:
        yield _SEARCH_ENDED
    for path in found.deeper[:1]:
        yield Problem(_DEEPER, path, "Move it up, or name the reports with --evidence.")
    for place in found.unreadable:
        if is_output(place.path):
            yield Problem(place.reason, place.path, "Write it in the tests as the user of this job.")


def _hidden(
    root: Path, found: SearchResult, tracked: TrackedFiles | None
) -> Iterator[tuple[Kind | None, Problem]]:
    """Links and submodules that the change adds where results are written, with the kind of the name."""
    if tracked is None:
        return
    places = {link.path: (link.named_kind, "a link") for link in found.links}
    places |= {path: (None, "a submodule") for path in found.repositories if is_output(path)}
    from_top = {tracked.from_top(root / path): path for path in places}
    for name in tracked.adds(sorted(from_top)):
        named_kind, what = places[from_top[name]]
        remedy = "Write test results into a plain folder."
        yield named_kind, Problem(_HIDES.format(what), from_top[name], remedy)
