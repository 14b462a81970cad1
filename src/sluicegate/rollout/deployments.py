"""Which commit an environment runs, as GitHub's Deployments say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github.client import number_at, text_at
from sluicegate.net.client import ApiError
from sluicegate.rollout.who import GitHub

_MOST = 20
"""Deployments of an environment that are looked at, the newest ones."""


def is_deployed(github: GitHub, environment: str, commit: str) -> bool:
    """Is the newest successful deployment that of the commit? False where GitHub cannot be asked."""
    if github.client is None or not commit:
        return False
    try:
        return any(sha == commit for sha in islice(_succeeded(github, environment), 1))
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
        found = next(_succeeded(github, environment), "")
    except ApiError as error:
        what = f"the deployments of {environment} could not be read: {error.message}"
        raise WorldError(what, remedy=f"It takes `deployments: read`. {remedy}") from error
    if not found:
        raise UsageError(f"no deployment of {environment} succeeded", remedy=remedy)
    return found


def _succeeded(github: GitHub, environment: str) -> Iterator[str]:
    """The commits of the deployments that succeeded, the newest first; stages of rollouts are none."""
    client = github.client
    if client is None:
        return
    path = f"/repos/{github.repository}/deployments"
    for found in client.first(path, environment=environment, task="deploy", per_page=_MOST):
        if _state(client.first(f"{path}/{number_at(found, 'id')}/statuses", per_page=1)) == "success":
            yield text_at(found, "sha")


def _state(statuses: list[dict[str, Any]]) -> str:
    return text_at(statuses[0], "state") if statuses else ""
