"""Normalised states: the same meaning gives the same fingerprint, however a server spells it. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, TypeVar

from sluicegate.flags.interface import Exposure, FlagConflict, FlagRefused, FlagState
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key

ANEW: Final = "Look who changed it; the next tick decides anew."

T = TypeVar("T")


def flag_key(help_text: str, what: str = "the flag") -> Key:
    """The key of a plan that names the flag."""
    return Key(v.LABEL, help_text, missing=f"Name {what}, for example flag: new-checkout.")


def fingerprint(value: object) -> str:
    """32 hexadecimal digits of a JSON value; the order of keys does not count."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def object_in(text: str) -> Mapping[str, object]:
    """The object that a text of JSON holds; an empty one for any other text."""
    try:
        return mapping(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def items(value: object) -> list[object]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def number(value: object) -> int | float | None:
    """The value if it is a JSON number; None for `true`, NaN and infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def fraction_of(value: object, whole: int = 100) -> Fraction | None:
    """The share that a JSON number is of a whole; None unless it is a number from 0 to the whole."""
    found = number(value)
    return Fraction(str(found)) / whole if found is not None and 0 <= found <= whole else None


def and_segments(names: Iterable[str], what: str = "segments") -> str:
    """`, and the segments beta, staff`; empty without names."""
    listed = ", ".join(sorted(set(names)))
    return f", and the {what} {listed}" if listed else ""


def percent(share: Fraction) -> str:
    """`5 %`, `2.5 %`."""
    return f"{float(share * 100):g} %"


def in_steps(share: Fraction, step: Fraction, name: str) -> int:
    """How many steps of a provider a share has.

    Raises:
        FlagRefused: the share is not a whole number of steps.
    """
    steps = share / step
    if steps.denominator != 1:
        raise FlagRefused(
            f"{percent(share)} is no multiple of {percent(step)}, the provider's smallest step",
            where=name, remedy=f"Plan stages of multiples of {percent(step)}.",
        )  # fmt: skip
    return steps.numerator


def whole_percent(share: Fraction, name: str) -> int:
    """The share in percent, for a provider of whole percents; raises as `in_steps`."""
    return in_steps(share, Fraction(1, 100), name)


def the_one(found: Sequence[T], who: str, what: str, name: str, remedy: str) -> T:
    """The only entry.

    Args:
        found: the entries.
        who, what: come before and after the number of entries, for people.
        name: of the flag.
        remedy: for any other number of entries.

    Raises:
        FlagRefused: there is no entry, or several.
    """
    if len(found) != 1:
        raise FlagRefused(f"{who} {len(found) or 'no'} {what}", where=name, remedy=remedy)
    return found[0]


def moved(what: str, name: str) -> FlagConflict:
    """The error for a flag that others changed."""
    return FlagConflict(what, where=name, remedy=ANEW)


def landed(now: FlagState, target: Exposure, version: str | None, name: str) -> dict[str, object] | None:
    """The answer to a write that was lost, derived from the state now; None if the flag is as it was before.

    Raises:
        FlagConflict: the flag has another exposure and another version.
    """
    if now.exposure == target:
        return {}
    if now.version != version:
        raise moved("the flag changed meanwhile", name)
    return None


def check_archived(archived: bool, name: str, remedy: str, what: str = "flag") -> None:
    """Refuse to write a flag that is archived.

    Raises:
        FlagRefused: it is.
    """
    if archived:
        raise FlagRefused(
            f"the {what} is archived", where=name, remedy=f"{remedy}, or roll out another {what}."
        )


def check_seen(now: FlagState, seen: FlagState, name: str) -> None:
    """Refuse a write that was decided on another state, and one on a state that is not understood.

    Raises:
        FlagConflict: the flag changed since.
        FlagRefused: the vendor's automation drives it, or its exposure cannot be computed.
    """
    if now.fingerprint != seen.fingerprint:
        raise moved(f"the flag changed since it was read: now {now.reason}", name)
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
