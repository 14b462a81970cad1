"""Sources that no engine could analyse: which gates fail because of them.

A file that the change leaves alone was there before it: it is a notice. One that the change touches, or
may touch, was not measured. `security` then fails even where it is optional, so that nothing hides behind a
syntax that this Python cannot read; other gates fail where the policy names them, and else warn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Notice, Problem
from sluicegate.core.text import plural, some

_NAMED = 3


@dataclass(frozen=True, slots=True)
class UnreadSources:
    """The problems of files that could not be read or parsed.

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
