"""A branch of a Flipt environment, from which a pull request is opened.

Source: Flipt 2.11 (commit f1905b6, `internal/server/environments`). A branch is an environment of its own,
whose key is the branch's. Flipt opens a pull request from it on the git host of the environment; servers
without a licence cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sluicegate.flags.normal import items, mapping
from sluicegate.net.client import ApiError, PatientClient

_OPEN = "PROPOSAL_STATE_OPEN"


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of an environment.

    Attributes:
        environment: its base.
        key: of the branch.
    """

    client: PatientClient
    environment: str
    key: str

    @property
    def _branches(self) -> str:
        return f"/api/v2/environments/{quote(self.environment, safe='')}/branches"

    @property
    def _own(self) -> str:
        return f"{self._branches}/{quote(self.key, safe='')}"

    def _found(self) -> Mapping[str, object] | None:
        """The branch as the server lists it, or None."""
        page = self.client.read(self._branches, {}).object
        found = [each for each in map(mapping, items(page.get("branches"))) if each.get("key") == self.key]
        return found[0] if found else None

    def _proposal(self) -> Mapping[str, object]:
        return mapping((self._found() or {}).get("proposal"))

    def link(self) -> str:
        """The address of its open pull request, or empty."""
        proposal = self._proposal()
        return str(proposal.get("url", "")) if proposal.get("state") == _OPEN else ""

    def renew(self) -> None:
        """Let the branch be there, and be no older than the end of its last pull request.

        Raises:
            ApiError: it could not be made.
        """
        if self._proposal().get("state") not in (None, _OPEN):
            self.drop()
        if self._found() is None:
            body = {"environmentKey": self.environment, "key": self.key}
            self.client.write("POST", self._branches, body, self._landed)

    def drop(self) -> None:
        """Delete the branch where there is one; a pull request of it cannot be merged any more.

        Raises:
            ApiError: it could not be deleted.
        """
        if self._found() is not None:
            self.client.write("DELETE", self._own, None, lambda: {} if self._found() is None else None)

    def _landed(self) -> dict[str, Any] | None:
        return None if self._found() is None else {}

    def propose(self, title: str) -> str:
        """Open a pull request where none is open; its address.

        Raises:
            ApiError: it could not be opened.
        """

        def landed() -> dict[str, Any] | None:
            link = self.link()
            return {"url": link} if link else None

        there = self.link()
        if there:
            return there
        body = {"environmentKey": self.environment, "key": self.key, "title": title}
        return str(self.client.write("POST", self._own, body, landed).get("url", ""))


def cannot_propose(error: ApiError) -> bool:
    """Does the server have no pull requests?"""
    return error.status == 501
