"""Which files `sluicegate init` writes, and what it tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluicegate.starter.detect import Project, Python
from sluicegate.starter.policy_file import policy_file
from sluicegate.starter.workflow import commands_of, workflow
from sluicegate.text import clean

POLICY = "sluicegate.yml"
WORKFLOW = ".github/workflows/sluicegate.yml"

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def plan(project: Project, preset: str, branch: str) -> dict[str, str]:
    """The files by POSIX path.

    Args:
        project: what was detected.
        preset: `standard`, `strict` or `legacy`.
        branch: the default branch as git names it, `origin/main`; empty when it is not known.
    """
    return {POLICY: policy_file(project, preset), WORKFLOW: workflow(project, plain_branch(branch))}


def plain_branch(revision: str) -> str:
    """A branch's name for a workflow; `main` when there is none or it needs quotes in YAML."""
    name = revision.removeprefix("origin/")
    plain = _BRANCH.fullmatch(name) and name.lower() not in _WORDS and not re.fullmatch(r"[0-9._-]+", name)
    return name if plain else "main"


def found(project: Project) -> str:
    """What was detected, a line each."""
    return clean("".join(f"found {line}\n" for line in _found(project)))


def _found(project: Project) -> Iterator[str]:
    if project.python is not None:
        yield from _found_python(project.python)
    if project.node:
        yield f"JavaScript{', Jest' if project.jest else ''}"
    yield from project.others
    if project.reports:
        yield f"reports: {', '.join(project.reports)}"
    if project.workflows:
        yield f"workflows: {', '.join(project.workflows)}"
    if project == Project(None):
        yield "nothing to go by: the files are a frame to fill in"


def _found_python(python: Python) -> Iterator[str]:
    yield f"Python {python.version}, installed by {python.manager}"
    if python.packages:
        yield f"sources in {', '.join(python.packages)}"
    if python.tests or python.pytest:
        where = f" in {python.tests}/" if python.tests else ""
        yield f"tests{where}{', pytest' if python.pytest else ''}"
    if python.coverage_source or python.coverage_branch or python.pytest_cov:
        yield "coverage settings"


def next_steps(project: Project) -> str:
    """What the user does next."""
    steps = [f"Read {POLICY}; `sluicegate validate` says what it resolves to."]
    commands = commands_of(project)
    if commands:
        steps.append(f"Try it here: run your tests with reports, for example\n       {commands[0][1][-1]}\n"
                     "     and then `sluicegate check`.")  # fmt: skip
    else:
        steps.append(f"Fill in the test step in {WORKFLOW}.")
    if project.jest and not project.jest_junit:
        steps.append("Let Jest write JUnit XML: `npm install --save-dev jest-junit`, then add "
                     "`--reporters=default --reporters=jest-junit` to the test step.")  # fmt: skip
    if project.workflows:
        steps.append(f"If one of {', '.join(project.workflows)} runs the tests already, move the step "
                     f"'Judge' of {WORKFLOW} there, behind the tests.")  # fmt: skip
    steps.append("Commit both files and open a pull request.")
    steps.append("Make the check 'Quality gate' required in the branch's ruleset.")
    return "\nNext:\n" + "".join(f"  {i}. {step}\n" for i, step in enumerate(steps, 1))
