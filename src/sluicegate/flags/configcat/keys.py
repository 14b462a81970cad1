"""The settings of a ConfigCat flag in a plan."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.flags.configcat.provider import ConfigCat
from sluicegate.flags.interface import FlagFactory
from sluicegate.flags.normal import flag_key
from sluicegate.net.connect import Server
from sluicegate.policy.keys import Form, Key
from sluicegate.policy.kinds import Text
from sluicegate.policy.provider_keys import ADDRESS, VARIATION, refresh_key, token_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

URL = "https://api.configcat.com"
_UUID = Form(
    r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z",
    "is no id of an environment",
    "For example 08d86d63-2726-47cd-8bfc-59608ecb91e2; the address of the Dashboard has it.",
)
_NUMBER = Form(
    r"^[0-9]{1,9}\Z", "is no id of a setting", "For example 1234; the address of the Dashboard has it."
)

KEYS: Mapping[str, Key] = {
    "url": Key(ADDRESS, "Address of ConfigCat's Public Management API.", URL),
    "flag": flag_key("Key of the flag."),
    "environment": Key(
        Text(longest=36, check=_UUID.check, json=_UUID.json), "Id of the environment.",
        missing="Give its id, for example environment: 08d86d63-2726-47cd-8bfc-59608ecb91e2.",
    ),
    "setting": Key(
        Text(longest=9, numbers=True, check=_NUMBER.check, json=_NUMBER.json), "Id of that flag.",
        missing="Give the id of the flag, for example setting: 1234.",
    ),
    "token": token_key("CONFIGCAT_TOKEN", " It is written USER:PASSWORD."),
    "new": Key(VARIATION, "Value that is rolled out.", "true"),
    "old": Key(VARIATION, "Value that everybody else gets.", "false"),
    "refresh": refresh_key("Longest time in which SDKs fetch their config.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> ConfigCat:
    there = _server(settings, around)
    names = {key: settings[key] for key in ("flag", "environment", "new", "old", "refresh")}
    return ConfigCat(there, setting=int(settings["setting"]), **names)


def _server(settings: Mapping[str, Any], around: Surroundings) -> Server:
    """The server, with the credentials as HTTP's basic scheme wants them.

    Raises:
        UsageError: the address is wrong, or the variable holds no credentials.
    """
    made = server_of(settings, around)
    user, colon, password = made.token.partition(":")
    if not (user and colon and password):
        raise UsageError(
            f"the variable {made.variable} holds no USER:PASSWORD", where="token",
            remedy="Create credentials of the Public Management API, and join both parts by ':'.",
        )  # fmt: skip
    encoded = base64.b64encode(made.token.encode()).decode()
    return replace(made, headers={"Authorization": f"Basic {encoded}"}, also=(encoded, password))


FACTORY = FlagFactory(KEYS, _create)
