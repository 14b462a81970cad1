"""A TCP proxy before a server: it loses answers, holds them back, or answers in the server's place.

It reads one request of a connection, whose sender closes it, as ours does, and passes bytes on; a fake in
this process is asked without a second connection.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from support import fake_server
from support.fake_server import Fake


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `GET`, its path with the query, its headers by lower-case name, its body."""

    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_write(self) -> bool:
        """Does it change something? A dry run does not."""
        return self.verb != "GET" and "dryRun=true" not in self.path


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    Attributes:
        reaches: does the server get it?
        answer: sent in place of the server's; None for the server's own.
        lost: nothing is sent.
        silent: neither is anything, and the connection stays open until who asked closes it.
        seconds: waited before the answer.
        first: called before the server gets it.
        after: called when the server has done it, before the sender hears of it.
    """

    reaches: bool = True
    answer: bytes | None = None
    lost: bool = False
    silent: bool = False
    seconds: float = 0.0
    first: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None


LOST = Fault(lost=True)
"""The server has done it, and its answer is lost."""
UNREACHABLE = Fault(reaches=False, lost=True)


def silent(seconds: float) -> Fault:
    """The server has done it, and the answer comes too late."""
    return Fault(seconds=seconds)


SILENT = Fault(silent=True)
"""The server has done it, and says nothing until who asked gives up."""


def answered(status: int, body: str = "{}", **headers: str) -> Fault:
    """An answer in place of the server, which gets nothing."""
    data = body.encode()
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(data)}", "content-type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Fault(False, "\r\n".join([*lines, "connection: close", "", ""]).encode() + data)


Choose = Callable[[Asked], Fault | None]


@dataclass(slots=True)
class Proxy:
    """A proxy that runs.

    Attributes:
        url: in place of the server's.
        asked: every request that came.
        faults: for the next requests that `for_which` is true of, one each.
        always: for every such request after these.
        changed: what becomes of the bytes of an answer.
    """

    url: str
    upstream: str | Fake
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    for_which: Callable[[Asked], bool] = lambda asked: asked.is_write
    changed: Callable[[bytes], bytes] = lambda answer: answer

    @property
    def writes(self) -> list[Asked]:
        """The requests that change something."""
        return [asked for asked in self.asked if asked.is_write]

    def calm(self) -> None:
        """No more faults; forget what was asked."""
        self.asked.clear()
        self.faults.clear()
        self.always = None

    def begin_anew(self) -> None:
        """As it was made, for another test."""
        self.calm()
        self.for_which = lambda asked: asked.is_write
        self.changed = lambda answer: answer

    def fault(self, asked: Asked) -> Fault:
        """What happens to this request."""
        if not self.for_which(asked):
            return Fault()
        return self.faults.pop(0) if self.faults else self.always or Fault()


def replacing(old: str, new: str) -> Callable[[bytes], bytes]:
    """Replaces a text in answers that hold a JSON object, and leaves others as they are."""

    def changed(answer: bytes) -> bytes:
        head, _, body = answer.partition(b"\r\n\r\n")
        if not body.startswith(b"{"):
            return answer
        data = body.replace(old.encode(), new.encode())
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
        return b"\r\n".join([*lines, b"content-length: %d" % len(data), b"", b""]) + data

    return changed


@contextlib.contextmanager
def before(upstream: str | Fake) -> Iterator[Proxy]:
    """A proxy before the server at an address, or before a fake, while the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}", upstream)
        stop = threading.Event()
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    if stop.is_set():
                        connection.close()
                        return
                    threads.append(threading.Thread(target=_serve, args=(proxy, connection)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield proxy
        finally:
            stop.set()
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), timeout=5).close()
            for thread in [accepting, *threads]:
                thread.join()


def _serve(proxy: Proxy, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        data = _request(connection)
        asked = _parsed(data)
        if asked is None:
            return
        proxy.asked.append(asked)
        fault = proxy.fault(asked)
        fault.first()
        answer = _passed_on(proxy.upstream, data, asked) if fault.reaches else b""
        fault.after()
        time.sleep(fault.seconds)
        if fault.silent:
            connection.recv(1)
        elif not fault.lost:
            connection.sendall(fault.answer or proxy.changed(answer))


def _request(connection: socket.socket) -> bytes:
    """All bytes of a request."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    length = int(found[1]) if found else 0
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


def _parsed(data: bytes) -> Asked | None:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3:
        return None
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return Asked(words[0], words[1], {key.lower(): value for key, value in headers.items()}, body)


def _passed_on(upstream: str | Fake, data: bytes, asked: Asked) -> bytes:
    """The server's whole answer; it is asked to close the connection after it."""
    if isinstance(upstream, Fake):
        return fake_server.answered(upstream, asked.verb, asked.path, asked.headers, asked.body)
    parts = urlsplit(upstream)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=120) as server:
        server.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
        answer = b""
        while part := server.recv(65536):
            answer += part
        return answer
