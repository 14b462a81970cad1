"""What PostHog's answers mean. Pure.

A 409 has two meanings: the flag changed since the version that was sent, or a policy of the project made a
change request of the write, which a person must approve.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.flags.normal import object_in
from sluicegate.net.client import Answer
from sluicegate.net.rules import ServerRules

_WAITS = "change request "
_NUMBER = re.compile("(earlier )?" + re.escape(_WAITS) + r"([0-9A-Za-z-]{1,64}) waits for approval")


@dataclass(frozen=True, slots=True)
class PostHogRules(ServerRules):
    """The rules of PostHog."""

    def reason(self, answer: Answer) -> str:
        """See `Rules`; it names the change request that an answer is about."""
        body = object_in(answer.text)
        number = str(body.get("change_request_id") or "")
        if answer.status != 409 or not re.fullmatch(r"[0-9A-Za-z-]{1,64}", number):
            return ServerRules.reason(self, answer)
        earlier = "earlier " if body.get("code") == "change_request_pending" else ""
        words = cut(one_line(str(body.get("detail") or "")), 200)
        return f"409: the {earlier}{_WAITS}{number} waits for approval{': ' if words else ''}{words}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change request that waits for a person; `earlier` if an earlier write made it."""

    number: str
    earlier: bool


def change_request(message: str) -> Waiting | None:
    """The change request that the message of an error names; None for any other error."""
    found = _NUMBER.search(message)
    return Waiting(found[2], bool(found[1])) if found else None
