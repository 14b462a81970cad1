"""Servers that speak GitHub's REST API on 127.0.0.1, and hold every request to its description.

`Hub` is a small stateful server whose answers are made from the description's own examples: comments,
pull requests, commit statuses, check runs. `Emulated` passes all but commit statuses, which it
lacks, on to the program `emulate`. Both record what they were asked and inject faults.
"""

from __future__ import annotations

import contextlib
import copy
import http.client
import json
import re
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support import openapi, rig

TOKEN = "ghp_tokenOfTheTests"
LOGIN = "octo-bot"
REPOSITORY = "octo-org/octo-repo"
_R = "/repos/{owner}/{repo}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `body` is parsed JSON."""

    verb: str
    path: str
    query: Mapping[str, str]
    body: Any
    token: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; a `cut` one is never sent."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Fault = Callable[[int, Call, Callable[[], Reply]], Reply | None]
"""From the number of a call, the call, and what would serve it, to the answer; None for no fault."""


def limited(now: float, seconds: int) -> Reply:
    """The answer of a primary rate limit that ends in `seconds`."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(now) + seconds)}
    return Reply(403, {"message": "API rate limit exceeded for installation ID 1."}, headers)


def not_accessible() -> Reply:
    """The answer to a token that lacks a permission."""
    return Reply(403, {"message": "Resource not accessible by integration", "documentation_url": "https://x"})


class Server(ABC):
    """What `Hub` and `Emulated` share: HTTP, records, faults, validation."""

    def __init__(self) -> None:
        openapi.github()  # a thread that serves could not skip the test
        self.calls: list[Call] = []
        self.wrong: list[str] = []
        self.fault: Fault | None = None
        self.lock = threading.RLock()
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.number = 1000

    @abstractmethod
    def serve(self, call: Call) -> Reply:
        """The answer to a call."""

    def writes(self, part: str = "") -> list[Call]:
        """The calls that write, of paths with `part` in them."""
        return [c for c in self.calls if c.verb != "GET" and part in c.path]

    def answer(self, call: Call) -> Reply:
        """The answer, recorded and validated, after the faults."""
        with self.lock:
            index = len(self.calls)
            self.calls.append(call)
            self.wrong += openapi.request_errors(call.verb, call.path, call.query, call.body)
        fault = self.fault
        reply = fault(index, call, lambda: self.serve(call)) if fault else None
        return reply or self.serve(call)

    def status_reply(self, call: Call) -> Reply | None:
        """Commit statuses, which are the same for both servers; None for other paths."""
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/statuses/(\w+)", call.path):
            with self.lock:
                made = copy.deepcopy(openapi.example("post", _R + "/statuses/{sha}", 201))
                self.number += 1
                made |= {"id": self.number, "target_url": None, "description": None, **call.body}
                self.statuses.setdefault(found[1], []).insert(0, made)
            return Reply(201, made)
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/commits/(\w+)/statuses", call.path):
            return page(self.statuses.get(found[1], []), call)
        return None


def page(items: list[Any], call: Call, envelope: str = "") -> Reply:
    """One page of a list, with the header that names the next."""
    size, number = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
    shown = items[(number - 1) * size : number * size]
    last = -(-len(items) // size)
    address = f"<http://127.0.0.1{call.path}?per_page={size}&page="
    links = f'{address}{number + 1}>; rel="next", {address}{last}>; rel="last"'
    headers = {"link": links} if number < last else {}
    return Reply(200, {"total_count": len(items), envelope: shown} if envelope else shown, headers)


class Hub(Server):
    """Pull request 7 of `REPOSITORY`, with head `head`."""

    def __init__(self, head: str) -> None:
        super().__init__()
        self.head = head
        self.login = LOGIN
        self.comments: list[dict[str, Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.annotations: dict[int, list[Any]] = {}
        self.most = 65_536  # characters of a body
        self.now: Callable[[], float] = time.time
        self.routes: list[tuple[str, str, Callable[..., Reply]]] = [
            ("GET", r"/user", lambda _call: self._user()),
            ("GET", r"/repos/[^/]+/[^/]+/pulls/(\d+)", self._pull),
            ("GET", r"/repos/[^/]+/[^/]+/issues/(\d+)/comments", lambda call, _n: page(self.comments, call)),
            ("POST", r"/repos/[^/]+/[^/]+/issues/(\d+)/comments", self._comment),
            ("PATCH", r"/repos/[^/]+/[^/]+/issues/comments/(\d+)", self._edit),
            ("DELETE", r"/repos/[^/]+/[^/]+/issues/comments/(\d+)", self._delete),
            ("GET", r"/repos/[^/]+/[^/]+/commits/(\w+)/check-runs", self._checks),
            ("GET", r"/repos/[^/]+/[^/]+/check-runs/(\d+)", self._one_check),
            ("POST", r"/repos/[^/]+/[^/]+/check-runs", self._check),
            ("PATCH", r"/repos/[^/]+/[^/]+/check-runs/(\d+)", self._edit_check),
        ]

    def serve(self, call: Call) -> Reply:
        """The answer, which is itself held to the description."""
        with self.lock:
            reply = self.status_reply(call) or self._routed(call)
            if reply.status < 300:
                self.wrong += openapi.answer_errors(call.verb, call.path, reply.status, reply.body)
            return reply

    def _routed(self, call: Call) -> Reply:
        for verb, pattern, handler in self.routes:
            match = re.fullmatch(pattern, call.path)
            if match and verb == call.verb:
                return handler(call, *match.groups())
        return Reply(404, {"message": "Not Found"})

    def _user(self) -> Reply:
        return Reply(200, openapi.example("get", "/user", 200) | {"login": self.login})

    def _pull(self, _call: Call, number: str) -> Reply:
        if number != "7":
            return Reply(404, {"message": "Not Found"})
        pull = copy.deepcopy(openapi.example("get", _R + "/pulls/{pull_number}", 200))
        pull["number"], pull["requested_teams"] = 7, []
        pull["head"]["sha"] = self.head
        return Reply(200, pull)

    def write_comment(self, body: str, login: str) -> dict[str, Any]:
        """A comment by anybody."""
        made = copy.deepcopy(openapi.example("post", _R + "/issues/{issue_number}/comments", 201))
        self.number += 1
        made |= {"id": self.number, "body": body, "html_url": f"https://github.com/o/r/pull/7#c{self.number}"}
        made |= {"created_at": self._stamp(), "updated_at": self._stamp()}
        made["user"]["login"] = login
        self.comments.append(made)
        found: dict[str, Any] = made
        return found

    def _stamp(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now()))

    def _comment(self, call: Call, _number: str) -> Reply:
        if len(call.body["body"]) > self.most:
            return Reply(422, {"message": "Validation Failed", "errors": ["body is too long"]})
        return Reply(201, self.write_comment(call.body["body"], self.login))

    def _edit(self, call: Call, number: str) -> Reply:
        found = [c for c in self.comments if c["id"] == int(number)]
        if not found:
            return Reply(404, {"message": "Not Found"})
        if len(call.body["body"]) > self.most:
            return Reply(422, {"message": "Validation Failed"})
        found[0] |= {"body": call.body["body"], "updated_at": self._stamp()}
        return Reply(200, found[0])

    def _delete(self, _call: Call, number: str) -> Reply:
        kept = [c for c in self.comments if c["id"] != int(number)]
        gone = len(kept) < len(self.comments)
        self.comments = kept
        return Reply(204) if gone else Reply(404, {"message": "Not Found"})

    def _checks(self, call: Call, _ref: str) -> Reply:
        named = [c for c in self.checks if c["name"] == call.query.get("check_name", c["name"])]
        return page(named[::-1], call, "check_runs")

    def _one_check(self, _call: Call, number: str) -> Reply:
        return Reply(200, next(c for c in self.checks if c["id"] == int(number)))

    def _check(self, call: Call) -> Reply:
        made = copy.deepcopy(openapi.example("post", _R + "/check-runs", 201))
        self.number += 1
        made["id"] = self.number
        self.checks.append(made)
        return self._edit_check(call, str(made["id"]), 201)

    def _edit_check(self, call: Call, number: str, status: int = 200) -> Reply:
        check = next(c for c in self.checks if c["id"] == int(number))
        output = dict(call.body.get("output", {}))
        if len(output.get("summary", "")) > self.most:
            return Reply(422, {"message": "Validation Failed"})
        there = self.annotations.setdefault(check["id"], [])
        there += output.pop("annotations", [])  # GitHub adds, and never takes away
        check |= {k: v for k, v in call.body.items() if k != "output"}
        check["output"] |= output | {"annotations_count": len(there)}
        return Reply(status, check)


class Lag:
    """A fault: lists of comments and statuses show what was there `seconds` ago, as replicas do."""

    def __init__(self, hub: Hub, now: Callable[[], float], seconds: float) -> None:
        self.hub, self.now, self.seconds = hub, now, seconds
        hub.now = now
        self.past = [(now() - seconds, self._state())]

    def __call__(self, _index: int, call: Call, serve: Callable[[], Reply]) -> Reply | None:
        """The answer from the past, for a list."""
        with self.hub.lock:
            if call.verb != "GET" or not call.path.endswith(("/comments", "/statuses")):
                reply = serve()
                self.past.append((self.now(), self._state()))
                return reply
            present = self.hub.comments, self.hub.statuses
            seen = [state for at, state in self.past if at <= self.now() - self.seconds]
            self.hub.comments, self.hub.statuses = copy.deepcopy(seen[-1])
            try:
                return serve()
            finally:
                self.hub.comments, self.hub.statuses = present

    def _state(self) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
        return copy.deepcopy((self.hub.comments, self.hub.statuses))


class Emulated(Server):
    """What is not about commit statuses is `emulate`'s business, at `port`."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def serve(self, call: Call) -> Reply:
        """emulate's answer; it leaves a pull request's head where it was opened, GitHub moves it."""
        reply = self.status_reply(call) or self.ask(call)
        if call.verb == "GET" and re.fullmatch(r"/repos/[^/]+/[^/]+/pulls/\d+", call.path):
            reference = f"/repos/{REPOSITORY}/git/ref/heads/{reply.body['head']['ref']}"
            reply.body["head"]["sha"] = self.do("GET", reference)["object"]["sha"]
        return reply

    def ask(self, call: Call) -> Reply:
        """The answer of emulate itself."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        query = "&".join(f"{k}={v}" for k, v in call.query.items())
        headers = {"Authorization": f"token {call.token or TOKEN}", "Content-Type": "application/json"}
        body = None if call.body is None else json.dumps(call.body)
        connection.request(call.verb, f"{call.path}?{query}".rstrip("?"), body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        link = answer.headers.get("link")
        connection.close()
        return Reply(answer.status, json.loads(text) if text else None, {"link": link} if link else {})

    def do(self, verb: str, path: str, body: Any = None) -> Any:
        """Something that the test itself does, as the repository's owner."""
        reply = self.ask(Call(verb, path, {}, body, "ghp_tokenOfTheOwner"))
        assert reply.status < 300, (verb, path, reply)
        return reply.body


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            text = self.rfile.read(length)
            token = self.headers.get("authorization", "").partition(" ")[2]
            call = Call(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                json.loads(text) if text else None,
                token,
            )
            reply = server.answer(call)
            if reply.cut:
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            data = b"" if reply.body is None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(data))}.items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def running(server: Server) -> Iterator[str]:
    """The address of the server while the context lasts; at its end every request must have been right."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}"
        finally:
            listener.shutdown()
            thread.join()
    assert server.wrong == [], server.wrong


SEED = f"""\
tokens:
  {TOKEN}: {{login: {LOGIN}, scopes: [repo]}}
  ghp_tokenOfTheOwner: {{login: octo-owner, scopes: [repo]}}
github:
  users: [{{login: {LOGIN}, name: Bot}}, {{login: octo-owner, name: Owner}}]
  orgs: [{{login: octo-org, members: [{{login: {LOGIN}, role: admin}}, {{login: octo-owner, role: admin}}]}}]
  repos: [{{owner: octo-org, name: octo-repo, auto_init: true}}]
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def emulate(folder: Path, seed_text: str = SEED) -> Iterator[int]:
    """The port of a fresh `emulate` that serves GitHub; it ends with the context."""
    node, _ = rig.require()
    folder.mkdir(parents=True, exist_ok=True)
    seed = folder / "seed.yaml"
    seed.write_text(seed_text, encoding="utf-8")
    port = _free_port()
    program = rig.MODULES / "emulate" / "dist" / "index.js"
    with (folder / "emulate.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(node.node), str(program), "--service", "github", "--port", str(port), "--seed", str(seed)],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, process, folder / "emulate.log")
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"emulate did not start: {log.read_text(encoding='utf-8')}")
