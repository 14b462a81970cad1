"""Which components of a monorepo a change touches. Pure."""

from __future__ import annotations

from itertools import takewhile

from sluicegate.core.change import UNTOUCHED, Change, FileChange, NoChange
from sluicegate.core.text import cut, one_line
from sluicegate.policy.model import Component, Policy

_MAGIC = frozenset("*?[{\\")


def untouched(component: Component, change: Change | NoChange) -> str:
    """Why the component need not be judged; empty when it must be, and when there is no change."""
    if isinstance(change, NoChange):
        return ""
    if any(touches(file, component) for file in change.files.values()):
        return ""
    return cut(one_line(f"{UNTOUCHED} {', '.join(component.paths)}"), 200)


def touches(file: FileChange, component: Component) -> bool:
    """Is a changed file one of the component's, or does what git holds as one thing hold some of them?

    A link, and a submodule, has one path, and files of a component may be below it.
    """
    paths = [path for path in (file.path, file.old_path) if path]
    return any(
        component.holds(path)
        or any(_is_above(path, glob, surely=not file.submodule) for glob in component.paths)
        for path in paths
    )


def _is_above(path: str, glob: str, *, surely: bool) -> bool:
    """Does a glob match what is below a path, by the names before its first wildcard?

    Args:
        path: of a link or submodule.
        glob: of a component's files.
        surely: False takes it to match when early wildcards leave that open.
    """
    fixed, parts = list(takewhile(_MAGIC.isdisjoint, glob.split("/"))), path.split("/")
    same = all(one == two for one, two in zip(fixed, parts, strict=False))
    return same and (not surely or len(fixed) >= len(parts))


def touched(policy: Policy, change: Change | NoChange) -> list[Component]:
    """The components that must be judged."""
    return [c for c in policy.components if not untouched(c, change)]


def left_out(policy: Policy, change: Change | NoChange) -> dict[str, str]:
    """The components that need no job, each with the reason.

    Where the policy judges the whole beside its components, every component has work: totals over a part
    of the repository would be other totals.
    """
    skippable = () if policy.whole else policy.components
    return {c.name: reason for c in skippable if (reason := untouched(c, change))}
