"""What the answers of a server mean, as data: for servers whose rules are statuses and words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sluicegate.core.text import cut, one_line
from sluicegate.net.client import Answer


@dataclass(frozen=True, slots=True)
class ServerRules:
    """The rules of one kind of server.

    Attributes:
        messages: the keys of an error's body that may hold its message, the best first.
        again: statuses after which the same request may succeed.
        final: words in the body of an answer that another try would only repeat, whatever its status.
        between_writes: seconds from one write to the next.
        unsaid_limit: seconds to wait after the first 429 that says no time; twice as many after each further.
        resets: headers of a 429 without `Retry-After` that say when the limit ends, by lower-case name, with
            how many of their units are a second; the time is counted since 1970.
        reset_in: a header with the seconds until the limit of requests is lifted; empty for none.
        plain: is an error's body that is no JSON its message?
    """

    messages: tuple[str, ...] = ("message", "error", "detail", "title")
    again: frozenset[int] = frozenset({429, 500, 502, 503, 504})
    final: tuple[str, ...] = ()
    between_writes: float = 0.0
    unsaid_limit: float = 1.0
    resets: Mapping[str, float] = field(default_factory=dict)
    reset_in: str = ""
    plain: bool = False

    def succeeds(self, answer: Answer) -> bool:
        """Is it a successful answer?"""
        return 200 <= answer.status < 300 and answer.is_json

    def wait(self, answer: Answer, attempt: int, now: float) -> float | None:
        """Seconds to wait before the next try; None when a retry would not help."""
        if any(words in answer.text for words in self.final):
            return None
        if answer.status >= 300 and answer.status not in self.again:
            return None
        after = answer.seconds("retry-after")
        if after is not None:
            return after
        return self._limited(answer, attempt, now) if answer.status == 429 else 2.0**attempt

    def _limited(self, answer: Answer, attempt: int, now: float) -> float:
        """Seconds until a limit of requests ends that no `Retry-After` names."""
        stated = answer.seconds(self.reset_in) if self.reset_in else None
        limit = self.unsaid_limit * 2.0**attempt if stated is None else stated
        return max(self._until_reset(answer, now), default=limit)

    def _until_reset(self, answer: Answer, now: float) -> Iterator[float]:
        """Seconds until the limits end whose end is not past."""
        for header, units in self.resets.items():
            text = answer.headers.get(header, "").strip()
            if text.isascii() and text.isdecimal() and len(text) < 17 and float(text) / units > now:
                yield float(text) / units - now

    def reason(self, answer: Answer) -> str:
        """The status with the server's own message, on one line."""
        words = self._message(answer)
        return f"{answer.status}: {cut(one_line(words), 300)}" if words else str(answer.status)

    def _message(self, answer: Answer) -> str:
        try:
            found = json.loads(answer.text)
        except (ValueError, RecursionError):
            if answer.status < 300:
                return "the answer is not JSON"
            is_page = answer.text.lstrip().startswith("<")
            return answer.text if self.plain and not is_page else ""
        if not isinstance(found, dict):
            return ""
        return next(filter(None, (message_of(found.get(key)) for key in self.messages)), "")


def message_of(found: object) -> str:
    """The message in a member of an error's body: a text, an object with a `message`, or a list of such."""
    match found:
        case str():
            return found
        case {"message": str() as words}:
            return words
        case list():
            return "; ".join(filter(None, map(message_of, found[:5])))
    return ""
