"""`sluicegate init`: write a policy and a workflow that fit this repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.git import open_repository
from sluicegate.starter.detect import Project, detect
from sluicegate.starter.place import Place, place_of
from sluicegate.starter.plan import found, next_steps, plan
from sluicegate.starter.write import missing_files, write_files

_EPILOG = f"""
Writes {Place().policy} and {Place().workflow}, and never overwrites a file. For a project below the
top of a repository it writes the policy to the project's folder, and names the workflow after it.

Exit codes: 0 written, or nothing to write; 2 a file exists with other content.
"""


@click.command(epilog=_EPILOG)
@options.choice(
    "--preset",
    values=("standard", "strict", "legacy"),
    about="standard judges the change, strict all code; legacy allows nothing to get worse.",
)
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
def command(preset: str, dry_run: bool) -> None:
    """Write a policy and a workflow that fit this repository, and print the next steps."""
    here = Path.cwd()
    git = open_repository(here)
    top = here.joinpath(*[".."] * len(Path(git.prefix).parts)).resolve() if git else here
    place = place_of(here, top)
    root = top / place.folder
    project = _look(root, top)
    branch = git.default_branch() if git else ""
    planned = plan(project, preset, branch, place)
    files = {_from(here, top / name): text for name, text in planned.items()}
    if root != top or root != here:
        click.echo(f"the project is {root}")
    click.echo(found(project), nl=False)
    if dry_run:
        for name, text in files.items():
            click.echo(f"\n--- {name}\n{text}", nl=False)
        return
    _write(here, files, "" if root == here else _from(here, root))
    policy, workflow = files
    steps = next_steps(project, policy, workflow, check=place.check, branch=branch)
    click.echo(steps, nl=False)


def _look(root: Path, top: Path) -> Project:
    git = open_repository(root)
    return detect(root, git.tracked() if git else (), top)


def _write(here: Path, files: Mapping[str, str], project: str) -> None:
    missing = missing_files(here, files, project)
    write_files(here, missing)
    for name in files:
        click.echo(f"{'wrote' if name in missing else 'kept '} {name}")


def _from(here: Path, path: Path) -> str:
    """The path as the user would type it in the folder `here`."""
    return Path(os.path.relpath(path, here)).as_posix()
