"""What a declared API says of a flag, and the bodies that are sent to it. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.documents.jsonpath import JsonPath
from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import fingerprint, fraction_of, percent

ETAG = "etag"
"""In place of the path of a version: the header of that name, which a write sends back as `If-Match`."""


class Scale(enum.StrEnum):
    """How the API writes a share."""

    PERCENT = "percent"
    FRACTION = "fraction"


_WHOLE: Mapping[Scale, int] = {Scale.PERCENT: 100, Scale.FRACTION: 1}
_VALUE = re.compile(r"\$(percent|share|version)")
"""Where a template of a body names a value."""
_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What to take from an answer.

    Attributes:
        share: the share.
        scale: how it is written there.
        enabled: a switch, or None.
        version: or None, also if it is the header `etag`.
        driver: what changes the flag by itself: anything but null, false, 0 and empty.
        state: the parts whose change is a change of the flag.
        bucketing: the parts that decide which users are in a share.
    """

    share: JsonPath
    scale: Scale = Scale.PERCENT
    enabled: JsonPath | None = None
    version: JsonPath | None = None
    driver: JsonPath | None = None
    state: tuple[JsonPath, ...] = ()
    bucketing: tuple[JsonPath, ...] = ()

    def state_of(self, found: object, etag: str) -> FlagState:
        """The normalised state.

        Args:
            found: the parsed answer.
            etag: the header of that name, or empty.
        """
        exposure, enabled, reason = self._exposure(found)
        version = self.version.first(found) if self.version else etag
        driver = next(filter(None, self.driver.find(found)), None) if self.driver else None
        kept = [path.find(found) for path in self.state] if self.state else found
        return FlagState(
            exposure=exposure,
            enabled=enabled,
            reason=reason,
            driver=f"the server's own automation ({_shown(driver)})" if driver else None,
            fingerprint=fingerprint([kept, None if self.version is None else version]),
            version=None if version in (None, "") else str(version),
            bucketing=fingerprint([path.find(found) for path in self.bucketing]),
        )

    def _exposure(self, found: object) -> tuple[Exposure | None, bool, str]:
        switches = self.enabled.find(found) if self.enabled else [True]
        if len(switches) != 1 or not isinstance(switches[0], bool):
            return None, False, f"{_path(self.enabled)} is neither true nor false"
        if not switches[0]:
            return OFF, False, "it is switched off"
        share = self.share_of(found)
        if share is None:
            values = ", ".join(map(_shown, self.share.find(found))) or "nothing"
            return None, True, f"{self.share.text} is {values}, and no {self.scale} of users"
        return Exposure(share), True, f"it is for {percent(share)} of all users"

    def share_of(self, found: object) -> Fraction | None:
        """The share in an answer, whether the flag is on or not; None if the value is not a share."""
        shares = self.share.find(found)
        return fraction_of(shares[0], _WHOLE[self.scale]) if len(shares) == 1 else None


def _shown(value: object) -> str:
    return cut(one_line(str(value)), 60)


def _path(path: JsonPath | None) -> str:
    return path.text if path else "it"


def filled(template: object, values: Mapping[str, object]) -> object:
    """A body with `$NAME` replaced: alone in a text it keeps the value's type, within one it is written out.

    Args:
        template: a JSON value.
        values: by name.
    """
    if isinstance(template, dict):
        return {key: filled(below, values) for key, below in template.items()}
    if isinstance(template, list | tuple):
        return [filled(below, values) for below in template]
    if not isinstance(template, str):
        return template
    if template[:1] == "$" and template[1:] in values:
        return values[template[1:]]
    return _VALUE.sub(lambda found: str(values.get(found[1], found[0])), template)


def values_of(target: Exposure, seen: FlagState) -> dict[str, object]:
    """What bodies may name: `percent` (0 to 100), `share` (0 to 1), `version` as it was read."""
    return {
        "percent": _number(target.share * 100),
        "share": _number(target.share),
        "version": _version(seen.version),
    }


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


def _version(version: str | None) -> object:
    """A version that is written as a whole number is a number again."""
    return int(version) if version is not None and _INTEGER.fullmatch(version) else version
