"""Which policy judges: the working tree's, or the one at the tip of the base branch.

On a pull request the base's policy and waivers judge, so that a change cannot lower the bar that it
has to pass. Where the change edits the policy, the new one is handed on beside it, with the
difference. Without a valid policy in the base the working tree's judges, and a notice reports that.

The base's file is looked for by itself: in the working directory and upwards, whatever
the working tree has there, so that no added, moved or deleted file hides it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sluicegate.core.errors import PolicyError, PresetError
from sluicegate.core.model import Notice
from sluicegate.core.text import cut, one_line
from sluicegate.git import Git
from sluicegate.policy import defaults, proposal
from sluicegate.policy.location import parts, tree_root
from sluicegate.policy.model import Policy
from sluicegate.policy.pinned import ReadPinned, not_fetched
from sluicegate.policy.resolve import CheckedPolicy, check_file, check_policy, preset_policy, valid
from sluicegate.policy.yaml_positions import MAX_BYTES

ReadTop = Callable[[str], bytes | None]
"""From a path from the top of the repository to the bytes of that file in the base, or None."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The policy that judges, and the folder that it and all paths are relative to.

    `proposed` or `unread` is what the change made of it, where it edited it.
    """

    policy: Policy
    root: Path
    proposed: proposal.Proposed | None = None
    unread: proposal.Unread | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyLocation:
    """Where to look for the policy: the working directory, and the file that the user names, if any.

    `pinned` reads presets of other repositories.
    """

    directory: Path
    named: str = ""
    pinned: ReadPinned = not_fetched


def of_tree(place: PolicyLocation, git: Git | None) -> Chosen:
    """The policy of the working tree.

    Raises:
        PolicyError: it is wrong.
    """
    root = tree_root(place.directory, git) if not place.named else place.directory
    return Chosen(valid(_tree(place, root)), root)


def of_base(place: PolicyLocation, git: Git, tip: str, fork_point: str) -> Chosen:
    """The policy of the base, and beside it the working tree's where the change edited that.

    `tip` is the commit at the tip of the base branch, empty when this clone does not have it; `fork_point`
    is where the change left that branch. `git` is opened in `place.directory`.

    Raises:
        PolicyError: the working tree's policy is wrong, which would break the base when merged; or a
            preset of another repository that the base's extends is not at hand. Then the tree's does
            not judge in its place: that would let a change choose who judges it.
        WorldError: git failed.
    """
    tree = of_tree(place, git)
    if not tip:
        return replace(tree, notices=(_NO_COMMIT,))
    found = _at(git, tip, place)
    if found is None:
        words = "the base branch has no policy" if tree.policy.ref.origin == "head" else ""
        return replace(tree, notices=(_head_judges(words),) if words else ())
    folder, checked = found
    if missing := checked.missing:
        remedy = missing.remedy.replace("sluicegate fetch", "sluicegate fetch --policy-from base")
        gone = "Where it is gone for good, judge the change that fixes it with `policy-from: head`."
        what = f"{missing.what}; the base branch's policy extends it"
        raise PresetError(what, where=missing.where, remedy=f"{remedy} {gone}")
    if checked.policy is None:
        wrong = cut(one_line(str(checked.errors[0])), 300)
        return replace(tree, notices=(_head_judges(f"the policy of the base branch is not valid ({wrong})"),))
    root = place.directory if place.named else _folder(place.directory, git.prefix, folder)
    now = _tree(place, root)
    return Chosen(checked.policy, root, proposal.proposed(checked, now, _at(git, fork_point, place)))


@dataclass(frozen=True, slots=True)
class PolicyCommits:
    """Where policies are looked for when nothing is checked out; empty for a commit that is not known.

    Attributes:
        tip: at the tip of the base branch.
        tested: of the change.
        fork_point: what both had before the change.
    """

    tip: str
    tested: str = ""
    fork_point: str = ""


def of_commits(place: PolicyLocation, git: Git, commits: PolicyCommits) -> tuple[Chosen, tuple[str, ...]]:
    """The policy of the base's tip, from its commit alone, and what is wrong with either policy.

    Only the base decides: without a policy there, or without a valid one, the preset judges. The change's own
    is parsed and handed on, as in `of_base`. `git` is opened in the folder of `place`, which may be empty.

    Raises:
        WorldError: git failed.
    """
    preset = CheckedPolicy(preset_policy(), ())
    found = _at(git, commits.tip, place)
    folder, base = found or ("/".join(parts(git.prefix)), preset)
    root = place.directory if place.named else _folder(place.directory, git.prefix, folder)
    if base.policy is None:
        return Chosen(preset_policy(), root), (_invalid("the policy of the base branch", base),)
    notices = (_PRESET_JUDGES,) if place.named and not found else ()
    chosen = Chosen(base.policy, root, notices=notices)
    if not commits.tested:
        return chosen, ()
    named = place.named and base.policy.ref.ref
    now = _in_folder(_reader(git, commits.tested), folder, place.pinned, named) or preset
    return _with_proposed(chosen, base, now, _at(git, commits.fork_point, place))


def _with_proposed(
    chosen: Chosen, base: CheckedPolicy, now: CheckedPolicy, before: tuple[str, CheckedPolicy] | None
) -> tuple[Chosen, tuple[str, ...]]:
    """The policy that was chosen, with the change's own, and what is wrong with that.

    What only the change extends is not fetched: a stranger would choose what is requested.
    """
    if now.is_unread:
        return replace(chosen, unread=proposal.unread(base, now, before)), ()
    if now.policy is None:
        return chosen, (_invalid("the policy that this change brings", now),)
    return replace(chosen, proposed=proposal.proposed(base, now, before)), ()


def read_base(place: PolicyLocation, git: Git, tip: str) -> None:
    """Read the policy of the base's tip, so that `place.pinned` reads all that it extends.

    Raises:
        PresetError: a preset of another repository cannot be had.
        WorldError: git or the server failed.
    """
    found = _at(git, tip, place)
    if found is not None and found[1].missing is not None:
        raise found[1].missing


def _invalid(which: str, checked: CheckedPolicy) -> str:
    if checked.is_unread and checked.missing is not None:
        return f"{which} extends a preset that is not at hand ({proposal.named(checked.missing)})"
    wrong = next(e for e in checked.errors if not isinstance(e, PresetError))
    return f"{which} is not valid ({cut(one_line(str(wrong)), 300)})"


_PRESET_JUDGES = Notice(
    "warning", "policy-none", "the base branch has no such policy file, so the preset `standard` judged"
)

_NO_COMMIT = Notice(
    "warning",
    "policy-base-missing",
    "the policy of this change judged, not the base branch's: that commit is not in this clone; "
    "set `fetch-depth: 2` in actions/checkout",
)


def _head_judges(why: str) -> Notice:
    return Notice("warning", "policy-from-head", f"{why}, so the policy of this change judged")


def _tree(place: PolicyLocation, root: Path) -> CheckedPolicy:
    """The policy of the working tree; `root` is the working directory where the user names a file."""
    return check_file(place.directory / place.named if place.named else None, root, place.pinned)


# --- in a commit -------------------------------------------------------------------------------


def _at(git: Git, commit: str, place: PolicyLocation) -> tuple[str, CheckedPolicy] | None:
    """The policy in a commit and the folder that it is for, from the top; None when there is none."""
    if not commit:
        return None
    return find_at(_reader(git, commit), git.prefix, _relative(place, git), place.pinned)


def _relative(place: PolicyLocation, git: Git) -> str:
    """The name of the policy from the working directory, where it leads into the work tree: an
    absolute one names the base's file, too. It is compared as it is written, then with links followed."""
    path = Path(place.named)
    if not path.is_absolute():
        return place.named
    written = (path, place.directory.absolute())
    for target, start in (written, (path.parent.resolve() / path.name, git.root.resolve())):
        name = Path(os.path.relpath(target, start)).as_posix()
        if not posixpath.normpath(posixpath.join(git.prefix, name)).startswith(("../", "/")):
            return name
    return place.named


