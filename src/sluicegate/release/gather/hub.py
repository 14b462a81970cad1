"""Facts from GitHub: deployments, runs of workflows, open issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from sluicegate.core.model import Measure
from sluicegate.core.text import cut, one_line, some
from sluicegate.github.client import Client, number_at, seconds_at, text_at
from sluicegate.net.client import ApiError
from sluicegate.release.facts import Fact, measured, unknown, unmeasured
from sluicegate.release.settings import MEASURES, EvidenceSource
from sluicegate.rollout.deployments import succeeded
from sluicegate.rollout.who import GitHub

_RUNS = 20
"""Runs of a workflow that are read, the newest ones."""
_NEEDS: Final[Mapping[str, str]] = {
    "deployment": "deployments: read",
    "workflow": "actions: read",
    "issues": "issues: read",
}
NO_TOKEN = "there is no token to ask GitHub with"
SET_TOKEN = "Set GITHUB_TOKEN and GITHUB_REPOSITORY, for example by `gh auth token`."


def hub_fact(source: EvidenceSource, github: GitHub, commit: str, now: int) -> Fact:
    """The fact of a source of the kind `deployment`, `workflow` or `issues`."""
    specs, client = MEASURES[source.kind], github.client
    if client is None:
        return unknown(specs, NO_TOKEN, SET_TOKEN)
    try:
        return _asked(source, github, client, commit, now)
    except ApiError as error:
        needs = f"The job needs `{_NEEDS[source.kind]}`." if error.status in (401, 403, 404) else "Try again."
        return unknown(specs, f"GitHub could not be asked: {error.message}", needs)


def _asked(source: EvidenceSource, github: GitHub, client: Client, commit: str, now: int) -> Fact:
    match source.kind:
        case "deployment":
            return _deployment(source.value[0], github, commit, now)
        case "workflow":
            return _workflow(source.value[0], github.repository, client, commit, now)
        case _:
            return _issues(source.value, github.repository, client)


def _deployment(environment: str, github: GitHub, commit: str, now: int) -> Fact:
    specs = MEASURES["deployment"]
    found = next(islice(succeeded(github, environment), 1), None)
    if found is None:
        reason = f"no deployment of {environment} succeeded"
        return Fact(
            {"current": measured(specs["current"], 0, reason), "age": unmeasured(specs["age"], reason)}
        )
    is_current = measured(specs["current"], found.sha == commit, f"{environment} runs {found.sha[:12]}")
    return Fact({"current": is_current, "age": measured(specs["age"], max(0, now - found.at))})


def _runs(client: Client, path: str, **parameters: str | int) -> Iterator[dict[str, Any]]:
    """The runs of a workflow, the newest first; not those that a pull request's own file may have made."""
    found = client.get(path, per_page=_RUNS, **parameters).get("workflow_runs")
    for run in found if isinstance(found, list) else ():
        if not text_at(run, "event").startswith("pull_request"):
            yield run


def _workflow(file: str, repository: str, client: Client, commit: str, now: int) -> Fact:
    specs = MEASURES["workflow"]
    path = f"/repos/{repository}/actions/workflows/{quote(file, safe='')}/runs"
    run = next(_runs(client, path, head_sha=commit), None)
    passed = next(_runs(client, path, status="success"), None)
    if passed is None:
        age = unmeasured(specs["age"], f"no run of {file} succeeded yet")
    else:
        age = measured(specs["age"], max(0, now - seconds_at(passed, "updated_at")))
    url = text_at(run or passed, "html_url")
    return Fact({"passed": _passed(file, run), "age": age}, url=url)


def _passed(file: str, run: Mapping[str, Any] | None) -> Measure:
    """Did the newest run on the commit succeed?"""
    spec = MEASURES["workflow"]["passed"]
    if run is None:
        return unmeasured(spec, f"{file} did not run on this commit")
    if text_at(run, "status") != "completed":
        return unmeasured(spec, f"{file} still runs")
    conclusion = text_at(run, "conclusion")
    return measured(spec, conclusion == "success", f"its run on this commit: {conclusion}")


def _issues(labels: tuple[str, ...], repository: str, client: Client) -> Fact:
    pages = client.pages(f"/repos/{repository}/issues", state="open", labels=",".join(labels))
    found = [issue for issue in pages if "pull_request" not in issue]
    names = [f"#{number_at(i, 'number')} {cut(one_line(text_at(i, 'title')), 60)}" for i in found[:3]]
    url = text_at(found[0], "html_url") if found else ""
    specs, people = MEASURES["issues"], list(dict.fromkeys(login for i in found for login in _assigned(i)))
    nobody = f"nobody is assigned to {some(names, len(found))}" if found else "no open issue has the labels"
    return Fact(
        {
            "open": measured(specs["open"], len(found), some(names, len(found))),
            "assigned": measured(specs["assigned"], len(people), "" if people else nobody),
        },
        url=url,
    )


def _assigned(issue: Mapping[str, Any]) -> Iterator[str]:
    """The logins of the people who are assigned to an issue."""
    people = issue.get("assignees")
    for one in people if isinstance(people, list) else ():
        if login := text_at(one, "login"):
            yield login
