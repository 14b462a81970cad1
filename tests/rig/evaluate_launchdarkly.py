"""Evaluates a flag with LaunchDarkly's own SDK for Python: run by the interpreter of the vendors' SDKs.

Reads one JSON object from standard input: `snapshots` (what LaunchDarkly sends its SDKs: flags and segments),
`flag`, `ids` (null for a context of another kind than `user`). Prints a list of answers for each snapshot.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer the one question."""
    from ldclient import Context, LDClient
    from ldclient.config import Config
    from ldclient.integrations import Files

    asked: dict[str, Any] = json.load(sys.stdin)
    contexts = [
        Context.create(each) if each else Context.builder("phone-1").kind("device").build()
        for each in asked["ids"]
    ]
    answers = []
    for snapshot in asked["snapshots"]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "flags.json")
            path.write_text(json.dumps(snapshot), encoding="utf-8")
            source = Files.new_data_source(paths=[str(path)])
            client = LDClient(Config("sdk-key", update_processor_class=source, send_events=False))
            details = [client.variation_detail(asked["flag"], context, None) for context in contexts]
            client.close()
        wrong = [each.reason for each in details if each.reason["kind"] == "ERROR"]
        if wrong:
            sys.exit(f"the SDK reports {wrong[0]}")
        answers.append([each.value for each in details])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
