"""Approval requests of LaunchDarkly: made once, withdrawn when another is made, applied when approved.

Source: the operations of `approval-requests` in LaunchDarkly's OpenAPI description 2.0. An environment that
demands approvals answers a patch with 405 (`Flag configuration updates require approval: …`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import FlagConflict, FlagRefused, WaitingForApproval
from sluicegate.flags.launchdarkly.instructions import Instruction
from sluicegate.flags.normal import items, mapping
from sluicegate.net.client import ApiError, PatientClient

DESCRIPTION: Final = "Rollout by Sluicegate"
BYPASS: Final = "bypassRequiredApproval"
"""The action of a role that may change a flag without an approval."""


def is_demanded(error: ApiError) -> bool:
    """Did LaunchDarkly refuse a change because it wants an approval?"""
    return error.status in (403, 405) and "approval" in error.message.lower()


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approval requests of one flag in one environment.

    Attributes:
        path: of the API.
        page: address of the flag's page, for people.
        address: of LaunchDarkly, for links.
        name: of the flag, for people.
    """

    path: str
    page: str
    address: str
    name: str

    def ask(self, client: PatientClient, instructions: Sequence[Instruction], comment: str) -> None:
        """Carry the instructions out by an approval request; return where an approved one was applied.

        Args:
            client: that sends plain JSON.
            instructions: of the change.
            comment: for the reviewers.

        Raises:
            WaitingForApproval: a person has to approve.
            FlagRefused: a person declined.
            FlagConflict: the approved change no longer fits the flag.
            ApiError: of the API.
        """
        there = self._open(client)
        for old in there:
            if not _is_of(old, instructions):
                client.write("DELETE", f"{self.path}/{_id(old)}", None, lambda: None)
        found = next((each for each in there if _is_of(each, instructions)), None)
        if found is None:
            found = self._create(client, instructions, comment)
        match found.get("reviewStatus"):
            case "approved":
                self._apply(client, found)
            case "declined":
                raise FlagRefused(
                    f"the approval request was declined: {self._link(found)}", where=self.name,
                    remedy="Talk to the reviewers; delete the request to ask again, or roll back.",
                )  # fmt: skip
            case _:
                raise WaitingForApproval(
                    "LaunchDarkly wants an approval of the change", link=self._link(found), where=self.name,
                    remedy="Approve the request, then resume the rollout.",
                )  # fmt: skip

    def _open(self, client: PatientClient) -> list[Mapping[str, object]]:
        """Our requests that were neither carried out nor failed."""
        found = [mapping(each) for each in items(client.read(self.path, {}).object.get("items"))]
        return [
            each for each in found
            if each.get("description") == DESCRIPTION and each.get("status") in ("pending", "scheduled")
        ]  # fmt: skip

    def _create(
        self, client: PatientClient, instructions: Sequence[Instruction], comment: str
    ) -> Mapping[str, object]:
        body = {"description": DESCRIPTION, "comment": comment, "instructions": list(instructions)}

        def landed() -> dict[str, Any] | None:
            return next((dict(each) for each in self._open(client) if _is_of(each, instructions)), None)

        return client.write("POST", self.path, body, landed)

    def _apply(self, client: PatientClient, found: Mapping[str, object]) -> None:
        def landed() -> dict[str, Any] | None:
            page = client.read(f"{self.path}/{_id(found)}", {}).object
            return None if page.get("status") in ("pending", "scheduled") else page

        done = client.write("POST", f"{self.path}/{_id(found)}/apply", {"comment": DESCRIPTION}, landed)
        if done.get("status") != "completed":
            raise FlagConflict(
                f"the approved change was not carried out: {self._link(found)}", where=self.name,
                remedy="Look at the conflicts of the request in LaunchDarkly; the next tick decides anew.",
            )  # fmt: skip

    def _link(self, found: Mapping[str, object]) -> str:
        """Where a person finds the request."""
        outside = mapping(found.get("integrationMetadata")).get("externalUrl")
        if isinstance(outside, str) and outside.startswith("https://"):
            return cut(one_line(outside), 500)
        site = mapping(mapping(found.get("_links")).get("_site")).get("href")
        if isinstance(site, str) and site.startswith("/") and not site.startswith("//"):
            return self.address + cut(one_line(site), 500)
        return self.page


def _id(found: Mapping[str, object]) -> str:
    return quote(str(found.get("_id", "")), safe="")


def _is_of(found: Mapping[str, object], instructions: Sequence[Instruction]) -> bool:
    """Has a request these instructions? LaunchDarkly may say more of each."""
    theirs = [mapping(each) for each in items(found.get("instructions"))]
    return len(theirs) == len(instructions) and all(
        all(one.get(key) == value for key, value in own.items())
        for one, own in zip(theirs, instructions, strict=True)
    )
