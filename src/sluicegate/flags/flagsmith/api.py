"""The requests to a Flagsmith server, and what they answer about one flag.

Source: Flagsmith 2026-08 (commit 1ad8487). The endpoint under `__future__` reads and writes default and
overrides of a flag in one request, in environments with feature versioning v2 and without. It leaves out
identities, and Flagsmith calls it experimental.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.flags.flagsmith.model import (
    Flag,
    Segment,
    given,
    read_overrides,
    read_segment,
    seeing,
)
from sluicegate.flags.interface import FlagError
from sluicegate.flags.normal import mapping
from sluicegate.net.client import ApiError, PatientClient

PAGES = 20
"""Of one list, at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the flag is.

    Attributes:
        project, environment, feature: ids of Flagsmith.
        page: of the feature.
        composite: does the environment hash its key along with an identity's?
    """

    project: int
    environment: int
    feature: int
    page: Mapping[str, object]
    composite: bool


@dataclass(frozen=True, slots=True)
class Api:
    """One flag in one environment.

    Attributes:
        key: of the environment.
        split: the name of the segment that splits the users.
        where: names the flag in errors.
    """

    client: PatientClient
    key: str
    flag: str
    split: str
    where: str

    def place(self) -> Place:
        """Where the flag is.

        Raises:
            ApiError: the server did not answer.
            FlagError: the answer is not Flagsmith's, or there is no such flag.
        """
        found = self._read(f"/api/v1/environments/{self.key}/")
        project, environment = found.get("project"), found.get("id")
        if not isinstance(project, int) or not isinstance(environment, int):
            raise self._strange("the answer is no environment of Flagsmith")
        path = f"/api/v1/projects/{project}/features/"
        page = self._named(path, {"search": self.flag, "environment": environment}, self.flag, "flag")
        feature = page.get("id")
        if not isinstance(feature, int):
            raise self._strange("the answer is no flag of Flagsmith")
        composite = found.get("use_identity_composite_key_for_hashing") is True
        return Place(project, environment, feature, page, composite)

    def flag_of(self, place: Place) -> Flag:
        """The flag as it is.

        Raises:
            ApiError, FlagError: as of `place`.
        """
        bare = self.bare(place, self.state(place))
        splitting = self.splitting(place)
        known = {splitting.id: splitting} if splitting else {}
        others = sorted({o.segment for o in bare.overrides} - known.keys())
        found = known | {number: self._segment(place, number) for number in others}
        return Flag(
            name=self.flag,
            enabled=bare.enabled,
            overrides=bare.overrides,
            segments={number: segment for number, segment in found.items() if segment is not None},
            splitting=splitting,
            people=self._people(place),
            archived=place.page.get("is_archived") is True,
            key="composite" if place.composite else "identifier",
            given=bare.given,
        )

    def state(self, place: Place) -> Mapping[str, object]:
        """The page with default and overrides.

        Raises:
            ApiError: the server did not answer.
            FlagError: it has no such page.
        """
        try:
            return self._read(self.path(place))
        except ApiError as error:
            if error.status != 404:
                raise
            raise FlagError(
                "the server does not show the state of the flag", where=self.where,
                remedy="Use a Flagsmith server from 2.263 on, and an API key that may view the environment.",
            ) from error  # fmt: skip

    def bare(self, place: Place, page: Mapping[str, object]) -> Flag:
        """The flag of its page with default and overrides alone, without its segments.

        Raises:
            FlagError: the page is not such a state.
        """
        overrides, default = read_overrides(page), mapping(page.get("environment_default"))
        if overrides is None:
            raise self._strange("the answer is no state of a flag")
        enabled = default.get("enabled") is True
        archived = place.page.get("is_archived") is True
        return Flag(self.flag, enabled, overrides, {}, None, archived=archived, given=given(default))

    def splitting(self, place: Place) -> Segment | None:
        """The segment of the rollout's split, or None."""
        return self.segment_named(place, self.split)

    def segment_named(self, place: Place, name: str) -> Segment | None:
        """The one segment of that name, or None.

        Raises:
            FlagError: there are several.
        """
        path = f"/api/v1/projects/{place.project}/segments/"
        found = [each for each in self._all(path, {"q": name}) if each.get("name") == name]
        if len(found) > 1:
            raise self._strange(f"the project has {len(found)} segments named '{name}'")
        return self._understood(found[0]) if found else None

    def used_elsewhere(self, place: Place, segment: Segment) -> str:
        """Where a segment is used beside this flag in this environment; empty for nowhere."""
        for environment in self._all("/api/v1/environments/", {"project": place.project}, sized=False):
            number = environment.get("id")
            if not isinstance(number, int):
                raise self._strange("the answer is no environment of Flagsmith")
            path = f"{self.segment_path(place, segment.id)}associated-features/"
            for state in map(mapping, self._whole(path, {"environment": number})):
                if (state.get("feature"), number) != (place.feature, place.environment):
                    return f"in {environment.get('name')}, by the feature {state.get('feature')}"
        return ""

    def path(self, place: Place) -> str:
        """Of the flag's state."""
        return f"/api/__future__/environments/{self.key}/features/{place.feature}/"

    def segment_path(self, place: Place, number: int) -> str:
        """Of a segment."""
        return f"/api/v1/projects/{place.project}/segments/{number}/"

    def _segment(self, place: Place, number: int) -> Segment | None:
        """A segment; None for one that Flagsmith shows nobody."""
        try:
            return self._understood(self._read(self.segment_path(place, number)))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _understood(self, page: Mapping[str, object]) -> Segment:
        segment = read_segment(page)
        if segment is None:
            raise self._strange("the answer is no segment of Flagsmith")
        return segment

    def _people(self, place: Place) -> int:
        """How many identities see the flag by overrides of their own.

        A server with identities in its own database counts them; one on the edge may not, and lists them
        elsewhere.
        """
        counted = place.page.get("num_identity_overrides")
        if counted == 0 and place.page.get("is_num_identity_overrides_complete") is not False:
            return 0
        own = f"/api/v1/environments/{self.key}/featurestates/"
        parameters: dict[str, str | int] = {"feature": place.feature, "anyIdentity": "true"}
        found = list(self._all(own, parameters, sized=False)) if isinstance(counted, int) else []
        edge = f"/api/v1/environments/{self.key}/edge-identity-overrides"
        return seeing(found or self._whole(edge, {"feature": place.feature}))

    def _named(
        self, path: str, parameters: Mapping[str, str | int], name: str, what: str
    ) -> Mapping[str, object]:
        for page in self._all(path, parameters):
            if page.get("name") == name:
                return page
        raise FlagError(
            f"the project has no {what} named '{name}'", where=self.where,
            remedy="Look whether it is spelt as in Flagsmith, and the environment is of that project.",
        )  # fmt: skip

    def _all(
        self, path: str, parameters: Mapping[str, str | int], *, sized: bool = True
    ) -> Iterator[Mapping[str, object]]:
        """The entries of a list, page by page.

        Raises:
            FlagError: it has more pages than are read.
        """
        size = {"page_size": 100} if sized else {}
        for number in range(1, PAGES + 1):
            answer: Any = self.client.read(path, {**parameters, **size, "page": number}).object
            if not isinstance(answer.get("results"), list):
                raise self._strange("the answer is no list of Flagsmith")
            yield from map(mapping, answer["results"])
            if not answer.get("next"):
                return
        raise self._strange(f"a list of Flagsmith has more than {PAGES} pages")

    def _whole(self, path: str, parameters: Mapping[str, str | int]) -> list[object]:
        """The entries of a list that has one page.

        Raises:
            FlagError: it has another page, or is not a list.
        """
        answer = self._read(path, parameters)
        if not isinstance(answer.get("results"), list) or answer.get("next"):
            raise self._strange("the answer is no whole list of Flagsmith")
        return list(answer["results"])

    def _read(self, path: str, parameters: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        return self.client.read(path, parameters or {}).object

    def _strange(self, what: str) -> FlagError:
        return FlagError(
            what,
            where=self.where,
            remedy="Look whether address, environment and names are those of Flagsmith.",
        )
