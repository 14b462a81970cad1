"""The settings of a LaunchDarkly flag in a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluicegate.flags.interface import FlagFactory
from sluicegate.flags.launchdarkly.model import Settings
from sluicegate.flags.launchdarkly.provider import LaunchDarkly
from sluicegate.flags.normal import flag_key
from sluicegate.net.rules import ServerRules
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import ADDRESS, VARIATION, refresh_key, token_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

URL = "https://app.launchdarkly.com"
MILLISECONDS = 1000.0
RULES = ServerRules(resets={"x-ratelimit-reset": MILLISECONDS})

KEYS: Mapping[str, Key] = {
    "url": Key(
        ADDRESS, "Address of LaunchDarkly: `https://app.launchdarkly.us` for federal instances, "
        "`https://app.eu.launchdarkly.com` for EU ones.", URL,
    ),
    "project": Key(v.LABEL, "Key of the project in LaunchDarkly.", "default"),
    "flag": flag_key("Key of the flag."),
    "environment": Key(
        v.LABEL, "Key of the environment.", missing="Name it, for example environment: production."
    ),
    "token": token_key("LAUNCHDARKLY_TOKEN"),
    "new": Key(VARIATION, "Variation that is rolled out, by its name or value.", "true"),
    "old": Key(VARIATION, "Variation that everybody else gets, by its name or value.", "false"),
    "context-kind": Key(
        v.LABEL, "Kind of the contexts that users are drawn by, for a flag without a rollout yet.", "user"
    ),
    "bucket-by": Key(
        v.LABEL, "Attribute that users are drawn by, for a flag without a rollout yet.", "key"
    ),
    "every-context-has-key": Key(
        v.KINDS["switch"], "`true` where every context that the code evaluates has that kind and "
        "attribute: the new variation may then be listed first, as in most boolean flags.", False,
    ),
    "refresh": refresh_key("Longest time until SDKs have a change: seconds where they stream.", 5.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> LaunchDarkly:
    there = server_of(settings, around, RULES)
    own = {key: settings[key] for key in ("new", "old", "context_kind", "bucket_by")}
    names = {key: settings[key] for key in ("project", "flag", "environment", "refresh")}
    return LaunchDarkly(there, settings=Settings(**own, keyed=settings["every_context_has_key"]), **names)


FACTORY = FlagFactory(KEYS, _create)
