"""The decision on a commit: GO, CONDITIONAL or NO-GO, and what holds a GO. Pure.

NO-GO while a blocking check fails or is not known, unless somebody accepted it; then CONDITIONAL. After T-0
only a new failing check, a rejection or a withdrawn sign-off changes the decision, to NO-GO. A freeze holds a
GO and changes no decision; a waiver of `freeze` excepts the commit from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sluicegate.core.decision import Condition, Frozen, ReleaseOutcome
from sluicegate.release.checkpoints import Checkpoint, Look, frozen
from sluicegate.release.matrix import FREEZE, Acceptance, CheckStatus, Matrix, Row
from sluicegate.release.settings import ReleaseSettings
from sluicegate.rollout.freeze import Held, ahead, held


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided.

    Attributes:
        outcome: of the decision.
        blocking: what keeps it from going, a line each.
        conditions: what makes it conditional.
        frozen: why the matrix alone does not decide; empty where it does.
        held: the freeze that holds a GO.
        excepted: the waiver by which a freeze does not hold it; None without a freeze or a waiver.
    """

    outcome: ReleaseOutcome
    blocking: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    frozen: str = ""
    held: Held | None = None
    excepted: Acceptance | None = None

    @property
    def goes(self) -> bool:
        """May the release go now?"""
        return self.outcome is not ReleaseOutcome.NO_GO and self.held is None

    @property
    def sentence(self) -> str:
        """`GO, held by the freeze 'sat' until 2026-12-01 08:00 UTC`."""
        if self.held is None or self.outcome is ReleaseOutcome.NO_GO:
            return str(self.outcome)
        until = self.held.until.strftime("%Y-%m-%d %H:%M UTC")
        return f"{self.outcome}, held by the freeze '{self.held.window.text}' until {until}"


def by_matrix(matrix: Matrix) -> ReleaseOutcome:
    """What the checks alone say."""
    if matrix.blocking:
        return ReleaseOutcome.NO_GO
    return ReleaseOutcome.CONDITIONAL if conditions(matrix) else ReleaseOutcome.GO


def conditions(matrix: Matrix) -> tuple[Condition, ...]:
    """What makes a release conditional: accepted checks, and reports that pass only by waivers."""
    return tuple(condition for row in matrix.rows for condition in _conditions(row))


def _conditions(row: Row) -> Iterable[Condition]:
    if row.waiver is not None:
        waiver = row.waiver
        yield Condition(row.id, waiver.reason[:500], waiver.owner[:100], waiver.until.isoformat())
    for text in row.conditions:
        yield Condition(row.id, text[:500], "")


def decide(
    settings: ReleaseSettings,
    matrix: Matrix,
    commit: str,
    now: int,
    checkpoints: tuple[Checkpoint, ...] = (),
    looks: Iterable[Look] = (),
    waivers: Iterable[Acceptance] = (),
) -> Decided:
    """The decision.

    Args:
        settings: of the policy.
        matrix: of the commit, with what is accepted.
        commit: that is decided on.
        now: seconds since 1970.
        checkpoints: of the plan; none without one.
        looks: the evaluations since the plan was made, in any order.
        waivers: that count on the commit; those of `freeze` except it from the windows.
    """
    outcome, why = by_matrix(matrix), ""
    zero = frozen(checkpoints, looks, commit)
    if zero is not None:
        outcome, why = _after_zero(outcome, matrix, zero[1])
    holding = _freeze(settings, now)
    excepted = _exception(waivers, now) if holding is not None else None
    lines = tuple(row.line[:500] for row in matrix.blocking) if outcome is ReleaseOutcome.NO_GO else ()
    if outcome is ReleaseOutcome.NO_GO and not lines:
        lines = (why,)
    return Decided(outcome, lines, conditions(matrix), why, None if excepted else holding, excepted)


def _freeze(settings: ReleaseSettings, now: int) -> Held | None:
    """The freeze that holds at a moment."""
    windows = [time.window for time in settings.freeze.windows]
    return held(windows, settings.freeze.time_zone, datetime.fromtimestamp(now, UTC)) if windows else None


def freezes(
    settings: ReleaseSettings, waivers: Iterable[Acceptance], now: int, end: int
) -> tuple[Frozen, ...]:
    """The freezes of a time, in seconds since 1970, less the days that a waiver excepts."""
    windows = [each.window for each in settings.freeze.windows]
    excepted = _exception(waivers, now)
    if excepted is not None:
        day = datetime.combine(excepted.until + timedelta(days=1), time(), UTC)
        now = max(now, int(day.timestamp()))
    first, last = (datetime.fromtimestamp(at, UTC) for at in (now, end))
    found = ahead(windows, settings.freeze.time_zone, first, last) if windows else []
    return tuple(Frozen(int(since.timestamp()), int(until.timestamp())) for since, until in found[:1000])


def _exception(waivers: Iterable[Acceptance], now: int) -> Acceptance | None:
    """The waiver of `freeze` that lasts longest, of those that have not expired."""
    today = datetime.fromtimestamp(now, UTC).date()
    counting = [w for w in waivers if w.check == FREEZE and w.until >= today]
    return max(counting, key=lambda w: (w.until, w.owner, w.url), default=None)


def _after_zero(
    outcome: ReleaseOutcome, matrix: Matrix, decided: ReleaseOutcome
) -> tuple[ReleaseOutcome, str]:
    if decided is ReleaseOutcome.NO_GO:
        return decided, "T-0 decided NO-GO on this commit: plan the release anew"
    if any(row.status is CheckStatus.FAIL for row in matrix.blocking):
        return ReleaseOutcome.NO_GO, "a check fails that did not at T-0"
    if outcome is decided:
        return outcome, ""
    return decided, f"T-0 decided {decided}, and no check fails since"
