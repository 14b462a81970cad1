"""GitHub's REST API: lists, pages, and the meaning of answers.

Sources: GitHub's pages "Rate limits for the REST API" and "Best practices for using the REST API":
honour `retry-after`; else with nothing left wait for `x-ratelimit-reset`; else after a secondary
limit wait a minute; a second between writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sluicegate.core.text import cut, one_line
from sluicegate.net.client import Answer, ApiError, Clock, PatientClient, Refusal, Rules

PER_PAGE = 100
GRAPHQL = "/graphql"
"""The path of the GraphQL API, wherever a server has it."""

SECONDARY_WAIT = 60.0
"""Seconds to wait after a secondary limit without a `retry-after`."""

_MAX_PAGES = 100
_LAST = re.compile(r'[?&]page=(\d{1,9})[^<>]*>;\s*rel="last"')


@dataclass(frozen=True, slots=True)
class GitHubRules:
    """The meaning of GitHub's answers."""

    between_writes: float = 1.0

    def succeeds(self, answer: Answer) -> bool:
        """Is it a successful answer?"""
        return answer.status < 300 and answer.is_json

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        """Seconds to wait before the next try; None when a retry would not help."""
        limited = _is_limit(answer)
        if not limited and answer.status >= 300 and answer.status not in (500, 502, 503, 504):
            return None
        after = answer.seconds("retry-after")
        if after is not None:
            return after
        if not limited:
            return 2.0**attempt
        reset = answer.seconds("x-ratelimit-reset")
        if reset is not None and answer.headers.get("x-ratelimit-remaining") == "0":
            return max(reset - now, 0.0) + 1.0  # the header is exact to the second
        return SECONDARY_WAIT * 2.0**attempt

    def reason(self, answer: Answer) -> str:
        """GitHub's own message, on one line."""
        message = text_at(answer.object, "message") if answer.is_json else ""
        return f"{answer.status}: {cut(one_line(message), 300)}" if message else str(answer.status)


def text_at(found: object, *keys: str) -> str:
    """The text below the keys in an answer; empty where it lacks them."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def number_at(found: object, *keys: str) -> int:
    """The whole number below the keys in an answer; 0 where it lacks them."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, int) else 0


def seconds_at(found: object, *keys: str) -> int:
    """The moment below the keys in an answer, in seconds since 1970; 0 where it lacks them."""
    try:
        return int(datetime.fromisoformat(text_at(found, *keys).replace("Z", "+00:00")).timestamp())
    except ValueError:
        return 0


def _is_limit(answer: Answer) -> bool:
    """Is it a rate limit? A 403 may also be a refusal."""
    headers = answer.headers
    stated = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return answer.status == 429 or (answer.status == 403 and (stated or "rate limit" in answer.text.lower()))


def connect(token: str, api_url: str, *, seconds: float = 180.0, clock: Clock | None = None) -> Client:
    """A client of the API, or of github.com without an address; PyGithub is imported on the first call.

    Without a token it reads public data. All requests together may take so many seconds, waits included.

    Raises:
        UsageError: `api_url` is not an address.
    """
    from sluicegate.github.pygithub import transport

    return Client(transport(token, api_url), clock or Clock(), seconds=seconds, secret=token)


@dataclass(slots=True)
class Client(PatientClient):
    """Requests to GitHub's REST API."""

    rules: Rules = field(default=GitHubRules(), kw_only=True, repr=False)

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """The object in the answer to a GET.

        Raises:
            ApiError: it did not succeed.
        """
        return self.read(path, parameters).object

    def graphql(self, query: str, **variables: str) -> dict[str, Any]:
        """The data that a query of the GraphQL API gives.

        Raises:
            ApiError: it did not succeed, also in part.
        """
        body = {"query": query, "variables": variables}
        found = self._try(partial(self.transport.send, "POST", GRAPHQL, {}, body)).object
        errors, data = found.get("errors"), found.get("data")
        if errors or not isinstance(data, dict):
            first = errors[0] if isinstance(errors, list) and errors else {}
            message = cut(one_line(text_at(first, "message")), 300) or "no data"
            raise ApiError(Refusal.GAVE_UP, f"the server answered {message}", 200)
        return data

    def newest(self, path: str, most: int) -> Iterator[dict[str, Any]]:
        """The objects of a list that the server gives oldest first, the newest first.

        Additions to the list cannot hide what is new, nor cost more than `most` pages and the first: of a
        longer list the older objects are left out.

        Raises:
            ApiError: a page did not succeed.
        """
        first, link = self._page(path, "", {"per_page": PER_PAGE, "page": 1})
        match = _LAST.search(link)
        last = int(match[1]) if match else 1
        for page in range(last, max(last - most, 1), -1):
            yield from reversed(self._page(path, "", {"per_page": PER_PAGE, "page": page})[0])
        if last <= most + 1:
            yield from reversed(first)

    def pages(self, path: str, key: str = "", **parameters: str | int) -> Iterator[dict[str, Any]]:
        """All objects of a list, over all its pages; `key` names it inside its envelope.

        Raises:
            ApiError: a page did not succeed.
        """
        for page in range(1, _MAX_PAGES + 1):
            items, link = self._page(path, key, {**parameters, "per_page": PER_PAGE, "page": page})
            yield from items
            if 'rel="next"' not in link:
                return
        raise ApiError(Refusal.GAVE_UP, f"{path} has more than {_MAX_PAGES * PER_PAGE:,} entries")

    def first(self, path: str, **parameters: str | int) -> list[dict[str, Any]]:
        """The objects of a list's first page, for lists that are not divided into pages, or not by number.

        Raises:
            ApiError: it did not succeed.
        """
        return self._page(path, "", parameters)[0]

    def _page(
        self, path: str, key: str, parameters: Mapping[str, str | int]
    ) -> tuple[list[dict[str, Any]], str]:
        """The objects of a page, and the header that links the others."""
        answer = self.read(path, parameters)
        items = answer.object.get(key) if key else json.loads(answer.text or "null")
        if not isinstance(items, list):
            raise ApiError(Refusal.GAVE_UP, f"the server's answer to {path} is not a list", answer.status)
        return [item for item in items if isinstance(item, dict)], answer.headers.get("link", "")
