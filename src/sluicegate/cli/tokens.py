"""The GitHub token of the environment."""

from __future__ import annotations

from collections.abc import Mapping

from sluicegate.core.errors import UsageError


def github_token(environment: Mapping[str, str]) -> str:
    """The token in `GITHUB_TOKEN`, else in `GH_TOKEN`.

    Raises:
        UsageError: there is none.
    """
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    if not token:
        raise UsageError(
            "there is no token",
            where="GITHUB_TOKEN",
            remedy="In a workflow add it to the step: `env: {GITHUB_TOKEN: '${{ github.token }}'}`; "
            "elsewhere set it, for example to the output of `gh auth token`.",
        )
    return token
