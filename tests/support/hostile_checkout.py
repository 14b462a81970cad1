"""A checkout that holds every trick at once, and what says that one worked.

Whatever a stranger can put into a checkout, or an artifact lays over it, is here: settings of git, folders
that git takes for repositories or for addresses, modules and programs with names that others look for, links
and pipes. Each trick that runs leaves a marker, with its environment. Beside it stand a Python that tells of
every child it starts, and what finds a token in such a child.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from support.pullrequest import git, write
from support.uses import GOOD

TOKEN = "ghs_tokenOfTheTests"
OWN = ("INPUT_TOKEN", "INPUT_PRESET_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
"""Variables that hold a token."""

MODULES = (
    "bandit", "click", "coverage", "github", "hashlib", "json", "pathlib", "pip", "pluggy", "radon",
    "sitecustomize", "subprocess", "usercustomize", "uv", "venv", "yaml",
)  # fmt: skip
PROGRAMS = ("git", "python", "python3", "uv", "ssh", "sh", "coverage", "git-remote-https", "git-upload-pack")
HOOKS = (
    "applypatch-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-index-change", "post-merge",
    "post-receive", "post-update", "pre-auto-gc", "pre-commit", "pre-push", "pre-receive",
    "proc-receive", "reference-transaction", "update",
)  # fmt: skip
ADDRESSES = (
    "https:/github.com/octo-org/octo-repo", "git@github.com:octo-org/octo-repo", "file:/octo-org/octo-repo",
    "ssh:/git@github.com/octo-org/octo-repo", "sluicegate.scratch", "origin",
)  # fmt: skip
EMBEDDED = "sub"
"""A folder that git takes for a repository without a working tree; `sub/inner` is a project in it."""

ORIGINS = {
    "file": "",
    "https": "https://github.com/octo-org/octo-repo",
    "ssh": "git@github.com:octo-org/octo-repo",
}
"""By name: the addresses that a checkout's `origin` can have; empty leaves the one that it has."""

_SETTINGS = """
[core]
	fsmonitor = {trap} {name}core.fsmonitor
	hooksPath = {hooks}
	sshCommand = {trap} {name}core.sshCommand
	gitProxy = {programs}/core.gitProxy
	pager = {trap} {name}core.pager
	editor = {trap} {name}core.editor
	askPass = {programs}/core.askPass
	alternateRefsCommand = {trap} {name}core.alternateRefsCommand
[credential]
	helper = "!{trap} {name}credential.helper"
[alias]
	hostile = "!{trap} {name}alias"
[diff]
	external = {trap} {name}diff.external
[diff "evil"]
	command = {trap} {name}diff.evil.command
	textconv = {trap} {name}diff.evil.textconv
[filter "evil"]
	clean = {trap} {name}filter.evil.clean
	smudge = {trap} {name}filter.evil.smudge
[merge "evil"]
	driver = {trap} {name}merge.evil.driver
[gpg]
	program = {programs}/gpg.program
[log]
	showSignature = true
[pager]
	diff = {trap} {name}pager.diff
	status = {trap} {name}pager.status
[gc]
	auto = 1
	recentObjectsHook = {trap} {name}gc.recentObjectsHook
[uploadpack]
	packObjectsHook = {trap} {name}uploadpack.packObjectsHook
[remote "origin"]
	uploadpack = {trap} {name}remote.origin.uploadpack
	receivepack = {trap} {name}remote.origin.receivepack
[remote "evil"]
	url = ext::{trap} {name}remote.evil.url
	promisor = true
	partialclonefilter = blob:none
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[url "ext::{trap} {name}insteadOf "]
	insteadOf = https://example.invalid/
	insteadOf = https://github.com/
[url "ext::{trap} {name}pushInsteadOf "]
	pushInsteadOf = https://example.invalid/
[submodule]
	recurse = true
[submodule "hostile"]
	update = "!{trap} {name}submodule.update"
	active = true
	url = https://example.invalid/
[fetch]
	recurseSubmodules = true
[include]
	path = {included}
"""

