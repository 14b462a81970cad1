"""The text of a first workflow: test, judge, keep the report, record it on the default branch. Pure."""

from __future__ import annotations

import json
import textwrap

from sluicegate.starter.detect import Manager, Project, Python
from sluicegate.starter.place import Place

ACTION = "sluicegate/sluicegate@v0 # zizmor: ignore[unpinned-uses]"
"""How a workflow names the Action: its moving major tag, until releases can be pinned by commit."""

_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_SETUP_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_DOWNLOAD = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0"
_UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"

_HEAD = """\
name: {title}

on:
  pull_request:
  push:
    branches: [{branch}]

permissions: {{}}

concurrency: # a newer run of a pull request replaces the older; runs for pushes all complete
  group: quality{slug}-${{{{ github.event.pull_request.number || github.run_id }}}}
  cancel-in-progress: true

jobs:
  gate:
    name: {check}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check the code out, and to fetch the base and the ledger
    outputs:
      report: ${{{{ steps.gate.outputs.report-json }}}}
{folder}    steps:
      - uses: {checkout}
        with:
          fetch-depth: 2 # the test merge and its parents: the first is the base of the change
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
      # Build and test here, so that the checkout contains coverage and JUnit reports; for example:
      # - name: Test
      #   run: make test
"""

_FOLDER = """\
    defaults:
      run:
        working-directory: {folder}
"""

_JUDGE = """
      - name: Judge
        id: gate
        if: ${{{{ !cancelled() }}}} # report failing tests too
        uses: {action}
        with:
          comment: never # this token is read-only; a separate job can publish the report
          ledger: read # the job below records
{folder}
      - name: Keep the report
        if: ${{{{ !cancelled() && steps.gate.outputs.report-directory }}}}
        uses: {upload}
        with:
          name: quality-report{slug}
          overwrite: true # a second attempt replaces the first
          path: ${{{{ steps.gate.outputs.report-directory }}}}
"""

_RECORD = """
  # Records the baseline of criteria such as 'total >= baseline', and the trends. No code of the project
  # runs here: the job before tested and judged, and this one records its report.
  record:
    name: {check}
    needs: gate
    if: ${{{{ !cancelled() && github.event_name == 'push' && needs.gate.outputs.report }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # to record the report in the ledger, the ref refs/sluicegate/ledger
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false

      - name: Fetch the report
        uses: {download}
        with:
          name: quality-report{slug}
          path: ${{{{ runner.temp }}}}/quality-report

      - name: Record
        uses: {action}
        with:
          comment: never # a push has no pull request
          report: ${{{{ runner.temp }}}}/quality-report/report.json
{folder}"""


def workflow(project: Project, branch: str, place: Place) -> str:
    """The workflow that fits the project; `branch` is the plain name of the default branch."""
    parts = [_head(branch, place)]
    if project.python is not None:
        parts.append(_PYTHON.format(setup=_SETUP_PYTHON, version=project.python.version))
    for about, lines in commands_of(project):
        commands = textwrap.indent("\n".join(lines), " " * 10)
        parts.append(_TEST.format(about=f" ({about})", commands=commands))
    if not commands_of(project):
        parts.append(_NO_TEST)
    parts.append(_JUDGE.format(action=ACTION, upload=_UPLOAD, slug=place.slug, folder=_input(place)))
    parts.append(
        _RECORD.format(
            check=_named("Record the baseline", place),
            action=ACTION,
            checkout=_CHECKOUT,
            download=_DOWNLOAD,
            slug=place.slug,
            folder=_input(place),
        )
    )
    return "".join(parts)


def _head(branch: str, place: Place) -> str:
    return _HEAD.format(
        title=_named("Quality", place),
        slug=place.slug,
        branch=branch,
        check=_quoted(place.check) if place.folder else place.check,
        folder=_FOLDER.format(folder=_quoted(place.folder)) if place.folder else "",
        checkout=_CHECKOUT,
    )


def _named(name: str, place: Place) -> str:
    """A name that distinguishes the workflows of several projects."""
    return _quoted(f"{name} ({place.folder})") if place.folder else name


def _input(place: Place) -> str:
    return f"          working-directory: {_quoted(place.folder)}\n" if place.folder else ""


def _quoted(text: str) -> str:
    return json.dumps(text)


def commands_of(project: Project) -> list[tuple[str, list[str]]]:
    """For each language with a known test command: its name and the commands."""
    result: list[tuple[str, list[str]]] = []
    if project.python is not None:
        result.append(("Python", [*_install(project.python), _pytest(project.python)]))
    if project.node:
        result.append(("JavaScript", _node(project)))
    return result


def _install(python: Python) -> list[str]:
    match python.manager:
        case Manager.UV:
            return ["python -m pip install uv"]
        case Manager.POETRY:
            install = ["pipx install poetry", "poetry install"]
            complete = python.pytest and python.pytest_cov
            return install if complete else [*install, "poetry run python -m pip install pytest pytest-cov"]
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
    words = (
        runner,
        f"--junitxml={python.junit}",
        measured or sources,
        branch,
        f"--cov-report={python.coverage}",
    )
    return " ".join(filter(None, words))


def _node(project: Project) -> list[str]:
    if not project.jest:
        return ["npm ci", "npm test"]
    junit = " --reporters=default --reporters=jest-junit" if project.jest_junit else ""
    return ["npm ci", f"npx jest --coverage --coverageReporters=lcov{junit}"]
