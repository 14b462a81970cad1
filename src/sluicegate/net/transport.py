"""A transport by the standard library: one server, its token, and no other server.

A token is sent to the address that it was given for. A redirect is followed for a read within the same
server alone; one to another server is an error.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http.client import HTTPMessage
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any
from urllib.parse import SplitResult, unquote, urlencode, urljoin, urlsplit

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.net.client import Answer, ApiError, Body, LostConnection, Refusal

TIMEOUT = 30.0
"""Seconds that a server may be silent, and that an answer may take from its first byte on."""

MOST = 32 * 1024**2
"""Bytes of an answer."""

_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
"""A host as DNS or IP spells it: what looks alike or is decoded later could be another one."""

_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 5


def check_address(url: str, where: str) -> str:
    """The address of a server without a slash at its end.

    Raises:
        UsageError: it is no address, it holds a user or a query, or what is sent there could be read on
            the way: a token goes over https, or to this machine.
    """
    parts = _parts(url)
    if parts is None or not parts.hostname or parts.scheme not in ("https", "http"):
        raise _refused("is not the address of a server", where)
    if not _HOST.fullmatch(parts.hostname):
        raise _refused("has a host that is not written in plain letters", where)
    if any((parts.username, parts.password, parts.query, parts.fragment)):
        raise _refused("holds more than scheme, host, port and path", where)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise _refused("is neither https nor on this machine", where)
    return url.rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None where the text is no address."""
    if any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _refused(what: str, where: str) -> UsageError:
    return UsageError(what, where=where, remedy="Write it like https://flags.example.com.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to us: the standard one sends all headers to wherever they lead."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> None:
        """None: the answer is taken as it is."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


@lru_cache(maxsize=8)
def _opener(proxies: tuple[tuple[str, str], ...]) -> urllib.request.OpenerDirector:
    """What opens addresses by way of these proxies, by scheme: making one takes longer than a request."""
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler(dict(proxies)))


@dataclass(frozen=True, slots=True)
class HttpTransport:
    """Sends requests, each once.

    Attributes:
        address: of the server, as `check_address` returns it.
        headers: of every request, the token among them.
        timeout: seconds.
    """

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = TIMEOUT

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The answer to a request.

        Raises:
            ApiError: the path has a name that leads elsewhere, so nothing was sent.
            LostConnection: no whole answer came.
        """
        names = unquote(path.partition("?")[0]).replace("\\", "/").split("/")
        if not {".", ".."}.isdisjoint(names):
            what = (
                f"nothing was sent to '{cut(one_line(path), 200)}': a name in a path must not be '.' or '..'"
            )
            raise ApiError(Refusal.INVALID, what)
        url = f"{self.address}{path}" + (f"?{urlencode(parameters, doseq=True)}" if parameters else "")
        for _ in range(_HOPS):
            answer = self._once(verb, url, body)
            leads = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not leads:
                return answer
            target = self._within(url, leads)
            if verb != "GET" or not target:
                return _moved("redirected to another server" if verb == "GET" else "redirected a write")
            url = target
        return _moved("redirected too often")

    def _within(self, url: str, leads: str) -> str:
        """The address that a redirect leads to; empty for one of another server."""
        try:
            target = urljoin(url, leads)
            return target if _server(target) == _server(self.address) else ""
        except ValueError:
            return ""

    def _once(self, verb: str, url: str, body: Body | None) -> Answer:
        headers = {"Accept": "application/json", "User-Agent": "sluicegate", **self.headers}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(url, data, headers, method=verb)  # noqa: S310 - check_address
        return _in_time(partial(self._exchange, request), 3 * self.timeout)

    def _exchange(self, request: urllib.request.Request) -> Answer:
        try:
            try:
                stream = _opener(self._proxies()).open(request, timeout=self.timeout)
            except urllib.error.HTTPError as error:
                stream = error
            with stream:
                return self._read(stream)
        except (OSError, http.client.HTTPException) as error:
            raise LostConnection(_why(error)) from None
        except ValueError:  # it may repeat a header, and so the token
            what = "nothing was sent: a header or a path has characters that HTTP does not take"
            raise ApiError(Refusal.INVALID, what) from None

    def _proxies(self) -> tuple[tuple[str, str], ...]:
        """The proxies of the environment; what is on this machine is asked without them."""
        local = _is_loopback(urlsplit(self.address).hostname or "")
        return () if local else tuple(sorted(urllib.request.getproxies().items()))

    def _read(self, stream: http.client.HTTPResponse | urllib.error.HTTPError) -> Answer:
        end = time.monotonic() + self.timeout
        parts: list[bytes] = []
        size = 0
        while part := stream.read1(65536):
            parts.append(part)
            size += len(part)
            if size > MOST or time.monotonic() > end:
                raise LostConnection("the answer is too long, or takes too long")
        wanted = stream.headers.get("content-length", "")
        if wanted.isdecimal() and int(wanted) != size:
            raise LostConnection("the answer was cut short")
        headers = {key.lower(): value for key, value in stream.headers.items()}
        return Answer(stream.status or 0, headers, b"".join(parts).decode("utf-8", "replace"))


def _in_time(exchange: Callable[[], Answer], seconds: float) -> Answer:
    """The answer of an exchange, which a server cannot draw out: a time-out of a socket is one of each byte.

    Raises:
        LostConnection: as of the exchange, or it lasts too long, and is left alone.
    """
    done: Queue[Answer | BaseException] = Queue(1)

    def run() -> None:
        try:
            done.put(exchange())
        except BaseException as error:  # for the thread that waits
            done.put(error)

    Thread(target=run, daemon=True).start()
    try:
        found = done.get(timeout=seconds)
    except Empty:
        raise LostConnection("the answer takes too long") from None
    if isinstance(found, BaseException):
        raise found
    return found


def _server(url: str) -> tuple[str, str | None, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _moved(words: str) -> Answer:
    return Answer(310, {}, json.dumps({"message": words}))


def _why(error: BaseException) -> str:
    """The innermost reason; a proxy's or server's own words are not in it."""
    reason = getattr(error, "reason", error)
    return f"{type(reason).__name__}: {reason}" if isinstance(reason, OSError) else type(error).__name__
