"""Evaluates a flag with Flagsmith's own engine: run by the interpreter of the vendors' SDKs.

Reads one JSON object from standard input: `contexts` as the engine takes them, without an identity, `flag`,
`ids` (null for no identity). Prints a list of answers for each context as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from flag_engine.engine import get_evaluation_result

    asked: dict[str, Any] = json.load(sys.stdin)
    answers = []
    for context in asked["contexts"]:
        seen = []
        for each in asked["ids"]:
            given = context if each is None else {**context, "identity": {"identifier": each, "traits": {}}}
            seen.append(get_evaluation_result(given)["flags"][asked["flag"]]["enabled"])
        answers.append(seen)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
