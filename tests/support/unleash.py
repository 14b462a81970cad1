"""A real Unleash server with PostgreSQL for the tests, and what a test does there by hand.

The server's packages are locked in `tests/rig/unleash` and take 200 MB, so that `make rig-unleash` installs
them and `make test-real` needs them, and `make test` does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support import needs
from support.rig import RIG, RigMissingError, find_node, locked
from support.servers import Running, ServerMissingError, folder, free_port, program, started
from support.unleash_fake import ADMIN, CLIENT

PACKAGES = RIG / "unleash"
SERVER = PACKAGES / "node_modules" / "unleash-server" / "dist" / "server.js"
REMEDY = "run `make rig-unleash`, and install PostgreSQL (Debian: apt-get install postgresql)"
_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the tokens for it."""

    url: str
    admin: str = ADMIN
    client: str = CLIENT

    def call(self, verb: str, path: str, body: object = None) -> Any:
        """What somebody does there by hand: the parsed answer."""
        request = urllib.request.Request(  # noqa: S310 - an address of ours
            f"{self.url}{path}", None if body is None else json.dumps(body).encode(),
            {"Authorization": self.admin, "Content-Type": "application/json"}, method=verb,
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def flag(self, name: str) -> Flag:
        """A new flag."""
        self.call("POST", "/api/admin/projects/default/features", {"name": name, "type": "release"})
        return Flag(self, name)

    def segment(self, name: str, *users: str) -> int:
        """A new segment of these users: its id."""
        constraint = {"contextName": "userId", "operator": "IN", "values": list(users)}
        made = self.call("POST", "/api/admin/segments", {"name": name, "constraints": [constraint]})
        number: int = made["id"]
        return number


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in the environment `development`."""

    server: Server
    name: str

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/api/admin/projects/default/features/{self.name}"

    def page(self) -> dict[str, Any]:
        """The environment as the flag's page has it."""
        found = self.server.call("GET", self.path)["environments"]
        own: dict[str, Any] = next(e for e in found if e["name"] == "development")
        return own

    def do(self, verb: str, rest: str, body: object = None) -> Any:
        """Change something in the environment."""
        return self.server.call(verb, f"{self.path}/environments/development/{rest}", body)

    def add(self, kind: str = "flexibleRollout", **given: Any) -> str:
        """Add a strategy: its id; `rollout` and `stickiness` are parameters."""
        names = ("rollout", "stickiness", "groupId")
        parameters = {name: given.pop(name) for name in names if name in given}
        made = self.do("POST", "strategies", {"name": kind, "parameters": parameters, **given})
        number: str = made["id"]
        return number

    def set(self, strategy: str, path: str, value: object) -> None:
        """Change a strategy."""
        self.do("PATCH", f"strategies/{strategy}", [{"op": "replace", "path": path, "value": value}])


def install() -> Path:
    """The server's program, installed from the lock where that was not done.

    Raises:
        ServerMissingError: the packages cannot be had.
    """
    node = find_node()
    with locked(RIG / ".install-unleash-lock", 900):
        if not SERVER.is_file():
            options = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(PACKAGES))
            node.run(str(node.npm_cli), *options)
    return SERVER


def _postgres() -> Path:
    """The folder of PostgreSQL's programs."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = program("initdb", *known)
    if found is None:
        raise ServerMissingError("PostgreSQL is not installed")
    return found.parent


@contextlib.contextmanager
def postgres() -> Iterator[tuple[Path, int]]:
    """The programs and the port of a PostgreSQL server that keeps nothing."""
    programs, port = _postgres(), free_port()
    with folder() as at:
        as_user: list[str] = []
        if os.name == "posix" and os.getuid() == 0:
            shutil.chown(at, _USER)
            as_user = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
        data = at / "data"
        initdb = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "unleash", "--no-sync"]
        subprocess.run([*as_user, *initdb], check=True, capture_output=True, cwd=at, timeout=120)
        options = ["-p", str(port), "-k", str(at), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with started([*as_user, str(programs / "postgres"), "-D", str(data), *options], at) as running:
            _wait(programs, port, running)
            yield programs, port


def _wait(programs: Path, port: int, running: Running) -> None:
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
    for _ in range(300):
        if subprocess.run(ready, check=False).returncode == 0:
            return
        if running.process.poll() is not None:
            break
    raise ServerMissingError(f"PostgreSQL did not start: {running.log.read_text()[-1000:]}")


@dataclass(frozen=True, slots=True)
class Rig:
    """PostgreSQL with a database in which Unleash has made its tables, as a model for others."""

    programs: Path
    port: int

    def database(self, name: str, *options: str) -> None:
        """Make a database."""
        at = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "unleash"]
        command = [str(self.programs / "createdb"), *at, *options, name]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    @contextlib.contextmanager
    def server(self, name: str) -> Iterator[Server]:
        """A server on a database."""
        port = free_port()
        environment = {
            "DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": str(self.port), "DATABASE_NAME": name,
            "DATABASE_USERNAME": "unleash", "DATABASE_PASSWORD": "x", "DATABASE_SSL": "false",
            "HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false", "INIT_ADMIN_API_TOKENS": ADMIN, "INIT_BACKEND_API_TOKENS": CLIENT,
        }  # fmt: skip
        with folder() as at, started([find_node().node, SERVER], at, environment) as running:
            url = f"http://127.0.0.1:{port}"
            running.wait_for(f"{url}/health")
            yield Server(url)

    @contextlib.contextmanager
    def fresh(self, name: str) -> Iterator[Server]:
        """A server on a copy of the model."""
        self.database(name, "-T", "model")
        with self.server(name) as server:
            yield server


@contextlib.contextmanager
def unleash() -> Iterator[Rig]:
    """PostgreSQL, with Unleash's tables made once.

    Without them the test skips on a laptop, and fails under `CI=true`.
    """
    _require()
    with postgres() as (programs, port):
        rig = Rig(programs, port)
        rig.database("model")
        with rig.server("model"):
            pass
        yield rig


@cache
def _require() -> None:
    try:
        _postgres()
        install()
    except (ServerMissingError, RigMissingError, OSError) as error:
        needs.missing(f"Unleash is missing: {error}; {REMEDY}")


if __name__ == "__main__":
    install()
