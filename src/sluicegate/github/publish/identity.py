"""The publishing run, and the hidden mark in what it publishes. Pure.

A report is distinguished from others by its key (workflow and job, or a name that the user chose),
and ordered among the reports of that key by the number of the workflow run and its attempt: both
only grow ("Variables reference": `GITHUB_RUN_NUMBER`, `GITHUB_RUN_ATTEMPT`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.github.event import count_of

MARK = "<!-- sluicegate:v1 "
"""The beginning of a comment's mark; older versions ignore marks with a later number."""

MAX_KEY = 100
"""Characters of a key; longer ones are cut."""

_MARK = re.compile(r"\A<!-- sluicegate:v1 (\{.{1,2000}?\}) -->", re.DOTALL)
_RUN_URL = re.compile(r"/actions/runs/(\d{1,20})(?:/attempts/(\d{1,9}))?(?:[?#].*)?\Z")
_FORK = re.compile(r"[?&]pr=(\d{1,18})&measured=fork\Z")
_MAX = 2**63


@dataclass(frozen=True, slots=True)
class PublishingRun:
    """One run of a workflow, and the key of its report.

    Attributes:
        key: names the sticky comment; equal for all runs of one job of one workflow.
        named: the user chose the key, so it is also shown.
        number: of the run within its workflow; 0 outside GitHub Actions.
        attempt: 1 for the first; a re-run has the same number and the next attempt.
        id: unique over all workflows of the server; 0 when unknown.
        url: of the run's page; empty when unknown.
    """

    key: str
    named: bool = False
    number: int = 0
    attempt: int = 0
    id: int = 0
    url: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """Later runs of one key have a larger order."""
        return (self.number, self.attempt)


@dataclass(frozen=True, slots=True)
class Mark:
    """The hidden mark of a comment or a check run: its author and its subject.

    Attributes:
        key, order: as in `PublishingRun`.
        head: the commit that the report is about.
        digest: changes exactly when a status in the report changes.
        body: digest of the whole text, so that an equal text is not written again.
    """

    key: str
    order: tuple[int, int]
    head: str
    digest: str
    body: str

    def text(self) -> str:
        """The mark as one JSON object that cannot end an HTML comment."""
        mark = asdict(self)
        mark["run"] = mark.pop("order")
        return json.dumps(mark, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")

    def comment(self) -> str:
        """The mark as the first line of a comment."""
        inside = self.text().replace("--", "-\\u002d")
        return f"{MARK}{inside} -->"


def run_of(environment: Mapping[str, str], key: str = "", folder: str = "") -> PublishingRun:
    """The run that the runner's variables describe.

    The user's own `key` names its report, else workflow and job; `folder` distinguishes several uses of the
    Action in one job.
    """
    number, attempt, identity = (
        count_of(environment, f"GITHUB_RUN_{name}") for name in ("NUMBER", "ATTEMPT", "ID")
    )
    server = (environment.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/")
    repository = environment.get("GITHUB_REPOSITORY", "")
    url = f"{server}/{repository}/actions/runs/{identity}" if identity and repository else ""
    if url and attempt > 1:
        url += f"/attempts/{attempt}"
    name = cut(one_line(key) or _key(environment, folder), MAX_KEY)
    return PublishingRun(name, bool(key.strip()), number, attempt, identity, url)


def _key(environment: Mapping[str, str], folder: str) -> str:
    workflow = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].rpartition("/")[2]
    name, job = workflow or environment.get("GITHUB_WORKFLOW", ""), environment.get("GITHUB_JOB", "")
    return ":".join(filter(None, (name, job, folder.strip("./")))) or "local"


def mark_of(body: str) -> Mark | None:
    """The mark at the start of a comment's body; None without one, or for a broken one."""
    match = _MARK.match(body)
    return read_mark(match[1]) if match else None


def read_mark(text: str) -> Mark | None:
    """The mark from its JSON text, which is untrusted; None for anything else."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match fields:
        case {
            "key": str(key),
            "run": [int(number), int(attempt)],
            "head": str(head),
            "digest": str(digest),
            "body": str(body),
        } if 0 <= number < _MAX and 0 <= attempt < _MAX:
            return Mark(key, (number, attempt), head, digest, body)
    return None


def fork_url(url: str, number: int) -> str:
    """The address of a run that judged what the fork of pull request `number` measured.

    The server's page of the run ignores what is added.
    """
    return f"{url}{'&' if '?' in url else '?'}pr={number}&measured=fork"


def fork_of_url(url: str) -> int:
    """The number that `fork_url` added; 0 for any other address."""
    match = _FORK.search(url)
    return int(match[1]) if match else 0


def run_of_url(url: str) -> tuple[int, int]:
    """Run id and attempt from the address of a run's page; zeros for any other address."""
    match = _RUN_URL.search(url)
    return (int(match[1]), int(match[2] or 1)) if match else (0, 0)
