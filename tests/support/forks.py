"""A pull request of a fork, measured by its own run and judged on `workflow_run`, as GitHub does it.

The API is a `ForkHub`, held to GitHub's description; git is served over HTTP to whoever has the token;
both halves are jobs with the project's own Action.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from sluicegate.core.model import Commit, Report
from sluicegate.github.event import event_context
from sluicegate.github.subject import Subject
from sluicegate.github.subject_folder import write_subject
from sluicegate.judge import triggered
from sluicegate.judge.merge import MergeOptions
from sluicegate.judge.question import RunSubject
from support import bundles, gitserver, openapi
from support.composite import Job, Result
from support.githubapi import REPOSITORY, Call, Emulated, Hub, Reply, page, running
from support.presets_hub import SLUG, PresetsHub
from support.pullrequest import Files, PullRequest, example, git, open_pull_request, write
from support.uses import BEFORE, CHANGE, GOOD, MEANWHILE, ROOT, Project, shown

FORK = "stranger/octo-repo"
TOKEN = "ghs_tokenOfTheTests"
RUN = 77
_R = "/repos/{owner}/{repo}"


def basic(token: str) -> str:
    """The header that git sends for a token."""
    return "basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Listed:
    """A pull request as the API lists it; `repository` is None when it is gone."""

    head: str
    number: int = 7
    repository: str | None = FORK
    branch: str = "feature"
    base: str = "main"
    state: str = "open"


def entry(pull: Listed) -> dict[str, Any]:
    """The API's own example of a listed pull request, about this one."""
    made: dict[str, Any] = copy.deepcopy(openapi.example("get", _R + "/pulls", 200)[0])
    made |= {"number": pull.number, "state": pull.state, "requested_teams": []}
    made["head"] |= {"sha": pull.head, "ref": pull.branch, "label": f"{pull.repository}:{pull.branch}"}
    made["base"] |= {"ref": pull.base}
    made["head"]["repo"] = made["head"]["repo"] | {"full_name": pull.repository} if pull.repository else None
    return made


def repository() -> dict[str, Any]:
    """The API's own example of a repository, with what the description asks for and it forgets."""
    made: dict[str, Any] = copy.deepcopy(openapi.example("get", _R, 200))
    for part in (made, made["source"], made["parent"]):
        part |= {"language": "Python", "default_branch": "main"}
    return made


class Commits:
    """What GitHub says of commits, taken from a repository: their relation, and whose tips they are."""

    def __init__(self, remote: Path) -> None:
        self.remote = remote

    def compare(self, base: str, head: str) -> Reply:
        """How two commits are related."""
        try:
            ancestor = git(self.remote, "merge-base", base, head)
        except AssertionError:
            return Reply(404, {"message": "Not Found"})
        made = copy.deepcopy(openapi.example("get", _R + "/compare/{basehead}", 200))
        words = {(True, True): "identical", (True, False): "ahead", (False, True): "behind"}
        made["status"] = words.get((ancestor == base, ancestor == head), "diverged")
        made["merge_base_commit"]["sha"] = ancestor
        made |= {"commits": [], "files": []}
        return Reply(200, made)

    def branches_at(self, commit: str) -> list[dict[str, Any]]:
        """The branches whose tip it is."""
        names = git(
            self.remote, "for-each-ref", "--format=%(refname:short)", f"--points-at={commit}", "refs/heads"
        )
        tip = {"sha": commit, "url": "https://api.github.com/repos/o/r/commits/x"}
        return [{"name": name, "commit": tip, "protected": False} for name in names.split()]

    def answer(self, call: Call, listed: list[Listed]) -> Reply | None:
        """The answer about commits and lists of pull requests; None for other calls."""
        path = call.path
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/compare/(\w+)\.\.\.(\w+)", path):
            return self.compare(found[1], found[2])
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/commits/(\w+)/branches-where-head", path):
            return page(self.branches_at(found[1]), call)
        if found := re.fullmatch(r"/repos/[^/]+/[^/]+/commits/(\w+)/pulls", path):
            return page([entry(p) for p in listed if p.head == found[1]], call)
        if call.verb == "GET" and re.fullmatch(r"/repos/[^/]+/[^/]+/pulls", path):
            return page([entry(p) for p in listed if _is_asked_for(p, call.query)], call)
        return None


def _is_asked_for(pull: Listed, query: Mapping[str, str]) -> bool:
    """Do the filters of "List pull requests" let it through?"""
    states = ("open", "closed") if query.get("state") == "all" else (query.get("state", "open"),)
    owner = pull.repository.partition("/")[0] if pull.repository else "unknown"
    return pull.state in states and query.get("head", f"{owner}:{pull.branch}") == f"{owner}:{pull.branch}"


