"""Evaluates a flag with PostHog's own library for Python, without a network: by its local evaluation.

Reads one JSON object from standard input: `flags`, each as the endpoint of local evaluation gives it, `ids`
(null for no distinct id), `variant` that is looked for (empty for a flag without variants), `cohorts` by id,
and the `properties` of all users. Prints a list of answers for each flag as JSON, null where the library
raises.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from posthog import Posthog

    asked: dict[str, Any] = json.load(sys.stdin)
    client = Posthog("phc_tests", host="http://127.0.0.1:9", send=False, sync_mode=True)
    wanted: str | bool = asked["variant"] or True
    answers = []
    for flag in asked["flags"]:
        client.feature_flags = [flag]
        client.cohorts = asked["cohorts"]
        answers.append([_sees(client, flag["key"], each, asked, wanted) for each in asked["ids"]])
    client.shutdown()
    json.dump(answers, sys.stdout)


def _sees(client: Any, key: str, user: str | None, asked: dict[str, Any], wanted: str | bool) -> bool | None:
    try:
        found = client.get_feature_flag(
            key,
            user,
            person_properties=asked["properties"],
            only_evaluate_locally=True,
            send_feature_flag_events=False,
        )
    except Exception:
        return None
    return bool(found == wanted)


if __name__ == "__main__":
    main()
