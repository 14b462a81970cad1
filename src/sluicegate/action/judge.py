"""The Action's step that judges: it has no token, and shows the report through every channel of the runner.

Run as `python -I -m sluicegate.action.judge` with the inputs in `INPUT_…`. The exit code is the
verdict; a channel that cannot be written is a warning and changes nothing.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sluicegate.action.answer import bug, show
from sluicegate.action.inputs import is_untrusted
from sluicegate.action.job import Job, read_job, trust_checkout
from sluicegate.bundle.layout import run_of
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.model import Report
from sluicegate.core.text import one_line
from sluicegate.git import open_repository
from sluicegate.git.repository import find_top
from sluicegate.github.needs import read_needs
from sluicegate.github.places import links_of, places_below, with_prefix
from sluicegate.judge.check import Checked, CheckOptions, check, exit_code
from sluicegate.ledger.memory import OFF
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.report import annotations as annotate
from sluicegate.report import badges, compose, markdown, outputs, terminal, values, view
from sluicegate.report.formats import render
from sluicegate.report.modes import AnnotationMode
from sluicegate.report.places import Link
from sluicegate.runtime import commands, process
from sluicegate.runtime.files import write_text

FILES: Mapping[str, str] = {
    "json": "report.json",
    "markdown": "report.md",
    "html": "report.html",
    "sarif": "report.sarif",
}
"""The reports that are always written, by format; the output `report-FORMAT` is the path."""

OUTPUTS = (*outputs.NAMES, "bundle", "report-directory", *(f"report-{name}" for name in FILES))
"""Every output of the Action."""

_OF_A_CHECKOUT = ("bundle", "evidence", "evidence_directory", "base", "runs")

WIDTH = 120
"""Columns of the report in the log, which GitHub shows without a terminal's width."""


def checked_job(environment: Mapping[str, str]) -> Job:
    """The job from its variables.

    Raises:
        UsageError: an input is wrong, or the working directory is not there.
        EventError: the event payload is malformed.
    """
    job = read_job(environment)
    if not job.directory.is_dir() and job.subject is None:
        raise UsageError(
            "there is no such folder",
            where=f"working-directory: {one_line(job.inputs.working_directory)}",
            remedy="Is actions/checkout before this step? The path is relative to the workspace.",
        )
    return job


def options(this: Job) -> CheckOptions:
    """The options of the check from the inputs."""
    inputs = this.inputs
    return CheckOptions(
        **_asked(this),
        base=inputs.base,
        evidence=inputs.evidence,
        evidence_directory=inputs.evidence_directory,
        bundle=inputs.bundle,
        run=run_of(this.environment),
        untrusted=is_untrusted(inputs, this.event.name),
        runs=inputs.runs,
    )


def _asked(this: Job) -> dict[str, Any]:
    """What is asked of a checkout and of bundles alike: fields of `Question`."""
    return {
        "directory": this.directory,
        "policy": this.inputs.policy,
        "policy_from": this.inputs.policy_from,
        "gates": this.inputs.gate,
        "baseline": this.inputs.baseline,
        # what the step before fetched; a file of the checkout never counts
        "ledger": this.environment.get("SLUICEGATE_LEDGER", "") or OFF,
        "approvals": this.environment.get("SLUICEGATE_APPROVALS", ""),
        "event": this.event,
        "needs": read_needs(this.inputs.needs, "the input 'needs'"),
        "pinned": FetchedPresets.of(this.environment).read,
    }


def _judge(this: Job, today: Callable[[], date]) -> Checked:
    """The verdict on this checkout, or on the bundles that the input `merge` names."""
    inputs = this.inputs
    if not inputs.merge:
        if inputs.expect:
            raise UsageError("lists the bundles that must be there, and none are joined", where="expect",
                             remedy="Name them with the input 'merge'.")  # fmt: skip
        return check(options(this), today)
    if given := [name for name in _OF_A_CHECKOUT if getattr(inputs, name)]:
        raise UsageError(f"the inputs 'merge' and '{given[0].replace('_', '-')}' exclude each other",
                         remedy="Bundles hold their evidence; write them in the jobs before.")  # fmt: skip
    from sluicegate.judge import merge as merging
    from sluicegate.judge import triggered

    wanted = merging.MergeOptions(**_asked(this), bundles=inputs.merge, expect=inputs.expect)
    ended = this.ended
    return triggered.merge(wanted, ended, today) if ended else merging.merge(wanted, today)


