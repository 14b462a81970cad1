"""Evaluates a gate with Statsig's own SDK for Python: run by the interpreter of the vendors' SDKs.

Reads one JSON object from standard input: `snapshots` (a list of what the SDK is given of the project),
`flag`, `ids` (null for a user without any), `custom` (true: as another kind of id). Prints one list of
answers for each snapshot as JSON, null where the SDK raises an error. It asks no server.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from statsig import StatsigOptions, StatsigUser
    from statsig.statsig_server import StatsigServer

    asked: dict[str, Any] = json.load(sys.stdin)

    def passes(server: StatsigServer, each: str | None) -> bool | None:
        try:
            user = StatsigUser(None, custom_ids={"companyID": each}) if asked["custom"] else StatsigUser(each)
        except ValueError:
            return None
        return bool(server.check_gate(user, asked["flag"]))

    answers = []
    for snapshot in asked["snapshots"]:
        server = StatsigServer()
        server.initialize(
            "secret-tests", StatsigOptions(local_mode=True, bootstrap_values=json.dumps(snapshot))
        )
        answers.append([passes(server, each) for each in asked["ids"]])
        server.shutdown()
    sys.stdout.write(f"{json.dumps(answers)}\n")


if __name__ == "__main__":
    main()
