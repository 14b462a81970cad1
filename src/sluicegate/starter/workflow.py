"""The text of a first workflow: test, compare, judge, keep the report. Pure."""

from __future__ import annotations

import json
import textwrap

from sluicegate.starter.detect import Manager, Project, Python
from sluicegate.starter.place import Place

ACTION = "sluicegate/sluicegate@v0 # zizmor: ignore[unpinned-uses]"
"""How a workflow names the Action: its moving major tag, until releases can be pinned by commit."""

_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_SETUP_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"

_HEAD = """\
name: {title}

on:
  pull_request:
  push:
    branches: [{branch}]

permissions: {{}}

concurrency:
  group: quality{slug}-${{{{ github.ref }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}

jobs:
  gate:
    name: {check}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check the code out, and to fetch the base
{more}    steps:
      - uses: {checkout}
        with:
          fetch-depth: 2 # the test merge and its parents: the change is judged against the first
          persist-credentials: false
"""

_PYTHON = """
      - uses: {setup}
        with:
          python-version: "{version}"
"""

_TEST = """
      - name: Test{about}
        run: |
{commands}
"""

_NO_TEST = """
      # Build and test here, so that coverage and JUnit reports lie in the checkout; for example:
      # - name: Test
      #   run: make test
"""

_ACTIONS_READ = """\
      actions: read # to fetch the baseline, which an earlier run kept
"""

_FOLDER = """\
    defaults:
      run:
        working-directory: {folder}
"""

_FETCH = """
      # Criteria such as 'total >= baseline' compare with an earlier report. Every run for a push keeps
      # its own as the artifact 'quality-baseline{slug}' (the last step); a pull request takes the newest
      # of its base branch. While there is none yet, such criteria are skipped.
      - name: Fetch the baseline
        id: baseline
        if: ${{{{ !cancelled() && github.event_name == 'pull_request' }}}}
        shell: bash
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          BRANCH: ${{{{ github.base_ref }}}}
          NAME: quality-baseline{slug}
        run: |
          # Forks name their branches as they like: only this repository's own runs count.
          run=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=$NAME&per_page=100" --jq '
            [.artifacts[] | select(.expired | not)
              | select(.workflow_run.head_branch == env.BRANCH)
              | select(.workflow_run.head_repository_id == .workflow_run.repository_id)]
            | sort_by(.created_at) | last | .workflow_run.id // empty')
          if [ -z "$run" ]; then
            echo "There is no baseline of $BRANCH yet."
            exit 0
          fi
          gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$NAME" --dir "$RUNNER_TEMP/$NAME"
          echo "report=$RUNNER_TEMP/$NAME/report.json" >> "$GITHUB_OUTPUT"
"""

_JUDGE = """
      - name: Judge
        id: gate
        if: ${{{{ !cancelled() }}}} # failing tests get their report too
        uses: {action}
{inputs}
      - name: Keep the report
        if: ${{{{ !cancelled() && steps.gate.outputs.report-directory }}}}
        uses: {upload}
        with:
          name: quality-report{slug}
          overwrite: true # a second attempt replaces what the first left
          path: ${{{{ steps.gate.outputs.report-directory }}}}
"""

_KEEP = """
      - name: Keep the baseline
        if: ${{{{ !cancelled() && github.event_name == 'push' && steps.gate.outputs.report-json }}}}
        uses: {upload}
        with:
          name: quality-baseline{slug}
          overwrite: true
          path: ${{{{ steps.gate.outputs.report-json }}}}
"""


