"""A small HTTP server of JSON in this process, for fakes whose answers were taken from real servers."""

from __future__ import annotations

import contextlib
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is parsed JSON, None for another body; `raw` its bytes."""

    verb: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `body` is written as JSON, bytes as they are, None as nothing."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Fake(ABC):
    """A server; one request at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    @abstractmethod
    def serve(self, request: Request) -> Response:
        """The answer to a request."""


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _written(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _answered(
    fake: Fake, verb: str, target: str, headers: Mapping[str, str], text: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; `target` is the path with the query, headers are lower-case."""
    parts = urlsplit(target)
    body, query = _parsed(text), parse_qs(parts.query)
    with fake.lock:
        found = fake.serve(Request(verb, unquote(parts.path), query, headers, body, text))
        data = _written(found.body)
    about = {"content-type": "application/json", **found.headers, "content-length": str(len(data))}
    return found.status, about, data


def answered(fake: Fake, verb: str, target: str, headers: Mapping[str, str], text: bytes) -> bytes:
    """The bytes of the answer, after which the connection is closed; for who reads requests by itself."""
    status, about, data = _answered(fake, verb, target, headers, text)
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in about.items())]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + data


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, about, data = _answered(fake, self.command, self.path, headers, text)
            self.send_response(status)
            for name, value in about.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - http.server calls them

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def serving(fake: Fake) -> Iterator[str]:
    """The address of a server while the context lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake)) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()
