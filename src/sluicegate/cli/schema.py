"""`sluicegate schema`: print a JSON Schema."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping

import click

_SCHEMAS: Mapping[str, tuple[str, str]] = {
    "policy": ("sluicegate.policy.schema", "policy_schema"),
    "report": ("sluicegate.report.document", "report_schema"),
    "bundle": ("sluicegate.bundle.layout", "bundle_schema"),
    "benchmarks": ("sluicegate.evidence.benchmarks.native_document", "native_schema"),
}
"""By name: the module to import, and its function that returns the schema."""

_EPILOG = """
Save the output, and name it in the first line of your policy: editors that know YAML schemas then
complete and check the file.

\b
  # yaml-language-server: $schema=./policy.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(list(_SCHEMAS)), default="policy")
def command(which: str) -> None:
    """Print the JSON Schema of the policy (the default), a report, a `bundle.json`, or benchmarks."""
    module, name = _SCHEMAS[which]
    click.echo(json.dumps(getattr(importlib.import_module(module), name)(), indent=2))
