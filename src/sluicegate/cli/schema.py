"""`sluicegate schema`: print a JSON Schema."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

_TEXTS: Mapping[str, tuple[str, str]] = {
    "policy": ("sluicegate.policy.schema", "policy_schema_text"),
    "report": ("sluicegate.report.schema", "schema_text"),
    "bundle": ("sluicegate.bundle.schema", "schema_text"),
    "benchmarks": ("sluicegate.evidence.benchmarks.native_schema", "native_schema_text"),
}
"""By name: the module to import, and its function that returns the text."""

_EPILOG = """
Save the output, and name it in the first line of your policy: editors that know YAML schemas then
complete and check the file.

\b
  # yaml-language-server: $schema=./policy.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(list(_TEXTS)), default="policy")
def command(which: str) -> None:
    """Print the JSON Schema of the policy (the default), a report, a `bundle.json`, or benchmarks."""
    module, name = _TEXTS[which]
    click.echo(getattr(importlib.import_module(module), name)(), nl=False)
