"""Each command in a checkout that holds every trick: none of them runs, and no child sees the token."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from sluicegate.cli.main import main
from sluicegate.report.document import render
from sluicegate.report.formats import NAMES
from support import gen_coverage, programs
from support.approvals_hub import ApprovalsHub
from support.githubapi import running
from support.hostile_checkout import (
    EMBEDDED,
    TOKEN,
    Child,
    Trap,
    command_line,
    holds_token,
    lay,
    no_network,
    trap,
    trusted_programs,
)
from support.ledgers import report
from support.pullrequest import IDENTITY, PullRequest, git, open_pull_request
from support.uses import BEFORE, CHANGE, MEANWHILE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="tricks of a POSIX system")]

COMMANDS: dict[str, list[str]] = {
    "version": ["--version"],
    "check": ["check"],
    "check of a base": ["check", "--base", "HEAD^1", "--output", "json=../r.json"],
    "check with components": ["check", "--gate", "tests", "--gate", "security"],
    "check that is untrusted": ["check", "--untrusted"],
    "merge": ["merge", "bundles"],
    "subject": ["subject", "bundles", "--output", "../subject"],
    "plan": ["plan"],
    "fetch": ["fetch"],
    "approvals": ["approvals"],
    "ledger fetch": ["ledger", "fetch", "--max-wait", "0"],
    "ledger record": ["ledger", "record", "../report.json", "--max-wait", "0"],
    "ledger log": ["ledger", "log", "--max-wait", "0"],
    "ledger show": ["ledger", "show", "HEAD", "--max-wait", "0"],
    "ledger verify": ["ledger", "verify", "--max-wait", "0"],
    "ledger prune": ["ledger", "prune", "--keep", "1d", "--max-wait", "0"],
    "ledger rebuild": ["ledger", "rebuild", "--max-wait", "0"],
    "ledger of this repository": ["ledger", "verify", "--local", "--max-wait", "0"],
    "release status": ["release", "status", "v1", "--max-wait", "0"],
    "release decide": ["release", "decide", "v1", "--max-wait", "0"],
    "release verify": ["release", "verify", "HEAD", "--max-wait", "0"],
    "release notes": ["release", "notes"],
    "release impact": ["release", "impact"],
    "release history": ["release", "history", "v1", "--max-wait", "0"],
    "rollout validate": ["rollout", "validate"],
    "rollout tick": ["rollout", "tick", "--max-wait", "0"],
    "rollout list": ["rollout", "list", "--max-wait", "0"],
    "rollout comment": ["rollout", "comment", "--max-wait", "0"],
    "trend": ["trend"],
    "badge": ["badge", "../report.json", "--output", "../badges"],
    "publish": ["publish", "../report.json", "--max-wait", "0"],
    "explain": ["explain", "coverage"],
    "init": ["init"],
    "validate": ["validate"],
    "schema": ["schema", "policy"],
    "completion": ["completion", "bash"],
}
"""`bench` is not here: it runs the user's commands in the checkout, as its page says."""

DECLARED: dict[str, list[str]] = {
    "program-python": ["check", "--gate", "coverage"],
    "gate": ["check", "--policy", "{policy}"],
    "benchmark": [
        "bench",
        "--base",
        "HEAD^1",
        "--min-rounds",
        "1",
        "--max-rounds",
        "1",
        "--",
        "{trap}",
        "benchmark",
    ],
}
"""By trick: what runs code of the project, as its page says: data of coverage.py, `run:` gates, `bench`."""

PLACES: dict[str, list[str]] = {
    "file": [*COMMANDS],
    EMBEDDED: [*COMMANDS],
    "https": [c for c in COMMANDS if c.startswith(("check", "ledger", "subject"))],
    "ssh": [c for c in COMMANDS if c.startswith("ledger")],
}
"""By the address of `origin`, or the project below the embedded repository: the commands to run there."""

FRESH = {"version", "check that is untrusted", "publish"}
"""What is run in an interpreter that must import it there; `EVERYTHING` is what any command may import."""

