"""`sluicegate init`: write a policy and a workflow that fit this repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.git import Git, open_repository
from sluicegate.starter.detect import Project, detect
from sluicegate.starter.place import Place, only_project, place_of
from sluicegate.starter.plan import found, ignored_by, next_steps, outputs, plan
from sluicegate.starter.write import append_lines, missing_files, write_files

_EPILOG = f"""
Writes {Place().policy} and {Place().workflow}, and never overwrites a file. For a project below the
top of a repository it writes the policy to the project's folder, and names the workflow after it.

It looks at the files of npm, pnpm, Yarn and Bun with Vitest, Jest, node --test and bun test; of uv, Poetry,
hatch, tox, nox and pip with pytest; and runs nothing. In a monorepo (workspaces, or several folders with a
pyproject.toml, setup.py or package.json) each part becomes a component with a job of its own. Thresholds of
coverage.py, pytest-cov, Jest, Vitest, Codecov, ruff, flake8 and interrogate are kept, and named.

Exit codes: 0 written, or nothing to write; 2 a file exists with other content, or is damaged; 3 a file
cannot be written.
"""


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where the command runs: its folder, the repository's top and git, and the project's place."""

    here: Path
    top: Path
    git: Git | None
    place: Place

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self.top / self.place.folder

    def from_here(self, path: Path) -> str:
        """The path as the user would type it."""
        return Path(os.path.relpath(path, self.here)).as_posix()


@click.command(epilog=_EPILOG)
@options.choice(
    "--preset",
    values=("standard", "strict", "legacy"),
    about="standard judges the change, strict all code; legacy allows nothing to get worse.",
)
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--gitignore", is_flag=True, help="Append what the tests write to .gitignore.")
def command(preset: str, dry_run: bool, gitignore: bool) -> None:
    """Write a policy and a workflow that fit this repository, and print the next steps."""
    scene = _scene()
    project = _look(scene)
    branch = scene.git.default_branch() if scene.git else ""
    planned = plan(project, preset, branch, scene.place)
    files = {scene.from_here(scene.top / name): text for name, text in planned.items()}
    _show(scene, project)
    if dry_run:
        for name, text in files.items():
            click.echo(f"\n--- {name}\n{text}", nl=False)
        return
    _write(scene, files)
    unignored = _ignore(scene, project, append=gitignore)
    policy, workflow = files
    check = scene.place.check
    click.echo(
        next_steps(project, policy, workflow, check=check, branch=branch, unignored=unignored), nl=False
    )


def _show(scene: _Scene, project: Project) -> None:
    if scene.git is None:
        click.echo("this folder is in no git repository: only its top folder was looked at")
    if scene.root != scene.here or scene.here != scene.top:
        click.echo(f"the project is {scene.root}")
    click.echo(found(project), nl=False)


def _ignore(scene: _Scene, project: Project, *, append: bool) -> tuple[str, ...]:
    """The patterns that .gitignore lacks then."""
    patterns = _unignored(scene, project)
    if not (append and patterns):
        return patterns
    append_lines(scene.top / ".gitignore", patterns)
    click.echo(f"wrote {scene.from_here(scene.top / '.gitignore')}")
    return ()


def _scene() -> _Scene:
    here = Path.cwd()
    git = open_repository(here)
    top = here.joinpath(*[".."] * len(Path(git.prefix).parts)).resolve() if git else here
    place = place_of(here, top)
    if git and here == top:
        place = only_project(top, git.tracked()) or place
    return _Scene(here, top, git, place)


def _look(scene: _Scene) -> Project:
    git = open_repository(scene.root)
    return detect(scene.root, git.tracked() if git else (), scene.top)


def _unignored(scene: _Scene, project: Project) -> tuple[str, ...]:
    """Patterns for what the tests write and git would show."""
    git = open_repository(scene.top)
    paths = outputs(project, scene.place)
    ignored = git.ignored(paths) if git and paths else frozenset(paths)
    return ignored_by(p for p in paths if p not in ignored)


def _write(scene: _Scene, files: Mapping[str, str]) -> None:
    project = "" if scene.root == scene.here else scene.from_here(scene.root)
    missing = missing_files(scene.here, files, project)
    write_files(scene.here, missing)
    for name in files:
        click.echo(f"{'wrote' if name in missing else 'kept '} {name}")