_WATCH = """
import json, os, sys

_LOG = {log!r}


def _told(event, args):
    if event == "subprocess.Popen":
        _, argv, _, env = args
    elif event in ("os.posix_spawn", "os.exec"):
        _, argv, env = args
    elif event == "os.spawn":
        _, _, argv, env = args
    elif event == "os.system":
        argv, env = [args[0]], None
    else:
        return
    argv = [argv] if isinstance(argv, (str, bytes)) else list(argv)
    env = os.environ if env is None else env
    named = {{os.fsdecode(k): os.fsdecode(v) for k, v in env.items()}}
    line = json.dumps([[os.fsdecode(a) for a in argv], named])
    file = os.open(_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode() + b"\\n")
    os.close(file)


sys.addaudithook(_told)
"""


_HURRY = """
import time

_wait = time.sleep
time.sleep = lambda seconds: _wait(min(seconds, 0.02))
"""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that one of ours started."""

    arguments: Sequence[str]
    environment: Mapping[str, str]

    @property
    def leaks(self) -> list[str]:
        """Where it could find the token: names of variables, and arguments."""
        named = [n for n in OWN if self.environment.get(n)]
        holding = [name for name, value in self.environment.items() if holds_token(value)]
        return sorted({*named, *holding}) + [f"argument {a[:20]}" for a in self.arguments if holds_token(a)]

    def __str__(self) -> str:
        return " ".join(self.arguments)[:200]


def holds_token(text: str) -> bool:
    """Does a text hold the token, as it is or in base 64?"""
    return TOKEN in text or any(TOKEN.encode() in plain for plain in _decoded(text))


def _decoded(text: str) -> Iterator[bytes]:
    for word in re.findall(r"[A-Za-z0-9+/_-]{16,}={0,2}", text):
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_" if "_" in word else None)


@dataclass(frozen=True, slots=True)
class Trap:
    """A folder outside of every checkout, to which tricks that work write."""

    folder: Path

    @property
    def script(self) -> Path:
        """The program that the tricks run, with the name of the trick as its first argument."""
        return self.folder / "trap"

    @property
    def watch(self) -> Path:
        """A module that makes the Python which imports it tell of the children it starts."""
        return self.folder / "sluicegate_watch.py"

    @property
    def sprung(self) -> list[str]:
        """The tricks that worked, each with the first lines of what it saw."""
        return sorted({f.name.rpartition("@")[0] for f in (self.folder / "markers").iterdir()})

    @property
    def children(self) -> list[Child]:
        """Every child of a Python that watches."""
        log = self.folder / "children"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [Child(*json.loads(line)) for line in lines]

    @property
    def leaks(self) -> list[str]:
        """Children that could find the token, and tricks that did."""
        told = [f"{child}: {', '.join(child.leaks)}" for child in self.children if child.leaks]
        seen = [
            f.name
            for f in (self.folder / "markers").iterdir()
            if holds_token(f.read_text("utf-8", "replace"))
        ]
        return [*told, *(f"the trick {name}" for name in seen)]

    def clear(self) -> None:
        """Forget what happened."""
        for marker in (self.folder / "markers").iterdir():
            marker.unlink()
        (self.folder / "children").unlink(missing_ok=True)


def trap(folder: Path) -> Trap:
    """A new trap; its path holds no space, so that settings of git can name it."""
    made = Trap(folder)
    (folder / "markers").mkdir(parents=True)
    marker = f'"{folder}/markers/$name@$$"'
    _program(made.script, f'name=$1; shift; {{ echo "$0 $*"; pwd; env; }} > {marker}; exit 1')
    made.watch.write_text(_WATCH.format(log=str(folder / "children")), encoding="utf-8")
    return made


def _program(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def watched(environment: Path, to: Trap) -> Path:
    """A copy of an environment of Python whose interpreter tells of the children it starts.

    It waits shortly: for the next try to reach a network that is not there.
    """
    made = to.folder / "environment" / environment.name
    shutil.copytree(environment, made, symlinks=True, copy_function=os.link)
    libraries = next(made.glob("**/site-packages"))
    (to.folder / "sluicegate_hurry.py").write_text(_HURRY, encoding="utf-8")
    (libraries / "sluicegate_watch.pth").write_text(
        f"{to.folder}\nimport sluicegate_watch, sluicegate_hurry\n", encoding="utf-8"
    )
    return made


# --- the checkout --------------------------------------------------------------------------------


def lay(checkout: Path, to: Trap, origin: str = "file") -> Path:
    """Put every trick into a checkout, and `origin` of it at an address.

    Raises:
        KeyError: the address is not one of `ORIGINS`.
    """
    if not (checkout / ".git").exists():
        git(checkout, "init", "--quiet")
    _files(checkout, to)
    _modules(checkout, to)
    _programs(checkout, to)
    _links_and_pipes(checkout)
    _embedded(checkout, to)
    for address in ADDRESSES:
        _address(checkout / address, to)
    if ORIGINS[origin]:
        git(checkout, "remote", "set-url", "origin", ORIGINS[origin])
    _misled(checkout)
    _settings(checkout / ".git", to, "")  # last: from here on any git in it is caught
    return checkout


def _files(checkout: Path, to: Trap) -> None:
    quoted = f"{to.script} "
    write(
        checkout,
        {
            ".gitattributes": "* filter=evil merge=evil\n*.py diff=evil\n",
            ".gitmodules": f'[submodule "hostile"]\n\tpath = hostile\n\turl = ext::{quoted}gitmodules\n'
            f'\tupdate = !{quoted}gitmodules.update\n[submodule "-u"]\n\tpath = -u\n\turl = -u./x\n',
            ".mailmap": "Evil <evil@example.com> <mona@example.com>\n",
            ".coveragerc": "[run]\nplugins = evil_plugin\n",
            "setup.cfg": "[coverage:run]\nplugins = evil_plugin\n",
            "tox.ini": "[coverage:run]\nplugins = evil_plugin\n",
            ".bandit": "[bandit]\nskips = B101\nplugins = evil_plugin\n",
            ".env": f"GIT_SSH_COMMAND={quoted}dotenv\nPYTHONPATH=.\n",
            ".npmrc": f"script-shell={quoted}npmrc\n",
            "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
            "uv.toml": 'index-url = "http://127.0.0.1:9/"\n',
            "pyvenv.cfg": "home = .\n",
        },
    )


def _modules(checkout: Path, to: Trap) -> None:
    for name in (*MODULES, "evil_plugin", "sluicegate/__init__", "sluicegate/__main__"):
        path = checkout / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        marker = str(to.folder / "markers" / f"module-{name.replace('/', '.')}")
        text = "".join(
            (
                "import os\n",
                f"_file = os.open({marker!r} + f'@{{os.getpid()}}', os.O_WRONLY | os.O_CREAT)\n",
                "os.write(_file, repr(dict(os.environ)).encode())\nos.close(_file)\n",
            )
        )
        path.write_text(text, encoding="utf-8")


def _programs(checkout: Path, to: Trap) -> None:
    for name in PROGRAMS:
        for folder in ("", "bin/", ".venv/bin/", "venv/bin/", "node_modules/.bin/"):
            _program(checkout / f"{folder}{name}", f'exec {to.script} program-{name} "$@"')
    _program(checkout / ".venv/Scripts/python.exe", f'exec {to.script} program-python.exe "$@"')


def _links_and_pipes(checkout: Path) -> None:
    reports = checkout / "reports"
    reports.mkdir(exist_ok=True)
    for path, target in (("junit.xml", "/etc/passwd"), ("zero.xml", "/dev/zero"), ("loop.xml", "loop.xml")):
        (reports / path).unlink(missing_ok=True)
        (reports / path).symlink_to(target)
    (checkout / "outside").symlink_to("/etc", target_is_directory=True)
    os.mkfifo(reports / "pipe.xml")


def _settings(folder: Path, to: Trap, name: str) -> None:
    """Settings and hooks of a repository, whose tricks are named with `name` in front."""
    hooks = folder / "hooks"
    for hook in HOOKS:
        _program(hooks / hook, f'exec {to.script} {name}hook-{hook} "$@"')
    programs = folder / "programs"
    for own in ("core.gitProxy", "core.askPass", "gpg.program"):
        _program(programs / own, f'exec {to.script} {name}{own} "$@"')
    included = folder / "included"
    included.write_text(f'[alias]\n\tincluded = "!{to.script} {name}include.path"\n', encoding="utf-8")
    text = _SETTINGS.format(trap=to.script, hooks=hooks, name=name, programs=programs, included=included)
    with (folder / "config").open("a", encoding="utf-8") as file:
        file.write(text)


def _embedded(checkout: Path, to: Trap) -> None:
    """`sub/` is a repository whose working tree is the checkout; `sub/inner` a project."""
    folder = checkout / EMBEDDED
    for name in ("objects", "refs", "inner/src"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tworktree = ..\n", encoding="ascii"
    )
    _settings(folder, to, "sub:")
    write(folder / "inner", {**GOOD, "src/app.py": "x = 1\n"})


def _address(folder: Path, to: Trap) -> None:
    """A repository in which what is asked for is missing, and would be fetched by a command."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", ".")
    lines = f"tree {'1' * 40}\nauthor x <x> 0 +0000\ncommitter x <x> 0 +0000\n\nx\n"
    done = subprocess.run(
        ["git", "hash-object", "-w", "-t", "commit", "--literally", "--stdin"], cwd=folder,
        input=lines, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for ref in ("heads/main", "pull/7/merge", "sluicegate/ledger", "sluicegate/baselines"):
        path = folder / "refs" / ref
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(done.stdout, encoding="ascii")
    name = f"address-{folder.name}:"
    with (folder / "config").open("a", encoding="utf-8") as file:
        file.write(
            f'[remote "x"]\n\turl = .\n\tpromisor = true\n\tuploadpack = {to.script} {name}uploadpack\n'
        )
    _settings(folder, to, name)


def _misled(checkout: Path) -> None:
    """Refs and grafts that show other objects than the commits name, and a file that looks changed."""
    head = git(checkout, "rev-parse", "--quiet", "--verify", "HEAD") if _has_commit(checkout) else ""
    if not head:
        return
    other = git(checkout, "commit-tree", "HEAD^{tree}", "-m", "another")
    git(checkout, "update-ref", f"refs/replace/{'2' * 40}", other)
    (checkout / ".git" / "info").mkdir(exist_ok=True)
    (checkout / ".git" / "info" / "grafts").write_text(f"{'2' * 40} {head}\n", encoding="ascii")
    for tracked in git(checkout, "ls-files").splitlines():
        if (checkout / tracked).is_file():
            os.utime(checkout / tracked, (1, 1))


def _has_commit(checkout: Path) -> bool:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, check=False)
    return done.returncode == 0


# --- the world around it -------------------------------------------------------------------------


@contextlib.contextmanager
def no_network() -> Iterator[dict[str, str]]:
    """Variables that lead whoever looks for the network to a proxy that refuses."""

    class Handler(BaseHTTPRequestHandler):
        """Refuses."""

        def do_CONNECT(self) -> None:
            self.send_error(403)

        def do_GET(self) -> None:
            self.send_error(403)

        def do_POST(self) -> None:
            self.send_error(403)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        names = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy")
        yield {
            **dict.fromkeys(names, url),
            "no_proxy": "127.0.0.1,localhost",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        server.shutdown()


def trusted_programs(folder: Path) -> Path:
    """A folder for the front of `PATH`, with an ssh that refuses: what a runner's owner installed."""
    _program(folder / "ssh", "echo refused >&2; exit 255")
    return folder


def command_line(to: Trap) -> list[str]:
    """The beginning of a command line that runs `sluicegate` in a Python that watches.

    As the installed script does, it looks for modules beside itself, and not in the current folder.
    """
    driver = to.folder / "driver.py"
    driver.write_text(
        "import sluicegate_watch\nfrom sluicegate.cli.main import run\nrun()\n", encoding="utf-8"
    )
    return [sys.executable, str(driver)]
