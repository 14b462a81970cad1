"""What AppConfig says of deployments and versions, and the requests that make new ones.

Source: botocore's description of AppConfig (2019-10-09). A profile may be deployed to several environments;
what counts is the version that the newest deployment here gave to all callers, not the newest version.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.flags.interface import FlagError
from sluicegate.flags.normal import mapping
from sluicegate.net.client import ApiError, PatientClient

OURS = "Sluicegate: "
"""How the descriptions of our versions and deployments begin."""

GIVEN = ("COMPLETE", "BAKING")
"""States in which all callers get a deployment's version."""

BUSY = ("VALIDATING", "DEPLOYING", "BAKING", "ROLLING_BACK")
"""States in which an environment takes no other deployment."""

CONTENT_TYPE = "application/json"
_PAGE = 50
_PAGES = 40
_QUOTA = 402
_GONE = 404


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment to the environment.

    Attributes:
        number: the newest has the highest.
        profile: its id.
        version: of the profile's content; a number where AppConfig hosts it.
        state: as AppConfig names it.
        grows: does it reach callers little by little?
        managed: was it made by an experiment of AppConfig?
    """

    number: int
    profile: str
    version: str
    state: str
    grows: bool = False
    managed: bool = False

    @property
    def is_busy(self) -> bool:
        """Does it keep others away?"""
        return self.state in BUSY


def _deployment(found: Mapping[str, object]) -> Deployment:
    number, minutes = found.get("DeploymentNumber"), found.get("DeploymentDurationInMinutes")
    return Deployment(
        number if isinstance(number, int) else 0,
        str(found.get("ConfigurationProfileId", "")),
        str(found.get("ConfigurationVersion", "")),
        str(found.get("State", "")),
        grows=isinstance(minutes, int) and minutes > 0,
        managed=found.get("Type") == "MANAGED",
    )


@dataclass(frozen=True, slots=True)
class Now:
    """What is deployed.

    Attributes:
        newest: the highest number of a deployment of any profile; 0 without one.
        given: the last one whose version all callers of the profile got, or None.
        busy: a deployment of any profile that is on its way, or None.
    """

    newest: int
    given: Deployment | None
    busy: Deployment | None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the profile's content; `is_ours` by its description."""

    number: int
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Service:
    """One profile and one environment, by a client for one operation."""

    client: PatientClient
    application: str
    environment: str
    profile: str

    def now(self) -> Now:
        """What is deployed.

        Raises:
            ApiError: AppConfig did not answer.
        """
        newest, given, busy = 0, None, None
        for found in self.deployments():
            newest = max(newest, found.number)
            busy = busy or (found if found.is_busy else None)
            if found.profile == self.profile and found.state in GIVEN:
                given = found
                break
        return Now(newest, given, busy)

    def deployments(self) -> Iterator[Deployment]:
        """All to the environment, the newest first."""
        for page in self._pages("ListDeployments", self._there):
            yield from sorted(map(_deployment, page), key=lambda d: -d.number)

    def versions(self) -> list[Version]:
        """All of the profile, the newest first."""
        pages = self._pages("ListHostedConfigurationVersions", self._own)
        found = [
            Version(each["VersionNumber"], str(each.get("Description") or "").startswith(OURS))
            for page in pages
            for each in page
            if isinstance(each.get("VersionNumber"), int)
        ]
        return sorted(found, key=lambda v: -v.number)

    def content(self, version: str) -> bytes:
        """That of a version.

        Raises:
            FlagError: the answer holds none.
            ApiError: AppConfig did not answer, or hosts no such version.
        """
        asked = {**self._own, "VersionNumber": int(version)}
        answer = self.client.read("GetHostedConfigurationVersion", asked).object
        try:
            return base64.b64decode(str(answer["Content"]), validate=True)
        except (KeyError, binascii.Error) as error:
            raise FlagError(
                "the answer of AppConfig holds no content", where=self.profile, remedy="Try again."
            ) from error

    def experiment(self, flag: str) -> str:
        """The name of an experiment of AppConfig that is active on a flag here, or empty."""
        asked = {
            "ApplicationIdentifier": self.application, "EnvironmentIdentifier": self.environment,
            "ConfigurationProfileIdentifier": self.profile, "Status": "ACTIVE",
        }  # fmt: skip
        try:
            found = [each for page in self._pages("ListExperimentDefinitions", asked) for each in page]
        except ApiError as error:
            if error.status == _GONE:  # a region without experiments: that the rest is there is known
                return ""
            raise
        return next((str(each.get("Name") or "one") for each in found if each.get("FlagKey") == flag), "")

    def strategy(self, wanted: str) -> Mapping[str, object] | None:
        """The strategy with that id, or None."""
        pages = self._pages("ListDeploymentStrategies", {})
        return next((each for page in pages for each in page if each.get("Id") == wanted), None)

    def create(self, content: bytes, words: str, latest: int | None, known: int) -> int:
        """Make a new version; its number.

        Args:
            content: of the version.
            words: description, ASCII.
            latest: the number that must be the newest one's; None for no lock.
            known: the newest number that was seen, to find a version whose answer was lost.

        Raises:
            ApiError: it was not made, or that is not known; status 409 where it was locked.
        """
        body = {
            **self._own, "Content": content, "ContentType": CONTENT_TYPE, "Description": OURS + words,
            **({} if latest is None else {"LatestVersionNumber": latest}),
        }  # fmt: skip

        def landed() -> dict[str, Any] | None:
            new = [v for v in self.versions() if v.is_ours and v.number > known]
            return next(
                ({"VersionNumber": v.number} for v in new if self.content(str(v.number)) == content), None
            )

        answer = self.client.write("POST", "CreateHostedConfigurationVersion", body, landed)
        return int(answer["VersionNumber"])

    def delete(self, version: int) -> None:
        """Delete a version."""
        self.client.write(
            "DELETE", "DeleteHostedConfigurationVersion", {**self._own, "VersionNumber": version}
        )

    def key(self, deployment: int) -> str:
        """The key by which a deployment is encrypted, or empty."""
        asked = {**self._there, "DeploymentNumber": deployment}
        return str(self.client.read("GetDeployment", asked).object.get("KmsKeyIdentifier") or "")

    def deploy(
        self, version: int, strategy: str, words: str, key: str, latest: int | None, known: int
    ) -> int:
        """Start a deployment; its number.

        Args:
            version: of the profile's content.
            strategy: its id.
            words: description.
            key: of KMS, or empty.
            latest: the number that must be the newest one's; None for no lock.
            known: the newest number that was seen, to find a deployment whose answer was lost.

        Raises:
            ApiError: it was not started, or that is not known; status 409 where another one is on its way,
                or the lock failed.
        """
        body = {
            **self._there, "ConfigurationProfileId": self.profile, "ConfigurationVersion": str(version),
            "DeploymentStrategyId": strategy, "Description": OURS + words,
            **({} if latest is None else {"LatestDeploymentNumber": latest}),
            **({"KmsKeyIdentifier": key} if key else {}),
        }  # fmt: skip

        def landed() -> dict[str, Any] | None:
            new = [d for d in self.deployments() if d.number > known and d.profile == self.profile]
            return next(({"DeploymentNumber": d.number} for d in new if d.version == str(version)), None)

        return int(self.client.write("POST", "StartDeployment", body, landed)["DeploymentNumber"])

    def stop(self, deployment: Deployment) -> None:
        """Stop a deployment; one that bakes or is complete is reverted.

        Raises:
            ApiError: it was not stopped, or that is not known.
        """

        def landed() -> dict[str, Any] | None:
            found = next((d for d in self.deployments() if d.number == deployment.number), deployment)
            return None if found.state in ("VALIDATING", "DEPLOYING", "BAKING") else {}

        asked = {**self._there, "DeploymentNumber": deployment.number, "AllowRevert": True}
        self.client.write("DELETE", "StopDeployment", asked, landed)

    def _pages(self, operation: str, asked: Mapping[str, str]) -> Iterator[list[Mapping[str, Any]]]:
        token = ""
        for _ in range(_PAGES):
            more: dict[str, str | int] = {
                **asked,
                "MaxResults": _PAGE,
                **({"NextToken": token} if token else {}),
            }
            answer = self.client.read(operation, more).object
            found = answer.get("Items", [] if operation != "ListDeployments" else None)
            if not isinstance(found, list):
                raise FlagError(
                    f"the answer of {operation} is no list", where=self.profile,
                    remedy="Look whether AWS_ENDPOINT_URL is set; the next try may succeed.",
                )  # fmt: skip
            yield [mapping(each) for each in found]
            token = str(answer.get("NextToken") or "")
            if not token:
                return
        raise FlagError(
            f"{operation} has more than {_PAGES} pages", where=self.profile,
            remedy="Delete old versions of the profile, or give the flag an environment of its own.",
        )  # fmt: skip

    @property
    def _own(self) -> dict[str, Any]:
        return {"ApplicationId": self.application, "ConfigurationProfileId": self.profile}

    @property
    def _there(self) -> dict[str, Any]:
        return {"ApplicationId": self.application, "EnvironmentId": self.environment}


def is_full(error: ApiError) -> bool:
    """Does the profile have as many versions as the account may have?"""
    return error.status == _QUOTA


def is_at_once(strategy: Mapping[str, object]) -> bool:
    """Does a strategy give a version to all callers at once, and end there? While it bakes, the alarms of the
    environment drive the flag, and nothing else can be deployed.
    """
    return strategy.get("DeploymentDurationInMinutes") == 0 and strategy.get("FinalBakeTimeInMinutes") == 0
