"""Evaluates a flag with ConfigCat's own SDK for Python: run by the interpreter of the vendors' SDKs.

Reads one JSON object from standard input: `snapshots` (config JSON v6, as ConfigCat's CDN has it), `flag`,
`ids` (null for no user). Prints a list of answers for each snapshot.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer the one question."""
    from configcatclient import ConfigCatClient, ConfigCatOptions
    from configcatclient.localfiledatasource import LocalFileFlagOverrides
    from configcatclient.overridedatasource import OverrideBehaviour
    from configcatclient.user import User

    logging.disable(logging.ERROR)
    asked: dict[str, Any] = json.load(sys.stdin)
    users = [User(each) if each else None for each in asked["ids"]]
    answers = []
    for number, snapshot in enumerate(asked["snapshots"]):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "config.json")
            path.write_text(json.dumps(snapshot), encoding="utf-8")
            overrides = LocalFileFlagOverrides(str(path), OverrideBehaviour.LocalOnly)
            key = f"{number:022}/{number:022}"
            client = ConfigCatClient.get(key, ConfigCatOptions(flag_overrides=overrides))
            details = [client.get_value_details(asked["flag"], None, user) for user in users]
            client.close()
        wrong = [each.error for each in details if each.error]
        if wrong:
            sys.exit(f"the SDK reports {wrong[0]}")
        answers.append([each.value for each in details])
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
