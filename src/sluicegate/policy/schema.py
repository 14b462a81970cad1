"""The JSON Schema of the policy, generated from its settings and the catalogue.

Draft 2020-12. Editors use it for completion; it accepts what the loader accepts as far as
structure goes. Names of measures are in the descriptions, since criteria are texts.
"""

from __future__ import annotations

from typing import Any

from sluicegate.policy.settings import section

_EXAMPLE: dict[str, Any] = {
    "extends": "standard",
    "gates": {
        "coverage": {"criteria": ["total >= 80%", {"expect": "patch.line >= 90%", "else": "warn"}]},
        "security": {"adjust": {"new-high": "off"}},
        "bundle-size": {
            "run": "node tools/size.js",
            "measures": {"total": "KiB"},
            "criteria": ["total <= 250KiB"],
        },
    },
    "waivers": [
        {
            "gate": "security",
            "rule": "B602",
            "path": "src/legacy/**",
            "reason": "runs in a sandbox",
            "owner": "@alice",
            "expires": "2027-01-31",
        }
    ],
}


def policy_schema() -> dict[str, Any]:
    """The schema as plain values, the same on every call."""
    definitions: dict[str, Any] = {}
    top = section("policy").definition(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluicegate:policy:1",
        "title": "Policy of Sluicegate",
        **top,
        "examples": [_EXAMPLE],
        "$defs": dict(sorted(definitions.items())),
    }
