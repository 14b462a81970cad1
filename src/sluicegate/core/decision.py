"""The decision to release a commit: its record, and which of several records is in force. Pure.

A decision is about one release and one commit. A later one names the earlier one that it supersedes, by
path, so that no clock decides which is the later. Records that nothing supersedes are in force; where two
writers left two of them, the worse one counts.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from sluicegate.core.fields import Count, Items, Sha, ShaOrNone, Text


class ReleaseOutcome(enum.StrEnum):
    """May the commit be released?"""

    GO = "GO"
    CONDITIONAL = "CONDITIONAL"  # only through unexpired waivers, or an override
    NO_GO = "NO-GO"


RELEASE_ORDER = tuple(ReleaseOutcome)
"""From best to worst."""

Digest = Annotated[str, Text(64, pattern="^[0-9a-f]{64}$", wanted="a SHA-256 digest")]


@dataclass(frozen=True, slots=True)
class DecisionEvidence:
    """What a decision relies on.

    Attributes:
        name: what it is: `report`, `sign-off of qa`.
        uri: where it is: a path in the ledger, or an address.
        sha256: of its bytes, or of a comment's text; empty for what was only looked at.
    """

    name: Annotated[str, Text(200)]
    uri: Annotated[str, Text(1000)] = ""
    sha256: Annotated[str, Text(64)] = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A check that somebody accepted as it is: why, who answers for it, and until when (`2026-12-31`)."""

    check: Annotated[str, Text(200)]
    reason: Annotated[str, Text(500)]
    owner: Annotated[str, Text(100)]
    until: Annotated[str, Text(10)] = ""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze: from when (inclusive) to when (exclusive), seconds since 1970."""

    start: Count
    end: Count


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as the ledger has it.

    Attributes:
        release: its name, `v1.4.0`.
        commit, tree: full object names; the tree is empty where it is not known.
        outcome: what was decided.
        at, expires: seconds since 1970.
        policy_sha256: of the policy that decided.
        repository: `OWNER/NAME`; empty where it was not known.
        evidence: what it relies on.
        conditions: what makes it conditional.
        blocking: the checks that keep it from going, a line each.
        supersedes: the paths of the decisions that it replaces; none for the first of its commit.
        freezes: until it expires, by the policy that decided, less those that a waiver excepts it from.
    """

    release: Annotated[str, Text(100, least=1)]
    commit: Sha
    tree: ShaOrNone
    outcome: ReleaseOutcome
    at: Count
    expires: Count
    policy_sha256: Digest
    repository: Annotated[str, Text(200)] = ""
    evidence: Annotated[tuple[DecisionEvidence, ...], Items(1000)] = ()
    conditions: Annotated[tuple[Condition, ...], Items(200)] = ()
    blocking: Annotated[tuple[Annotated[str, Text(500)], ...], Items(200)] = ()
    supersedes: Annotated[tuple[Annotated[str, Text(300)], ...], Items(100)] = ()
    freezes: Annotated[tuple[Frozen, ...], Items(1000)] = ()


Decisions = Mapping[str, Decision]
"""Decisions by the paths of their documents."""


