"""The checkpoints of a release: T-24h, T-2h and T-0 of a planned time. Pure.

A checkpoint is due from its time until that of the next one, and is then missed; nothing fills in what was
missed. T-0 has no next one: it may be late without an end. The first look in its time is the checkpoint's.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.decision import ReleaseOutcome
from sluicegate.release.matrix import CheckStatus

T_ZERO = "T-0"


class CheckpointState(enum.StrEnum):
    """The state of a checkpoint."""

    AHEAD = "ahead"
    DUE = "due"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint: when it is due, and from when on it is missed (seconds since 1970; None for never)."""

    label: str
    due: int
    until: int | None

    def holds(self, now: int) -> bool:
        """Is it this checkpoint's time?"""
        return self.due <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Look:
    """One evaluation that was recorded.

    Attributes:
        checkpoint: the label of the checkpoint in whose time it was.
        statuses: of the checks, by name.
    """

    checkpoint: str
    at: int
    commit: str
    outcome: ReleaseOutcome
    statuses: Mapping[str, CheckStatus] = field(default_factory=dict)
    digest: str = ""

    @property
    def order(self) -> tuple[int, str]:
        """By time; equal times by the digest of the document."""
        return self.at, self.digest


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A checkpoint with its state, its evaluation, and what changed since the one before."""

    checkpoint: Checkpoint
    state: CheckpointState
    look: Look | None = None
    changed: tuple[str, ...] = ()

    @property
    def late(self) -> int:
        """Seconds from when it was due to its look; 0 without one."""
        return self.look.at - self.checkpoint.due if self.look is not None else 0


def label(seconds: int) -> str:
    """`T-24h`, `T-30min`, `T-0`."""
    if not seconds:
        return T_ZERO
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds % size == 0:
            return f"T-{seconds // size}{unit}"
    return f"T-{seconds}s"


def schedule(before: Sequence[int], planned: int) -> tuple[Checkpoint, ...]:
    """The checkpoints of a release.

    Args:
        before: seconds before the planned time, the longest first, with 0 at the end.
        planned: seconds since 1970.
    """
    dues = [planned - seconds for seconds in before]
    ends: list[int | None] = [*dues[1:], None]
    return tuple(
        Checkpoint(label(seconds), due, until) for seconds, due, until in zip(before, dues, ends, strict=True)
    )


def current(checkpoints: Iterable[Checkpoint], now: int) -> Checkpoint | None:
    """The checkpoint whose time it is; None before the first."""
    return next((one for one in checkpoints if one.holds(now)), None)


def views(checkpoints: Sequence[Checkpoint], looks: Iterable[Look], now: int) -> tuple[CheckpointView, ...]:
    """Every checkpoint with its state. The order of the evaluations does not matter."""
    known = sorted(looks, key=lambda look: look.order)
    found: list[CheckpointView] = []
    before: Look | None = None
    for one in checkpoints:
        own = next((k for k in known if k.checkpoint == one.label and one.holds(k.at)), None)
        changed = changes(before.statuses, own.statuses) if before is not None and own is not None else ()
        found.append(CheckpointView(one, _state(one, own, now), own, changed))
        before = own or before
    return tuple(found)


def _state(checkpoint: Checkpoint, look: Look | None, now: int) -> CheckpointState:
    if look is not None:
        return CheckpointState.DONE
    if now < checkpoint.due:
        return CheckpointState.AHEAD
    return CheckpointState.DUE if checkpoint.holds(now) else CheckpointState.MISSED


def changes(before: Mapping[str, CheckStatus], after: Mapping[str, CheckStatus]) -> tuple[str, ...]:
    """What differs between two looks, a line each: `security: FAIL, was PASS`."""
    names = dict.fromkeys((*after, *before))
    return tuple(
        f"{name}: {after.get(name, 'gone')}, was {before.get(name, 'not there')}"
        for name in names
        if before.get(name) is not after.get(name)
    )


def frozen(
    checkpoints: Sequence[Checkpoint], looks: Iterable[Look], commit: str
) -> tuple[Look, ReleaseOutcome] | None:
    """The look that froze the decision on a commit, and the worst that was decided on it since.

    None where T-0 was not evaluated with this commit.
    """
    if not checkpoints:
        return None
    zero = checkpoints[-1]
    known = [k for k in looks if k.commit == commit and k.checkpoint == zero.label and zero.holds(k.at)]
    if not known:
        return None
    first = min(known, key=lambda look: look.order)
    is_stopped = any(look.outcome is ReleaseOutcome.NO_GO for look in known)
    return first, ReleaseOutcome.NO_GO if is_stopped else first.outcome
