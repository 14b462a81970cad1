"""Functions that a change renamed or moved: known again by an equal body, in all files of the change. Pure.

Names and places do not matter, so a function that is only taken out of a class, or out of a module, is not
new. Each function of the base is paired once: of two copies of a function one is new.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from itertools import chain

from sluicegate.engines.complexity import Candidate, Compared
from sluicegate.evidence.analysed import FunctionState

_Pool = Mapping[Hashable, deque[Candidate]]


def pair_moved(files: Mapping[str, Compared]) -> None:
    """Give each function that was renamed or moved its `before`; it is the same where its lines are, too.

    Of the functions of the base with that body, those whose names are gone come first; then those whose
    names have another body now (a body moved to a helper): the function that has such a name is then new,
    or one that was renamed itself. The result does not depend on the order of the files, and the time grows
    with the number of functions.

    Args:
        files: what each changed file holds, by its path in the head; of a deleted file, in the base. Rows of
            `functions` are replaced.
    """
    gone, replaced = _departed(files, is_gone=True), _departed(files, is_gone=False)
    taken: set[Candidate] = set()
    waiting = deque(_arrived(files))
    while waiting:
        new = waiting.popleft()
        before = _take(new, gone, taken) or _take(new, replaced, taken)
        if before is None:
            continue
        same = FunctionState.SAME if new.text == before.text else FunctionState.CHANGED
        _settle(files[new.path], new, before.complexity, same)
        if before.holder is not None:
            _settle(files[before.holder.path], before.holder, None, FunctionState.NEW)
            waiting.append(before.holder)


def _arrived(files: Mapping[str, Compared]) -> list[Candidate]:
    return sorted(chain.from_iterable(file.arrived for file in files.values()), key=_place)


def _departed(files: Mapping[str, Compared], *, is_gone: bool) -> _Pool:
    """The functions of the base whose names are gone, or those whose names have another body now."""
    old = chain.from_iterable(file.departed for file in files.values())
    return _pool(candidate for candidate in old if (candidate.holder is None) is is_gone)


def _pool(candidates: Iterable[Candidate]) -> _Pool:
    """Candidates by body and lines, and by body alone, in the order of their places."""
    pool: defaultdict[Hashable, deque[Candidate]] = defaultdict(deque)
    for candidate in sorted(candidates, key=_place):
        pool[candidate.body, candidate.text].append(candidate)
        pool[candidate.body].append(candidate)
    return pool


def _take(new: Candidate, pool: _Pool, taken: set[Candidate]) -> Candidate | None:
    """A function of the base with this body that no other one took, best one with equal lines."""
    for key in ((new.body, new.text), new.body):
        queue = pool.get(key, ())
        while queue:
            found = queue.popleft()
            if found not in taken:
                taken.add(found)
                return found
    return None


def _settle(file: Compared, function: Candidate, before: int | None, state: FunctionState) -> None:
    row = file.functions[function.row]
    file.functions[function.row] = replace(row, before=before, state=state)


def _place(candidate: Candidate) -> tuple[str, int]:
    return candidate.path, candidate.line
