"""`sluicegate schema`: print a JSON Schema."""

from __future__ import annotations

import click

_EPILOG = """
Name the printed file in the first line of a policy, and editors that know YAML schemas complete
and check it:  # yaml-language-server: $schema=./policy.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(["policy", "report"]), default="policy")
def command(which: str) -> None:
    """Print the JSON Schema of the policy (the default) or of the report."""
    if which == "report":
        from sluicegate.report.schema import schema_text

        click.echo(schema_text(), nl=False)
        return
    from sluicegate.policy.schema import policy_schema_text

    click.echo(policy_schema_text(), nl=False)
