"""Options that name a ledger."""

from __future__ import annotations

import os

import click

from sluicegate.cli import options
from sluicegate.ledger.interface import REF
from sluicegate.ledger.open import Choice

_PLACE = (
    options.text("--remote", "NAME", "Remote of the ledger.  [default: origin, or the only one]"),
    click.option("--local", is_flag=True, help="Use this repository; the default without a remote."),
    click.option("--ref", default=REF, metavar="REF", show_default=True, help="Ref or branch of the ledger."),
    options.max_wait("seconds", "Time to retry while others write, or the network fails."),
)


def on_ref(command: options.Command) -> options.Command:
    """Add the options that name the ledger's ref, passed as one `Choice` before the others."""
    with_choice = options.into(Choice, lambda: {"token": os.environ.get("GITHUB_TOKEN", "")})(command)
    for option in reversed(_PLACE):
        with_choice = option(with_choice)
    return with_choice


def anywhere(command: options.Command) -> options.Command:
    """The same, and the option that names a folder instead."""
    folder = click.option(
        "--dir", "folder", default="", metavar="DIR", help="Folder that holds the ledger, instead of a ref."
    )
    return folder(on_ref(command))
