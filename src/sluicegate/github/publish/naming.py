"""The names of commit status and check run. Pure.

A status belongs to a commit alone, and a verdict to a commit and the branch that it is for: policy, change
and baseline are the base's. So the name says the branch, except for the default branch, and what was
judged for one base never speaks for another.

| verdict for | name |
| --- | --- |
| the default branch | `sluicegate/gate` |
| the branch `release/1` | `sluicegate/gate: release/1` |
| the branch `Release/1` | `sluicegate/gate: Release/1~` and ten digits of the SHA-256 of `Release/1` |

GitHub takes a status's name without regard to case ("Create a commit status") and up to 255 characters.
So a branch with other characters than `a-z 0-9 . _ / + -`, or with more than a hundred, is told apart by a
digest. Neither `: ` nor `~` can be part of a branch's name (git-check-ref-format).
"""

from __future__ import annotations

import hashlib
import re

from sluicegate.core.text import cut, one_line

CONTEXT = "sluicegate/gate"
"""The commit status's name for the default branch."""

CHECK = "sluicegate/report"
"""The check run's name; another than the status's, since a rule that requires one name would
require both."""

MAX_BRANCH = 100
"""Characters of a branch that are shown."""

_PLAIN = re.compile(rf"[a-z0-9._/+-]{{1,{MAX_BRANCH}}}")
_DIGITS = 10


def shown_branch(branch: str) -> str:
    """The branch in a name: no two branches have the same, whatever case a server honours."""
    if _PLAIN.fullmatch(branch):
        return branch
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    text = one_line(branch).encode("ascii", "replace").decode("ascii")
    return f"{text[:MAX_BRANCH]}~{digest}"


def qualified(name: str, branch: str, key: str) -> str:
    """A name with the branch and the user's key; each is empty where there is none to tell.

    Args:
        name: `CONTEXT` or `CHECK`.
        branch: that the verdict is for, unless it is the default branch.
        key: that the user chose, so that several reports on one commit stay apart.
    """
    of_branch = f": {shown_branch(branch)}" if branch else ""
    return f"{name}{of_branch}" + (f" ({cut(one_line(key), 60)})" if key else "")
