"""Which policy judges: a preset by name, a file, the working tree's own, or the base branch's."""

from __future__ import annotations

from dataclasses import replace

from sluicegate.collect.base import base_tip
from sluicegate.collect.shipped import TREE
from sluicegate.collect.testpaths import with_test_folders
from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.git import Git, open_repository
from sluicegate.judge.question import POLICY_FROM, Question
from sluicegate.policy import catalogue
from sluicegate.policy.location import tree_root
from sluicegate.policy.origin import Chosen, PolicyLocation, of_base, of_tree
from sluicegate.policy.resolve import preset_policy

_NO_POLICY = "'sluicegate init' writes one."


def choose(question: Question) -> Chosen:
    """The policy that judges: on a pull request and in a merge queue the base's, else the tree's.

    Raises:
        UsageError: what is named is not there, or `--policy-from base` has no base.
        PolicyError: the working tree's policy is wrong.
        WorldError: git failed.
    """
    _check(question)
    git = open_repository(question.directory)
    place = PolicyLocation(question.directory, question.policy, question.pinned)
    if question.preset:
        return Chosen(preset_policy(question.preset), tree_root(question.directory, git))
    if question.policy_from == "base" and git is None:
        raise UsageError("needs a git repository", where="--policy-from base")
    if git is None or not _from_base(question):
        return of_tree(place, git)
    tip = base_tip(git, question.base, question.event)
    if not tip and not question.event.name:
        raise UsageError("no base branch was found", where="--policy-from base",
                         remedy="Name one with --base.")  # fmt: skip
    return of_base(place, git, tip, git.merge_base(tip, "HEAD") if tip else "")


def knowing_tests(chosen: Chosen, question: Question) -> Chosen:
    """What was chosen, with what the project itself says of its tests; see `collect.testpaths`.

    Raises:
        WorldError: git failed.
    """
    git, event = open_repository(chosen.root), question.event
    if git is None or not git.commit("HEAD"):
        return chosen
    is_change = event.is_about_pull_request or event.name == "merge_group"
    tip = base_tip(git, question.base, event) if is_change else ""
    return of_tests(chosen, git, tip if is_change else TREE, TREE)


def of_tests(chosen: Chosen, git: Git, base: str, head: str) -> Chosen:
    """What was chosen, with the tests that `base` names; folders that one of them imports are none."""
    places = dict.fromkeys((base, head))
    proposed = chosen.proposed
    if proposed is not None:
        proposed = replace(proposed, policy=with_test_folders(proposed.policy, git, base, places))
    return replace(chosen, policy=with_test_folders(chosen.policy, git, base, places), proposed=proposed)


def _from_base(question: Question) -> bool:
    event = question.event
    by_event = event.is_about_pull_request or event.name == "merge_group"
    return question.policy_from == "base" or (question.policy_from != "head" and by_event)


def _check(question: Question) -> None:
    if question.policy_from not in POLICY_FROM:
        raise UsageError(f"'{cut(one_line(question.policy_from), 40)}' is no place for a policy",
                         where="policy-from", remedy=f"It is one of: {', '.join(POLICY_FROM)}.")  # fmt: skip
    if question.preset and question.policy:
        raise UsageError("--preset and --policy exclude each other", remedy="Name one of them.")
    presets = catalogue.preset_names()
    if question.preset and question.preset not in presets:
        raise UsageError(f"there is no preset '{cut(one_line(question.preset), 60)}'", where="--preset",
                         remedy=did_you_mean(question.preset, presets)
                         + f"Presets: {', '.join(presets)}.")  # fmt: skip
    if question.policy and not (question.directory / question.policy).is_file():
        is_preset = question.policy in presets
        remedy = f"For the preset write --preset {question.policy}." if is_preset else _NO_POLICY
        raise UsageError("there is no such policy file", where=question.policy, remedy=remedy)