def _reader(git: Git, commit: str) -> ReadTop:
    return partial(git.file_at, commit, limit=MAX_BYTES + 1)


def find_at(
    read: ReadTop, prefix: str, named: str, pinned: ReadPinned = not_fetched
) -> tuple[str, CheckedPolicy] | None:
    """The policy in a commit, checked, with its folder from the top; None when there is none.

    `read` reads a file of the commit; `prefix` is the working directory, from the top; `named` the file that
    the user names, relative to that folder, empty to look for one.
    """
    here = "/".join(parts(prefix))
    if not named:
        folders = [here]
        while folders[-1]:
            folders.append(posixpath.dirname(folders[-1]))
        found = ((folder, _in_folder(read, folder, pinned)) for folder in folders)
        return next(((folder, checked) for folder, checked in found if checked is not None), None)
    return _named_at(read, here, named, pinned)


def _named_at(read: ReadTop, here: str, named: str, pinned: ReadPinned) -> tuple[str, CheckedPolicy] | None:
    path = posixpath.normpath(posixpath.join(here, Path(named).as_posix()))
    if path.startswith(("../", "/")):
        return None
    folder = here if not here or path.startswith(f"{here}/") else posixpath.dirname(path)
    checked = _read_at(read, folder, path[len(folder) :].lstrip("/"), pinned)
    return None if checked is None else (folder, checked)


def _in_folder(read: ReadTop, folder: str, pinned: ReadPinned, named: str = "") -> CheckedPolicy | None:
    """The policy of one folder, from the top; None when it has none."""
    names = (named,) if named else defaults.FILES
    found = [name for name in names if read(posixpath.join(folder, name)) is not None]
    if len(found) > 1:
        return CheckedPolicy(None, (PolicyError(f"there are several policy files: {', '.join(found)}"),))
    return _read_at(read, folder, found[0], pinned) if found else None


def _read_at(read: ReadTop, folder: str, name: str, pinned: ReadPinned) -> CheckedPolicy | None:
    data = read(posixpath.join(folder, name))
    if data is None:
        return None

    def below(path: str) -> bytes:
        found = read(posixpath.join(folder, path))
        if found is None:
            raise PolicyError("does not exist in the base branch")
        return found

    try:
        return check_policy(data, name, below, origin="base", pinned=pinned)
    except PolicyError as error:
        return CheckedPolicy(None, (error,))


def _folder(directory: Path, prefix: str, folder: str) -> Path:
    """The folder of the working tree that lies where `folder` (from the top) does."""
    up = len(parts(prefix)) - len(parts(folder))
    return directory if up <= 0 else directory.absolute().parents[up - 1]
