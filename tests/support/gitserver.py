"""A git server over HTTP that asks for a token, as GitHub does: git's own http-backend."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its URL, and of every request its `Authorization` headers and the answer's bytes."""

    url: str
    seen: list[list[str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


def _normal(authorization: str) -> str:
    """The header with its scheme in small letters: case does not matter there (RFC 9110, 11.1)."""
    scheme, _, rest = authorization.partition(" ")
    return f"{scheme.lower()} {rest}"


@contextlib.contextmanager
def serve(folder: Path, authorization: str) -> Iterator[Served]:
    """Serve the bare repositories in `folder` to whoever sends exactly this `Authorization`.

    Without it the answer is 401; with more than one such header 400, as on GitHub.
    """

    class Handler(BaseHTTPRequestHandler):
        """Hands requests to `git http-backend` (CGI, RFC 3875)."""

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def _answer(self, body: bytes) -> None:
            given = [_normal(value) for value in self.headers.get_all("Authorization") or []]
            served.seen.append(given)
            if given != [authorization]:
                self.send_response(400 if len(given) > 1 else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            variables = {
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REMOTE_USER": "x",
            }
            done = subprocess.run(
                ["git", "http-backend"],
                input=body,
                capture_output=True,
                env={**os.environ, **variables},
                check=False,  # of what it does not have it says so in the answer, and fails
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            served.sizes.append(len(content))
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Served(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
