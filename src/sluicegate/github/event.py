"""The event that triggered the workflow, from the environment and the payload. Pure.

Sources: GitHub's pages "Variables reference" (default environment variables) and "Events that
trigger workflows" (which commit `GITHUB_SHA` is for each event).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluicegate.core.errors import WorldError

PULL_REQUEST_EVENTS = frozenset(
    {"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"}
)
"""Events whose payload holds the whole pull request."""

DEPENDABOT = "dependabot[bot]"

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""The full object name of a commit, SHA-1 or SHA-256."""
_ZEROS = re.compile(r"0+")
_GROUP = re.compile(r"gh-readonly-queue/(.+)/pr-\d+-[0-9a-f]{40}")
"""The branch of a merge queue's group, which names the base; only GitHub can push to it."""


class EventError(WorldError):
    """The event payload does not match GitHub's documentation of the event."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """The workflow run whose end started this one (`workflow_run`); 0 and empty where unknown.

    Attributes:
        id, attempt: name it for the API.
        event: what started it, for example `pull_request`.
        conclusion: `success`, `failure` and so on; empty while it runs.
        url: of its page; empty in the event.
    """

    id: int
    attempt: int
    event: str
    conclusion: str
    url: str = ""

    @property
    def succeeded(self) -> bool:
        """Did every job of it succeed?"""
        return self.conclusion == "success"

    @property
    def is_of_pull_request(self) -> bool:
        """Was it started by a pull request?"""
        return self.event.startswith("pull_request")


@dataclass(frozen=True, slots=True)
class EventContext:
    """The facts of one event. Unknown text is empty, an unknown number 0.

    Attributes:
        name: the event, for example `pull_request`; empty outside GitHub Actions.
        repository: `owner/name` of the repository that the workflow runs in.
        server_url: of github.com or of an Enterprise Server, without a final slash.
        ref: `GITHUB_REF`, for example `refs/pull/7/merge`.
        is_pull_request: the payload holds a pull request, and the run tests it.
        is_merge_commit: `tested_sha` is GitHub's test merge of the pull request.
        head_sha: the commit that the author pushed, and that annotations and statuses belong to. Empty
            for a comment on a pull request, whose payload lacks it.
        head_ref: the branch that it was pushed to, without `refs/heads/`.
        head_repository: `owner/name` of the repository of that branch; empty when it is gone.
        tested_sha: the commit of a plain checkout; for a comment and for `workflow_run` the tip of
            the default branch, nothing of the pull request.
        base_ref: branch name, without `refs/heads/`.
        base_sha: of the event; on a pull request it goes stale when the base moves.
        number: of the pull request; 0 where GitHub omits it, as in `workflow_run` for forks (see `pulls`).
        is_fork: the pull request comes from another repository, or from one that is gone.
        is_dependabot: Dependabot started the run, whose token can then only read, whoever runs it again.
        run_attempt: higher for a run that is started again.
        triggered_by: the run that ended, for `workflow_run`.
    """

    name: str = ""
    repository: str = ""
    server_url: str = "https://github.com"
    ref: str = ""
    is_pull_request: bool = False
    is_merge_commit: bool = False
    head_sha: str = ""
    head_ref: str = ""
    head_repository: str = ""
    tested_sha: str = ""
    base_ref: str = ""
    base_sha: str = ""
    default_branch: str = ""
    number: int = 0
    is_fork: bool = False
    is_dependabot: bool = False
    run_id: int = 0
    run_attempt: int = 0
    triggered_by: EndedRun | None = None

    @property
    def branch(self) -> str:
        """The branch that a verdict on the event's commit is for; empty where the event lacks it.

        For a pull request and a group in a merge queue it is the base; for any other run on a branch, that
        branch, whatever its name: people can push one that is named like a group's.
        """
        if self.base_ref or self.is_about_pull_request:
            return self.base_ref
        if self.triggered_by is None:
            return self.ref.removeprefix("refs/heads/")
        group = _GROUP.fullmatch(self.head_ref) if self.triggered_by.event == "merge_group" else None
        return group[1] if group else self.head_ref

    @property
    def is_about_pull_request(self) -> bool:
        """Is the run about a pull request, whatever commit it runs on?"""
        by_run = self.triggered_by is not None and self.triggered_by.is_of_pull_request
        return self.is_pull_request or bool(self.number) or by_run


@dataclass(frozen=True, slots=True)
class _Node:
    """A JSON object of the payload, with its path for messages."""

    value: Mapping[object, object]
    path: str

    def object(self, key: str) -> _Node:
        found = self.value.get(key)
        if not isinstance(found, Mapping):
            raise self.wrong(key, "an object")
        return _Node(found, f"{self.path}.{key}")

    def text(self, key: str) -> str:
        found = self.value.get(key)
        if not isinstance(found, str):
            raise self.wrong(key, "text")
        return found

    def sha(self, key: str) -> str:
        """The full object name below `key`; empty for the all-zero one of a new branch."""
        found = self.text(key)
        if not SHA.fullmatch(found):
            raise self.wrong(key, "a commit's full object name")
        return "" if _ZEROS.fullmatch(found) else found

    def number(self, key: str) -> int:
        found = self.value.get(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise self.wrong(key, "a positive number")
        return found

    def optional(self, key: str) -> str:
        return "" if self.value.get(key) is None else self.text(key)

    def repository(self, key: str) -> str:
        """The full name of the repository below `key`; empty for one that is gone."""
        return "" if self.value.get(key) is None else self.object(key).text("full_name")

    def wrong(self, key: str, expected: str) -> EventError:
        found = type(self.value.get(key)).__name__
        return EventError(
            f"the event payload's {self.path}.{key} must be {expected}, not {found}",
            where="GITHUB_EVENT_PATH",
            remedy="The file is written by the runner; do not change it before this step.",
        )


def event_context(environment: Mapping[str, str], payload: object) -> EventContext:
    """The facts of the event that `environment` names and `payload` (parsed JSON) describes.

    Raises:
        EventError: the payload lacks a part that GitHub documents for the event.
    """
    plain = replace(_plain(environment), default_branch=_default_branch(payload))
    match plain.name:
        case name if name in PULL_REQUEST_EVENTS:
            return _pull_request(plain, _root(payload))
        case "merge_group":
            group = _root(payload).object("merge_group")
            return _with_base(plain, group.text("base_ref"), group.sha("base_sha"))
        case "push":
            root = _root(payload)
            return _with_base(plain, root.text("ref"), root.sha("before"))
        case "workflow_run":
            return _workflow_run(plain, _root(payload))
        case "issue_comment":
            return _issue_comment(plain, _root(payload))
        case _:  # schedule, workflow_dispatch and others: the environment is enough
            return plain


def _plain(environment: Mapping[str, str]) -> EventContext:
    tested = environment.get("GITHUB_SHA", "")
    return EventContext(
        name=environment.get("GITHUB_EVENT_NAME", ""),
        repository=environment.get("GITHUB_REPOSITORY", ""),
        server_url=(environment.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"),
        ref=environment.get("GITHUB_REF", ""),
        head_sha=tested,
        tested_sha=tested,
        is_dependabot=environment.get("GITHUB_ACTOR") == DEPENDABOT,
        run_id=count_of(environment, "GITHUB_RUN_ID"),
        run_attempt=count_of(environment, "GITHUB_RUN_ATTEMPT"),
    )


def _default_branch(payload: object) -> str:
    """The default branch from the repository of a webhook's payload; empty without one."""
    repository = payload.get("repository") if isinstance(payload, Mapping) else None
    found = repository.get("default_branch") if isinstance(repository, Mapping) else None
    return found if isinstance(found, str) else ""


