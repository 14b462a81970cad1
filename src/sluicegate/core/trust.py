"""What a report says about trust: a policy that its own change edits, and an override. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sluicegate.core.fields import Count
from sluicegate.core.statuses import ProposedStatus


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The change under judgement also changes the policy; the old one judged.

    Attributes:
        ref: the new policy's file, or the preset where the file goes.
        sha256: of the new policy; empty where it is not known.
        status: what the new policy would give.
        summary: that verdict in one line, or why it could not be had.
        diff: lines of a unified diff, at most a screen or two.
        more: how many further lines were left out.
    """

    ref: str
    sha256: str
    status: ProposedStatus
    summary: str
    diff: tuple[str, ...] = ()
    more: Count = 0


Kind = Literal["label", "comment", "approval"]
"""How a blocked commit passes: the last one by approving its change of the policy."""


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody who may merge let a blocked commit pass.

    Attributes:
        kind: how they let it pass.
        who: their login.
        when: in UTC, as GitHub writes it: `2026-11-21T10:00:00Z`.
        why: the reason they gave; empty for a label.
        url: where it was given; empty when unknown.
        commit: full name of the commit that it is for.
    """

    kind: Kind
    who: str
    when: str
    why: str
    url: str
    commit: str
