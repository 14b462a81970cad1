"""Requests to one server: retried as the server asks, within a budget, and never carried out twice.

A lost connection or a server's fault leaves open whether a write took effect, so the write is looked up
before it is sent again.
"""

from __future__ import annotations

import enum
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluicegate.core.text import one_line, redact

ATTEMPTS = 5
"""Of one request."""

Body = Mapping[str, Any] | Sequence[Any]
"""What is sent as JSON."""


class Refusal(enum.StrEnum):
    """Why a request did not succeed."""

    UNAUTHENTICATED = "401"
    DENIED = "denied"
    MISSING = "missing"
    INVALID = "invalid"
    GAVE_UP = "gave up"
    """The server or the network failed for longer than the budget allows."""


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

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The answer.

        Raises:
            LostConnection: none came.
        """
        ...


class Rules(Protocol):
    """What the answers of one kind of server mean."""

    @property
    def between_writes(self) -> float:
        """Seconds from one write to the next."""
        ...

    def succeeds(self, answer: Answer) -> bool:
        """Is it the answer that was asked for?"""
        ...

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        """Seconds to wait before the next try; None when another try is of no use.

        Args:
            answer: of the failed try.
            attempt: how many tries came before it.
            now: seconds since 1970.
        """
        ...

    def reason(self, answer: Answer) -> str:
        """The server's own message, on one line."""
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

    reason: str
    status: int
    wait: float

    @property
    def is_unsure(self) -> bool:
        """May the request have taken effect all the same?"""
        return self.status < 300 or self.status >= 500


@dataclass(slots=True)
class PatientClient:
    """Requests to one server.

    Attributes:
        transport: sends them.
        clock: the time.
        requests: how many may still be sent.
        seconds: how long all of them together may take, waits included.
        secret: never appears in a message.
        sent: how many were sent.
        rules: of the server.
    """

    transport: Transport
    clock: Clock = field(default_factory=Clock)
    requests: int = 200
    seconds: float = 180.0
    secret: str = field(default="", repr=False)
    sent: int = 0
    rules: Rules = field(kw_only=True, repr=False)
    _started: float = field(default=-1.0, repr=False)
    _last_write: float = field(default=-1e9, repr=False)

    def read(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        """The answer to a GET.

        Raises:
            ApiError: it did not succeed.
        """
        return self._try("GET", path, parameters, None, None)

    def write(
        self,
        verb: str,
        path: str,
        body: Body | None,
        landed: Callable[[], dict[str, Any] | None] | None = None,
    ) -> dict[str, Any]:
        """The parsed body that a write answers; an empty object for an empty body.

        Args:
            verb: POST, PATCH, PUT or DELETE.
            path: below the server's address.
            body: sent as JSON.
            landed: looks whether the write took effect although no answer came, and returns what it would
                have answered; None for a write that may be repeated.

        Raises:
            ApiError: it did not succeed.
        """
        wait = self._last_write + self.rules.between_writes - self.clock.monotonic()
        if wait > 0:
            self.clock.sleep(wait)
        answer = self._try(verb, path, {}, body, landed)
        self._last_write = self.clock.monotonic()
        return parsed(answer)

    def _try(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any],
        body: Body | None,
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
        raise ApiError(Refusal.GAVE_UP, f"{failure.reason} (tried {ATTEMPTS} times)", failure.status)

    def _once(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, Any],
        body: Body | None,
        attempt: int,
    ) -> Answer | _Failure:
        try:
            answer = self.transport.send(verb, path, parameters, body)
        except LostConnection as error:
            return _Failure(f"no answer: {one_line(str(error))}", 0, 2.0**attempt)
        if self.rules.succeeds(answer):
            return answer
        reason = self.rules.reason(answer)
        if self.secret:
            reason = reason.replace(self.secret, "***")
        wait = self.rules.wait(answer, attempt, self.clock.now())
        if wait is None:
            raise refused(answer.status, reason)
        return _Failure(reason, answer.status, wait)

    def _spend(self, failure: _Failure) -> None:
        if self._started < 0:
            self._started = self.clock.monotonic()
        if self.sent >= self.requests:
            after = f"; the last answer was: {failure.reason}" if failure.reason else ""
            message = f"all {self.requests} requests are used up{after}"
            raise ApiError(Refusal.GAVE_UP, message, failure.status)
        self.sent += 1

    def _wait(self, failure: _Failure) -> None:
        left = self._started + self.seconds - self.clock.monotonic()
        if failure.wait > left:
            times = f"the next try would be in {failure.wait:.0f} s, and {max(left, 0):.0f} s are left"
            raise ApiError(Refusal.GAVE_UP, f"{failure.reason}; {times}", failure.status)
        self.clock.sleep(failure.wait)


_REFUSALS = {
    400: Refusal.INVALID,
    401: Refusal.UNAUTHENTICATED,
    403: Refusal.DENIED,
    404: Refusal.MISSING,
    410: Refusal.MISSING,
    413: Refusal.INVALID,
    422: Refusal.INVALID,
}


def refused(status: int, reason: str) -> ApiError:
    """The error for an answer that is not worth another try."""
    return ApiError(_REFUSALS.get(status, Refusal.GAVE_UP), f"the server answered {reason}", status)


def parsed(answer: Answer) -> dict[str, Any]:
    """The object in the body; an empty one for an empty body."""
    found = json.loads(answer.text) if answer.text.strip() else None
    return found if isinstance(found, dict) else {}


def is_json(answer: Answer) -> bool:
    """Is the body JSON, or empty? A proxy's page is no answer of the server."""
    if not answer.text.strip():
        return True
    try:
        json.loads(answer.text)
    except (ValueError, RecursionError):
        return False
    return True


def seconds_of(answer: Answer, header: str) -> float | None:
    """The value of a header that is a whole number of seconds; None for anything else."""
    text = answer.headers.get(header, "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None
