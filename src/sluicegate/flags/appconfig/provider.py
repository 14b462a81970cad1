"""Reads, writes and kills one flag of AWS AppConfig.

A write makes a version of the profile's content, of the one that is deployed here, and deploys it to all
callers at once; both requests are locked by the newest numbers that were seen. Who sees the flag is a rule in
the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from sluicegate.flags.appconfig.kill import switch_off
from sluicegate.flags.appconfig.model import FORM, Flag, state_of, targeted, unknown_state, with_flag
from sluicegate.flags.appconfig.service import GIVEN, Now, Service, is_at_once, is_full
from sluicegate.flags.appconfig.steps import Look, look_at, make_version, settle
from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagConflict,
    FlagError,
    FlagFactory,
    FlagRefused,
    FlagState,
    Rights,
)
from sluicegate.flags.normal import check_seen, percent
from sluicegate.flags.remote import UNTRIED, UNWRITTEN, RemoteFlag
from sluicegate.net.aws import Aws, aws
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.policy import values as v
from sluicegate.policy.keys import Form, Key
from sluicegate.policy.kinds import Text
from sluicegate.policy.provider_keys import Address, refresh_key, region_key
from sluicegate.runtime.surroundings import Surroundings

NEEDS = (
    "appconfig:ListDeployments, GetDeployment, StartDeployment, StopDeployment, ListDeploymentStrategies, "
    "ListHostedConfigurationVersions, GetHostedConfigurationVersion, CreateHostedConfigurationVersion, "
    "DeleteHostedConfigurationVersion and ListExperimentDefinitions, and with a key of KMS kms:Decrypt and "
    "kms:GenerateDataKey"
)
STRATEGY_FORM = (
    "Create one that gives a version to all callers at once: aws appconfig create-deployment-strategy --name "
    "at-once --deployment-duration-in-minutes 0 --growth-factor 100 --final-bake-time-in-minutes 0 "
    "--replicate-to NONE."
)
_LATER = "The next tick decides anew."
_NOWHERE = 999_999_999
"""A number that no version and no deployment has."""


@dataclass(frozen=True, slots=True)
class AppConfig(RemoteFlag):
    """One flag of a profile, deployed to one environment."""

    server: Aws
    needs: ClassVar[str] = NEEDS
    application: str
    environment: str
    profile: str
    flag: str
    strategy: str
    variant: str = "on"
    refresh: float = 45.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.application}/{self.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, 100),
            lock="version",
            without_key=(
                "nobody where the rule asks that the key exists, as in "
                '(and (exists key::"userId") (split by::$userId pct::5)); else AppConfig does not say it'
            ),
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                "a flag without variants, since clients that know no variants cannot read others",
                "a first variant with another rule than split; an enabled default; a group with a split",
                "a strategy that gives a version to callers little by little, or bakes it",
                "a deployment that is on its way, or an experiment of AppConfig that is active on the flag",
                "newer versions of the profile that are not deployed here, and are not ours",
            ),
            token=f"no token; credentials of AWS in the environment, of a role with {NEEDS}",
            flag="variants in this order: the new one with a split, those of groups, a disabled default",
            segments="a variant of the flag with a rule of its own, below the new one",
        )

    def _state(self, client: PatientClient) -> FlagState:
        service = self._service(client)
        return self._state_of(service, self._look(service))

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        service = self._service(client)
        look = self._look(service)
        check_seen(self._state_of(service, look), seen, self.name)
        if look.flag is None:
            raise AssertionError("a state without a flag has no exposure")
        if target == OFF:
            self._kill(client)
            return
        flag = targeted(look.flag, target, self.name)
        if flag.normal() != look.flag.normal():
            self._promote(service, look, flag, target)

    def _kill(self, client: PatientClient) -> None:
        switch_off(self._service(client), self.flag, self.variant, self.strategy, self.name)

    def try_rights(self) -> Rights:
        """See `TriesRights`: each request of a rollout, for a version or a deployment that is not there."""
        own = {"ApplicationId": self.application, "ConfigurationProfileId": self.profile}
        there = {"ApplicationId": self.application, "EnvironmentId": self.environment}
        start = {
            "DeploymentStrategyId": self.strategy, "ConfigurationProfileId": self.profile,
            "ConfigurationVersion": str(_NOWHERE), "LatestDeploymentNumber": _NOWHERE,
        }  # fmt: skip
        new = {"Content": b"[]", "ContentType": "application/json", "LatestVersionNumber": _NOWHERE}
        tried: Mapping[str, Mapping[str, Any]] = {
            "CreateHostedConfigurationVersion": {**own, **new},
            "DeleteHostedConfigurationVersion": {**own, "VersionNumber": _NOWHERE},
            "StartDeployment": {**there, **start},
            "StopDeployment": {**there, "DeploymentNumber": _NOWHERE},
        }
        with self._asking(UNTRIED) as client:
            lacks = [name for name, body in tried.items() if not self._may(client, name, body)]
            return Rights(tuple(f"the role lacks appconfig:{name}" for name in lacks))

    def _may(self, client: PatientClient, operation: str, body: Mapping[str, Any]) -> bool:
        try:
            client.write("POST", operation, body)
        except ApiError as error:
            if error.status == 403:
                return False
            if not 400 <= error.status < 500 or error.status in (401, 429):
                raise self._failed(UNTRIED, error) from error
        return True

    def _service(self, client: PatientClient) -> Service:
        return Service(client, self.application, self.environment, self.profile)

    def _look(self, service: Service) -> Look:
        return look_at(service, self.flag, self.variant)

    def _state_of(self, service: Service, look: Look) -> FlagState:
        busy, driver = look.now.busy, self._driver(service, look.now)
        if busy and busy.profile == self.profile and busy.state not in GIVEN:
            words = f"deployment {busy.number} is on its way ({busy.state})"
            return unknown_state(words, busy.version, driver)
        if look.flag is None:
            return unknown_state(look.reason, look.version, driver)
        return state_of(look.flag, look.version, driver)

    def _driver(self, service: Service, now: Now) -> str | None:
        """What of AppConfig changes the flag by itself."""
        if name := service.experiment(self.flag):
            return f"the experiment '{name}' of AppConfig"
        busy = now.busy
        if busy and busy.profile == self.profile and (busy.grows or busy.managed):
            return f"deployment {busy.number}, which reaches callers little by little,"
        return None

    def _promote(self, service: Service, look: Look, flag: Flag, target: Exposure) -> None:
        """Make and deploy a version, locked by what was seen."""
        if look.now.busy:
            raise FlagConflict(
                f"deployment {look.now.busy.number} is on its way ({look.now.busy.state})", where=self.name,
                remedy=f"An environment takes one at a time. {_LATER}",
            )  # fmt: skip
        self._check_strategy(service)
        given = look.now.given
        versions = service.versions()
        latest = max((one.number for one in versions), default=0)
        if given is None or any(one.number > int(given.version) and not one.is_ours for one in versions):
            raise FlagRefused(
                f"version {latest} of the profile is newer than the deployed one, and would be passed over",
                where=self.name, remedy="Deploy it here, or delete it; give the flag a profile of its own.",
            )  # fmt: skip
        words = f"{self.flag} {percent(target.share)}"
        key = service.key(given.number)
        made = make_version(service, with_flag(look.content, flag), words, latest, known=latest)
        newest = look.now.newest
        try:
            number = service.deploy(made, self.strategy, words, key, newest, newest)
        except ApiError as error:
            if 400 <= error.status < 500:
                with suppress(ApiError):
                    service.delete(made)
            raise
        settle(service, number, self.name)

    def _check_strategy(self, service: Service) -> None:
        found = service.strategy(self.strategy)
        if found is None or not is_at_once(found):
            what = "gives a version to callers little by little, or bakes it" if found else "is not there"
            raise FlagRefused(
                f"the deployment strategy {self.strategy} {what}", where=self.name, remedy=STRATEGY_FORM
            )

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what == UNWRITTEN and error.status == 409:
            return FlagConflict(
                f"the flag changed meanwhile: {error.message}", where=self.name, remedy=_LATER
            )
        if error.status == 400:
            remedy = f"A validator of the profile, or AppConfig itself, refuses it. {FORM}"
            return FlagRefused(
                f"AppConfig refuses the request: {error.message}", where=self.name, remedy=remedy
            )
        if is_full(error):
            remedy = "Delete old versions of the profile, or raise the quota of the account."
            return FlagError(f"the flag {what}: {error.message}", where=self.name, remedy=remedy)
        return None


_ID = Form(r"^[a-z0-9]{4,7}\Z", "is no id of AppConfig", "It has 4 to 7 letters and digits; quote it.")
_STRATEGY = Form(
    r"^([a-z0-9]{4,7}|AppConfig\.[A-Za-z0-9]{9,40})\Z",
    "is no id of a deployment strategy",
    "Write one such as a1b2c3d.",
)
_FLAG = Form(r"^[A-Za-z0-9][\w-]{0,63}\Z", "is no key of a flag", "Write one such as new-checkout.")


def _text(form: Form, longest: int) -> Text:
    return Text(longest=longest, check=form.check, json=form.json)


def _id(what: str, example: str, found: str) -> Key:
    help_text = f"Id of the {what}; see `aws appconfig {found}`."
    kind = Address(longest=7, check=_ID.check, json=_ID.json)
    return Key(kind, help_text, missing=f"Give it, for example {example}.")


KEYS: Mapping[str, Key] = {
    "region": region_key(),
    "application": _id("application", "application: a1b2c3d", "list-applications"),
    "environment": _id("environment", "environment: e1f2a3b", "list-environments"),
    "profile": _id("profile of feature flags", "profile: p1q2r3s", "list-configuration-profiles"),
    "flag": Key(_text(_FLAG, 64), "Key of the flag.", missing="Name it, for example flag: new-checkout."),
    "variant": Key(v.LABEL, "Name of the variant that is rolled out.", "on"),
    "strategy": Key(
        _text(_STRATEGY, 50),
        "Id of a deployment strategy that gives a version to all callers at once, without a bake.",
        missing="Give it, for example strategy: s1t2u3v.",
    ),
    "refresh": refresh_key("Longest time in which clients, such as the agent of AppConfig, ask anew.", 45.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> AppConfig:
    there = aws("appconfig", settings.get("region") or "", around.environment, around.clock)
    own = ("application", "environment", "profile", "flag", "strategy", "variant", "refresh")
    return AppConfig(there, **{key: settings[key] for key in own})


FACTORY = FlagFactory(KEYS, _create)
