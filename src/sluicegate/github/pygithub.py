"""The transport by PyGithub: authentication, proxies, certificates, redirects.

Imported on first use, since it imports requests and cryptography.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from github.Requester import Requester

from github import Auth, Github
from sluicegate import __version__
from sluicegate.core.errors import UsageError
from sluicegate.net.client import Answer, Body, LostConnection

DEFAULT_URL = "https://api.github.com"
TIMEOUT = 30
"""Seconds that the server may be silent."""

_API_VERSION = "2022-11-28"


class PyGithubTransport:
    """Sends requests as PyGithub does, each once: the client decides about retries."""

    def __init__(self, token: str, base_url: str) -> None:
        self._requester: Requester = Github(
            auth=Auth.Token(token) if token else None,
            base_url=base_url,
            user_agent=f"sluicegate/{__version__}",
            timeout=TIMEOUT,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=_API_VERSION,
        ).requester

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The answer to a request.

        Raises:
            LostConnection: no answer came.
        """
        url = self._requester.graphql_url if path == "/graphql" else path
        try:
            status, headers, text = self._requester.requestJson(
                verb, url, dict(parameters), {"Accept": "application/vnd.github+json"}, body
            )
        except requests.RequestException as error:
            raise LostConnection(type(error).__name__) from None
        except (RuntimeError, AssertionError):
            return Answer(301, {}, json.dumps({"message": "redirected to another server"}))
        return Answer(status, {k.lower(): str(v) for k, v in headers.items()}, str(text))


def transport(token: str, base_url: str) -> PyGithubTransport:
    """The transport to the server at `base_url` (`GITHUB_API_URL`; empty for github.com).

    Raises:
        UsageError: the address is invalid.
    """
    url = (base_url or DEFAULT_URL).rstrip("/")
    if not url.startswith(("https://", "http://")) or len(url.split("/")[2]) == 0:
        raise UsageError(
            "is not the address of an API", where="GITHUB_API_URL",
            remedy=f"The runner sets it; on github.com it is {DEFAULT_URL}.",
        )  # fmt: skip
    return PyGithubTransport(token, url)
