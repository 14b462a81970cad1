"""What PostHog's answers mean. Pure.

A 409 has two meanings: the flag changed since the version that was sent, or a policy of the project made a
change request of the write, which a person must approve.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.flags.normal import mapping
from sluicegate.net.client import Answer
from sluicegate.net.rules import ServerRules

_WAITS = "change request "
_NUMBER = re.compile("(earlier )?" + re.escape(_WAITS) + r"([0-9A-Za-z-]{1,64}) waits for approval")


@dataclass(frozen=True, slots=True)
class PostHogRules(ServerRules):
    """The rules of PostHog."""

    def reason(self, answer: Answer) -> str:
        """See `Rules`; it names the change request that an answer is about."""
        number = str(_body(answer).get("change_request_id") or "")
        if answer.status != 409 or not re.fullmatch(r"[0-9A-Za-z-]{1,64}", number):
            return ServerRules.reason(self, answer)
        earlier = "earlier " if _body(answer).get("code") == "change_request_pending" else ""
        words = cut(one_line(str(_body(answer).get("detail") or "")), 200)
        return f"409: the {earlier}{_WAITS}{number} waits for approval{': ' if words else ''}{words}"


def _body(answer: Answer) -> Mapping[str, object]:
    try:
        return mapping(json.loads(answer.text))
    except (ValueError, RecursionError):
        return {}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change request that waits for a person; `earlier` if an earlier write made it."""

    number: str
    earlier: bool


def change_request(message: str) -> Waiting | None:
    """The change request that the message of an error names; None for any other error."""
    found = _NUMBER.search(message)
    return Waiting(found[2], bool(found[1])) if found else None
