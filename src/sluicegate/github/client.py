"""GitHub's REST API, patiently: retries as the server asks, within a budget, and never twice.

Sources: GitHub's pages "Rate limits for the REST API" and "Best practices for using the REST API":
honour `retry-after`; else with nothing left wait for `x-ratelimit-reset`; else after a secondary
limit wait a minute; a second between writes. A 5xx or a lost connection leaves open whether a write
took effect, so it is looked up before it is tried again.
"""

from __future__ import annotations

import enum
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluicegate.core.text import cut, one_line, redact

PER_PAGE = 100
ATTEMPTS = 5
"""Of one request."""

BETWEEN_WRITES = 1.0
"""Seconds."""

SECONDARY_WAIT = 60.0
"""Seconds to wait after a secondary limit that does not say how long."""

_MAX_PAGES = 100
_LAST = re.compile(r'[?&]page=(\d{1,9})[^<>]*>;\s*rel="last"')


class Refusal(enum.StrEnum):
    """Why a request did not succeed."""

    UNAUTHENTICATED = "401"
    DENIED = "denied"
    MISSING = "missing"
    INVALID = "invalid"
    GAVE_UP = "gave up"  # server or network failed for longer than we wait


class ApiError(Exception):
    """A request that did not succeed.

    Args:
        refusal: why.
        message: for people, one line, without secrets.
        status: HTTP status of the last answer; 0 without one.
    """

    def __init__(self, refusal: Refusal, message: str, status: int = 0) -> None:
        super().__init__(redact(message))
        self.refusal = refusal
        self.message = redact(message)
        self.status = status


class LostConnection(Exception):
    """No answer came; the request may have taken effect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    text: str


class Transport(Protocol):
    """Sends one request, once."""

    def send(
        self, verb: str, path: str, parameters: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> Answer:
        """The answer.

        Raises:
            LostConnection: none came.
        """
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, injected: `monotonic` and `now` in seconds, `now` since 1970."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class _Failure:
    """A try that did not succeed, and how many seconds to wait before the next."""

    said: str
    status: int
    wait: float

    @property
    def is_unsure(self) -> bool:
        """May it have taken effect all the same?"""
        return self.status < 300 or self.status >= 500


@dataclass(slots=True)
class Client:
    """Requests to one server.

    Attributes:
        transport: sends them.
        clock: tells the time and waits.
        requests: how many may still be sent.
        seconds: how long all of them together may take, waits included.
        secret: never appears in a message.
        sent: how many were sent.
    """

    transport: Transport
    clock: Clock = field(default_factory=Clock)
    requests: int = 200
    seconds: float = 180.0
    secret: str = field(default="", repr=False)
    sent: int = 0
    _started: float = field(default=-1.0, repr=False)
    _last_write: float = field(default=-1e9, repr=False)

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """The object that a GET answers.

        Raises:
            ApiError: it did not succeed.
        """
        return _object(self._patiently("GET", path, parameters, None, None))

    def items(self, path: str) -> list[dict[str, Any]]:
        """All objects of a list that the server does not divide into pages.

        Raises:
            ApiError: it did not succeed.
        """
        return self._page(path, "", {})[0]

    def newest(self, path: str, most: int) -> Iterator[dict[str, Any]]:
        """The objects of a list that the server gives oldest first, the newest first.

        Whoever may add to the list cannot hide what is new, nor make it cost more than `most` pages, and the
        first: of a longer list the older ones are left out.

        Raises:
            ApiError: a page did not succeed.
        """
        first, link = self._page(path, "", {"per_page": PER_PAGE, "page": 1})
        last = _last_page(link)
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
        """The objects of a list's first page, for lists that are not paged by number.

        Raises:
            ApiError: it did not succeed.
        """
        return self._page(path, "", {**parameters, "per_page": PER_PAGE})[0]

    def _page(
        self, path: str, key: str, parameters: Mapping[str, str | int]
    ) -> tuple[list[dict[str, Any]], str]:
        """The objects of a page, and the header that links the others."""
        answer = self._patiently("GET", path, parameters, None, None)
        items = _object(answer).get(key) if key else json.loads(answer.text or "null")
        if not isinstance(items, list):
            raise ApiError(Refusal.GAVE_UP, f"the server's answer to {path} is not a list", answer.status)
        return [item for item in items if isinstance(item, dict)], answer.headers.get("link", "")

    def write(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        landed: Callable[[], dict[str, Any] | None] | None = None,
    ) -> dict[str, Any]:
        """The parsed body of a write; an empty object where there is none.

        Args:
            verb: POST, PATCH or DELETE.
            path: below the server's address.
            body: sent as JSON.
            landed: looks whether the write took effect although no answer came, and gives what it
                would have answered; None for a write that may be repeated.

        Raises:
            ApiError: it did not succeed.
        """
        wait = self._last_write + BETWEEN_WRITES - self.clock.monotonic()
        if wait > 0:
            self.clock.sleep(wait)
        answer = self._patiently(verb, path, {}, body, landed)
        self._last_write = self.clock.monotonic()
        return _object(answer)

    # --- one request, several times ------------------------------------------------------------

    def _patiently(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        landed: Callable[[], dict[str, Any] | None] | None,
    ) -> Answer:
        failure = _Failure("", 0, 0.0)
        for attempt in range(ATTEMPTS):
            self._spend(failure)
            result = self._once(verb, path, parameters, body, attempt)
            if isinstance(result, Answer):
                return result
            failure = result
            if attempt < ATTEMPTS - 1:
                self._wait(failure)
            found = landed() if landed and failure.is_unsure else None
            if found is not None:
                return Answer(200, {}, json.dumps(found))
        raise ApiError(Refusal.GAVE_UP, f"{failure.said} (tried {ATTEMPTS} times)", failure.status)

    def _once(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        attempt: int,
    ) -> Answer | _Failure:
        try:
            answer = self.transport.send(verb, path, parameters, body)
        except LostConnection as error:
            return _Failure(f"no answer: {one_line(str(error))}", 0, 2.0**attempt)
        if answer.status < 300 and _is_json(answer):
            return answer
        said = self._said(answer)
        wait = retry_wait(answer, attempt, self.clock.now())
        if wait is None:
            raise refused(answer, said)
        return _Failure(said, answer.status, wait)

    def _spend(self, failure: _Failure) -> None:
        if self._started < 0:
            self._started = self.clock.monotonic()
        if self.sent >= self.requests:
            after = f"; the last answer was: {failure.said}" if failure.said else ""
            raise ApiError(
                Refusal.GAVE_UP, f"all {self.requests} requests are used up{after}", failure.status
            )
        self.sent += 1

    def _wait(self, failure: _Failure) -> None:
        left = self._started + self.seconds - self.clock.monotonic()
        if failure.wait > left:
            times = f"the next try would be in {failure.wait:.0f} s, and {max(left, 0):.0f} s are left"
            raise ApiError(Refusal.GAVE_UP, f"{failure.said}; {times}", failure.status)
        self.clock.sleep(failure.wait)

    def _said(self, answer: Answer) -> str:
        """The server's own words, on one line, without the token."""
        try:
            found = json.loads(answer.text)
            words = str(found["message"]) if isinstance(found, dict) and "message" in found else ""
        except (ValueError, RecursionError):
            words = ""
        said = f"{answer.status}: {cut(one_line(words), 300)}" if words else str(answer.status)
        return said.replace(self.secret, "***") if self.secret else said


