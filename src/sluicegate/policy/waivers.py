"""Which waiver accepts a finding or a criterion on a day, and the notices about waivers. Pure.

A waiver counts through its expiry day and never after it. Several may match; the first of the
policy that is active is the one that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import date

from sluicegate.core.globs import glob_matches
from sluicegate.core.model import Finding, Notice, Waiver
from sluicegate.core.text import plural

WARN_DAYS = 14
"""A waiver that expires within so many days is announced."""


def active(waiver: Waiver, today: date) -> bool:
    """Does the waiver still count? It does on its expiry day."""
    return today <= waiver.expires


def days_left(waiver: Waiver, today: date) -> int:
    """Days until the expiry day: 0 on that day itself, negative after it."""
    return (waiver.expires - today).days


def matching(finding: Finding, gate: str, waivers: Iterable[Waiver], today: date) -> Waiver | None:
    """The first active waiver of the gate that accepts the finding; None when no waiver does.

    All of `rule`, `path` (a glob) and `fingerprint` that it has must match.
    """
    ours = (w for w in waivers if w.gate == gate and active(w, today))
    return next((w for w in ours if _accepts_finding(w, finding)), None)


def _accepts_finding(waiver: Waiver, finding: Finding) -> bool:
    if waiver.criterion or not (waiver.rule or waiver.path or waiver.fingerprint):
        return False
    if waiver.rule not in ("", finding.rule) or waiver.fingerprint not in ("", finding.fingerprint):
        return False
    return not waiver.path or (bool(finding.path) and glob_matches(waiver.path, finding.path))


def for_criterion(gate: str, criterion: str, waivers: Iterable[Waiver], today: date) -> Waiver | None:
    """The first active waiver that accepts the gate's criterion of that id, in any of its suites."""
    return next((w for w in waivers if (w.gate, w.criterion) == (gate, criterion) and active(w, today)), None)


def waiver_notices(waivers: Iterable[Waiver], used: Set[Waiver], today: date) -> tuple[Notice, ...]:
    """The notices of a report of the day about the policy's waivers, in their order.

    `used` are those that accepted something in this report.
    """
    return tuple(notice for w in waivers for notice in _notices(w, w in used, today))


def _notices(waiver: Waiver, is_used: bool, today: date) -> Iterable[Notice]:
    left = days_left(waiver, today)
    who = f"{waiver.label()} ({waiver.owner}{', ' + waiver.where if waiver.where else ''})"
    if left < 0:
        text = (
            f"the waiver {who} no longer counts: it expired on {waiver.expires}, {plural(-left, 'day')} ago. "
            "Fix what it accepted, renew it with a reason, or delete it."
        )
        yield Notice("warning", "waiver-expired", text)
        return
    if left <= WARN_DAYS:
        when = "today" if left == 0 else f"in {plural(left, 'day')}, on {waiver.expires}"
        yield Notice("warning", "waiver-expiring", f"the waiver {who} expires {when}.")
    if not is_used:
        text = f"the waiver {who} accepted nothing here. Delete it if it is settled."
        yield Notice("info", "waiver-unused", text)