class ForkHub(Hub):
    """Pull requests whose heads may be in forks; a test sets `listed`."""

    def __init__(self, head: str, remote: Path) -> None:
        super().__init__(head)
        self.login = "github-actions[bot]"
        self.commits = Commits(remote)
        self.listed = [Listed(head)]
        self.run: dict[str, Any] = {}

    def serve(self, call: Call) -> Reply:
        """The answer. For a head whose repository is gone GitHub lists `null`; its description forgets it."""
        reply = super().serve(call)
        self.wrong = [w for w in self.wrong if not w.endswith("head.repo: None is not of type 'object'")]
        return reply

    def _routed(self, call: Call) -> Reply:
        if re.fullmatch(r"/repos/[^/]+/[^/]+/actions/runs/\d+", call.path):
            return Reply(
                200, copy.deepcopy(openapi.example("get", _R + "/actions/runs/{run_id}", 200)) | self.run
            )
        if re.fullmatch(r"/repos/[^/]+/[^/]+", call.path):
            return Reply(200, repository())
        return self.commits.answer(call, self.listed) or super()._routed(call)


class PolicyHub(ForkHub):
    """The same, with the repository `acme/policies` beside it."""

    def __init__(self, head: str, remote: Path, policies: PresetsHub) -> None:
        super().__init__(head, remote)
        self.policies = policies

    @property
    def asked(self) -> list[Call]:
        """The calls about `acme/policies`."""
        return [call for call in self.calls if call.path.startswith(f"/repos/{SLUG}")]

    def _routed(self, call: Call) -> Reply:
        theirs = call.path.startswith(f"/repos/{SLUG}")
        return self.policies.about_policies(call) if theirs else super()._routed(call)


class EmulatedFork(Emulated):
    """Pull request `number` of `emulate`, whose commits are a repository's: `emulate` has no git."""

    def __init__(self, port: int, remote: Path, number: int, head: str) -> None:
        super().__init__(port)
        self.commits = Commits(remote)
        self.listed = [Listed(head, number)]

    def serve(self, call: Call) -> Reply:
        """emulate's answer, with the heads of the repository."""
        reply = self.commits.answer(call, self.listed) or super().serve(call)
        for pull in self.listed:
            if call.verb == "GET" and call.path.endswith(f"/pulls/{pull.number}"):
                reply.body["head"]["sha"] = pull.head
        return reply


