"""The names of commit status and check run. Pure.

A status belongs to a commit alone, and a verdict to a commit and a branch: policy, change and baseline
are the base's. So the name contains the branch, except for the default branch, and a verdict for one
base never counts for another.

| verdict for | name |
| --- | --- |
| the default branch | `sluicegate/gate` |
| the branch `release/1` | `sluicegate/gate: release/1` |
| the branch `Release/1` | `sluicegate/gate: Release/1~` and ten digits of the SHA-256 of `Release/1` |

GitHub compares names of statuses without regard to case ("Create a commit status") and up to 255 characters.
So a branch with other characters than `a-z 0-9 . _ / + -`, or with more than a hundred, is distinguished by a
digest. Neither `: ` nor `~` can be part of a branch's name (git-check-ref-format).
"""

from __future__ import annotations

import hashlib
import re

from sluicegate.core.text import cut, one_line

CONTEXT = "sluicegate/gate"
"""The commit status's name for the default branch."""

CHECK = "sluicegate/report"
"""The check run's name; it differs from the status's, since a rule that requires one name would
require both."""

MAX_BRANCH = 100
"""Characters of a branch that are shown."""

_PLAIN = re.compile(rf"[a-z0-9._/+-]{{1,{MAX_BRANCH}}}")
_DIGITS = 10


def shown_branch(branch: str) -> str:
    """The branch in a name, unique for each branch even without regard to case."""
    if _PLAIN.fullmatch(branch):
        return branch
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
    text = one_line(branch).encode("ascii", "replace").decode("ascii")
    return f"{text[:MAX_BRANCH]}~{digest}"


def qualified(name: str, branch: str, key: str) -> str:
    """A name with the branch and the user's key; each may be empty.

    Args:
        name: `CONTEXT` or `CHECK`.
        branch: that the verdict is for, unless it is the default branch.
        key: that the user chose, to distinguish several reports on one commit.
    """
    of_branch = f": {shown_branch(branch)}" if branch else ""
    return f"{name}{of_branch}" + (f" ({cut(one_line(key), 60)})" if key else "")
