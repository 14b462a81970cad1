"""A fake of AWS AppConfig, written from botocore's description (2019-10-09) and the user guide.

An environment takes one deployment at a time. A version that does not parse is refused as AppConfig's own
validator of feature flags refuses it. Deployments of a strategy that takes no time are complete at once,
unless `slow` holds them.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from support.aws_model import AwsFault, AwsService

BUSY = ("VALIDATING", "DEPLOYING", "BAKING", "ROLLING_BACK")
AT_ONCE, BAKES, GROWS, THEIRS = "at0once", "bakes00", "grows00", "AppConfig.AllAtOnce"
STRATEGIES = {AT_ONCE: (0, 0), BAKES: (0, 10), GROWS: (30, 0), THEIRS: (0, 10)}


class AppConfigFake(AwsService):
    """One application with environments and profiles; every version of a profile is a hosted one.

    Attributes:
        versions: of each profile, by number: content and description.
        deployments: of each environment, the oldest first.
        experiments: active ones.
        full: how many versions a profile may have.
        slow: for how many looks a deployment stays on its way.
        alarm: does an alarm roll back each deployment that is started?
        page: items a page.
    """

    def __init__(self, application: str = "app0001") -> None:
        super().__init__("appconfig", {
            "CreateHostedConfigurationVersion": self.create,
            "DeleteHostedConfigurationVersion": self.delete,
            "GetDeployment": self.get_deployment,
            "GetHostedConfigurationVersion": self.get_version,
            "ListDeployments": self.list_deployments,
            "ListDeploymentStrategies": self.list_strategies,
            "ListExperimentDefinitions": self.list_experiments,
            "ListHostedConfigurationVersions": self.list_versions,
            "StartDeployment": self.start,
            "StopDeployment": self.stop,
        })  # fmt: skip
        self.application = application
        self.versions: dict[str, dict[int, tuple[bytes, str]]] = {}
        self.deployments: dict[str, list[dict[str, Any]]] = {}
        self.experiments: list[dict[str, str]] = []
        self.keys: dict[str, str] = {}
        self.full = 100
        self.slow = 0
        self.alarm = False
        self.page = 3

    def profile(self, name: str, document: dict[str, Any], environment: str) -> None:
        """A profile with one version, which is deployed."""
        self.versions[name] = {1: (json.dumps(document, indent=1).encode(), "by hand")}
        self.deployments.setdefault(environment, [])
        self.put(name, environment, document)

    def put(self, profile: str, environment: str, document: dict[str, Any]) -> None:
        """Make and deploy a version by hand."""
        number = max(self.versions[profile]) + 1
        self.versions[profile][number] = (json.dumps(document, indent=1).encode(), "by hand")
        self.deploy_by_hand(profile, environment, number)

    def deploy_by_hand(self, profile: str, environment: str, version: int, **more: Any) -> dict[str, Any]:
        """A deployment that nobody asked the API for, complete unless `more` says otherwise."""
        there = self.deployments[environment]
        made = {
            "DeploymentNumber": len(there) + 1, "ConfigurationProfileId": profile,
            "ConfigurationName": "flags", "ConfigurationVersion": str(version), "GrowthType": "LINEAR",
            "DeploymentDurationInMinutes": 0,
            "GrowthFactor": 100.0, "FinalBakeTimeInMinutes": 0, "State": "COMPLETE",
            "PercentageComplete": 100.0,
            "StartedAt": datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC), "Type": "USER", **more,
        }  # fmt: skip
        there.append(made)
        return made

    def given(self, profile: str, environment: str) -> bytes | None:
        """What all callers get; None where that is not one version."""
        for each in reversed(self.deployments[environment]):
            if each["ConfigurationProfileId"] == profile:
                if each["State"] in ("COMPLETE", "BAKING"):
                    return self.versions[profile][int(each["ConfigurationVersion"])][0]
                if each["State"] in BUSY:
                    return None
        return None

    # --- operations ----------------------------------------------------------------------------

    def create(self, asked: dict[str, Any]) -> dict[str, Any]:
        """CreateHostedConfigurationVersion."""
        there = self._profile(asked)
        newest = max(there)
        wanted = asked.get("LatestVersionNumber", newest)
        if wanted != newest:
            raise AwsFault("ConflictException", f"the latest version is {newest}, and not {wanted}")
        if len(there) >= self.full:
            raise AwsFault("ServiceQuotaExceededException", f"the profile has {self.full} versions")
        _check_flags(asked["Content"])
        there[newest + 1] = (asked["Content"], asked.get("Description", ""))
        return self.get_version({**asked, "VersionNumber": newest + 1})

    def delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DeleteHostedConfigurationVersion."""
        there = self._profile(asked)
        if there.pop(asked["VersionNumber"], None) is None:
            raise AwsFault("ResourceNotFoundException", "no such version")
        return {}

    def get_version(self, asked: dict[str, Any]) -> dict[str, Any]:
        """GetHostedConfigurationVersion."""
        found = self._profile(asked).get(asked["VersionNumber"])
        if found is None:
            raise AwsFault("ResourceNotFoundException", "no such version")
        return {
            "ApplicationId": self.application, "ConfigurationProfileId": asked["ConfigurationProfileId"],
            "VersionNumber": asked["VersionNumber"], "Description": found[1], "Content": found[0],
            "ContentType": "application/json",
        }  # fmt: skip

    def list_versions(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ListHostedConfigurationVersions."""
        found = [
            {"ApplicationId": self.application, "ConfigurationProfileId": asked["ConfigurationProfileId"],
             "VersionNumber": number, "Description": words, "ContentType": "application/json"}
            for number, (_, words) in sorted(self._profile(asked).items(), reverse=True)
        ]  # fmt: skip
        return self._page(found, asked)

    def list_deployments(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ListDeployments; each first page is a moment that passes."""
        there = self._there(asked)
        if "NextToken" not in asked:
            self._pass(there)
        fields = self.model.shape_for("DeploymentSummary").members
        found = [{k: v for k, v in each.items() if k in fields} for each in reversed(there)]
        return self._page(found, asked)

    def get_deployment(self, asked: dict[str, Any]) -> dict[str, Any]:
        """GetDeployment."""
        return self._full(self._deployment(asked), asked)

    def list_strategies(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ListDeploymentStrategies."""
        found = [
            {"Id": name if name != THEIRS else "AppConfig.AllAtOnce", "Name": name, "GrowthType": "LINEAR",
             "DeploymentDurationInMinutes": minutes, "GrowthFactor": 100.0, "FinalBakeTimeInMinutes": bake,
             "ReplicateTo": "NONE"}
            for name, (minutes, bake) in STRATEGIES.items() if name != THEIRS
        ]  # fmt: skip
        return self._page(found, asked)

    def list_experiments(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ListExperimentDefinitions, by every filter."""
        names = {"ApplicationIdentifier": "ApplicationId", "EnvironmentIdentifier": "EnvironmentId",
                 "ConfigurationProfileIdentifier": "ConfigurationProfileId", "Status": "Status"}  # fmt: skip
        wanted = {own: asked[name] for name, own in names.items() if name in asked}
        return self._page([e for e in self.experiments if wanted.items() <= e.items()], asked)

    def start(self, asked: dict[str, Any]) -> dict[str, Any]:
        """StartDeployment."""
        there, versions = self._there(asked), self._profile(asked)
        strategy = asked["DeploymentStrategyId"]
        if strategy not in STRATEGIES or int(asked["ConfigurationVersion"]) not in versions:
            raise AwsFault("ResourceNotFoundException", "no such strategy or version")
        wanted = asked.get("LatestDeploymentNumber", len(there))
        if wanted != len(there):
            raise AwsFault("ConflictException", f"the latest deployment is {len(there)}, and not {wanted}")
        if busy := next((d for d in there if d["State"] in BUSY), None):
            raise AwsFault("ConflictException", f"deployment {busy['DeploymentNumber']} is in progress")
        minutes, bake = STRATEGIES[strategy]
        made = self.deploy_by_hand(
            asked["ConfigurationProfileId"], asked["EnvironmentId"], int(asked["ConfigurationVersion"]),
            State="DEPLOYING", PercentageComplete=1.0, DeploymentDurationInMinutes=minutes,
            FinalBakeTimeInMinutes=bake,
        )  # fmt: skip
        made["Description"] = asked.get("Description", "")
        made["DeploymentStrategyId"] = strategy if strategy != THEIRS else "allonce"
        if key := asked.get("KmsKeyIdentifier"):
            made["KmsKeyIdentifier"] = key
        made["left"] = self.slow
        return self._full(made, asked)

    def stop(self, asked: dict[str, Any]) -> dict[str, Any]:
        """StopDeployment."""
        found = self._deployment(asked)
        before = found["State"]
        if before in ("VALIDATING", "DEPLOYING") or (before == "BAKING" and asked.get("AllowRevert")):
            found["State"] = "ROLLING_BACK"
        elif before == "COMPLETE" and asked.get("AllowRevert"):
            found["State"] = "REVERTED"
        else:
            raise AwsFault("BadRequestException", f"the deployment is {before}")
        return self._full(found, asked)

    # --- what they share ------------------------------------------------------------------------

    def _pass(self, there: list[dict[str, Any]]) -> None:
        for each in there:
            if each["State"] == "ROLLING_BACK":
                each["State"] = "ROLLED_BACK"
            elif each["State"] == "DEPLOYING" and not each["DeploymentDurationInMinutes"]:
                each["left"] = each.get("left", 0) - 1
                if self.alarm:
                    each["State"] = "ROLLING_BACK"
                elif each["left"] < 0:
                    each["State"] = "BAKING" if each["FinalBakeTimeInMinutes"] else "COMPLETE"

    def _profile(self, asked: dict[str, Any]) -> dict[int, tuple[bytes, str]]:
        found = self.versions.get(asked["ConfigurationProfileId"])
        if asked["ApplicationId"] != self.application or found is None:
            raise AwsFault("ResourceNotFoundException", "no such profile")
        return found

    def _there(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        found = self.deployments.get(asked["EnvironmentId"])
        if asked["ApplicationId"] != self.application or found is None:
            raise AwsFault("ResourceNotFoundException", "no such environment")
        return found

    def _deployment(self, asked: dict[str, Any]) -> dict[str, Any]:
        for each in self._there(asked):
            if each["DeploymentNumber"] == asked["DeploymentNumber"]:
                return each
        raise AwsFault("ResourceNotFoundException", "no such deployment")

    def _full(self, found: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        fields = self.model.shape_for("Deployment").members
        whole = {**found, "ApplicationId": self.application, "EnvironmentId": asked["EnvironmentId"]}
        key = self.keys.get(found["ConfigurationProfileId"])
        whole |= {"KmsKeyIdentifier": key} if key and "KmsKeyIdentifier" not in whole else {}
        return {k: v for k, v in whole.items() if k in fields}

    def _page(self, found: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        start = int(asked.get("NextToken", "0"))
        size = min(self.page, asked["MaxResults"])
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"Items": found[start : start + size], **more}


def _check_flags(content: bytes) -> None:
    """As the validator of AWS.AppConfig.FeatureFlags, as far as our content goes."""
    try:
        document = json.loads(content)
        sound = document["version"] == "1" and document["values"].keys() <= document["flags"].keys()
        for value in document["values"].values():
            variants = value.get("_variants", [{"name": "x", "enabled": value.get("enabled")}])
            sound &= all(isinstance(v["name"], str) and isinstance(v["enabled"], bool) for v in variants)
            sound &= len({v["name"] for v in variants}) == len(variants) and not variants[-1].get("rule")
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise AwsFault("BadRequestException", "the content does not conform to AWS.AppConfig.FeatureFlags")
