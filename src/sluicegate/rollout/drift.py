"""Whether flags are as the journal says, from what the providers say now. Pure.

What counts is the effective exposure of the whole state. One that is neither the confirmed stage's nor the
intended one's was made by somebody else: it is reported, and never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sluicegate.core.units import format_value
from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.rollout.actions import FlagView, Unread
from sluicegate.rollout.entries import FlagRecord
from sluicegate.rollout.state import State, exposure_of

TOUCHED = "the flag was changed by somebody else; its exposure is the same"


def exposure_text(exposure: Exposure) -> str:
    """An exposure for people: `5% and internal`, `nobody`."""
    share = format_value(exposure.share * 100, "%", digits=3)
    segments = " and ".join(exposure.segments)
    if exposure.share:
        return f"{share} and {segments}" if segments and exposure.share < 1 else share
    return segments or "nobody"


def is_within(exposure: Exposure, limit: Exposure) -> bool:
    """Does nobody see the new variation who does not within the limit?"""
    if limit.share == 1:
        return True
    return exposure.share <= limit.share and set(exposure.segments) <= set(limit.segments)


def is_same(exposure: Exposure | None, other: Exposure) -> bool:
    """Do the same users see the new variation? Whoever is named beside everybody does not count."""
    if exposure is None:
        return False
    return exposure == other or exposure.share == other.share == Fraction(1)


def is_off(flag: FlagView) -> bool:
    """Does certainly nobody see the new variation?"""
    return isinstance(flag, FlagState) and is_same(flag.exposure, Exposure(Fraction(0)))


def unread(flags: Sequence[FlagView]) -> str:
    """Why a flag could not be read; empty when all were."""
    return next((flag.reason for flag in flags if isinstance(flag, Unread)), "")


def drift(state: State, flags: Sequence[FlagView]) -> str:
    """What is not as it should be with the flags that could be read; empty when all is.

    Args:
        state: of the journal.
        flags: in the order of the plan.
    """
    recorded = state.flags or (None,) * len(flags)
    found = (
        _drift(state, flag, record)
        for flag, record in zip(flags, recorded, strict=True)
        if isinstance(flag, FlagState)
    )
    return next((text for text in found if text), "")


def _drift(state: State, flag: FlagState, record: FlagRecord | None) -> str:
    if flag.driver:
        return f"{flag.driver} of the provider drives the flag"
    if flag.exposure is None:
        return f"what the flag exposes cannot be computed: {flag.reason}"
    if record is not None and record.bucketing not in ("", flag.bucketing[:2000]):
        return "what decides which users are in a share was changed, so the users are drawn anew"
    if not any(is_same(flag.exposure, one) for one in _allowed(state)):
        wanted = exposure_text(state.exposure)
        return f"the flag exposes {exposure_text(flag.exposure)}, and the stage {wanted}"
    return _touched(state, flag, record)


def _allowed(state: State) -> tuple[Exposure, ...]:
    if state.intent is None:
        return (state.exposure,)
    return state.exposure, exposure_of(state.plan, state.intent.stage), state.written


def _touched(state: State, flag: FlagState, record: FlagRecord | None) -> str:
    if state.intent is not None or record is None or flag.fingerprint == record.fingerprint:
        return ""
    return TOUCHED


def may_accept(state: State, flags: Sequence[FlagView]) -> str:
    """Why a resume cannot take the flags as they are; empty when it can.

    A change that leaves exposure and bucketing alone can be taken.
    """
    why = unread(flags)
    if why:
        return f"a flag cannot be read: {why}"
    found = drift(state, flags)
    return "" if found == TOUCHED else found
