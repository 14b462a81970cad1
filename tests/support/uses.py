"""The project's own Action, used in a job on a small project with a pull request."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sluicegate.action.install import place
from support.composite import Job, Result
from support.pullrequest import Files, PullRequest, git, open_pull_request, write
from support.rig import locked

ROOT = Path(__file__).resolve().parents[2]

APP = """\
def add(a: int, b: int) -> int:
    \"\"\"The sum.\"\"\"
    return a + b
"""
CHANGED_APP = (
    APP
    + """

def subtract(a: int, b: int) -> int:
    \"\"\"The difference.\"\"\"
    return a - b
"""
)
BEFORE: Files = {"src/app.py": APP, "README.md": "# App\n", ".gitignore": "reports/\n"}
CHANGE: Files = {"src/app.py": CHANGED_APP}
MEANWHILE: Files = {"src/app.py": "# moved down\n# by two lines\n" + APP, "CHANGES.md": "Moved on.\n"}


def junit(passed: int = 3, failed: int = 0) -> str:
    """A JUnit result file."""
    good = "".join(f'<testcase classname="t" name="ok{i}" time="0.1"/>' for i in range(passed))
    text = "::error::not a command&#10;::set-output name=status::x"
    failure = f'<failure message="assert 1 == 2">{text}</failure>'
    bad = "".join(f'<testcase classname="t" name="bad{i}">{failure}</testcase>' for i in range(failed))
    head = f'<testsuite name="t" tests="{passed + failed}" failures="{failed}" errors="0" skipped="0">'
    return f'<?xml version="1.0"?><testsuites>{head}{good}{bad}</testsuite></testsuites>'


def cobertura(hits: dict[int, int], file: str = "src/app.py") -> str:
    """A Cobertura report of one file, from its lines to their hits."""
    lines = "".join(f'<line number="{n}" hits="{h}"/>' for n, h in hits.items())
    covered = sum(1 for h in hits.values() if h)
    totals = f'lines-valid="{len(hits)}" lines-covered="{covered}" line-rate="{covered / len(hits)}"'
    return (
        f'<?xml version="1.0"?><coverage {totals} branch-rate="0" version="7" timestamp="0">'
        f'<packages><package name="src"><classes><class name="app" filename="{file}">'
        f"<methods/><lines>{lines}</lines></class></classes></package></packages></coverage>"
    )


GOOD: Files = {
    "reports/junit.xml": junit(),
    "coverage.xml": cobertura({3: 1, 5: 1, 8: 1, 10: 1}),
}
BAD: Files = {
    "reports/junit.xml": junit(passed=2, failed=1),
    "coverage.xml": cobertura({3: 1, 5: 1, 8: 0, 10: 0}),
}


def shared_environment(cache: Path) -> Path:
    """An environment of the Action, installed once for all tests that share `cache`."""
    temp = cache / "environment"
    where = place(ROOT, temp)
    with locked(cache / "environment-lock"):
        if not where.marker.is_file():
            temp.mkdir(exist_ok=True)
            # With the uv of the development set, which is the fastest way.
            path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
            variables = {"RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(ROOT), "PATH": path}
            script = ROOT / "src" / "sluicegate" / "action" / "install.py"
            subprocess.run(
                [sys.executable, "-I", str(script)],
                env={**os.environ, **variables, "GITHUB_OUTPUT": str(temp / "output")},
                check=True,
            )
    return where.folder


@dataclass(frozen=True, slots=True)
class Project:
    """A project with a pull request, and the environment to judge it with."""

    root: Path
    environment: Path
    pull: PullRequest

    def job(self, *, depth: int = 2, evidence: Files = GOOD, event: str = "pull_request") -> Job:
        """A job of the pull request, or of another event on the same commit."""
        workspace = self.pull.checkout(self.root / "work space" / "repo", depth)
        write(workspace, evidence)
        is_pull = event.startswith("pull_request")
        variables = self.pull.variables() if is_pull else {"GITHUB_SHA": self.pull.merge}
        payload = self.pull.payload() if is_pull else {"ref": "refs/heads/main", "before": self.pull.base}
        temp = self.root / "temp"
        (temp / "sluicegate").mkdir(parents=True)
        # What an earlier use of the Action in the job would have left.
        (temp / "sluicegate" / self.environment.name).symlink_to(self.environment)
        return Job(
            action=ROOT,
            workspace=workspace,
            temp=temp,
            event=event,
            payload=payload,
            variables={**variables, "GIT_CONFIG_GLOBAL": os.devnull},
            defaults={"python": sys.executable, "comment": "never"},
        )


def push(project: Project, files: Files, branch: str = "main") -> Job:
    """A job of a push of the base to a branch, with what its build left; `main` is the default one."""
    job = project.job(event="push", evidence={})
    git(job.workspace, "fetch", "--quiet", "--depth=1", "origin", project.pull.base)
    git(job.workspace, "checkout", "--quiet", "--force", project.pull.base)
    write(job.workspace, files)
    ref = f"refs/heads/{branch}"
    job.payload = {"ref": ref, "before": "0" * 40, "repository": {"default_branch": "main"}}
    job.variables = {**job.variables, "GITHUB_SHA": project.pull.base, "GITHUB_REF": ref}
    return job


def project(root: Path, environment: Path, change: Files | None = None) -> Project:
    """The small project below `root`."""
    pull = open_pull_request(root / "origin", BEFORE, CHANGE if change is None else change, MEANWHILE)
    return Project(root, environment, pull)


def shown(result: Result) -> str:
    """Everything about a run, for the message of a failed test."""
    return f"{result.conclusion} {result.exit_code}\n{result.log}\n{dict(result.outputs)}"
