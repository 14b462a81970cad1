"""`sluicegate init`: write a policy and a workflow that fit this repository."""

from __future__ import annotations

from pathlib import Path

import click

from sluicegate.git import open_repository
from sluicegate.starter.detect import detect
from sluicegate.starter.plan import POLICY, WORKFLOW, found, next_steps, plan
from sluicegate.starter.write import missing_files, write_files

_EPILOG = f"""
Writes {POLICY} and {WORKFLOW}, and never overwrites anything.

Exit codes: 0 written, or nothing to write; 2 a file exists already with another content.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--preset",
    type=click.Choice(["standard", "strict", "legacy"]),
    default="standard",
    show_default=True,
    help="standard judges the change, strict all of the code; with legacy nothing may get worse.",
)
@click.option("--dry-run", is_flag=True, help="Print the files and write nothing.")
def command(preset: str, dry_run: bool) -> None:
    """Write a policy and a workflow that fit this repository, and say what to do next."""
    here = Path.cwd()
    git = open_repository(here)
    root = here.joinpath(*[".."] * len(Path(git.prefix).parts)).resolve() if git else here
    project = detect(root)
    files = plan(project, preset, git.default_branch() if git else "")
    click.echo(found(project), nl=False)
    if dry_run:
        for name, text in files.items():
            click.echo(f"\n--- {name}\n{text}", nl=False)
        return
    missing = missing_files(root, files)
    write_files(root, missing)
    for name in files:
        click.echo(f"{'wrote' if name in missing else 'kept '} {name}")
    click.echo(next_steps(project), nl=False)
