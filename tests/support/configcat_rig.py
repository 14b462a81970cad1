"""The rig of the cases for ConfigCat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from sluicegate.flags.configcat.provider import ConfigCat
from sluicegate.flags.interface import FlagProvider
from support import proxy
from support.approval_cases import ApprovalRig
from support.configcat_fake import ENVIRONMENT, FLAG, PASSWORD, SETTING, USER, FakeConfigCat
from support.flag_cases import TIMEOUT
from support.make_provider import around, make_flag
from support.proxy import Proxy, replacing

TYPES = {"boolean": (0, "b"), "string": (1, "s"), "int": (2, "i")}
"""By the type of a setting: its number and the key of its values in a config that SDKs get."""
IN, ONE_OF = 0, 0
"""Comparators in such a config: of segments, and of attributes."""
MEMBERS = ["user-1", "user-2"]


class ConfigCatRig(ApprovalRig):
    """The flag `new-checkout` in production."""

    segments = ("beta", "staff")
    secret = PASSWORD

    def __init__(self, fake: FakeConfigCat, before: Proxy) -> None:
        super().__init__(before)
        self.fake = fake

    def provider(self, **more: Any) -> ConfigCat:
        """See `FlagRig`."""
        lines = {"url": self.proxy.url, "flag": FLAG, "environment": ENVIRONMENT, "setting": SETTING, **more}
        text = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in lines.items())
        given = around(Path(), self.patience.clock(), CONFIGCAT_TOKEN=f"{USER}:{PASSWORD}")
        return cast("ConfigCat", make_flag("configcat", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def edit(self, **changes: Any) -> None:
        """Change the flag by hand."""
        self.fake.set({**self.fake.value, **changes})

    def rules(self, *rules: dict[str, Any]) -> None:
        """Give the flag these rules, by hand."""
        self.edit(targetingRules=list(rules))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        kept = [rule for rule in self.fake.value["targetingRules"] if rule["conditions"]]
        self.rules(*kept, drawn(percent))

    def share(self) -> Fraction:
        """See `FlagRig`."""
        for rule in self.fake.value["targetingRules"]:
            if not rule["conditions"]:
                found = {str(o["value"]): o["percentage"] for o in rule["percentageOptions"]}
                return Fraction(found["{'boolValue': True}"], 100)
        return Fraction(int(self.fake.value["defaultValue"]["boolValue"]))

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"lastVersionId":', '"invented": {"deep": [1]}, "lastVersionId":')

    def demand_approval(self) -> None:
        """See `ApprovalRig`."""
        self.fake.approvals = True

    def approvals(self) -> int:
        """See `ApprovalRig`."""
        return sum(each["changeRequestStatus"] == "open" for each in self.fake.requests)

    def approve(self) -> None:
        """See `ApprovalRig`; whoever writes next applies it."""
        self.fake.requests[-1]["approved"] = True

    def config(self) -> dict[str, Any]:
        """What ConfigCat's CDN has of the flag: its config JSON v6, as the SDK for Python 10.0 reads it.

        A rule without conditions at the end is the flag's own percentage options; segments are in a list.
        """
        value = self.fake.value
        number, letter = TYPES[value["setting"]["settingType"]]
        field, rules = self.fake.field, list(value["targetingRules"])

        def served(found: dict[str, Any]) -> dict[str, Any]:
            return {"v": {letter: found[field]}}

        def options(rule: dict[str, Any]) -> list[dict[str, Any]]:
            return [{"p": o["percentage"], **served(o["value"])} for o in rule["percentageOptions"]]

        own = rules.pop() if rules and not rules[-1]["conditions"] else None
        names = [segment["segmentId"] for segment in self.fake.segments]
        made = [
            {
                "c": [
                    {"s": {"s": names.index(each["segmentCondition"]["segmentId"]), "c": IN}}
                    for each in rule["conditions"]
                ],
                **({"p": options(rule)} if rule.get("percentageOptions") else {"s": served(rule["value"])}),
            }
            for rule in rules
        ]
        flag: dict[str, Any] = {"t": number, "r": made, **served(value["defaultValue"])}
        if own:
            flag["p"] = options(own)
        if value["percentageEvaluationAttribute"]:
            flag["a"] = value["percentageEvaluationAttribute"]
        condition = {"a": "Identifier", "c": ONE_OF, "l": MEMBERS}
        segments = [{"n": segment["name"], "r": [condition]} for segment in self.fake.segments]
        return {"p": {"s": "salt"}, "s": segments, "f": {value["setting"]["key"]: flag}}


def drawn(percent: int, *, new_first: bool = True) -> dict[str, Any]:
    """A rule with percentages for everybody."""
    options = [
        {"percentage": percent, "value": {"boolValue": True}},
        {"percentage": 100 - percent, "value": {"boolValue": False}},
    ]
    return {"conditions": [], "percentageOptions": options if new_first else options[::-1]}


@contextmanager
def a_rig(fake: FakeConfigCat | None = None) -> Iterator[ConfigCatRig]:
    """A rig."""
    server = fake or FakeConfigCat()
    with proxy.before(server) as before:
        yield ConfigCatRig(server, before)
