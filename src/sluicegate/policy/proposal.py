"""What a change makes of the policy that judges it: the new one, and the difference. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluicegate.core.errors import PresetError
from sluicegate.core.text import cut, one_line
from sluicegate.policy.chain import PRESET
from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import CheckedPolicy, valid

MAX_LINES = 120
"""Lines of the difference that are kept."""

_MAX_COMPARED = 3_000
_MAX_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Proposed:
    """The policy of the working tree, where the change edited it; `more` lines were left out."""

    policy: Policy
    diff: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """The policy that a change brings, where it extends presets that are not at hand.

    Attributes:
        ref: the file.
        why: which preset, and where it is named.
        diff, more: as in `Proposed`, of the repository's own files.
    """

    ref: str
    why: str
    diff: tuple[str, ...]
    more: int = 0


def proposed(
    base: CheckedPolicy, tree: CheckedPolicy, before: tuple[str, CheckedPolicy] | None
) -> Proposed | None:
    """The tree's policy, unless it is the base's, or the one that was there before the change."""
    policy = valid(tree)
    known = (base.policy, before[1].policy if before else None)
    if any(p is not None and p.ref.sha256 == policy.ref.sha256 for p in known):
        return None
    return Proposed(policy, *_cut(_difference(base.files, tree.files)))


def unread(
    base: CheckedPolicy, now: CheckedPolicy, before: tuple[str, CheckedPolicy] | None
) -> Unread | None:
    """What the change made of the policy, as far as it can be read; None where it did not edit it."""
    if now.missing is None or (before is not None and before[1].files == now.files):
        return None
    # without presets: which of them are missing does not depend on the change
    old, new = (
        {name: data for name, data in checked.files.items() if not name.startswith(PRESET)}
        for checked in (base, now)
    )
    return Unread(next(iter(now.files), ""), named(now.missing), *_cut(_difference(old, new)))


def named(missing: PresetError) -> str:
    """A preset that is not at hand, and where it is named."""
    return cut(one_line(f"{missing.where}: {missing.what}"), 300)


def _cut(lines: Iterator[str]) -> tuple[tuple[str, ...], int]:
    found = tuple(lines)
    return found[:MAX_LINES], max(0, len(found) - MAX_LINES)


def _difference(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        texts = (files.get(name, b"").decode("utf-8", "replace") for files in (old, new))
        before, after = ([cut(line, _MAX_WIDTH) for line in text.splitlines()] for text in texts)
        if before == after:
            continue
        if max(len(before), len(after)) > _MAX_COMPARED:
            yield f"{one_line(name)} differs; it is too long to be compared here"
            continue
        of_old = f"a/{one_line(name)}" if name in old else "/dev/null"
        of_new = f"b/{one_line(name)}" if name in new else "/dev/null"
        yield from difflib.unified_diff(before, after, of_old, of_new, lineterm="")