EVERYTHING = """
import importlib, pkgutil
import sluicegate_watch
import sluicegate
for module in pkgutil.walk_packages(sluicegate.__path__, "sluicegate."):
    importlib.import_module(module.name)
from sluicegate.cli.main import run
run()
"""

ONCE = {
    "check with components", "ledger log", "ledger show", "ledger prune", "ledger rebuild", "ledger verify",
    "release decide", "release verify", "release history", "rollout tick", "rollout comment",
}  # fmt: skip
"""What finds its repository and its remote as another command does: other places are for the long run."""


CASES = [
    pytest.param(
        place, name, id=f"{name}, {place}",
        marks=[pytest.mark.soak] if place != "file" and name in ONCE else [],
    )
    for place, names in PLACES.items()
    for name in names
]  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """A hostile checkout, and where a command runs in it."""

    trap: Trap
    checkout: Path
    folder: Path
    pull: PullRequest
    variables: dict[str, str]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`sluicegate` with these arguments, in a fresh interpreter."""
        return self.start([*command_line(self.trap), *arguments], **variables)

    def fork(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The same in an interpreter that has imported the package before: it can import nothing of ours."""
        command = [*command_line(self.trap), *arguments]
        return programs.run(command, self.folder, {**self.variables, **variables})

    def start(self, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Any command in it."""
        return subprocess.run(
            command, cwd=self.folder, env={**self.variables, **variables}, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False,
        )  # fmt: skip


@pytest.fixture(scope="session")
def pull(tmp_path_factory: pytest.TempPathFactory) -> PullRequest:
    return open_pull_request(tmp_path_factory.mktemp("hostile") / "origin", BEFORE, CHANGE, MEANWHILE)


def hostile(root: Path, pull: PullRequest, place: str, api: str, network: dict[str, str]) -> Hostile:
    made = trap(root / "trap")
    checkout = pull.checkout(root / "work" / "repo")
    git(checkout, "fetch", "--quiet", "--depth=2", "origin", "main:refs/remotes/origin/main")
    lay(checkout, made, place if place != EMBEDDED else "file")
    folder = checkout / EMBEDDED / "inner" if place == EMBEDDED else checkout
    (folder.parent / "report.json").write_text(render(report(80, pull.merge)), encoding="utf-8")
    event = root / "event.json"
    event.write_text(json.dumps(pull.payload()), encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "GH_", "GIT_"))}
    variables = {
        **kept, **network, **IDENTITY, **pull.variables(),
        "PATH": os.pathsep.join([str(trusted_programs(root / "bin")), os.environ["PATH"]]),
        "HOME": str(root), "GITHUB_TOKEN": TOKEN, "GH_TOKEN": TOKEN, "GITHUB_API_URL": api,
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "octo-org/octo-repo",
        "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event),
    }  # fmt: skip
    return Hostile(made, checkout, folder, pull, variables)


@dataclass(frozen=True)
class Ran:
    """What a command did, and what that sprang."""

    sprung: list[str]
    leaks: list[str]
    children: list[Child]
    said: str


Runs = Callable[[str, str], Ran]


@pytest.fixture(scope="module")
def runs(pull: PullRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs a command in a place, once for all tests."""
    places: dict[str, Hostile] = {}
    done: dict[tuple[str, str], Ran] = {}
    with running(ApprovalsHub(pull.head)) as api, no_network() as network:

        def run(place: str, name: str) -> Ran:
            if place not in places:
                places[place] = hostile(tmp_path_factory.mktemp("cli"), pull, place, api, network)
            if (place, name) not in done:
                fresh = place == "file" and name in FRESH
                done[place, name] = ran(places[place], name, fresh=fresh)
            return done[place, name]

        yield run


def ran(there: Hostile, name: str, *, fresh: bool) -> Ran:
    there.trap.clear()
    event = {"GITHUB_EVENT_NAME": "", "GITHUB_EVENT_PATH": ""} if name == "ledger record" else {}
    found = (there.run if fresh else there.fork)(*COMMANDS[name], **event)
    said = f"exit {found.returncode}\n{found.stdout[-2000:]}{found.stderr[-2000:]}"
    return Ran(there.trap.sprung, there.trap.leaks, there.trap.children, said)


@pytest.mark.parametrize(("place", "name"), CASES)
def test_no_command_of_the_checkout_runs(runs: Runs, place: str, name: str) -> None:
    found = runs(place, name)
    its_ssh = {"core.sshCommand"} if place == "ssh" else set()  # a remote is reached as the clone says
    assert set(found.sprung) <= its_ssh, found.said


@pytest.fixture(scope="module")
def imported(pull: PullRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A fresh interpreter that imports all of the package there, and shows a report in every way."""
    root = tmp_path_factory.mktemp("imported")
    with no_network() as network:
        there = hostile(root, pull, "file", "", network)
        driver = there.trap.folder / "everything.py"
        driver.write_text(EVERYTHING, encoding="utf-8")
        shown = (f"--output={name}={root / name}" for name in NAMES)
        found = there.start([sys.executable, str(driver), "check", "--gate", "tests", *shown])
    said = f"exit {found.returncode}\n{found.stdout[-2000:]}{found.stderr[-2000:]}"
    return Ran(there.trap.sprung, there.trap.leaks, there.trap.children, said)


def test_nothing_of_the_package_imports_what_lies_there(imported: Ran) -> None:
    assert (imported.sprung, imported.leaks) == ([], []), imported.said


def test_all_of_it_can_be_imported_there(imported: Ran) -> None:
    assert imported.said.split()[1] in ("0", "1"), imported.said


@pytest.mark.parametrize(("place", "name"), CASES)
def test_no_child_sees_the_token(runs: Runs, place: str, name: str) -> None:
    found = runs(place, name)
    assert not found.leaks, found.said


def declared(there: Hostile, root: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run what is declared, on data of coverage.py and a policy with a `run:` gate."""
    gen_coverage.write_data(there.folder / ".coverage", 1, 9)
    policy = f"extends: []\ngates: {{own: {{run: {there.trap.script} gate, criteria: [exit_code == 0]}}}}\n"
    (root / "own.yml").write_text(policy, encoding="utf-8")
    return there.fork(*(a.format(trap=there.trap.script, policy=root / "own.yml") for a in arguments))


@pytest.mark.parametrize(("trick", "arguments"), DECLARED.items())
def test_what_the_project_s_own_programs_are_given_holds_no_token(
    tmp_path: Path, careless: Hostile, trick: str, arguments: list[str]
) -> None:
    found = declared(careless, tmp_path, arguments)
    assert trick in careless.trap.sprung, found.stdout + found.stderr
    assert not careless.trap.leaks


@pytest.mark.parametrize("arguments", [a for a in DECLARED.values() if a[0] == "check"])
def test_with_untrusted_none_of_these_run(tmp_path: Path, careless: Hostile, arguments: list[str]) -> None:
    found = declared(careless, tmp_path, [*arguments, "--untrusted"])
    assert (careless.trap.sprung, careless.trap.leaks) == ([], []), found.stdout + found.stderr


@pytest.mark.parametrize(("place", "name"), CASES)
def test_it_ends_without_a_crash(runs: Runs, place: str, name: str) -> None:
    found = runs(place, name)
    assert found.said.split()[1] in ("0", "1", "2", "3"), found.said


def test_the_commands_are_all_there_are() -> None:
    context = click.Context(main)
    names = {words[0] for words in COMMANDS.values()} - {"--version"}
    assert names == set(main.list_commands(context)) - {"bench"}
    ledger = main.get_command(context, "ledger")
    assert isinstance(ledger, click.Group)
    assert {words[1] for words in COMMANDS.values() if words[0] == "ledger"} == set(ledger.commands)


# --- the traps -----------------------------------------------------------------------------------

SPRINGS: Mapping[str, str] = {
    "core.fsmonitor": "git status",
    "sub:core.fsmonitor": "cd sub/inner && git status",
    "hook-pre-commit": "git commit --allow-empty -m x",
    "diff.evil.command": "echo >> src/app.py; git diff",
    "diff.external": "echo >> README.md; git diff",
    "filter.evil.clean": "git add README.md",
    "filter.evil.smudge": "git show HEAD:README.md > README.md; rm README.md; git checkout README.md",
    "alias": "git hostile",
    "include.path": "git included",
    "remote.origin.uploadpack": "git fetch origin",
    "remote.origin.receivepack": "git push --no-verify origin HEAD:refs/heads/x",
    "core.sshCommand": "git ls-remote git@example.invalid:x/y",
    "core.gitProxy": "git ls-remote git://example.invalid/x",
    "insteadOf": "git ls-remote https://example.invalid/x",
    "remote.evil.url": "git fetch evil",
    "core.editor": "git -c core.hooksPath=/dev/null commit --allow-empty",
    "address-octo-repo:uploadpack": "GIT_NO_LAZY_FETCH=0 git clone --no-local "
    "./https:/github.com/octo-org/octo-repo ../cloned",
    "module-coverage": "python3 -c 'import coverage'",
    "module-json": "python3 -c 'import json'",
    "module-sluicegate.__init__": "python3 -m sluicegate",
    "module-sitecustomize": "PYTHONPATH=. python3 -c 'import os'",
    "program-git": "./git",
    "program-python": ".venv/bin/python -m coverage",
}
"""By trick: a line that a careless program might run in the checkout."""


@pytest.fixture(scope="module")
def laid(pull: PullRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Hostile, Path]:
    """A hostile checkout, which names its own place, and a copy of its folder as it was laid."""
    root = tmp_path_factory.mktemp("careless")
    there = hostile(root, pull, "file", "", {})
    copy_all(root / "work", root / "as laid")
    return there, root / "as laid"


@pytest.fixture
def careless(laid: tuple[Hostile, Path]) -> Hostile:
    """The hostile checkout as it was laid, whatever the test before did to it."""
    there, copy = laid
    shutil.rmtree(there.checkout.parent)
    copy_all(copy, there.checkout.parent)
    there.trap.clear()
    return there


def copy_all(source: Path, target: Path) -> None:
    """Copy a folder with its times, links and pipes."""
    subprocess.run(["cp", "-a", source, target], check=True)


@pytest.fixture(scope="module")
def sprung(laid: tuple[Hostile, Path]) -> dict[str, list[str]]:
    """What each line of the careless sprang, one after the other in one checkout."""
    there, _ = laid
    found = {}
    for trick, line in SPRINGS.items():
        there.trap.clear()
        there.start(["sh", "-c", line])
        found[trick] = there.trap.sprung
    return found


@pytest.mark.parametrize("trick", SPRINGS)
def test_a_trick_works_on_the_careless(sprung: dict[str, list[str]], trick: str) -> None:
    assert trick in sprung[trick], sprung[trick]


def test_children_are_told_of_with_what_they_could_find(careless: Hostile) -> None:
    there = careless
    started = "import sluicegate_watch, subprocess; subprocess.run(['true', 'x'])"
    there.start(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(there.trap.folder)!r}); {started}"]
    )
    (child,) = there.trap.children
    assert (list(child.arguments), child.leaks) == (["true", "x"], ["GH_TOKEN", "GITHUB_TOKEN"])


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"AUTHORIZATION: basic {base64.b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}",
        base64.b64encode(TOKEN.encode()).decode().rstrip("="),
        f"https://x:{TOKEN}@github.com/",
    ],
)
def test_a_token_is_found_in_any_dress(text: str) -> None:
    assert holds_token(text)


def test_other_texts_hold_no_token() -> None:
    assert not holds_token("/usr/bin:AAAAAAAAAAAAAAAAAAAAAAAA== 0123456789abcdef")
