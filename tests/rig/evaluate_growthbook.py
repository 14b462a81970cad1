"""Evaluates a feature with GrowthBook's own SDK for Python: run by the interpreter of the vendors' SDKs.

Reads one JSON object from standard input: `snapshots` (a list of features as the SDK is served them), `flag`,
`ids` (null for a user without one). Prints one list of answers for each snapshot as JSON. It asks no server.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from growthbook import GrowthBook

    asked: dict[str, Any] = json.load(sys.stdin)
    answers = []
    for features in asked["snapshots"]:
        sdk = GrowthBook(features=features)
        seen = []
        for each in asked["ids"]:
            sdk.set_attributes({"id": each} if each else {})
            seen.append(bool(sdk.is_on(asked["flag"])))
        answers.append(seen)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