def workflow(project: Project, branch: str, place: Place, *, baseline: bool) -> str:
    """The workflow that fits the project.

    Args:
        project: what was detected.
        branch: the default branch; a plain name.
        place: where the project is.
        baseline: keep the reports of pushes, and compare pull requests with them.
    """
    parts = [_head(branch, place, baseline=baseline)]
    if project.python is not None:
        parts.append(_PYTHON.format(setup=_SETUP_PYTHON, version=project.python.version))
    commands = commands_of(project)
    parts += [_step(about, lines) for about, lines in commands] or [_NO_TEST]
    if baseline:
        parts.append(_FETCH.format(slug=place.slug))
    parts.append(
        _JUDGE.format(
            action=ACTION, upload=_UPLOAD, slug=place.slug, inputs=_inputs(place, baseline=baseline)
        )
    )
    if baseline:
        parts.append(_KEEP.format(upload=_UPLOAD, slug=place.slug))
    return "".join(parts)


def _head(branch: str, place: Place, *, baseline: bool) -> str:
    folder = _FOLDER.format(folder=_quoted(place.folder)) if place.folder else ""
    return _HEAD.format(
        title=_quoted(f"Quality ({place.folder})") if place.folder else "Quality",
        slug=place.slug,
        branch=branch,
        check=_quoted(place.check) if place.folder else place.check,
        more=(_ACTIONS_READ if baseline else "") + folder,
        checkout=_CHECKOUT,
    )


def _inputs(place: Place, *, baseline: bool) -> str:
    """The `with:` of the Action."""
    lines = ["comment: never # this token only reads; a job of its own can publish the report"]
    lines += [f"working-directory: {_quoted(place.folder)}"] if place.folder else []
    lines += ["baseline: ${{ steps.baseline.outputs.report }}"] if baseline else []
    return "".join(["        with:\n", *(f"          {line}\n" for line in lines)])


def _quoted(text: str) -> str:
    """The text in YAML's double quotes."""
    return json.dumps(text)


def commands_of(project: Project) -> list[tuple[str, list[str]]]:
    """For each language whose tests can be run: what it is called, and the commands."""
    result: list[tuple[str, list[str]]] = []
    if project.python is not None:
        result.append(("Python", [*_install(project.python), _pytest(project.python)]))
    if project.node:
        result.append(("JavaScript", _node(project)))
    return result


def _step(about: str, commands: list[str]) -> str:
    lines = textwrap.indent("\n".join(commands), " " * 10)
    return _TEST.format(about=f" ({about})", commands=lines)


def _install(python: Python) -> list[str]:
    match python.manager:
        case Manager.UV:
            return ["python -m pip install uv"]
        case Manager.POETRY:
            more = (
                []
                if python.pytest and python.pytest_cov
                else ["poetry run python -m pip install pytest pytest-cov"]
            )
            return ["pipx install poetry", "poetry install", *more]
        case Manager.PIP:
            newer = ["python -m pip install --upgrade pip"] if python.groups else []  # knows --group
            return [*newer, _pip(python)]


def _pip(python: Python) -> str:
    words = ["python -m pip install"]
    words += [f"--requirement {name}" for name in python.requirements]
    words += [f"--group {name}" for name in python.groups]
    if python.installable:
        words.append(f'--editable ".[{",".join(python.extras)}]"' if python.extras else "--editable .")
    return " ".join([*words, "pytest pytest-cov"])


def _pytest(python: Python) -> str:
    runner = {
        Manager.UV: "uv run --with pytest --with pytest-cov python -m pytest",
        Manager.POETRY: "poetry run python -m pytest",
        Manager.PIP: "python -m pytest",
    }[python.manager]
    measured = "--cov" if python.coverage_source or not python.packages else ""
    sources = "" if measured else " ".join(f"--cov={name}" for name in python.packages)
    branch = "" if python.coverage_branch else "--cov-branch"
    reports = (f"--junitxml={python.junit}", measured or sources, branch, f"--cov-report={python.coverage}")
    words = (runner, *reports)
    return " ".join(w for w in words if w)


def _node(project: Project) -> list[str]:
    if not project.jest:
        return ["npm ci", "npm test"]
    junit = " --reporters=default --reporters=jest-junit" if project.jest_junit else ""
    return ["npm ci", f"npx jest --coverage --coverageReporters=lcov{junit}"]
