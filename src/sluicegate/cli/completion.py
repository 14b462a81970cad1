"""`sluicegate completion`: print the completion script of a shell."""

from __future__ import annotations

import os

import click
from click.shell_completion import get_completion_class

from sluicegate.cli.main import main
from sluicegate.runtime.process import take_secrets

_EPILOG = """
\b
  eval "$(sluicegate completion bash)"        in ~/.bashrc
  eval "$(sluicegate completion zsh)"         in ~/.zshrc, after compinit
  sluicegate completion fish | source         in ~/.config/fish/config.fish
"""


@click.command(epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a shell, for its start-up file."""
    take_secrets(os.environ)  # bash is asked for its version
    completion = get_completion_class(shell)
    if completion is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(completion(main, {}, "sluicegate", "_SLUICEGATE_COMPLETE").source())
