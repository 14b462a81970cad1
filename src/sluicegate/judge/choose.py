"""Which policy judges: a preset by name, a file, the working tree's own, or the base branch's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sluicegate.collect.base import base_tip
from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import nearest
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from sluicegate.policy import catalogue
from sluicegate.policy.location import tree_root
from sluicegate.policy.origin import Chosen, Place, of_base, of_tree
from sluicegate.policy.pinned import ReadPinned, not_fetched
from sluicegate.policy.resolve import preset_policy

POLICY_FROM = ("auto", "base", "head")
"""Whose policy judges: the base's, the tree's, or as the event says."""

_NO_POLICY = "'sluicegate init' writes one."


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for; empty means the default.

    Attributes:
        directory: where the user stands.
        policy: path of the policy file.
        policy_from: one of `POLICY_FROM`.
        preset: name of a preset to judge by, in place of any file.
        base: revision to compare with.
        pinned: how presets of other repositories are read.
    """

    directory: Path
    policy: str = ""
    policy_from: str = "auto"
    preset: str = ""
    base: str = ""
    pinned: ReadPinned = not_fetched


def choose(wish: Wish, event: EventContext) -> Chosen:
    """The policy that judges: on a pull request and in a merge queue the base's, else the tree's.

    Raises:
        UsageError: what is named is not there, or `--policy-from base` has no base.
        PolicyError: the working tree's policy is wrong.
        WorldError: git failed.
    """
    _check(wish)
    git = open_repository(wish.directory)
    place = Place(wish.directory, wish.policy, wish.pinned)
    if wish.preset:
        return Chosen(preset_policy(wish.preset), tree_root(wish.directory, git))
    if wish.policy_from == "base" and git is None:
        raise UsageError("needs a git repository", where="--policy-from base")
    if git is None or not _from_base(wish, event):
        return of_tree(place, git)
    tip = base_tip(git, wish.base, event)
    if not tip and not event.name:
        raise UsageError("no base branch was found", where="--policy-from base",
                         remedy="Name one with --base.")  # fmt: skip
    return of_base(place, git, tip, git.merge_base(tip, "HEAD") if tip else "")


def _from_base(wish: Wish, event: EventContext) -> bool:
    by_event = event.is_about_pull_request or event.name == "merge_group"
    return wish.policy_from == "base" or (wish.policy_from != "head" and by_event)


def _check(wish: Wish) -> None:
    if wish.policy_from not in POLICY_FROM:
        raise UsageError(f"'{cut(one_line(wish.policy_from), 40)}' is no place for a policy",
                         where="policy-from", remedy=f"It is one of: {', '.join(POLICY_FROM)}.")  # fmt: skip
    if wish.preset and wish.policy:
        raise UsageError("--preset and --policy exclude each other", remedy="Name one of them.")
    presets = catalogue.preset_names()
    if wish.preset:
        _check_preset(wish.preset, presets)
    if wish.policy and not (wish.directory / wish.policy).is_file():
        is_preset = wish.policy in presets
        remedy = f"For the preset write --preset {wish.policy}." if is_preset else _NO_POLICY
        raise UsageError("there is no such policy file", where=wish.policy, remedy=remedy)


def _check_preset(name: str, presets: tuple[str, ...]) -> None:
    if name not in presets:
        close = nearest(name, presets)
        hint = f"Perhaps you meant '{close}'. " if close else ""
        raise UsageError(f"there is no preset '{cut(one_line(name), 60)}'", where="--preset",
                         remedy=f"{hint}Presets: {', '.join(presets)}.")  # fmt: skip
