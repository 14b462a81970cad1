"""The instructions of semantic patches that a rollout sends, as a table. Pure.

Source: the description of `PATCH /api/v2/flags/{projectKey}/{featureFlagKey}` in LaunchDarkly's OpenAPI
document 2.0. Its schema takes any object, so this table is the check of what is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

Instruction = Mapping[str, object]

CONTENT: Final = "application/json; domain-model=launchdarkly.semanticpatch"
"""The type of a body that is a semantic patch; by another one LaunchDarkly reads a JSON Patch."""

SERVED: Final = ("variationId", "rolloutWeights", "rolloutBucketBy", "rolloutContextKind")

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "turnFlagOn": (),
    "turnFlagOff": (),
    "updateFallthroughVariationOrRollout": SERVED,
    "updateOffVariation": ("variationId",),
    "addRule": ("clauses", "beforeRuleId", *SERVED),
    "removeRule": ("ruleId",),
}
"""By kind: the parameters that it takes. All of them are of one environment."""


def instruction(kind: str, **parameters: object) -> Instruction:
    """An instruction that the table knows.

    Raises:
        ValueError: the table has no such kind, or the kind no such parameter.
    """
    known = KINDS.get(kind)
    if known is None:
        raise ValueError(f"the table has no instruction '{kind}'")
    strange = parameters.keys() - set(known)
    if strange:
        raise ValueError(f"the instruction '{kind}' has no parameter '{min(strange)}'")
    return {"kind": kind, **parameters}


def patch(environment: str, instructions: Sequence[Instruction], comment: str) -> dict[str, object]:
    """The body of a semantic patch.

    Args:
        environment: its key.
        instructions: carried out together, or none of them.
        comment: for the audit log; some environments demand one.
    """
    return {"comment": comment, "environmentKey": environment, "instructions": list(instructions)}
