"""Whether the checkout of a job may be a stranger's, by what GitHub says of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sluicegate.core.text import cut, one_line
from sluicegate.git import Git

EVENTS: Final = (
    "schedule", "workflow_dispatch", "repository_dispatch", "push", "issue_comment", "release",
)  # fmt: skip
"""Events whose commit, `GITHUB_SHA`, is one of a branch or tag of the repository itself.

Source: "Events that trigger workflows" of GitHub's documentation. That of a deployment may be the head of a
fork's pull request, for which a service made a preview.
"""


def why_strange(environment: Mapping[str, str], repository: Callable[[], Git | None]) -> str:
    """Why the checkout may be a stranger's; empty where it is not, as on a laptop.

    Args:
        environment: of the process, as the runner sets it.
        repository: git in the checkout, asked only in a job of GitHub Actions.

    Raises:
        SluicegateError: as of `repository`.
    """
    event, commit = (environment.get(key, "") for key in ("GITHUB_EVENT_NAME", "GITHUB_SHA"))
    if event not in ("", *EVENTS):
        return f"the event is {cut(one_line(event), 40)}"
    is_job = environment.get("GITHUB_ACTIONS") == "true" and bool(commit)
    return _why_other(repository(), commit, environment) if is_job else ""


def _why_other(git: Git | None, commit: str, environment: Mapping[str, str]) -> str:
    """Why a checkout is not that of the run's commit; empty where it is."""
    head = git.commit("HEAD") if git is not None else ""
    if git is None or not head:
        return "there is no commit in it"
    if head in (commit, _tip(git, environment)):
        return ""
    return f"it has {head[:12]}, and the run is about {cut(one_line(commit), 12)}"


def _tip(git: Git, environment: Mapping[str, str]) -> str:
    """The newest fetched commit of the run's branch, which another checkout than that of `GITHUB_SHA` has."""
    server, name = (environment.get(key, "") for key in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    origin = git.text("config", "--get", "remote.origin.url")
    branch = environment.get("GITHUB_REF", "").removeprefix("refs/heads/")
    if not name or origin.removesuffix(".git") != f"{server}/{name}":
        return ""
    return git.commit(f"refs/remotes/origin/{branch}")
