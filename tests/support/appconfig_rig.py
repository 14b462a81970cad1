"""The rig of the cases for AWS AppConfig, over HTTP to a fake."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest

from sluicegate.flags.appconfig.model import parse_split
from sluicegate.flags.appconfig.provider import AppConfig
from sluicegate.flags.interface import FlagProvider
from support import proxy
from support.appconfig_fake import AT_ONCE, AppConfigFake
from support.flag_cases import TIMEOUT, HttpFlagRig
from support.make_provider import around, make_flag
from support.proxy import Proxy

FLAG = "new-checkout"
RULE = "(split by::$userId pct::10)"
NUMBERS = itertools.count(1)
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "session-token-of-the-role",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
}
"""An environment with credentials of AWS, none of which is real."""


def variant(name: str, rule: str = "", *, enabled: bool = False, **attributes: Any) -> dict[str, Any]:
    """A variant."""
    return {"name": name, "enabled": enabled, "attributeValues": attributes} | (
        {"rule": rule} if rule else {}
    )


def a_flag(*between: dict[str, Any], rule: str = RULE, enabled: bool = False) -> dict[str, Any]:
    """A flag with variants that is off."""
    return {"_variants": [variant("on", rule, enabled=enabled, colour="blue"), *between, variant("off")]}


def a_document(value: Any) -> dict[str, Any]:
    """The content of a profile with the flag and another one."""
    flags = {FLAG: {"name": "New checkout", "attributes": {"colour": {"constraints": {"type": "string"}}}}}
    return {
        "flags": {**flags, "other": {"name": "Other"}},
        "values": {FLAG: value, "other": {"enabled": True, "_updatedAt": "2026-11-30T00:00:00Z"}},
        "version": "1",
    }


class AppConfigRig(HttpFlagRig):
    """A new profile with a flag that is off, and groups `beta` and `staff`."""

    segments = ("beta", "staff")

    def __init__(
        self, fake: AppConfigFake, before: Proxy, patch: pytest.MonkeyPatch, number: int | None = None
    ) -> None:
        super().__init__(before)
        for name, value in {**VARIABLES, "AWS_ENDPOINT_URL_APPCONFIG": before.url}.items():
            patch.setenv(name, value)
        self.secret = VARIABLES["AWS_SESSION_TOKEN"]
        self.fake = fake
        number = next(NUMBERS) if number is None else number
        self.profile, self.environment = f"pro{number:04}", f"env{number:04}"
        groups = (
            variant("beta", '(ends_with $email "@example.com")'), variant("staff", '(in $userId ["a", "b"])')
        )  # fmt: skip
        fake.profile(self.profile, a_document(a_flag(*groups)), self.environment)

    def provider(self, **more: str) -> AppConfig:
        """See `FlagRig`."""
        settings = {
            "region": "eu-central-1", "application": self.fake.application, "environment": self.environment,
            "profile": self.profile, "flag": FLAG, "strategy": AT_ONCE, **more,
        }  # fmt: skip
        text = "".join(f"{key}: {value}\n" for key, value in settings.items())
        return cast("AppConfig", make_flag("appconfig", text, around(Path(), self.patience.clock())))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def document(self) -> dict[str, Any]:
        """What all callers get."""
        content = self.fake.given(self.profile, self.environment)
        assert content is not None
        found: dict[str, Any] = json.loads(content)
        return found

    def flag(self) -> dict[str, Any]:
        """The flag in it."""
        found: dict[str, Any] = self.document()["values"][FLAG]
        return found

    def put(self, value: Any) -> None:
        """Deploy another value of the flag by hand."""
        self.fake.put(self.profile, self.environment, a_document(value))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        value = self.flag()
        value["_variants"][0] |= {"rule": f"(split by::$userId pct::{percent})", "enabled": True}
        self.put(value)

    def share(self) -> Fraction:
        """See `FlagRig`."""
        first = self.flag()["_variants"][0]
        split = parse_split(first["rule"])
        assert split
        return split.share if first["enabled"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.fake.more = {"Invented": {"deep": [1]}}


@contextmanager
def a_rig() -> Iterator[AppConfigRig]:
    """A rig of its own, with the profile `pro0000` in the environment `env0000`."""
    fake = AppConfigFake()
    with proxy.before(fake) as before, pytest.MonkeyPatch.context() as patch:
        yield AppConfigRig(fake, before, patch, 0)
    assert fake.wrong == []
