"""What to judge and how: the input of check, merge, plan, the fetch of presets, and the Action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.github.event import EventContext
from sluicegate.ledger.memory import AUTO
from sluicegate.policy.pinned import ReadPinned, not_fetched

POLICY_FROM = ("auto", "base", "head")
"""Whose policy judges: the base's, the tree's, or as the event demands."""


@dataclass(frozen=True, slots=True)
class RunSubject:
    """The run that has ended, and which project of its repository to judge.

    Attributes:
        folder: the folder that `sluicegate subject` wrote.
        project: the judged folder, from the top of the repository; empty for the top.
    """

    folder: Path
    project: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """By which policy, which gates, and compared with what; empty means the default.

    Attributes:
        directory: the working directory.
        policy: path of the policy file.
        policy_from: `base`, `head`, or `auto`: the base's on a pull request and in a merge queue.
        preset: name of a preset to judge by, in place of any file.
        gates: names of the gates to judge.
        base: revision to compare with.
        baseline: path of an earlier report document; it goes before the ledger.
        ledger: `auto` for what `sluicegate ledger fetch` left, `off`, or a path.
        approvals: path of what `sluicegate approvals` wrote.
        event: what started the run; on a pull request the base's policy judges.
        needs: results of the jobs that the judging job needs, by id; None where not handed over.
        pinned: how presets of other repositories are read.
    """

    directory: Path
    policy: str = ""
    policy_from: str = "auto"
    preset: str = ""
    gates: tuple[str, ...] = ()
    base: str = ""
    baseline: str = ""
    ledger: str = AUTO
    approvals: str = ""
    event: EventContext = field(default_factory=EventContext)
    needs: Mapping[str, str] | None = None
    pinned: ReadPinned = not_fetched
