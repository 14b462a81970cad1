"""Versions as PyPI, npm, Go, Cargo and others write them, and how far one moved. Pure.

Of 0.x versions the second number is the major: by the caret of npm and Cargo, a 0.x minor may break.
"""

from __future__ import annotations

import re

from sluicegate.release.impact.model import Step

_VERSION = re.compile(
    r"[vV]?(?:(?P<epoch>[0-9]{1,9})!)?(?P<release>[0-9]{1,18}(?:[.][0-9]{1,18}){0,5})(?P<rest>(?:[._+-]?[0-9A-Za-z].*)?)"
)
_IN_RANGE = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,5}")

_PSEUDO = re.compile(r"v0\.0\.0-[0-9]{14}-[0-9a-f]{12}$")
"""A commit of a Go module without a version."""

Major = tuple[int, int, int]
"""Epoch (PEP 440), first number, and for 0.x the second; they are compared in this order."""


def major_of(text: str) -> Major | None:
    """The major of a version; None for another text, such as a commit or `latest`."""
    match = None if _PSEUDO.search(text) else _VERSION.fullmatch(text.strip())
    if match is None or re.fullmatch(r"[0-9a-f]{12,64}", text.strip()):
        return None
    numbers = [int(part) for part in match["release"].split(".")]
    second = numbers[1] if len(numbers) > 1 and numbers[0] == 0 else 0
    return int(match["epoch"] or 0), numbers[0], second


def lowest_of(constraint: str) -> str:
    """The version that a constraint such as `^1.2`, `>=2,<3` or `~=1.4` begins with; empty without one."""
    text = constraint.strip()
    if text.startswith(("<", "!=")):
        return ""
    found = _IN_RANGE.search(text)
    return found[0] if found and not re.match(r"[a-z+]+:", text) else ""


def step_of(before: str, after: str) -> Step:
    """How far a version moved."""
    first, last = major_of(before), major_of(after)
    if first is None or last is None:
        return Step.MINOR if before == after else Step.UNKNOWN
    if first == last:
        return Step.MINOR
    return Step.MAJOR_UP if last > first else Step.MAJOR_DOWN
