"""Options that several commands share, and the values that commands get of them."""

from __future__ import annotations

import dataclasses
import enum
import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from sluicegate.core.errors import UsageError
from sluicegate.github.payload import read_event
from sluicegate.judge.question import POLICY_FROM, RunSubject
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.report.formats import NAMES
from sluicegate.runtime.process import here

Command = Callable[..., Any]


def text(name: str, metavar: str, about: str) -> Callable[[Command], Command]:
    """An option that takes a text; empty by default."""
    return click.option(name, metavar=metavar, default="", help=about)


def choice(
    *names: str, values: Sequence[str] | type[enum.StrEnum], about: str
) -> Callable[[Command], Command]:
    """An option that takes one of some values, by default the first; of an enumeration, its members."""
    default, *others = map(str, values)
    make = values if isinstance(values, type) else str
    return click.option(
        *names,
        type=click.Choice((default, *others)),
        default=default,
        show_default=True,
        help=about,
        callback=lambda _context, _parameter, value: make(value),
    )


def into(kind: type, around: Callable[[], dict[str, object]] = dict) -> Callable[[Command], Command]:
    """Give a command, before its other arguments, a value of its options.

    Args:
        kind: the dataclass of the value. Options that have the name of a field go to that field.
        around: the fields that come from elsewhere.
    """
    names = {field.name for field in dataclasses.fields(kind)}

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_value(*values: object, **given: object) -> object:
            own = {name: given.pop(name) for name in names & given.keys()}
            return command(kind(**around(), **own), *values, **given)

        return with_value

    return decorate


def surroundings() -> dict[str, object]:
    """The fields of a `Question` that come from the current folder and the environment."""
    return {
        "directory": here(),
        "event": read_event(os.environ),
        "pinned": FetchedPresets.of(os.environ).read,
    }


def max_wait(name: str, about: str) -> Callable[[Command], Command]:
    """`--max-wait`, in seconds, which the command gets as `name`."""
    return click.option(
        "--max-wait",
        name,
        type=click.FloatRange(min=0),
        default=180.0,
        metavar="SECONDS",
        show_default=True,
        help=about,
    )


def run_subject(command: Command) -> Command:
    """Add `--subject` and `--folder`, which the command gets as `run`; None without them.

    Raises:
        UsageError: a folder is named without a subject.
    """

    @functools.wraps(command)
    def with_run(*values: object, subject: str, folder: str, **given: object) -> object:
        if folder and not subject:
            raise UsageError(
                "must be used with --subject", where="--folder", remedy="Run the command in that folder."
            )
        return command(*values, run=RunSubject(Path(subject), folder) if subject else None, **given)

    return subject(text("--folder", "FOLDER", _FOLDER)(with_run))


_FOLDER = "With --subject: the project's folder, from the top of the repository."
subject = text("--subject", "FOLDER", "Output of 'sluicegate subject', on 'workflow_run'.")
policy = click.option("--policy", metavar="FILE", default="", help="Policy file.  [default: sluicegate.yml]")
policy_from = choice(
    "--policy-from",
    values=POLICY_FROM,
    about="Policy that applies: of the base branch's tip, or of this tree; auto is base on a pull request.",
)
base = text("--base", "REV", "Compare with the merge base of REV and HEAD.")
format_ = choice("--format", "format_", values=NAMES, about="Format to print.")
text_or_json = choice("--format", "format_", values=("text", "json"), about="Format to print.")
