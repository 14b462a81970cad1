"""What triggered the workflow, from the environment and the event payload. Pure.

Sources: GitHub's pages "Variables reference" (default environment variables) and "Events that
trigger workflows" (which commit `GITHUB_SHA` is for each event).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.errors import WorldError

PULL_REQUEST_EVENTS = frozenset(
    {"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"}
)
"""Events whose payload holds the whole pull request."""

DEPENDABOT = "dependabot[bot]"

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ZEROS = re.compile(r"0+")


class EventError(WorldError):
    """The event payload is not what GitHub documents for its event."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """The facts of one event. Unknown text is empty, an unknown number 0.

    Attributes:
        name: the event, for example `pull_request`; empty outside GitHub Actions.
        repository: `owner/name` of the repository that the workflow runs in.
        server_url: of github.com or of an Enterprise Server, without a final slash.
        ref: `GITHUB_REF`, for example `refs/pull/7/merge`.
        is_pull_request: the payload holds a pull request.
        is_merge_commit: `tested_sha` is GitHub's test merge of the pull request.
        head_sha: what the author pushed; what annotations and statuses belong to.
        tested_sha: what a plain checkout checks out.
        base_ref: branch name, without `refs/heads/`.
        base_sha: as the event says; on a pull request it goes stale when the base moves.
        number: of the pull request.
        is_fork: the pull request comes from another repository, or from one that is gone.
        is_dependabot: Dependabot started the run, whose token can then only read.
    """

    name: str = ""
    repository: str = ""
    server_url: str = "https://github.com"
    ref: str = ""
    is_pull_request: bool = False
    is_merge_commit: bool = False
    head_sha: str = ""
    tested_sha: str = ""
    base_ref: str = ""
    base_sha: str = ""
    number: int = 0
    is_fork: bool = False
    is_dependabot: bool = False


@dataclass(frozen=True, slots=True)
class _Node:
    """A JSON object of the payload, with its place for messages."""

    value: Mapping[object, object]
    place: str

    def object(self, key: str) -> _Node:
        """The object below `key`."""
        found = self.value.get(key)
        if not isinstance(found, Mapping):
            raise self.wrong(key, "an object")
        return _Node(found, f"{self.place}.{key}")

    def text(self, key: str) -> str:
        """The text below `key`."""
        found = self.value.get(key)
        if not isinstance(found, str):
            raise self.wrong(key, "text")
        return found

    def sha(self, key: str) -> str:
        """The full object name below `key`; empty for the all-zero one of a new branch."""
        found = self.text(key)
        if not _SHA.fullmatch(found):
            raise self.wrong(key, "a commit's full object name")
        return "" if _ZEROS.fullmatch(found) else found

    def wrong(self, key: str, expected: str) -> EventError:
        """The error for a value that is missing or of another type."""
        found = type(self.value.get(key)).__name__
        return EventError(
            f"the event payload's {self.place}.{key} is not {expected} but {found}",
            where="GITHUB_EVENT_PATH",
            remedy="The file is written by the runner; do not change it before this step.",
        )


def event_context(environment: Mapping[str, str], payload: object) -> EventContext:
    """The facts of the event that `environment` names and `payload` (parsed JSON) describes.

    Raises:
        EventError: the payload misses a part that GitHub documents for the event.
    """
    name = environment.get("GITHUB_EVENT_NAME", "")
    tested = environment.get("GITHUB_SHA", "")
    plain = EventContext(
        name=name,
        repository=environment.get("GITHUB_REPOSITORY", ""),
        server_url=(environment.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"),
        ref=environment.get("GITHUB_REF", ""),
        head_sha=tested,
        tested_sha=tested,
        is_dependabot=environment.get("GITHUB_ACTOR") == DEPENDABOT,
    )
    if name in PULL_REQUEST_EVENTS:
        return _pull_request(plain, _root(payload))
    if name == "merge_group":
        return _merge_group(plain, _root(payload))
    if name == "push":
        return _push(plain, _root(payload))
    return plain


def _root(payload: object) -> _Node:
    if not isinstance(payload, Mapping):
        raise EventError(
            f"the event payload is not a JSON object but {type(payload).__name__}", where="GITHUB_EVENT_PATH"
        )
    return _Node(payload, "event")


def _pull_request(plain: EventContext, root: _Node) -> EventContext:
    pull = root.object("pull_request")
    head, base = pull.object("head"), pull.object("base")
    number = pull.value.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise pull.wrong("number", "a positive number")
    return EventContext(
        name=plain.name,
        repository=plain.repository,
        server_url=plain.server_url,
        ref=plain.ref,
        is_pull_request=True,
        is_merge_commit=plain.name != "pull_request_target" and plain.ref.endswith("/merge"),
        head_sha=head.sha("sha"),
        tested_sha=plain.tested_sha,
        base_ref=base.text("ref"),
        base_sha=base.sha("sha"),
        number=number,
        is_fork=_is_fork(head, base),
        is_dependabot=plain.is_dependabot,
    )


def _is_fork(head: _Node, base: _Node) -> bool:
    if head.value.get("repo") is None:
        return True  # the fork was deleted while its pull request was open
    return head.object("repo").text("full_name") != base.object("repo").text("full_name")


def _merge_group(plain: EventContext, root: _Node) -> EventContext:
    group = root.object("merge_group")
    return _with_base(plain, group.text("base_ref"), group.sha("base_sha"))


def _push(plain: EventContext, root: _Node) -> EventContext:
    return _with_base(plain, root.text("ref"), root.sha("before"))


def _with_base(plain: EventContext, ref: str, sha: str) -> EventContext:
    return EventContext(
        name=plain.name,
        repository=plain.repository,
        server_url=plain.server_url,
        ref=plain.ref,
        head_sha=plain.head_sha,
        tested_sha=plain.tested_sha,
        base_ref=ref.removeprefix("refs/heads/"),
        base_sha=sha,
        is_dependabot=plain.is_dependabot,
    )