def count_of(environment: Mapping[str, str], name: str) -> int:
    """The number that a variable of the runner holds; 0 for none."""
    text = environment.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _root(payload: object) -> _Node:
    if not isinstance(payload, Mapping):
        raise EventError(
            f"the event payload must be a JSON object, not {type(payload).__name__}",
            where="GITHUB_EVENT_PATH",
        )
    return _Node(payload, "event")


def _pull_request(plain: EventContext, root: _Node) -> EventContext:
    pull = root.object("pull_request")
    head, base = pull.object("head"), pull.object("base")
    fork = head.repository("repo")
    return replace(
        plain,
        is_pull_request=True,
        is_merge_commit=plain.name != "pull_request_target" and plain.ref.endswith("/merge"),
        head_sha=head.sha("sha"),
        head_ref=head.text("ref"),
        head_repository=fork,
        base_ref=base.text("ref"),
        base_sha=base.sha("sha"),
        number=pull.number("number"),
        # No repository: the fork was deleted while its pull request was open.
        is_fork=not fork or fork != base.object("repo").text("full_name"),
    )


def _with_base(plain: EventContext, ref: str, sha: str) -> EventContext:
    return replace(plain, base_ref=ref.removeprefix("refs/heads/"), base_sha=sha)


def _workflow_run(plain: EventContext, root: _Node) -> EventContext:
    """The run that ended; `pull_requests` is empty for forks, and may list those of others."""
    run = root.object("workflow_run")
    head_sha, origin = run.sha("head_sha"), run.repository("head_repository")
    context = replace(
        plain,
        head_sha=head_sha,
        head_ref=run.optional("head_branch"),
        head_repository=origin,
        is_fork=origin != run.object("repository").text("full_name"),
        triggered_by=EndedRun(
            run.number("id"), run.number("run_attempt"), run.text("event"), run.optional("conclusion")
        ),
    )
    return _with_pull_request(context, run)


def _with_pull_request(context: EventContext, run: _Node) -> EventContext:
    listed = run.value.get("pull_requests")
    if not isinstance(listed, list):
        raise run.wrong("pull_requests", "a list")
    path = f"{run.path}.pull_requests"
    nodes = [_Node(item if isinstance(item, Mapping) else {}, path) for item in listed]
    ours = [n for n in nodes if n.object("head").sha("sha") == context.head_sha]
    if len(ours) != 1:
        return context
    base = ours[0].object("base")
    return replace(
        context, number=ours[0].number("number"), base_ref=base.text("ref"), base_sha=base.sha("sha")
    )


def _issue_comment(plain: EventContext, root: _Node) -> EventContext:
    """On a pull request, with its number; on an issue, the facts of the environment."""
    issue = root.object("issue")
    if issue.value.get("pull_request") is None:
        return plain
    issue.object("pull_request")
    return replace(plain, number=issue.number("number"), head_sha="")
