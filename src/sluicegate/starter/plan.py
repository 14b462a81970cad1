"""The files that `sluicegate init` writes, and its messages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from sluicegate.collect.folders import OUTPUT_FOLDERS
from sluicegate.core.text import clean, plural, some
from sluicegate.starter.detect import Project
from sluicegate.starter.node import Node, Runner
from sluicegate.starter.place import Place
from sluicegate.starter.policy_file import policy_file
from sluicegate.starter.python import Python
from sluicegate.starter.thresholds import Threshold
from sluicegate.starter.workflow import workflow

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_SHOWN = 5
"""Maximum number of reports to list."""

_DEFAULT_NODE = "the newest LTS, since nothing names one"
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
    text = workflow(project, plain_branch(branch), where, legacy=preset == "legacy")
    return {where.policy: policy_file(project, preset, where), where.workflow: text}


def outputs(project: Project, place: Place | None = None) -> tuple[str, ...]:
    """What the tests write, as POSIX paths below the top of the repository, each once."""
    top = (place or Place()).folder
    parts = [(p.folder, p.project) for p in project.members] or [(top, project)]
    found = (
        f"{folder}/{path}" if folder else path
        for folder, part in parts
        for run in part.tests(folder)
        for path in run.outputs
    )
    return tuple(dict.fromkeys(found))


def ignored_by(paths: Iterable[str]) -> tuple[str, ...]:
    """Patterns for .gitignore that cover the paths: folders of output as a whole, and names of files."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")
        folder = next((part for part in parts[:-1] if part in OUTPUT_FOLDERS), None)
        found.setdefault(f"{folder}/" if folder else parts[-1], None)
    return tuple(found)


def plain_branch(revision: str) -> str:
    """A branch's name for a workflow; `main` without one, or when it needs quotes in YAML."""
    name = revision.removeprefix("origin/")
    plain = _BRANCH.fullmatch(name) and name.lower() not in _WORDS and not re.fullmatch(r"[0-9._-]+", name)
    return name if plain else "main"


def found(project: Project) -> str:
    """The detected facts, one a line."""
    return clean("".join(f"{line}\n" for line in _found(project)))


def _found(project: Project) -> Iterator[str]:
    if project.members:
        yield f"found a monorepo of {plural(len(project.members), 'part')}"
        for part in project.members:
            yield f"  {part.name}: {part.folder or 'the top'}, {_in_short(part.project, part.folder)}"
    else:
        yield from _found_alone(project)
    yield from (f"found {language}" for language in project.others)
    if project.reports:
        yield f"found reports: {some(project.reports[:_SHOWN], len(project.reports))}"
    if project.workflows:
        yield f"found workflows that may run tests: {_workflows(project)}"
    if project == Project(None):
        yield "found no known project files: complete the two files by hand"


def _workflows(project: Project) -> str:
    return some(project.workflows[:_SHOWN], len(project.workflows))


def _found_alone(project: Project) -> Iterator[str]:
    if project.python is not None:
        yield from _found_python(project.python)
    if project.node is not None:
        yield from _found_node(project.node)
    yield from map(_of_threshold, project.thresholds)


def _of_threshold(threshold: Threshold) -> str:
    if not threshold.gate:
        return f"not kept: {threshold.measure} of {threshold.said_by}, which no gate measures"
    return f"kept {threshold.gate}: {threshold.expect} ({threshold.said_by})"


def _in_short(project: Project, folder: str) -> str:
    """Languages, managers, thresholds and missing tests of a part, in one line."""
    words = []
    if project.python is not None:
        words.append(f"Python by {project.python.manager}")
    if project.node is not None:
        words.append(f"JavaScript by {_manager(project.node)}{_with(project.node)}")
    if not project.tests(folder):
        words.append("no known tests")
    return "; ".join([", ".join(words), *map(_of_threshold, project.thresholds)])


def _manager(node: Node) -> str:
    return f"{node.manager} {node.manager_version}".rstrip()


def _with(node: Node) -> str:
    return f" with {node.runner}" if node.runner else ""


def _found_node(node: Node) -> Iterator[str]:
    said_by = f" (from {node.manager_from})" if node.manager_from else ""
    yield f"found JavaScript, installed by {_manager(node)}{said_by}"
    origin = f"from {node.version_file}" if node.version_file else _DEFAULT_NODE
    yield f"Node: {origin}"
    if node.runner:
        yield f"found tests by {node.runner}"
    if node.lock == "" and node.manager_from:
        yield "found no lock file: what is installed can change from run to run"


