"""`sluicegate schema`: print a JSON Schema."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

import click

_EPILOG = """
Name the printed file in the first line of a policy, and editors that know YAML schemas complete
and check it:  # yaml-language-server: $schema=./policy.schema.json
"""

_SCHEMAS: Mapping[str, tuple[str, str]] = {
    "policy": ("sluicegate.policy.schema", "policy_schema_text"),
    "report": ("sluicegate.report.schema", "schema_text"),
    "benchmarks": ("sluicegate.evidence.benchmarks.native_schema", "native_schema_text"),
}
"""Where the text of each schema is made; only the wanted one is imported."""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(sorted(_SCHEMAS)), default="policy")
def command(which: str) -> None:
    """Print the JSON Schema of the policy (the default), of the report, or of benchmarks."""
    module, name = _SCHEMAS[which]
    make: Callable[[], str] = getattr(importlib.import_module(module), name)
    click.echo(make(), nl=False)
