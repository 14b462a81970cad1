"""Normalised states: the same meaning gives the same fingerprint, however a server spells it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction

from sluicegate.flags.interface import Exposure, FlagConflict, FlagRefused, FlagState


def fingerprint(value: object) -> str:
    """32 hexadecimal digits of a JSON value; the order of keys does not count."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def percent(share: Fraction) -> str:
    """`5 %`, `2.5 %`."""
    return f"{float(share * 100):g} %"


def whole_percent(share: Fraction, name: str) -> int:
    """The percent of a share that a provider with whole percents can take.

    Raises:
        FlagRefused: it has a fraction.
    """
    value = share * 100
    if value.denominator != 1:
        raise FlagRefused(
            f"{percent(share)} is no whole percent, and the provider takes no other",
            where=name, remedy="Plan stages of whole percents.",
        )  # fmt: skip
    return value.numerator


def check_seen(now: FlagState, seen: FlagState, name: str) -> None:
    """Refuse a write that was decided on another state, and one on a state that is not understood.

    Raises:
        FlagConflict: the flag changed since.
        FlagRefused: the vendor's automation drives it, or its exposure cannot be computed.
    """
    if now.fingerprint != seen.fingerprint:
        raise FlagConflict(
            f"the flag changed since it was read: now {now.reason}", where=name,
            remedy="Look who changed it; the next tick decides anew.",
        )  # fmt: skip
    if now.driver is not None:
        raise FlagRefused(
            f"{now.driver} drives the flag", where=name,
            remedy="Take that away from the flag, or leave the rollout to it.",
        )  # fmt: skip
    if now.exposure is None:
        raise FlagRefused(
            f"who sees the new variation cannot be computed: {now.reason}", where=name,
            remedy="Give the flag the form that the documentation of the provider shows.",
        )  # fmt: skip


def still_on(enabled: bool, name: str) -> dict[str, object]:
    """What a switch answers whose own answer was lost: it is not sent again, for a kill may have followed.

    Raises:
        FlagConflict: the flag is off.
    """
    if enabled:
        return {}
    raise FlagConflict(
        "the answer to switching it on was lost, and it is off: it never was on, or somebody switched it off",
        where=name, remedy="The next tick decides anew.",
    )  # fmt: skip


def no_segments(target: Exposure, name: str) -> None:
    """Refuse named segments where a provider has none.

    Raises:
        FlagRefused: the exposure names some.
    """
    if target.segments:
        raise FlagRefused(
            f"the provider has no segments, and the stage names {', '.join(target.segments)}",
            where=name, remedy="Plan stages by percent, or take another provider.",
        )  # fmt: skip
