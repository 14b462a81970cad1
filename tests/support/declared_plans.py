"""Plans that declare the API of a flag."""

from __future__ import annotations

from pathlib import Path

from sluicegate.flags.interface import FlagProvider
from support.make_provider import around, make_flag

TOKEN = "token-of-the-flag-server"
PLAN = """\
url: {url}
flag: new-checkout
read: /api/flags/x
share: $.flag.rollout
enabled: $.flag.enabled
driver: $.flag.automation
bucketing: $.flag.salt
{version}
set: {{path: /api/flags/x, body: {{rollout: $percent, {body} note: "to $percent %"}}}}
kill: {{verb: POST, path: /api/flags/x/off}}
switch-on: {{verb: POST, path: /api/flags/x/on}}
refresh: 30s
"""


def declared(**changes: str) -> FlagProvider:
    """A provider whose declaration is changed; lines are named by their keys."""
    text = PLAN.format(url="https://flags.example.com", version="", body="")
    lines = {line.partition(":")[0]: line for line in text.splitlines() if line}
    lines |= {key.replace("_", "-"): f"{key.replace('_', '-')}: {value}" for key, value in changes.items()}
    given = around(Path(), FLAGS_TOKEN=TOKEN)
    return make_flag("http", "\n".join(lines.values()), given)
