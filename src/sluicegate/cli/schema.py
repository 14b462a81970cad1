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
"""By name, the module and its function that makes it; only the one that is asked for is imported."""

_EPILOG = """
Name the printed file in the first line of a policy, and editors that know YAML schemas complete
and check it:

\b
  # yaml-language-server: $schema=./policy.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(list(_SCHEMAS)), default="policy")
def command(which: str) -> None:
    """Print a JSON Schema: of the policy (the default), a report, a bundle's `bundle.json`, or benchmarks."""
    module, name = _SCHEMAS[which]
    click.echo(json.dumps(getattr(importlib.import_module(module), name)(), indent=2))