def in_force(decisions: Decisions) -> dict[str, Decision]:
    """The decisions that none of the others supersedes, by path."""
    replaced = {(d.release, d.commit, path) for d in decisions.values() for path in d.supersedes}
    return {path: d for path, d in decisions.items() if (d.release, d.commit, path) not in replaced}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decision must be to let a commit go.

    Attributes:
        commit: full object name.
        tree: of that commit; empty where it is not known, and then no other commit's decision counts.
        now: seconds since 1970.
        repository: that the decision must be of; empty for any.
        release: that it must be of; empty for any.
        policy_sha256: of the policy that must have decided; empty for any.
        may_be_conditional: does CONDITIONAL count?
        longest: seconds that it may be old; 0 for any age.
    """

    commit: str
    tree: str = ""
    now: int = 0
    repository: str = ""
    release: str = ""
    policy_sha256: str = ""
    may_be_conditional: bool = True
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether decisions let a commit go: the one that does, or why none does, with the remedy.

    Attributes:
        path: of the decision that counts; empty where there is none.
        decision: the same; it may be the one that says no.
        same_tree: is it of another commit, with the same tree?
        refused: why the commit may not go; empty where it may.
        remedy: what to do about that.
    """

    path: str = ""
    decision: Decision | None = None
    same_tree: bool = False
    refused: str = ""
    remedy: str = ""

    @property
    def text(self) -> str:
        """`GO of v1.4.0, decided 2026-12-01 09:00 UTC`, and that it is by the same tree."""
        if self.decision is None:
            return self.refused
        when = datetime.fromtimestamp(self.decision.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        by = f"; of {self.decision.commit[:12]}, which has the same tree" if self.same_tree else ""
        return f"{self.decision.outcome} of {self.decision.release}, decided {when}{by}"


def verify(decisions: Decisions, unread: Sequence[str], wanted: Wanted) -> Verified:
    """Do decisions let a commit go? Whatever cannot be read may be a NO-GO, so then nothing goes.

    A decision of the commit itself comes before those of other commits with its tree.

    Args:
        decisions: of that commit, and of others.
        unread: documents that may be decisions on it and cannot be read, a line each.
        wanted: what is asked.
    """
    if unread:
        return Verified(
            refused=f"{len(unread)} decisions cannot be read: {unread[0]}",
            remedy="`sluicegate ledger verify` says what is wrong with them.",
        )
    asked = {p: d for p, d in decisions.items() if wanted.release in ("", d.release)}
    found = _counting(asked, wanted)
    if not found:
        return Verified(refused=_none(asked.values(), wanted), remedy=_DECIDE)
    path, decision = max(found.items(), key=lambda pair: (_badness(pair[1], wanted), pair[0]))
    refused, remedy = _refusal(decision, wanted)
    return Verified(path, decision, decision.commit != wanted.commit, refused, remedy)


def _counting(asked: Decisions, wanted: Wanted) -> dict[str, Decision]:
    """The decisions in force on the commit, else on another one with its tree."""
    own = in_force({p: d for p, d in asked.items() if d.commit == wanted.commit})
    if own or not wanted.tree:
        return own
    return _newest(in_force({p: d for p, d in asked.items() if d.tree == wanted.tree}))


_DECIDE = "Decide it: sluicegate release decide NAME --commit SHA."


def _newest(found: Mapping[str, Decision]) -> dict[str, Decision]:
    """Those of the commit that was decided on last, of several commits with one tree."""
    if not found:
        return {}
    last = max(found.values(), key=lambda d: (d.at, d.commit)).commit
    return {path: d for path, d in found.items() if d.commit == last}


def _badness(decision: Decision, wanted: Wanted) -> tuple[bool, int, int]:
    return bool(_refusal(decision, wanted)[0]), RELEASE_ORDER.index(decision.outcome), -decision.at


def _none(decisions: Iterable[Decision], wanted: Wanted) -> str:
    of = f" of {wanted.release}" if wanted.release else ""
    text = f"there is no decision to release{of} for the commit {wanted.commit[:12]}"
    if not wanted.tree and any(True for _ in decisions):
        return f"{text}, and its tree is not known here"
    return text


def _refusal(decision: Decision, wanted: Wanted) -> tuple[str, str]:
    """Why a decision lets nothing go, and the remedy; empty where it does."""
    outcome, conditional = decision.outcome, ReleaseOutcome.CONDITIONAL
    for is_wrong, what, remedy in (
        (
            outcome is ReleaseOutcome.NO_GO,
            f"the decision of {decision.release} is NO-GO{_first(decision)}",
            f"`sluicegate release status {decision.release}` says what blocks, and who can unblock it.",
        ),
        (
            outcome is conditional and not wanted.may_be_conditional,
            f"the decision of {decision.release} is only CONDITIONAL",
            "Meet its conditions, and decide again.",
        ),
        (
            wanted.now >= decision.expires,
            f"the decision of {decision.release} has expired",
            "Decide again.",
        ),
        (
            bool(freeze := _freeze_at(decision, wanted.now)),
            f"a freeze holds {decision.release} until {freeze}",
            "Wait, or let somebody who may waive comment `/sluicegate waive freeze`, and decide again.",
        ),
        (
            bool(wanted.longest) and wanted.now - decision.at > wanted.longest,
            f"the decision of {decision.release} is older than asked for",
            "Decide again.",
        ),
        (
            decision.at > wanted.now + _SLACK,
            f"the decision of {decision.release} is dated in the future",
            "Set the clock of the machine that decided, and decide again.",
        ),
        (
            bool(wanted.repository) and decision.repository.lower() not in ("", wanted.repository.lower()),
            f"the decision is of the repository {decision.repository}",
            "Decide in this repository.",
        ),
        (
            wanted.policy_sha256 not in ("", decision.policy_sha256),
            f"the decision was made by the policy {decision.policy_sha256[:12]}",
            "Decide again, by the policy that is asked for.",
        ),
    ):
        if is_wrong:
            return what, remedy
    return "", ""


_SLACK = 300
"""Seconds by which clocks of machines may differ."""


def _freeze_at(decision: Decision, now: int) -> str:
    """When the freeze that holds at a moment ends; empty without one."""
    ends = [freeze.end for freeze in decision.freezes if freeze.start <= now < freeze.end]
    return datetime.fromtimestamp(max(ends), UTC).strftime("%Y-%m-%d %H:%M UTC") if ends else ""


def _first(decision: Decision) -> str:
    more = len(decision.blocking) - 1
    if more < 0:
        return ""
    return f": {decision.blocking[0]}" + (f" and {more} more" if more else "")
