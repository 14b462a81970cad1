"""The target of a report: named by the event or the user, never by the report. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.github.event import SHA, EventContext

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True)
class Target:
    """A repository, a commit and perhaps its pull request.

    Attributes:
        repository: `owner/name`.
        head: full object name of the commit that statuses and check runs belong to; empty when
            only the pull request is named: the server gives its head.
        number: of the pull request; 0 without one.
        branch: of the verdict: the pull request's base, or the branch of the push; empty when the server
            gives it.
        default_branch: of the repository; empty when the server gives it.
        measured_by_fork: number of the pull request whose fork's own run measured; 0 for none.
        read_only: the event's token cannot write, whatever permissions the workflow requests.
    """

    repository: str
    head: str = ""
    number: int = 0
    branch: str = ""
    default_branch: str = ""
    measured_by_fork: int = 0
    read_only: bool = False


def target_of(
    event: EventContext, *, repository: str = "", number: int = 0, commit: str = "", branch: str = ""
) -> Target:
    """The target from the event, each part replaced by what the user names.

    Raises:
        UsageError: a part is malformed, or neither commit nor pull request is named.
    """
    named = _repository(repository or event.repository)
    default = event.default_branch if named == event.repository else ""
    if commit or named != event.repository or number not in (0, event.number):
        target = Target(named, commit, number, branch, default)
    else:
        read_only = event.is_fork or event.is_dependabot
        target = Target(
            named, event.head_sha, event.number, branch or event.branch, default, read_only=read_only
        )
    _check(target, commit)
    return target


def _check(target: Target, commit: str) -> None:
    if commit and not SHA.fullmatch(commit):
        raise UsageError(
            "is not a commit's full object name", where=f"--commit {cut(one_line(commit), 80)}",
            remedy="Take what `git rev-parse HEAD` prints.",
        )  # fmt: skip
    if not target.head and not target.number:
        raise UsageError(
            "nothing names a commit or a pull request to publish to",
            remedy="Outside GitHub Actions name one with --pull-request or --commit.",
        )


def _repository(name: str) -> str:
    if not name:
        raise UsageError(
            "no repository is named", where="--repository",
            remedy="Outside GitHub Actions name it, for example --repository octo-org/octo-repo.",
        )  # fmt: skip
    if not _REPOSITORY.fullmatch(name) or name.endswith(("/.", "/..")):
        raise UsageError(
            f"'{cut(one_line(name), 80)}' is not a repository of the form OWNER/NAME", where="--repository"
        )
    return name
