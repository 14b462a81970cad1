"""What other packages in our own environment add, as entry points.

They are looked for on the interpreter's import path. That path leads into no checkout: `python -m
sluicegate` and the Action take the current folder off it, and `--untrusted` refuses to go on otherwise
(`engines.isolation`).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points


@cache
def plugins(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, by name; not imported yet."""
    return tuple(sorted(entry_points(group=group), key=lambda point: (point.name, point.value)))
