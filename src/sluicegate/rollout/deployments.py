"""Which commit an environment runs, as GitHub's Deployments say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github.client import number_at, seconds_at, text_at
from sluicegate.net.client import ApiError
from sluicegate.rollout.who import GitHub

_MOST = 20
"""Deployments of an environment that are looked at, the newest ones."""


def is_deployed(github: GitHub, environment: str, commit: str) -> bool:
    """Is the newest successful deployment that of the commit? False where GitHub cannot be asked."""
    if github.client is None or not commit:
        return False
    try:
        return any(found.sha == commit for found in islice(succeeded(github, environment), 1))
    except ApiError:
        return False


def deployed_commit(github: GitHub, environment: str) -> str:
    """The commit of the newest successful deployment.

    Raises:
        UsageError: no deployment succeeded, or GitHub cannot be asked without a token.
        WorldError: GitHub failed.
    """
    remedy = "Name the commit that is deployed: --commit SHA."
    if github.client is None:
        raise UsageError("without a token GitHub does not say what is deployed", remedy=remedy)
    try:
        found = next((one.sha for one in succeeded(github, environment)), "")
    except ApiError as error:
        what = f"the deployments of {environment} could not be read: {error.message}"
        raise WorldError(what, remedy=f"It takes `deployments: read`. {remedy}") from error
    if not found:
        raise UsageError(f"no deployment of {environment} succeeded", remedy=remedy)
    return found


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment that succeeded: its commit, and when it did, in seconds since 1970; 0 where unknown."""

    sha: str
    at: int


def succeeded(github: GitHub, environment: str) -> Iterator[Deployed]:
    """The deployments that succeeded, the newest first; stages of rollouts are none.

    Raises:
        ApiError: GitHub failed.
    """
    client = github.client
    if client is None:
        return
    path = f"/repos/{github.repository}/deployments"
    for found in client.first(path, environment=environment, task="deploy", per_page=_MOST):
        statuses = client.first(f"{path}/{number_at(found, 'id')}/statuses", per_page=1)
        if statuses and text_at(statuses[0], "state") == "success":
            yield Deployed(text_at(found, "sha"), seconds_at(statuses[0], "created_at"))
