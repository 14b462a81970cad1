"""Requests to one server: retried as the server asks, within a budget, and never carried out twice.

A lost connection or a server's fault leaves open whether a write took effect, so the write is looked up
before it is sent again.
"""

from __future__ import annotations

import enum
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from sluicegate.core.text import one_line, redact
from sluicegate.documents.parsing import takes_too_much

ATTEMPTS = 5
"""Of one request."""

Body = Mapping[str, Any] | Sequence[Any]
"""What is sent as JSON."""

Landed = Callable[[], dict[str, Any] | None]
"""Looks whether a write took effect, and returns what it would have answered; None for no."""


class Refusal(enum.StrEnum):
    """Why a request did not succeed."""

    UNAUTHENTICATED = "401"
    DENIED = "denied"
    MISSING = "missing"
    INVALID = "invalid"
    UNREACHABLE = "unreachable"
    """Nothing was sent: what is set up here leads to no server."""
    GAVE_UP = "gave up"
    """The server or the network failed for longer than the budget allows."""


class ApiError(Exception):
    """A request that did not succeed.

    Attributes:
        refusal: why.
        message: one line for people, without secrets.
        status: of the last answer, 0 without one.
        body: of a refusal, without the secret of its client; empty where the tries were given up.
    """

    def __init__(self, refusal: Refusal, message: str, status: int = 0, body: str = "") -> None:
        super().__init__(redact(message))
        self.refusal = refusal
        self.message = redact(message)
        self.status = status
        self.body = body


class LostConnection(Exception):
    """No answer came; the request may have taken effect."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_json(self) -> bool:
        """Is the body JSON of bounded memory, or empty? A proxy's page is no answer of the server."""
        if takes_too_much(self.text.encode()):
            return False
        try:
            json.loads(self.text.strip() or "null")
        except (ValueError, RecursionError):
            return False
        return True

    @property
    def object(self) -> dict[str, Any]:
        """The object in the body; an empty one for an empty body."""
        found = json.loads(self.text.strip() or "null")
        return found if isinstance(found, dict) else {}

    def seconds(self, header: str) -> float | None:
        """The value of a header that is a whole number of seconds; None for anything else."""
        text = self.headers.get(header, "").strip()
        return float(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def without(text: str, secrets: Iterable[str]) -> str:
    """A text with asterisks for secrets; empty secrets are left out."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class Transport(Protocol):
    """Sends one request, once."""

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The answer.

        Raises:
            LostConnection: none came.
        """


class Rules(Protocol):
    """What the answers of one kind of server mean."""

    @property
    def between_writes(self) -> float:
        """Seconds from one write to the next."""

    def succeeds(self, answer: Answer) -> bool:
        """Is it the answer that was asked for?"""

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        """Seconds to wait before the next try; None when another try is of no use.

        `attempt` tries came before the failed one; `now` is in seconds since 1970.
        """

    def reason(self, answer: Answer) -> str:
        """The server's own message, on one line."""


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
        requests, sent: how many may be sent in all, and were.
        seconds: how long all of them together may take, waits included.
        longest: seconds after which no further request is sent, even if all that were sent succeeded.
        secret, also: never appear in a message.
    """

    transport: Transport
    clock: Clock = field(default_factory=Clock)
    requests: int = 200
    seconds: float = 180.0
    longest: float = math.inf
    secret: str = field(default="", repr=False)
    also: tuple[str, ...] = field(default=(), repr=False)
    sent: int = 0
    rules: Rules = field(kw_only=True, repr=False)
    _started: float = field(default=-1.0, repr=False)
    _last_write: float = field(default=-1e9, repr=False)

    def read(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        """The answer to a GET.

        Raises:
            ApiError: it did not succeed.
        """
        return self._try(partial(self.transport.send, "GET", path, parameters, None))

    def write(
        self,
        verb: str,
        path: str,
        body: Body | None,
        landed: Landed | None = None,
    ) -> dict[str, Any]:
        """The parsed body that a write answers; an empty object for an empty body.

        Where no answer came, `landed` is asked; without it the write may be repeated.

        Raises:
            ApiError: it did not succeed.
        """
        wait = self._last_write + self.rules.between_writes - self.clock.monotonic()
        if wait > 0:
            self.clock.sleep(wait)
        answer = self._try(partial(self.transport.send, verb, path, {}, body), landed)
        self._last_write = self.clock.monotonic()
        return answer.object

    def _try(self, send: Callable[[], Answer], landed: Landed | None = None) -> Answer:
        failure = _Failure("", 0, 0.0)
        for attempt in range(ATTEMPTS):
            self._spend(failure)
            result = self._once(send, attempt)
            if isinstance(result, Answer):
                return result
            failure = result
            if attempt < ATTEMPTS - 1:
                self._wait(failure)
            found = landed() if landed and failure.is_unsure else None
            if found is not None:
                return Answer(200, {}, json.dumps(found))
        raise ApiError(Refusal.GAVE_UP, f"{failure.reason} (tried {ATTEMPTS} times)", failure.status)

    def _once(self, send: Callable[[], Answer], attempt: int) -> Answer | _Failure:
        try:
            answer = send()
        except LostConnection as error:
            return _Failure(f"no answer: {one_line(str(error))}", 0, 2.0**attempt)
        if self.rules.succeeds(answer):
            return answer
        reason, body = self._hidden(self.rules.reason(answer)), self._hidden(answer.text)
        wait = self.rules.wait(answer, attempt, self.clock.now())
        if wait is None:
            refusal = _REFUSALS.get(answer.status, Refusal.GAVE_UP)
            raise ApiError(refusal, f"the server answered {reason}", answer.status, body)
        return _Failure(reason, answer.status, wait)

    def _hidden(self, text: str) -> str:
        return without(text, (self.secret, *self.also))

    def _spend(self, failure: _Failure) -> None:
        if self._started < 0:
            self._started = self.clock.monotonic()
        if self.clock.monotonic() - self._started > self.longest:
            message = f"the server took {self.longest:.0f} s for {self.sent} requests, and more are needed"
            raise ApiError(Refusal.GAVE_UP, message, failure.status)
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
