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
"""By name, the module and its function that gives the text; only the one that is asked for is imported."""

_EPILOG = """
Name the printed file in the first line of a policy, and editors that know YAML schemas complete
and check it:

\b
  # yaml-language-server: $schema=./policy.schema.json
"""


@click.command(epilog=_EPILOG)
@click.argument("which", type=click.Choice(list(_TEXTS)), default="policy")
def command(which: str) -> None:
    """Print a JSON Schema: of the policy (the default), a report, a bundle's `bundle.json`, or benchmarks."""
    module, name = _TEXTS[which]
    click.echo(getattr(importlib.import_module(module), name)(), nl=False)
