"""Evaluates a flag with Unleash's own client for Python: run by the interpreter of the evaluators.

Reads one JSON object from standard input: `url` of the server, `token` of a client, `flag`, `ids` (null for
no user), `attributes` of all of them. Prints the list of answers as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any


def main() -> None:
    """Answer the one question."""
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache

    asked: dict[str, Any] = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        client = UnleashClient(
            f"{asked['url']}/api",
            "tests",
            custom_headers={"Authorization": asked["token"]},
            disable_metrics=True,
            disable_registration=True,
            cache=FileCache("tests", folder),
            refresh_interval=1,
        )
        client.initialize_client()
        patience = time.monotonic() + 60
        while asked["flag"] not in client.feature_definitions():  # a first fetch may fail, and says nothing
            if time.monotonic() > patience:
                sys.exit("the client has got no such flag")
            time.sleep(0.01)
        answers = [
            client.is_enabled(asked["flag"], asked["attributes"] | ({"userId": each} if each else {}))
            for each in asked["ids"]
        ]
        client.destroy()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
