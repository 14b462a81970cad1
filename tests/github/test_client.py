from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.github.client import Client, GitHubRules
from sluicegate.net.client import Answer, ApiError, Body, LostConnection, Refusal
from support.publishing import Time

NOW = 1_900_000_000.0


class Script:
    """A transport that answers from a list; its last item again and again."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str]] = []

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        self.sent.append((verb, path))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise LostConnection("ReadTimeout")
        return answer


def ok(text: str = "{}") -> Answer:
    return Answer(200, {}, text)


def bad(status: int, message: str = "no", **headers: str) -> Answer:
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, f'{{"message": "{message}"}}')


def client(script: Script, **given: Any) -> tuple[Client, Time]:
    time = Time(NOW)
    return Client(script, time.clock(), **given), time


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (bad(500), 1),
        (bad(502, retry_after="9"), 9),
        (bad(429), 60),
        (bad(429, retry_after="30"), 30),
        (bad(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 20)), 21),
        (bad(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) - 20)), 1),
        (bad(403, "You have exceeded a secondary rate limit."), 60),
        (bad(403, x_ratelimit_remaining="0", x_ratelimit_reset="soon"), 60),
        (bad(403, "Resource not accessible by integration"), None),
        (bad(404), None),
        (bad(422), None),
    ],
)
def test_how_long_to_wait(answer: Answer, seconds: float | None) -> None:
    assert GitHubRules().wait(answer, 0, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (401, Refusal.UNAUTHENTICATED),
        (403, Refusal.DENIED),
        (404, Refusal.MISSING),
        (422, Refusal.INVALID),
        (307, Refusal.GAVE_UP),
    ],
)
def test_a_refusal_is_asked_once(status: int, refusal: Refusal) -> None:
    script = Script(bad(status))
    with pytest.raises(ApiError) as caught:
        client(script)[0].get("/x")
    assert (caught.value.refusal, caught.value.status, len(script.sent)) == (refusal, status, 1)


def test_waits_double() -> None:
    script = Script(bad(500), None, bad(502), ok('{"a": 1}'))
    this, time = client(script)
    assert this.get("/x") == {"a": 1}
    assert time.waits == [1, 2, 4]


def test_five_tries_are_enough() -> None:
    script = Script(None)
    with pytest.raises(ApiError, match=r"no answer: ReadTimeout \(tried 5 times\)"):
        client(script)[0].get("/x")
    assert len(script.sent) == 5


def test_requests_are_counted() -> None:
    script = Script(ok())
    this, _ = client(script, requests=2)
    this.get("/x")
    this.get("/x")
    with pytest.raises(ApiError, match="all 2 requests are used up"):
        this.get("/x")


def test_a_proxy_s_page_is_no_answer() -> None:
    script = Script(ok("<html>Sign in</html>"), ok('{"a": 1}'))
    assert client(script)[0].get("/x") == {"a": 1}


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(ApiError, match="is not a list"):
        list(client(Script(ok('{"message": "x"}')))[0].pages("/x"))


def test_all_pages_are_read() -> None:
    more = Answer(200, {"link": '<http://x?page=2>; rel="next"'}, '[{"n": 1}]')
    assert list(client(Script(more, more, ok('[{"n": 3}]')))[0].pages("/x")) == [{"n": 1}, {"n": 1}, {"n": 3}]


def test_a_write_that_took_effect_is_not_repeated() -> None:
    script = Script(None, ok())
    assert client(script)[0].write("POST", "/x", {}, lambda: {"id": 7}) == {"id": 7}
    assert len(script.sent) == 1


def test_a_write_that_did_not_is() -> None:
    script = Script(bad(502), ok('{"id": 8}'))
    assert client(script)[0].write("POST", "/x", {}, lambda: None) == {"id": 8}


def test_after_a_rate_limit_nothing_is_looked_up() -> None:
    def landed() -> None:
        raise AssertionError("a limited request has no effect")

    script = Script(bad(429, retry_after="1"), ok('{"id": 9}'))
    assert client(script)[0].write("POST", "/x", {}, landed) == {"id": 9}


def test_the_token_in_an_answer_is_not_repeated() -> None:
    with pytest.raises(ApiError) as caught:
        client(Script(bad(403, "bad token ghp_secret")), secret="ghp_secret")[0].get("/x")
    assert "ghp_secret" not in str(caught.value)
    assert "ghp_secret" not in repr(client(Script(ok()), secret="ghp_secret")[0])


@pytest.mark.parametrize("url", ["github.example", "ftp://github.example", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    from sluicegate.github.pygithub import transport

    with pytest.raises(UsageError, match="not the address of an API"):
        transport("t", url)