def run(this: Job, today: Callable[[], date]) -> int:
    """Check and publish; the exit code.

    Raises:
        SluicegateError: as `checking.check` raises; nothing was published then.
    """
    checked = _judge(this, today)
    _log(checked.report, color="NO_COLOR" not in this.environment)
    places = places_below(checked.root, this.event)
    mode = AnnotationMode(this.inputs.annotations)
    # Those of a run that another one started would be on another commit.
    if mode is not AnnotationMode.OFF and this.event.triggered_by is None:
        report = with_prefix(checked.report, places.prefix)
        for line in annotate.log_commands(report, map_line=places.map_line, mode=mode):
            commands.command(line)
    folder = _fresh_folder(Path(this.environment.get("RUNNER_TEMP") or this.directory))
    link = links_of(checked.report, this.event, lambda: places)
    written = _write_reports(checked, folder, link)
    if this.inputs.summary:
        _summarize(this, checked.report, link)
    bundle = str(this.directory / this.inputs.bundle) if this.inputs.bundle else ""
    paths = {"bundle": bundle, "report-directory": str(folder), **written}
    values = {**outputs.outputs(checked.report), **paths}
    text = outputs.format_outputs(values, lambda: f"sluicegate-{secrets.token_hex(16)}")
    commands.append("GITHUB_OUTPUT", this.environment.get("GITHUB_OUTPUT", ""), text)
    return exit_code(checked.report, warn_only=this.inputs.warn_only)


def _log(report: Report, *, color: bool) -> None:
    """A folded group for each gate, then the report as a terminal shows it."""
    for verdict in report.verdicts:
        text = terminal.render_section(compose.section(verdict), width=WIDTH, color=color)
        head = (str(verdict.status), view.title(verdict), values.headline_text(verdict))
        commands.group("  ".join(word for word in head if word), text)
    commands.show(terminal.render(compose.page(report), width=WIDTH, color=color))


def _fresh_folder(temp: Path) -> Path:
    """A folder for this use of the Action: `report`, or `report-2` for the second in a job."""
    base = temp / "sluicegate"
    number = 1
    while os.path.lexists(folder := base / (f"report-{number}" if number > 1 else "report")):
        number += 1
    return folder


def _write_reports(checked: Checked, folder: Path, link: Link) -> dict[str, str]:
    written = {}
    for name, file in FILES.items():
        path = _write(folder / file, render(name, checked.report, checked.root, link))
        written[f"report-{name}"] = str(path) if path.is_file() else ""
    for name, text in badges.files(checked.report).items():
        _write(folder / "badges" / name, text)
    return written


def _write(path: Path, text: str) -> Path:
    try:
        write_text(path, text)
    except OSError as problem:
        commands.warning(f"{path} could not be written: {problem.strerror}. The verdict is not affected.")
    return path


def _summarize(this: Job, report: Report, link: Link) -> None:
    folder = this.inputs.working_directory
    title = "Sluicegate" if folder in (".", "./", "") else f"Sluicegate: {folder}"
    measured = ""  # the address of the run that measured, where this one did not
    if this.subject is not None:
        from sluicegate.github.subject_folder import read_subject

        measured = read_subject(this.subject).run.url
    page = compose.page(report, title=title, links=((compose.MEASURED, measured),), link=link)
    text = markdown.render(page, limit=commands.SUMMARY_LIMIT - 1024)
    commands.append("GITHUB_STEP_SUMMARY", this.environment.get("GITHUB_STEP_SUMMARY", ""), text)


def refuse_submodule(directory: Path, workspace: Path) -> None:
    """Refuse to judge a submodule for the repository that holds it.

    Its own policy would judge, and a change can turn the folder that is judged into one.

    Raises:
        UsageError: the folder is in a submodule of a repository in the workspace.
    """
    top = find_top(directory) if directory.is_dir() else None
    if top is None or not top.is_relative_to(workspace.resolve()) or top == workspace.resolve():
        return
    git = open_repository(top.parent)
    name = top.relative_to(git.repository.top.resolve()).as_posix() if git else ""
    if git and git.top.entries("HEAD", [name]).get(name, ("",))[0] == "160000":
        raise UsageError(
            "is in a submodule, and the pull request is about the repository that holds it",
            where=f"working-directory: {name}",
            remedy="Name a folder of the repository itself.",
        )


def main(environment: Mapping[str, str]) -> int:
    """Run the step; every error is an annotation and an exit code, never a traceback."""
    try:
        this = checked_job(environment)
        trust_checkout(this.workspace, this.directory)
        if this.event.is_pull_request or this.event.name == "merge_group":
            refuse_submodule(this.directory, this.workspace)
        os.chdir(this.directory if this.directory.is_dir() else this.workspace)
        return run(this, lambda: datetime.now(UTC).date())
    except SluicegateError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except Exception as error:
        show(answer := bug(error, ExitCode.BUG))
        return answer.code


if __name__ == "__main__":
    sys.exit(process.step(main))
