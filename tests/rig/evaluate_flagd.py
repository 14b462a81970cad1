"""Evaluates a flag of flagd files with flagd's own evaluator: run by the interpreter of the evaluators.

Reads one JSON object from standard input: `paths` of files, `flag`, `ids` (null for no targeting key),
`attributes` of all of them, `default` of the code. Prints a list of answers for each file as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from openfeature import api
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType
    from openfeature.evaluation_context import EvaluationContext

    asked: dict[str, Any] = json.load(sys.stdin)
    answers = []
    for path in asked["paths"]:
        api.set_provider_and_wait(
            FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path)
        )
        client = api.get_client()
        contexts = [EvaluationContext(each, asked["attributes"]) for each in asked["ids"]]
        answers.append([client.get_boolean_value(asked["flag"], asked["default"], c) for c in contexts])
        api.clear_providers()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
