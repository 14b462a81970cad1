"""`sluicegate completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sluicegate.cli.main import main


@click.command(epilog='For bash: eval "$(sluicegate completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of SHELL, to be evaluated by its start-up file."""
    completion = get_completion_class(shell)
    if completion is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(completion(main, {}, "sluicegate", "_SLUICEGATE_COMPLETE").source())
