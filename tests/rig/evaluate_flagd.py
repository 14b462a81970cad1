"""Evaluates a flag of a flagd file with flagd's own evaluator: run by the interpreter of the evaluators.

Reads one JSON object from standard input: `path` of the file, `flag`, `ids` (null for no targeting key),
`attributes` of all of them, `default` of the code. Prints the list of answers as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    from openfeature import api
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType
    from openfeature.evaluation_context import EvaluationContext

    asked: dict[str, Any] = json.load(sys.stdin)
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=asked["path"])
    api.set_provider_and_wait(provider)
    client = api.get_client()
    answers = []
    for each in asked["ids"]:
        context = EvaluationContext(each, asked.get("attributes") or {})
        answers.append(client.get_boolean_value(asked["flag"], asked["default"], context))
    json.dump(answers, sys.stdout)
    sys.stdout.flush()
    api.shutdown()


if __name__ == "__main__":
    main()
