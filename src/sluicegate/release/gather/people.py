"""Reads the thread of a release anew from GitHub: comments, reviews, permissions, teams.

Requests: the pull request or issue, its comments and reviews, when the head was pushed, whether they were
edited (GraphQL's `lastEditedAt`; REST hides an edit in the same second), the edits of the text where a
checklist is asked for, and of each author the permission and the teams that the policy asks for. Sources:
GitHub's pages on the REST API of issue comments, pull request reviews, collaborators and team members, and
on the GraphQL objects IssueComment and PullRequestReview.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from sluicegate.core.text import cut, one_line
from sluicegate.github.approvals import MAX_BODY
from sluicegate.github.approvals_api import MAX_PAGES, MAX_PEOPLE, head_pushed_at, server_time
from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.comments import command_line, has_several
from sluicegate.net.client import ApiError
from sluicegate.release.gather.history import read_history
from sluicegate.release.gather.hub import NO_TOKEN
from sluicegate.release.settings import ReleaseSettings
from sluicegate.release.statements import Statement, Thread, Way
from sluicegate.rollout.who import GitHub

MAX_STATEMENTS = 200
"""Statements that are read, the newest ones."""

_AT_ONCE = 100
_EDITS = (
    "query($ids:[ID!]!){nodes(ids:$ids){"
    "... on IssueComment{id lastEditedAt} ... on PullRequestReview{id lastEditedAt}}}"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The pull request or issue in which people sign off; `graphql` is the path of that API."""

    number: int
    graphql: str = "/graphql"


@dataclass(frozen=True, slots=True)
class _Item:
    """A statement with what GraphQL calls it."""

    statement: Statement
    node: str


def graphql_path(environment: Mapping[str, str]) -> str:
    """The path or address of GraphQL, beside the REST API of the environment."""
    address = environment.get("GITHUB_API_URL", "").rstrip("/")
    return f"{address.removesuffix('/v3')}/graphql" if address.endswith("/api/v3") else "/graphql"


def read_thread(github: GitHub, place: Place, settings: ReleaseSettings, commit: str) -> tuple[Thread, str]:
    """The thread, and the head of the pull request; empty for an issue, and where it is not known.

    What cannot be read is a sentence in `problems`, and does not count.
    """
    client = github.client
    if not place.number:
        problem = "no pull request and no issue is named, in which people sign off"
        return Thread(problems=(problem,), unread=True), ""
    if client is None:
        return Thread(place.number, problems=(NO_TOKEN,), unread=True), ""
    return _Reader(client, f"/repos/{github.repository}", place, settings, commit).read()


