"""A changed policy and an override in words, as every renderer says them. Nothing is escaped yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sluicegate.core.statuses import ProposedStatus
from sluicegate.core.text import clean, encodable, one_line, plural
from sluicegate.core.trust import Override, PolicyChange

_HOW = {
    "label": "with a label",
    "comment": "in a comment",
    "approval": "by approving this change of the policy",
}


def override_sentence(override: Override) -> str:
    """`overridden by @mona in a comment, 2026-11-21T10:00:00Z: the feed is down`."""
    how = _HOW.get(override.kind, "")
    why = f": {one_line(override.why)}" if override.why else ""
    return f"overridden by @{one_line(override.who)} {how}, {one_line(override.when)}{why}"


def change_sentence(change: PolicyChange) -> str:
    """That the base's policy judged, and what the new one would say."""
    head = f"this change edits the policy ({one_line(change.ref)}); the base branch's judged. "
    if change.status == ProposedStatus.UNKNOWN:
        return f"{head}What the new one would say could not be had: {one_line(change.summary)}"
    return f"{head}Under the new one it would be {one_line(change.status)}: {one_line(change.summary)}"


def diff_lines(change: PolicyChange, limit: int) -> list[str]:
    """At most `limit` lines of the difference, and how many were left out."""
    shown = [clean(line).replace("\n", " ") for line in change.diff[:limit]]
    left = len(change.diff) - len(shown) + change.more
    return [*shown, f"…and {plural(left, 'more line')}"] if left else shown


def fence(lines: Sequence[str]) -> str:
    """Backticks, more of them than any line holds in a row."""
    longest = max((len(run) for line in lines for run in _runs(line)), default=0)
    return "`" * max(3, longest + 1)


def _runs(line: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in line).split() if run]


def sarif_properties(override: Override | None) -> dict[str, Any]:
    """The override for the property bag of a SARIF run; empty without one."""
    return {"override": encodable(override_sentence(override))} if override else {}