@dataclass
class Fork:
    """The pull request, the servers, and what the runs left."""

    project: Project
    server: ForkHub | EmulatedFork
    api: str
    git_url: str
    token: str = TOKEN
    seen: list[list[str]] = field(default_factory=list)
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def hub(self) -> ForkHub:
        """The server, which is not one of emulate's."""
        assert isinstance(self.server, ForkHub)
        return self.server

    @property
    def pull(self) -> PullRequest:
        """The pull request as it is now."""
        return self.project.pull

    def push(self, files: Files, *, onto_main: bool = False) -> PullRequest:
        """A commit on the fork's branch, or on main; GitHub makes a new test merge of it."""
        work = self.pull.remote.parent / "author"
        branch = "main" if onto_main else "feature"
        git(work, "checkout", "--quiet", branch)
        write(work, files)
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "-m", "More")
        base, head = git(work, "rev-parse", "main"), git(work, "rev-parse", "feature")
        git(work, "checkout", "--quiet", "--detach", "main")
        git(work, "merge", "--quiet", "--no-ff", "-m", "Merge", "feature")
        merge = git(work, "rev-parse", "HEAD")
        refs = ("main:refs/heads/main", "feature:refs/pull/7/head", "+HEAD:refs/pull/7/merge")
        git(work, "push", "--quiet", self.pull.remote.as_uri(), *refs)
        self.project = replace(self.project, pull=PullRequest(self.pull.remote, base, head, merge))
        self.server.listed = [replace(p, head=head) for p in self.server.listed]
        if isinstance(self.server, Hub):
            self.server.head = head
        return self.pull

    def measure(self, evidence: Files = GOOD, *, attempt: int = 1, name: str = "pr", **inputs: str) -> Path:
        """The untrusted half: the bundle that the fork's own run leaves."""
        folder = self.project.root / f"measured-{next(self.count)}"
        job = replace(self.project, root=folder).job(evidence=evidence)
        variables = {"GITHUB_RUN_ID": str(RUN), "GITHUB_RUN_ATTEMPT": str(attempt)}
        payload: Any = copy.deepcopy(job.payload)
        payload["pull_request"]["head"]["repo"]["full_name"] = FORK
        job = replace(job, variables={**job.variables, **variables}, payload=payload)
        result = job.run(bundle=f"bundles/{name}", warn_only="true", annotations="off", **inputs)
        assert result.exit_code == 0, shown(result)
        return Path(result.outputs["bundle"])

    def payload(
        self, head: str = "", conclusion: str = "success", attempt: int = 1, **run: Any
    ) -> dict[str, Any]:
        """GitHub's own example of `workflow_run`, about the fork's run."""
        made = example("workflow_run", "completed")
        made["workflow_run"] |= {
            "id": RUN, "run_attempt": attempt, "event": "pull_request", "conclusion": conclusion,
            "head_sha": head or self.pull.head, "head_branch": "feature", "pull_requests": [],
        } | run  # fmt: skip
        made["workflow_run"]["repository"]["full_name"] = REPOSITORY
        made["repository"]["default_branch"] = "main"
        if "head_repository" not in run:
            made["workflow_run"]["head_repository"]["full_name"] = FORK
        return made

    def variables(self, number: int) -> dict[str, str]:
        """The runner's default variables of the trusted half's run `number`."""
        return {
            "GITHUB_SHA": git(self.pull.remote, "rev-parse", "main"),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_ACTOR": "stranger",
            "GITHUB_SERVER_URL": self.git_url,
            "GITHUB_API_URL": self.api,
            "GITHUB_RUN_NUMBER": str(number),
            "GITHUB_RUN_ID": str(9000 + number),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "gate",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/report.yml@refs/heads/main",
        }

    # --- in this process -----------------------------------------------------------------------

    def find(self, *folders: Path, payload: Mapping[str, Any] | None = None) -> tuple[Path, Subject]:
        """What the trusted half finds out, and the folder that it writes."""
        number = next(self.count)
        environment = {**os.environ, **self.variables(number), "GITHUB_REPOSITORY": REPOSITORY}
        named = {**environment, "GITHUB_EVENT_NAME": "workflow_run"}
        event = event_context(named, self.payload() if payload is None else payload)
        folder = self.project.root / f"subject-{number}"
        return folder, write_subject(event, folders, folder, environment, self.token)

    def check(
        self, *folders: Path, payload: Mapping[str, Any] | None = None, project: str = "", **options: Any
    ) -> Report:
        """The trusted half's report."""
        folder, _ = self.find(*folders, payload=payload)
        paths = tuple(str(b) for b in folders) or ("no-bundles",)
        asked = MergeOptions(self.project.root, bundles=paths, **options)
        about = RunSubject(folder, project)
        return triggered.merge(asked, about, lambda: date(2026, 11, 21)).report

    def left(
        self,
        files: Files,
        *,
        name: str = "pr",
        run: tuple[int, int] = (RUN, 1),
        tested: str = "",
        **parts: Any,
    ) -> Path:
        """A bundle as the untrusted half leaves it, of the test merge unless `tested` is another commit."""
        commit = Commit(self.pull.head, tested or self.pull.merge, self.pull.base)
        folder = self.project.root / f"left-{next(self.count)}" / "b" / name
        return bundles.shard(folder, files, run=run, commit=commit, **parts)

    # --- through the Action --------------------------------------------------------------------

    def job(self, *folders: Path, payload: Mapping[str, Any] | None = None) -> Job:
        """A job of the trusted half: an empty workspace, with what actions/download-artifact laid there."""
        number = next(self.count)
        folder = self.project.root / f"judged-{number}"
        workspace, temp = folder / "work space", folder / "temp"
        (temp / "sluicegate").mkdir(parents=True)
        workspace.mkdir()
        (temp / "sluicegate" / self.project.environment.name).symlink_to(self.project.environment)
        for n, bundle in enumerate(folders):
            shutil.copytree(bundle, workspace / "bundles" / f"bundle-{bundle.name}-{n}", symlinks=True)
        return Job(
            action=ROOT, workspace=workspace, temp=temp, event="workflow_run",
            payload=self.payload() if payload is None else payload, token=self.token,
            variables=self.variables(number),
            defaults={"python": sys.executable, "merge": "bundles", "status": "true"},
        )  # fmt: skip

    def judge(self, *folders: Path, payload: Mapping[str, Any] | None = None, **inputs: str) -> Result:
        """The trusted half."""
        return self.job(*folders, payload=payload).run(**inputs)

    def statuses(self, commit: str = "") -> list[str]:
        """The states that were set on a commit, the head unless named, the latest first."""
        return [s["state"] for s in self.server.statuses.get(commit or self.pull.head, [])]


def fork_of(
    root: Path, environment: Path, before: Files | None = None, change: Files | None = None
) -> Project:
    """A project whose pull request's branch is in a fork: the repository has its refs/pull alone."""
    pull = open_pull_request(root / "origin", before or BEFORE, change or CHANGE, MEANWHILE)
    subprocess.run(
        ["git", "update-ref", "-d", "refs/heads/feature"], cwd=pull.remote, check=True, capture_output=True
    )
    git(pull.remote, "update-ref", "refs/pull/7/head", pull.head)
    git(pull.remote, "symbolic-ref", "HEAD", "refs/heads/main")
    serve_only(root, pull)
    return Project(root, environment, pull)


def serve_only(root: Path, pull: PullRequest) -> None:
    """Let the server of git of a project below `root` have this repository, and no other."""
    served = root / "served" / "octo-org"
    served.mkdir(parents=True)
    (served / "octo-repo").symlink_to(pull.remote)


@contextlib.contextmanager
def serving(
    project: Project, server: ForkHub | EmulatedFork | None = None, token: str = TOKEN
) -> Iterator[Fork]:
    """The pull request with its servers, while the context lasts."""
    hub = server or ForkHub(project.pull.head, project.pull.remote)
    with running(hub) as api, gitserver.serve(project.root / "served", basic(token)) as served:
        yield Fork(project, hub, api, served.url, token, served.seen)
