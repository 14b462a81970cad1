"""A changed policy and an override in words, as every renderer says them. Nothing is escaped yet."""

from __future__ import annotations

from typing import Any

from sluicegate.core.statuses import ProposedStatus
from sluicegate.core.text import encodable, one_line
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


def proposal_sentence(change: PolicyChange) -> str:
    """What the policy of the change would say."""
    if change.status == ProposedStatus.UNKNOWN:
        return f"What the new {change.ref} would say could not be found out: {change.summary}"
    return f"Under the new {change.ref} it would be {change.status}: {change.summary}"


def sarif_properties(override: Override | None) -> dict[str, Any]:
    """The override for the property bag of a SARIF run; empty without one."""
    return {"override": encodable(override_sentence(override))} if override else {}
