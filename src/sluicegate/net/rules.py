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
        resets: headers of a 429 without `Retry-After` that say when the limit ends, by lower-case name, with
            how many of their units are a second; the time is counted since 1970.
    """

    messages: tuple[str, ...] = ("message", "error", "detail", "title")
    again: frozenset[int] = frozenset({429, 500, 502, 503, 504})
    final: tuple[str, ...] = ()
    between_writes: float = 0.0
    resets: Mapping[str, float] = field(default_factory=dict)

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
        if after is None and answer.status == 429:
            after = max(self._until_reset(answer, now), default=None)
        return 2.0**attempt if after is None else after

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
            return "" if answer.status >= 300 else "the answer is not JSON"
        if not isinstance(found, dict):
            return ""
        return next((found[key] for key in self.messages if isinstance(found.get(key), str)), "")
