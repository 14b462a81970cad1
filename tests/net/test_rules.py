"""Rules of servers as data."""

from __future__ import annotations

import pytest

from sluicegate.net.client import Answer
from sluicegate.net.rules import ServerRules

RULES = ServerRules(final=("NEVER_AGAIN",))


@pytest.mark.parametrize(
    ("status", "text", "headers", "wait"),
    [
        (429, "{}", {"retry-after": "7"}, 7.0),
        (429, "{}", {"retry-after": "soon"}, 4.0),
        (503, "{}", {}, 4.0),
        (200, "<html>", {}, 4.0),
        (500, '{"message": "NEVER_AGAIN"}', {}, None),
        (409, "{}", {}, None),
        (404, "{}", {"retry-after": "7"}, None),
    ],
)
def test_how_long_to_wait(status: int, text: str, headers: dict[str, str], wait: float | None) -> None:
    answer = Answer(status, headers, text)
    assert not RULES.succeeds(answer)
    assert RULES.wait(answer, 2, 0.0) == wait


STATES = ServerRules(resets={"x-reset-ms": 1000.0, "x-reset": 1.0})
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"x-reset-ms": "1800000009500"}, 9.5),
        (429, {"x-reset": "1800000005", "x-reset-ms": "1800000009500"}, 9.5),
        (429, {"x-reset-ms": "1800000009500", "retry-after": "3"}, 3.0),
        (429, {"x-reset-ms": "1799999999000"}, 2.0),
        (429, {"x-reset-ms": "soon"}, 2.0),
        (429, {"x-reset-ms": "9" * 40}, 2.0),
        (429, {"x-reset-ms": "-1"}, 2.0),
        (503, {"x-reset-ms": "1800000009500"}, 2.0),
        (429, {}, 2.0),
    ],
)
def test_a_limit_whose_end_is_a_time(status: int, headers: dict[str, str], wait: float) -> None:
    assert STATES.wait(Answer(status, headers, "{}"), 1, NOW) == wait


@pytest.mark.parametrize(("status", "text"), [(200, "{}"), (201, ""), (204, " "), (299, "[1]")])
def test_success(status: int, text: str) -> None:
    assert RULES.succeeds(Answer(status, {}, text))


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (400, '{"message": "no\\u001b[31m\\nway"}', "400: no\\x1b[31m way"),
        (400, '{"error": "first", "detail": "second"}', "400: first"),
        (400, '{"message": {"deep": 1}, "title": "third"}', "400: third"),
        (502, "<html>", "502"),
        (200, "<html>", "200: the answer is not JSON"),
        (400, "[]", "400"),
        (400, "[" * 100_000, "400"),
    ],
)
def test_the_servers_own_words(status: int, text: str, reason: str) -> None:
    assert RULES.reason(Answer(status, {}, text)) == reason
