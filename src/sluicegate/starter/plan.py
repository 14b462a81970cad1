"""The files that `sluicegate init` writes, and its messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluicegate.core.text import clean, some
from sluicegate.starter.detect import Project, Python
from sluicegate.starter.place import Place
from sluicegate.starter.policy_file import policy_file
from sluicegate.starter.workflow import commands_of, workflow

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_SHOWN = 5
"""Maximum number of reports to list."""

_DEFAULT_VERSION = "the newest supported, since the project names none"
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def plan(project: Project, preset: str, branch: str, place: Place | None = None) -> dict[str, str]:
    """The files by POSIX path below the top of the repository: the policy, then the workflow.

    Args:
        project: what was detected.
        preset: `standard`, `strict` or `legacy`.
        branch: the default branch as git names it, `origin/main`; empty when it is not known.
        place: where the project is; None for the top.
    """
    where = place or Place()
    text = workflow(project, plain_branch(branch), where)
    return {where.policy: policy_file(project, preset), where.workflow: text}


def plain_branch(revision: str) -> str:
    """A branch's name for a workflow; `main` without one, or when it needs quotes in YAML."""
    name = revision.removeprefix("origin/")
    plain = _BRANCH.fullmatch(name) and name.lower() not in _WORDS and not re.fullmatch(r"[0-9._-]+", name)
    return name if plain else "main"


def found(project: Project) -> str:
    """The detected facts, one a line."""
    return clean("".join(f"{line}\n" for line in _found(project)))


def _found(project: Project) -> Iterator[str]:
    if project.python is not None:
        yield from _found_python(project.python)
    if project.node:
        yield f"found JavaScript{', Jest' if project.jest else ''}"
    yield from (f"found {language}" for language in project.others)
    if project.reports:
        yield f"found reports: {some(project.reports[:_SHOWN], len(project.reports))}"
    if project.workflows:
        yield f"found workflows: {', '.join(project.workflows)}"
    if project == Project(None):
        yield "found no known project files: complete the two files by hand"


def _found_python(python: Python) -> Iterator[str]:
    yield f"found Python, installed by {python.manager}"
    origin = f"from {python.version_from}" if python.version_from else _DEFAULT_VERSION
    yield f"Python: {python.version} ({origin})"
    if python.packages:
        yield f"found sources in {', '.join(python.packages)}"
    tests = [f"tests in {python.tests}/"] if python.tests else []
    tests += ["pytest"] if python.pytest else []
    if tests:
        yield f"found {', '.join(tests)}"
    if python.coverage_source or python.coverage_branch or python.pytest_cov:
        yield "found coverage settings"


def next_steps(project: Project, policy: str, workflow_file: str, *, check: str, branch: str) -> str:
    """The next steps for the user, with the paths of both files as the user sees them from here."""
    steps = [f"Read {policy}; `sluicegate validate` prints the resolved policy."]
    commands = commands_of(project)
    if commands:
        steps.append(f"Try it here: run your tests with reports, for example\n       {commands[0][1][-1]}\n"
                     "     and then `sluicegate check`.")  # fmt: skip
    else:
        steps.append(f"Fill in the test step in {workflow_file}.")
    if project.jest and not project.jest_junit:
        steps.append("Let Jest write JUnit XML: `npm install --save-dev jest-junit`, then add "
                     "`--reporters=default --reporters=jest-junit` to the test step.")  # fmt: skip
    if project.workflows:
        steps.append(f"If one of {', '.join(project.workflows)} already runs the tests, move the step "
                     f"'Judge' of {workflow_file} there, after the tests.")  # fmt: skip
    steps.append("Commit both files and open a pull request.")
    steps.append(f"Merge it: the push to {plain_branch(branch)} records the first baseline. Until then "
                 "criteria on a baseline are skipped.")  # fmt: skip
    steps.append(f"Make the check '{check}' required in the branch's ruleset.")
    return clean("\nNext:\n" + "".join(f"  {i}. {step}\n" for i, step in enumerate(steps, 1)))
