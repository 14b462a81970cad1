"""Fetch the pull request's base when the checkout is too shallow to hold it.

`actions/checkout` leaves the test merge at depth 1, whose first parent is the base. One commit
more is all that the change needs. Run as `python -I -m sluicegate.github.base` by the Action,
with the token in `INPUT_TOKEN`; it never fails: without a base the change is not judged, and the
report says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate import process
from sluicegate.errors import SluicegateError
from sluicegate.github import gitconfig
from sluicegate.github.commands import notice
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event

TIMEOUT = 120.0
"""Seconds that one call of git may take."""

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Done:
    """What git answered; `output` is its standard output, or its error when `ok` is False."""

    ok: bool
    output: str


Git = Callable[..., Done]
"""`git(*arguments) -> Done`, run in the checkout."""


def runner(directory: Path, environment: Mapping[str, str]) -> Git:
    """A git that runs in `directory` with exactly `environment`."""

    def git(*arguments: str) -> Done:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=directory,
                env=dict(environment),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Done(False, str(error))
        return Done(done.returncode == 0, (done.stdout if done.returncode == 0 else done.stderr).strip())

    return git


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch: a commit with `depth` commits of its history, and what is then there."""

    commit: str
    depth: int
    proof: str


def wanted(event: EventContext, git: Git) -> Wanted | None:
    """What is missing of the base; None when nothing is.

    Of a test merge it is the first parent. Of another checkout (the pull request's own head, a merge
    queue's commit) it is the tip of the base, whose policy judges.
    """
    head = git("rev-parse", "--verify", "--quiet", "HEAD")
    if not head.ok:
        return None
    if event.is_merge_commit and head.output == event.tested_sha:
        want, names = Wanted(event.tested_sha, 2, "HEAD^1"), ["HEAD^1"]
    else:
        want, names = Wanted(event.base_sha, 1, event.base_sha), _tips(event)
    if not names or any(git("cat-file", "-e", f"{name}^{{commit}}").ok for name in names):
        return None
    return want


def _tips(event: EventContext) -> list[str]:
    """What names the tip of the base; nothing where the event has none, or none that it knows."""
    if not event.base_sha:
        return []
    if event.is_pull_request and event.base_ref:
        return [event.base_sha, f"refs/remotes/origin/{event.base_ref}"]
    return [event.base_sha] if event.is_pull_request or event.name == "merge_group" else []


def fetch(want: Wanted, git: Git, sleep: Callable[[float], None] = time.sleep) -> str:
    """Fetch a commit; empty on success, else why it failed.

    It is fetched by its object name: the branch `refs/pull/N/merge` may have moved since.
    """
    answer = Done(False, "")
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2.0**attempt)
        answer = git("fetch", "--quiet", "--no-tags", f"--depth={want.depth}", "origin", want.commit)
        if answer.ok:
            return "" if git("cat-file", "-e", want.proof).ok else "the fetch brought no parent"
    return answer.output.splitlines()[-1] if answer.output else "git failed without a word"


def main(environment: Mapping[str, str], directory: Path) -> None:
    """Fetch the base of the pull request if it is missing, and say what happened."""
    workspace = Path(environment.get("GITHUB_WORKSPACE") or directory)
    try:
        event = read_event(environment)
    except SluicegateError as error:
        notice(f"The base was not looked for: {error}")
        return
    settings = [
        *gitconfig.trust(workspace, directory),
        *gitconfig.authorize(event.server_url, environment.get("INPUT_TOKEN", "")),
    ]
    quiet = {**environment, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    quiet.pop("INPUT_TOKEN", None)
    git = runner(directory, gitconfig.with_settings(quiet, settings))
    want = wanted(event, git)
    if want is None:
        return
    if reason := fetch(want, git):
        notice(
            "The base of this pull request is not in the checkout and could not be fetched, so the change "
            f"is not judged, and its own policy is taken: {reason}. Set `fetch-depth: 2` at "
            "actions/checkout, or give this action a token that may read the repository."
        )
    else:
        what = f"pull request {event.number}" if event.number else "the merge queue's commit"
        sys.stdout.write(f"Fetched the base of {what}.\n")


if __name__ == "__main__":
    sys.exit(process.step(lambda: main(os.environ, Path.cwd())))