def _found_python(python: Python) -> Iterator[str]:
    yield f"found Python, installed by {python.manager}"
    origin = f"from {python.version_from}" if python.version_from else _DEFAULT_VERSION
    yield f"Python: {python.version} ({origin})"
    if python.version_by:
        yield f"found {python.version_by}: the workflow fetches all tags, from which it makes the version"
    if python.packages:
        yield f"found sources in {', '.join(python.packages)}"
    yield from _found_tests(python)
    if python.coverage_source or python.coverage_branch or python.pytest_cov:
        yield "found coverage settings"


def _found_tests(python: Python) -> Iterator[str]:
    tests = [f"tests in {python.tests}/"] if python.tests else []
    tests += ["pytest"] if python.pytest else []
    if tests:
        yield f"found {', '.join(tests)}"
    if python.environment is not None:
        yield f"the tests run in {python.manager}'s environment {python.environment.name}"
    needed = [*python.requirements, *(f"the extra {n}" for n in python.extras)]
    needed += [f"the group {n}" for n in python.groups]
    if needed:
        yield f"the tests need {', '.join(needed)}"


def next_steps(
    project: Project,
    policy: str,
    workflow_file: str,
    *,
    check: str,
    branch: str,
    unignored: Sequence[str] = (),
) -> str:
    """The next steps for the user, with the paths of both files as the user sees them from here.

    `unignored` are patterns that .gitignore lacks.
    """
    steps = [f"Read {policy}; `sluicegate validate` prints the resolved policy."]
    steps += _tries(project, workflow_file)
    steps += _better_evidence(project)
    if unignored:
        steps.append("The tests write files that git does not ignore. Add these lines to .gitignore, or\n"
                     "     call `sluicegate init --gitignore`:\n"
                     + "\n".join(f"       {pattern}" for pattern in unignored))  # fmt: skip
    if project.workflows:
        steps.append(f"If one of {_workflows(project)} already runs the tests, move the step\n"
                     f"     'Judge' of {workflow_file} there, after the tests.")  # fmt: skip
    steps.append("Commit both files and open a pull request.")
    steps.append(f"Merge it: the push to {plain_branch(branch)} records the first baseline. Until then "
                 "criteria on a baseline are skipped.")  # fmt: skip
    steps.append(f"Make the check '{check}' required in the branch's ruleset.")
    return clean("\nNext:\n" + "".join(f"  {i}. {step}\n" for i, step in enumerate(steps, 1)))


def _tries(project: Project, workflow_file: str) -> Iterator[str]:
    tests = [(folder, run) for folder, part in _parts(project) for run in part.tests(folder)]
    if not tests:
        yield f"Fill in the test step in {workflow_file}."
        return
    folder, run = tests[0]
    where = f" in {folder}" if folder else ""
    yield (f"Try it here: run your tests with reports, for example{where}\n       {run.local}\n"
           "     and then `sluicegate check`. If what was there before blocks, begin with\n"
           "     `sluicegate init --preset legacy`.")  # fmt: skip
    without = [part.name for part in project.members if not part.project.tests(part.folder)]
    if without:
        yield f"No tests are known of {some(without[:_SHOWN], len(without))}: add a step to {workflow_file}."


def _parts(project: Project) -> list[tuple[str, Project]]:
    return [(part.folder, part.project) for part in project.members] or [("", project)]


def _better_evidence(project: Project) -> Iterator[str]:
    """What the project can install so that more is measured."""
    nodes = [part.node for _, part in _parts(project) if part.node]
    yield from (text for fits, text in _BETTER if any(map(fits, nodes)))


_BETTER: tuple[tuple[Callable[[Node], bool], str], ...] = (
    (
        lambda node: node.runner is Runner.VITEST and not node.coverage,
        (
            "Vitest measures no coverage yet: install @vitest/coverage-v8 in the version of Vitest,\n"
            "     delete both files, and run `sluicegate init` again."
        ),
    ),
    (
        lambda node: node.runner is Runner.JEST and not node.jest_junit,
        (
            "Add jest-junit to the development dependencies: until then each run fetches it, outside\n"
            "     of your lock file."
        ),
    ),
    (
        lambda node: node.runner is Runner.SCRIPT,
        "Let the script 'test' write JUnit XML and LCOV: docs/formats.md of Sluicegate says how.",
    ),
)
