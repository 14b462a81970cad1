"""The few reads of GitHub's REST API that approvals need: a seam, and PyGithub behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

PER_PAGE = 100
MAX_PAGES = 30
RETRIES = 4


class ReadError(Exception):
    """The server did not answer, or refused.

    Args:
        message: one line for people, without secrets.
        status: of HTTP; 0 without an answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Reads(Protocol):
    """Reading JSON from paths such as `/repos/o/r/pulls/7`; every method raises `ReadError`."""

    def get(self, path: str) -> Mapping[str, Any]:
        """The object at a path."""
        ...

    def first(self, path: str, **parameters: str) -> list[Mapping[str, Any]]:
        """The objects of a list's first page, a hundred at the most."""
        ...

    def pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The objects of a list over all its pages."""
        ...


class PyGithubReads:
    """Reads by PyGithub, which tries again as the server asks.

    Args:
        token: sent to `base_url` alone.
        base_url: of the API, `GITHUB_API_URL` on a runner.
        retries: of one request.
    """

    def __init__(self, token: str, base_url: str, retries: int = RETRIES) -> None:
        from github import Auth, Github, GithubRetry

        retry = GithubRetry(total=retries, backoff_factor=1.0, secondary_rate_wait=60.0)
        self._requester = Github(
            auth=Auth.Token(token), base_url=base_url.rstrip("/"), timeout=30, retry=retry,
            seconds_between_requests=None, seconds_between_writes=None,
        ).requester  # fmt: skip

    def get(self, path: str) -> Mapping[str, Any]:
        """The object at a path."""
        found = self._read(path, {})
        if not isinstance(found, dict):
            raise ReadError(f"the answer to {path} is not an object")
        return found

    def first(self, path: str, **parameters: str) -> list[Mapping[str, Any]]:
        """The objects of a list's first page, a hundred at the most."""
        found = self._read(path, {**parameters, "per_page": str(PER_PAGE)})
        if not isinstance(found, list):
            raise ReadError(f"the answer to {path} is not a list")
        return [item for item in found if isinstance(item, dict)]

    def pages(self, path: str) -> Iterator[Mapping[str, Any]]:
        """The objects of a list over all its pages."""
        for number in range(1, MAX_PAGES + 1):
            found = self.first(path, page=str(number))
            yield from found
            if len(found) < PER_PAGE:
                return
        raise ReadError(f"{path} has more than {MAX_PAGES * PER_PAGE:,} entries")

    def _read(self, path: str, parameters: Mapping[str, str]) -> object:
        import requests

        from github import GithubException

        try:
            _, found = self._requester.requestJsonAndCheck("GET", path, dict(parameters))
        except GithubException as error:
            said = error.data.get("message", "") if isinstance(error.data, dict) else ""
            message = f"{path}: the server answered {error.status} {said}".strip()
            raise ReadError(message, error.status) from None
        except (requests.RequestException, ValueError) as error:
            raise ReadError(f"{path}: {type(error).__name__}") from None
        return found
