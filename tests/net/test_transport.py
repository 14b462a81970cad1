"""The transport of the standard library: where a token goes, and what is no whole answer."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.net.client import Answer, ApiError, LostConnection
from sluicegate.net.rules import ServerRules
from sluicegate.net.transport import HttpTransport, check_address
from support.servers import free_port

LONG = b"HTTP/1.1 200 OK\r\n" + b"a" * 99_999
SECRET = "Bearer token-of-the-tests"


@contextmanager
def answering(*answers: Callable[[int], bytes] | bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, one a connection, and what it was sent."""
    sent: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    sent.append(connection.recv(65536))
                    connection.sendall(answer if isinstance(answer, bytes) else answer(port))

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{port}", sent
        thread.join()


def page(text: str, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(text)}", "connection: close", *headers]
    return "\r\n".join([*lines, "", text]).encode()


def get(url: str, verb: str = "GET", timeout: float = 5) -> Answer:
    return HttpTransport(url, {"Authorization": SECRET}, timeout).send(verb, "/x", {}, None)


def test_a_token_goes_to_its_server() -> None:
    with answering(page("{}")) as (url, sent):
        assert get(url) == Answer(200, {"content-length": "2", "connection": "close"}, "{}")
    assert SECRET.encode() in sent[0]


@pytest.mark.parametrize("content", ["", "application/json; domain-model=patches"])
def test_what_is_sent_is_json_where_no_other_type_is_named(content: str) -> None:
    headers = {"Content-Type": content} if content else {}
    with answering(page("{}")) as (url, sent):
        HttpTransport(url, headers, 5).send("PATCH", "/x", {}, {"a": 1})
    types = [line for line in sent[0].lower().split(b"\r\n") if line.startswith(b"content-type:")]
    assert types == [f"content-type: {content or 'application/json'}".encode()]


def test_a_redirect_within_the_server_is_followed_for_a_read() -> None:
    with answering(page("", "302 Found", "location: /y"), page("here")) as (url, sent):
        assert get(url).text == "here"
    assert sent[1].startswith(b"GET /y ")
    assert SECRET.encode() in sent[1]


@pytest.mark.parametrize(
    "location",
    ["http://localhost:{port}/y", "https://127.0.0.1:{port}/y", "http://127.0.0.1:1/y",
     "//elsewhere.example/y", "http://[::1/y", "file:///etc/passwd", "http://u:p@elsewhere.example/"],
)  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed(location: str) -> None:
    def moved(port: int) -> bytes:
        return page("", "302 Found", f"location: {location.format(port=port)}")

    with answering(moved) as (url, _):
        answer = get(url)
    assert "redirected" in answer.text
    assert not ServerRules().succeeds(answer)
    assert ServerRules().wait(answer, 0, 0) is None


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for() -> None:
    """Each byte of a header comes within the time-out of the socket."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not over.wait(0.02):
                    connection.sendall(b"a")

        thread = Thread(target=serve)
        thread.start()
        with pytest.raises(LostConnection, match="takes too long"):
            get(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=0.1)
        over.set()
        thread.join()


def test_a_redirect_of_a_write_is_not_followed() -> None:
    with answering(page("", "307 Temporary Redirect", "location: /y")) as (url, _):
        assert "redirected a write" in get(url, "POST").text


def test_redirects_end() -> None:
    with answering(*[page("", "302 Found", "location: /y")] * 5) as (url, _):
        assert "too often" in get(url).text


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        b"nonsense\r\n\r\n",
        LONG,
    ],
)
def test_what_is_no_whole_answer_is_a_lost_connection(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(LostConnection) as caught:
        get(url)
    assert SECRET not in str(caught.value)


def test_nobody_there_is_a_lost_connection() -> None:
    with pytest.raises(LostConnection):
        get(f"http://127.0.0.1:{free_port()}")


def test_a_silent_server_is_a_lost_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(LostConnection):
        get(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)


def test_an_answer_that_is_too_long_is_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.net.transport.MOST", 1000)
    with answering(page("x" * 1001)) as (url, _), pytest.raises(LostConnection):
        get(url)


def test_this_machine_is_asked_without_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with answering(page("{}")) as (url, _):
        assert get(url).status == 200


def test_another_server_is_asked_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(page("", "502 Bad Gateway")) as (url, sent):
        monkeypatch.setenv("https_proxy", url)
        with pytest.raises(LostConnection):
            get("https://flags.example.com")
    assert sent[0].startswith(b"CONNECT flags.example.com:443")
    assert SECRET.encode() not in sent[0]


def test_a_token_is_not_shown() -> None:
    assert SECRET not in repr(HttpTransport("https://flags.example.com", {"Authorization": SECRET}))


def test_addresses() -> None:
    assert check_address("https://flags.example.com/a/", "url") == "https://flags.example.com/a"
    with pytest.raises(UsageError) as caught:
        check_address("http://10.0.0.1", "url")
    assert caught.value.where == "url"


@pytest.mark.parametrize("path", ["/flags/../admin", "/flags/.", "/../x?y=1"])
def test_a_name_that_leads_elsewhere_is_not_sent(path: str) -> None:
    with pytest.raises(ApiError, match="must not be"):
        HttpTransport("http://127.0.0.1:9").send("GET", path, {}, None)


def test_dots_in_names_and_in_queries_are_only_dots() -> None:
    for path in ("/flags/v1..2", "/flags/...", "/x?file=../y"):
        with pytest.raises(LostConnection):
            HttpTransport("http://127.0.0.1:9").send("GET", path, {}, None)