def retry_wait(answer: Answer, attempt: int, now: float) -> float | None:
    """Seconds to wait before the next try; None when trying again is no use.

    Args:
        answer: that was no success.
        attempt: how many tries came before.
        now: seconds since 1970.
    """
    limited = _is_limit(answer)
    if not limited and answer.status >= 300 and answer.status not in (500, 502, 503, 504):
        return None
    after = _seconds(answer, "retry-after")
    if after is not None:
        return after
    if not limited:
        return 2.0**attempt
    reset = _seconds(answer, "x-ratelimit-reset")
    if reset is not None and answer.headers.get("x-ratelimit-remaining") == "0":
        return max(reset - now, 0.0) + 1.0  # when within that second is not said
    return SECONDARY_WAIT * 2.0**attempt


def _seconds(answer: Answer, header: str) -> float | None:
    text = answer.headers.get(header, "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _last_page(link: str) -> int:
    """The number of the last page that the header links; 1 where it links none, or what is no number."""
    match = _LAST.search(link)
    return int(match[1]) if match else 1


def _is_limit(answer: Answer) -> bool:
    """Is it a rate limit? A 403 may also be a refusal."""
    headers = answer.headers
    said = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return answer.status == 429 or (answer.status == 403 and (said or "rate limit" in answer.text.lower()))


def refused(answer: Answer, said: str) -> ApiError:
    """The error for an answer that is not worth another try."""
    kinds = {
        401: Refusal.UNAUTHENTICATED,
        403: Refusal.DENIED,
        404: Refusal.MISSING,
        410: Refusal.MISSING,
        400: Refusal.INVALID,
        413: Refusal.INVALID,
        422: Refusal.INVALID,
    }
    return ApiError(kinds.get(answer.status, Refusal.GAVE_UP), f"the server answered {said}", answer.status)


def _is_json(answer: Answer) -> bool:
    """Is the body JSON, or nothing? A proxy's page is not an answer of GitHub's."""
    if not answer.text.strip():
        return True
    try:
        json.loads(answer.text)
    except (ValueError, RecursionError):
        return False
    return True


def _object(answer: Answer) -> dict[str, Any]:
    """The parsed body; an empty object where there is none."""
    found = json.loads(answer.text) if answer.text.strip() else None
    return found if isinstance(found, dict) else {}
