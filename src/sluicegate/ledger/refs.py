"""The refs of a ledger."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.git import Git

REF = "refs/sluicegate/ledger"
"""The default ref of the ledger. Clones do not fetch it."""


@dataclass(frozen=True, slots=True)
class Refs:
    """The two refs of a ledger.

    Attributes:
        ledger: the chain of all documents.
        baselines: one commit with the compact measures of the last recorded commits.
    """

    ledger: str = REF

    @property
    def baselines(self) -> str:
        """`refs/sluicegate/baselines`, or the ledger's own name with `-baselines`."""
        folder, _, name = self.ledger.rpartition("/")
        return f"{folder}/baselines" if name == "ledger" else f"{self.ledger}-baselines"


def refs_of(name: str, git: Git) -> Refs:
    """The refs of a ledger that the user names: a full ref, or a branch.

    Raises:
        UsageError: git does not allow the name.
    """
    if name == REF:
        return Refs()
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    if not git.text("check-ref-format", "--normalize", full) or "*" in full:
        raise UsageError(
            f"'{cut(one_line(name), 60)}' is not a valid ref name", where="--ref",
            remedy="Name a branch, or a ref such as refs/sluicegate/ledger.",
        )  # fmt: skip
    return Refs(full)