@dataclass(slots=True)
class _Reader:
    api: Client
    root: str
    place: Place
    settings: ReleaseSettings
    commit: str
    problems: list[str] = field(default_factory=list)

    def read(self) -> tuple[Thread, str]:
        number = self.place.number
        try:
            issue = self.api.get(f"{self.root}/issues/{number}")
            is_pull = "pull_request" in issue
            pull = self.api.get(f"{self.root}/pulls/{number}") if is_pull else {}
            items = [*self._comments(), *(self._reviews() if is_pull else ())]
        except ApiError as error:
            reason = f"#{number} cannot be read: {cut(one_line(error.message), 200)}"
            return Thread(number, problems=(reason,), unread=True), ""
        items = sorted(items, key=lambda item: item.statement.at)[-MAX_STATEMENTS:]
        statements = tuple(self._edits(items))
        people = list(dict.fromkeys(s.who for s in reversed(statements) if not s.bot))[:MAX_PEOPLE]
        thread = Thread(
            number,
            is_pull,
            statements,
            self._permissions(people),
            dict(self._teams(people)),
            self._pushed(pull) if is_pull else "",
            self._authors(issue),
            text_at(issue, "body"),
            text_at(issue, "html_url"),
        )
        if self.settings.needs_checklists:
            thread = replace(thread, history=read_history(self.api, text_at(issue, "node_id")))
        return replace(thread, problems=tuple(self.problems)), text_at(pull, "head", "sha")

    def _comments(self) -> Iterator[_Item]:
        for item in self.api.newest(f"{self.root}/issues/{self.place.number}/comments", MAX_PAGES):
            if line := command_line(text_at(item, "body")):
                at = server_time(item.get("created_at"))
                yield self._item(item, Way.COMMENT, line, at, "", dismissed=False)

    def _reviews(self) -> Iterator[_Item]:
        for item in self.api.newest(f"{self.root}/pulls/{self.place.number}/reviews", MAX_PAGES):
            line, state = command_line(text_at(item, "body")), text_at(item, "state")
            if line and state != "PENDING":
                at, of = server_time(item.get("submitted_at")), text_at(item, "commit_id")
                yield self._item(item, Way.REVIEW, line, at, of, dismissed=state == "DISMISSED")

    def _item(
        self, item: Mapping[str, Any], way: Way, line: str, at: str, commit: str, *, dismissed: bool
    ) -> _Item:
        body = text_at(item, "body")
        statement = Statement(
            f"{way}-{number_at(item, 'id')}",
            way,
            text_at(item, "user", "login") or "ghost",
            text_at(item, "user", "type") != "User",
            at,
            line[:MAX_BODY],
            text_at(item, "html_url")[:500],
            commit,
            None,
            dismissed,
            hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest(),
            has_several(body),
        )
        return _Item(statement, text_at(item, "node_id"))

    def _edits(self, items: list[_Item]) -> Iterator[Statement]:
        """The statements, each with whether it was edited; None where that cannot be read."""
        edited: dict[str, bool] = {}
        try:
            for start in range(0, len(items), _AT_ONCE):
                edited |= self._edited([item.node for item in items[start : start + _AT_ONCE]])
        except ApiError as error:
            self.problems.append(f"what was edited cannot be read: {cut(one_line(error.message), 200)}")
        for item in items:
            yield replace(item.statement, edited=edited.get(item.node))

    def _edited(self, nodes: list[str]) -> dict[str, bool]:
        asked = {"query": _EDITS, "variables": {"ids": nodes}}
        data = self.api.write("POST", self.place.graphql, asked).get("data")
        found = data.get("nodes") if isinstance(data, dict) else None
        return {
            text_at(node, "id"): node["lastEditedAt"] is not None
            for node in (found if isinstance(found, list) else ())
            if isinstance(node, dict) and "lastEditedAt" in node
        }

    @property
    def _asked(self) -> tuple[str, ...]:
        """Everybody whom the policy names, as it names them."""
        return (*(p for role in self.settings.roles for p in role.people), *self.settings.waivers_by)

    def _permissions(self, people: Iterable[str]) -> dict[str, str]:
        if all(entry.startswith("@") for entry in self._asked):
            return {}
        found: dict[str, str] = {}
        for who in people:
            path = f"{self.root}/collaborators/{quote(who, safe='')}/permission"
            try:
                answer = self.api.get(path)
                held = (text_at(answer, "role_name"), text_at(answer, "permission"))
                known = ("admin", "maintain", "write", "triage", "read", "none")
                found[who.lower()] = next((word for word in held if word in known), "none")
            except ApiError as error:
                if error.status == 404:  # not a collaborator
                    found[who.lower()] = "none"
                else:
                    why = cut(one_line(error.message), 200)
                    self.problems.append(f"the permission of @{who} cannot be read: {why}")
        return found

    def _teams(self, people: list[str]) -> Iterator[tuple[str, frozenset[str] | None]]:
        for team in dict.fromkeys(e[1:].lower() for e in self._asked if e.startswith("@") and "/" in e):
            try:
                yield team, frozenset(self._members(team, people))
            except ApiError as error:
                what = f"the team @{team} cannot be read: {cut(one_line(error.message), 200)}"
                self.problems.append(f"{what}; it takes the token of an App or a person")
                yield team, None

    def _members(self, team: str, people: list[str]) -> Iterator[str]:
        """Those of the people who are in a team.

        The team itself is asked for first: a token that may not see it gets the answer for no member.
        """
        organisation, slug = (quote(part, safe="") for part in team.split("/", 1))
        path = f"/orgs/{organisation}/teams/{slug}"
        if people:
            self.api.get(path)
        for who in people:
            try:
                answer = self.api.get(f"{path}/memberships/{quote(who, safe='')}")
            except ApiError as error:
                if error.status == 404:
                    continue
                raise
            if text_at(answer, "state") == "active":
                yield who.lower()

    def _pushed(self, pull: Mapping[str, Any]) -> str:
        try:
            found, problem = head_pushed_at(self.api, pull)
        except ApiError as error:
            found, problem = "", f"when the head was pushed cannot be read: {one_line(error.message)}"
        self.problems += [problem] if problem else []
        return found

    def _authors(self, issue: Mapping[str, Any]) -> frozenset[str] | None:
        """Who wrote the pull request and its last commit; nobody where the policy does not ask."""
        if self.settings.self_approval:
            return frozenset()
        try:
            found = self.api.get(f"{self.root}/commits/{self.commit}")
        except ApiError as error:
            self.problems.append(f"the author of the commit cannot be read: {one_line(error.message)}")
            return None
        people = (issue.get("user"), found.get("author"), found.get("committer"))
        return frozenset(text_at(one, "login").lower() for one in people) - {"", "web-flow"}


def head_of(github: GitHub, number: int) -> str:
    """The head of a pull request now; empty for an issue.

    Raises:
        ApiError: it cannot be read.
    """
    client = github.client
    if client is None:
        return ""
    issue = client.get(f"/repos/{github.repository}/issues/{number}")
    if "pull_request" not in issue:
        return ""
    pull: object = client.get(f"/repos/{github.repository}/pulls/{number}")
    return text_at(pull, "head", "sha")
