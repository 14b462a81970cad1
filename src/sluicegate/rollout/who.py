"""Who asks, and what they may: proven by the run that GitHub started, or by a token.

Pausing and rolling back ask for no permission here: nothing may be in their way, GitHub lets only people
with write permission dispatch a workflow, and who has the credentials of ledger and provider can do it all
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sluicegate.core.errors import WorldError
from sluicegate.github.client import Client, text_at
from sluicegate.net.client import ApiError
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.plan import Plan

DISPATCH, COMMENT, LAPTOP, FOLDER, TICK = "dispatch", "comment", "laptop", "folder", "tick"
"""How somebody asks: by a manual dispatch, by a comment, by a token on a laptop, with a ledger in a folder,
not at all."""

_RANKS = {"write": 1, "maintain": 2, "admin": 3}
NO_TOKEN = "there is no token that says who asks"


@dataclass(frozen=True, slots=True)
class GitHub:
    """The repository at GitHub.

    Attributes:
        repository: `OWNER/NAME`; empty where it is not known.
        connect: makes a client for one question; None without a token.
    """

    repository: str = ""
    connect: Callable[[], Client] | None = None

    @property
    def client(self) -> Client | None:
        """A client; None where there is no token or no repository."""
        return self.connect() if self.connect is not None and self.repository else None


def who_asks(environment: Mapping[str, str], github: GitHub, *, in_folder: bool) -> Actor:
    """Who runs this command.

    Args:
        environment: of the process.
        github: the repository.
        in_folder: is the ledger a folder of this machine, so that no server says who anybody is?

    Raises:
        WorldError: GitHub could not be asked.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        return _in_actions(environment)
    if in_folder:
        return Actor((environment.get("USER") or environment.get("USERNAME") or "")[:100], FOLDER)
    if github.connect is None:
        return Actor("", LAPTOP)
    try:
        return Actor(text_at(github.connect().get("/user"), "login")[:100], LAPTOP)
    except ApiError as error:
        remedy = "Set GITHUB_TOKEN to a token of yours, for example the output of `gh auth token`."
        raise WorldError(f"GitHub does not say who asks: {error.message}", remedy=remedy) from error


def _in_actions(environment: Mapping[str, str]) -> Actor:
    event, run = environment.get("GITHUB_EVENT_NAME", ""), environment.get("GITHUB_RUN_ID", "")
    login = environment.get("GITHUB_TRIGGERING_ACTOR") or environment.get("GITHUB_ACTOR", "")
    if event == "workflow_dispatch":
        return Actor(login[:100], DISPATCH, run[:100])
    if event == "schedule":  # whoever wrote the file last asks for nothing
        return Actor("", TICK, run[:100])
    return Actor(login[:100], event[:40] or TICK, run[:100])


def promotion_refused(plan: Plan, actor: Actor, github: GitHub) -> str:
    """Why somebody is no approver of a plan; empty when they are."""
    if actor.source == FOLDER:
        return ""
    why = _unproven(actor)
    client = github.client
    if why or client is None:
        return why or NO_TOKEN
    try:
        may = _is_approver(plan, actor.login, github.repository, client)
    except ApiError as error:
        return f"the permission of @{actor.login} could not be read: {error.message}"
    return "" if may else f"@{actor.login} is not among the plan's approvers ({', '.join(plan.approvers)})"


def _unproven(actor: Actor) -> str:
    """Why it is not known that a person asks; empty when it is."""
    if actor.source not in (DISPATCH, COMMENT, LAPTOP):
        return f"it is asked by a run on '{actor.source}', and takes a manual dispatch or a comment"
    if not actor.login:
        return NO_TOKEN
    return f"@{actor.login} is a bot" if actor.login.endswith("[bot]") else ""


def lasting_refused(actor: Actor) -> str:
    """Why what somebody asks for would not last; empty when it would.

    The end of a pause and a skipped bake count as long as the stage, and every tick reads them again. Nothing
    is left at GitHub of a command on a laptop.
    """
    if actor.source != LAPTOP:
        return ""
    return "on a laptop nothing is left that the next tick could read again at GitHub"


def writing_refused(login: str, github: GitHub) -> str:
    """Why somebody may not write to the repository; empty when they may."""
    client = github.client
    if client is None:
        return NO_TOKEN
    try:
        may = bool(login) and _rank(login, github.repository, client) > 0
    except ApiError as error:
        return f"the permission of @{login} could not be read: {error.message}"
    return "" if may else f"@{login} may not write to the repository"


def start_refused(plan: Plan, actor: Actor, github: GitHub) -> str:
    """Why somebody may not start a rollout; empty when they may. A run of a workflow may."""
    return promotion_refused(plan, actor, github) if actor.source == LAPTOP else ""


def _is_approver(plan: Plan, login: str, repository: str, client: Client) -> bool:
    named = [one[1:].lower() for one in plan.approvers if one.startswith("@")]
    if login.lower() in named or _has_rank(plan, login, repository, client):
        return True
    return any(_is_in_team(one, login, client) for one in named if "/" in one)


def _has_rank(plan: Plan, login: str, repository: str, client: Client) -> bool:
    ranks = [_RANKS[one] for one in plan.approvers if one in _RANKS]
    return bool(ranks) and _rank(login, repository, client) >= min(ranks)


def _rank(login: str, repository: str, client: Client) -> int:
    """0 for whoever may not write."""
    path = f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission"
    try:
        found = client.get(path)
    except ApiError as error:
        if error.status == 404:
            return 0
        raise
    if text_at(found, "user", "type") == "Bot":
        return 0
    return max(_RANKS.get(text_at(found, key), 0) for key in ("permission", "role_name"))


def _is_in_team(team: str, login: str, client: Client) -> bool:
    organisation, slug, who = (quote(part, safe="") for part in (*team.split("/", 1), login))
    path = f"/orgs/{organisation}/teams/{slug}/memberships/{who}"
    try:
        return text_at(client.get(path), "state") == "active"
    except ApiError as error:
        if error.status == 404:
            return False
        raise
