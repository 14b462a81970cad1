"""Reads, writes and kills one flag of LaunchDarkly.

Source: LaunchDarkly's OpenAPI description 2.0. A semantic patch is carried out as a whole or not at all. It
has no version to lock by, so the flag is read right before. `dryRun` answers the flag as it would become.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote

from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagError,
    FlagRefused,
    FlagState,
    Rights,
    WaitingForApproval,
)
from sluicegate.flags.launchdarkly.approvals import BYPASS, Approvals, is_demanded
from sluicegate.flags.launchdarkly.changes import Changed, changed
from sluicegate.flags.launchdarkly.instructions import CONTENT, Instruction, instruction, patch
from sluicegate.flags.launchdarkly.model import (
    WHOLE,
    Flag,
    Settings,
    state_of,
)
from sluicegate.flags.launchdarkly.reading import read_flag, read_segment
from sluicegate.flags.normal import check_archived, check_seen, items, landed, mapping, percent
from sluicegate.flags.remote import ALIVE, UNREAD, RemoteFlag, retried
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server

NEEDED = ("updateOn", "updateFallthrough", "updateRules", "updateOffVariation")
NEEDS = (
    "a service token of LaunchDarkly whose role has the actions updateOn, updateFallthrough, updateRules and "
    "updateOffVariation on the flag in that environment, and may read the project; an SDK key is refused"
)
TRIES = 5
"""Of one kill, while others write the flag."""
_OFF = (instruction("turnFlagOff"),)
_FORCED = "?ignoreConflicts=true"
"""A change that is pending keeps nobody from a kill."""


@dataclass(frozen=True, slots=True)
class LaunchDarkly(RemoteFlag):
    """One flag in one environment."""

    server: Server
    needs: ClassVar[str] = NEEDS
    project: str
    flag: str
    environment: str
    settings: Settings = field(default_factory=Settings)
    refresh: float = 5.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.project}/{self.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        new, old = self.settings.new, self.settings.old
        kind, attribute = self.settings.context_kind, self.settings.bucket_by
        without = f"a context of another kind than {kind} gets '{old}', at 100 % too"
        if attribute != "key":
            without += f"; one without {attribute} gets '{old}', and '{new}' at 100 %"
        if self.settings.keyed:
            without = f"a context without {kind} {attribute} may get '{new}' at any share"
        return Capabilities(
            step=Fraction(1, WHOLE),
            lock="none",
            approvals=True,
            without_key=without,
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                f"an off variation other than '{old}', which a kill leads to",
                f"single contexts that are targeted with '{new}', or a rule of it that is for no segment",
                "a third variation in the default rule, a seed, a migration flag",
                f"a default rule that lists '{new}' before '{old}', unless `every-context-has-key` is set",
                "a guarded or progressive rollout, an experiment, a scheduled change, an active workflow",
            ),
            token=NEEDS,
            flag=f"the variations '{old}' and '{new}', in this order, and '{old}' as the off variation",
            segments="the key of a segment in that environment",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client))

    def _kill(self, client: PatientClient) -> None:
        writer = self.server.client(content_type=CONTENT)
        try:
            page = retried(lambda: self._patch(writer, _OFF, "kill", _FORCED), TRIES)
            self._lead_to_old(writer, page)
        except ApiError as error:
            if error.status in (0, 401, 429) or not self._is_off():
                raise

    def try_rights(self) -> Rights:
        """See `TriesRights`: by a dry run of what the flag has already."""
        with self._asking(UNREAD) as client:
            page = self._read(client)
            own = mapping(mapping(page.get("environments")).get(self.environment))
            denied = [
                mapping(each).get("action") for each in items(mapping(own.get("_access")).get("denied"))
            ]
            lacks = tuple(f"the token's role denies {action}" for action in NEEDED if action in denied)
            return Rights(lacks) if lacks else self._dry_run("turnFlagOn" if own.get("on") else "turnFlagOff")

    def _dry_run(self, same: str) -> Rights:
        """A dry run of the switch as it is, which would change nothing if it was carried out."""
        try:
            self._patch(self.server.client(content_type=CONTENT), (instruction(same),), "try", "?dryRun=true")
        except ApiError as error:
            if is_demanded(error):
                return Rights((f"a kill would wait for an approval, without the action {BYPASS}",))
            return self._rights(error, f"the token may not write: {error.message}")
        return Rights()

    # --- writing -------------------------------------------------------------------------------

    def _write(self, reader: PatientClient, target: Exposure, seen: FlagState) -> None:
        flag = self._look(reader, target.segments)
        check_seen(state_of(flag), seen, self.name)
        check_archived(flag.archived, self.name, "Restore it in LaunchDarkly")
        change = self._change(flag, target)
        if not change.instructions:
            return
        comment = f"Rollout by Sluicegate: {percent(target.share)} of all users"
        client = self.server.client(content_type=CONTENT)

        def look() -> dict[str, Any] | None:
            return landed(state_of(self._look(reader, target.segments)), target, flag.version, self.name)

        try:
            if change.is_new_list:
                self._check_list(client, flag, change, target)
            body = patch(self.environment, change.instructions, comment)
            client.write("PATCH", self._path, body, look)
        except ApiError as error:
            if not is_demanded(error):
                raise
            self._approvals.ask(reader, change.instructions, comment)

    def _change(self, flag: Flag, target: Exposure) -> Changed:
        if target == OFF:
            return Changed((instruction("turnFlagOff"),) if flag.on else ())
        return changed(flag, target, self.name)

    def _check_list(self, client: PatientClient, flag: Flag, change: Changed, target: Exposure) -> None:
        """Look by a dry run in which order LaunchDarkly lists the variations: it is never changed again."""
        page = self._patch(client, change.instructions, "dry run", "?dryRun=true")
        after = read_flag(page, self.environment, self.settings, flag.segments)
        if after is None or (after.exposure()[0], after.drawn_by) != (target, flag.drawn_by):
            reason = after.exposure()[1] if after else "the answer has no such environment"
            raise FlagRefused(
                f"a dry run leads to another exposure: {reason}, drawn by {after.drawn_by if after else '?'}",
                where=self.name,
                remedy="Let the default rule serve the old variation alone, and try again; else roll out a "
                "flag whose variations have the other order.",
            )

    def _lead_to_old(self, client: PatientClient, page: Mapping[str, object]) -> None:
        """Let a flag that was switched off serve the old variation, whatever its off variation was."""
        flag = read_flag(page, self.environment, self.settings, {})
        if flag is not None and flag.old >= 0 and flag.off != flag.old:
            change = instruction("updateOffVariation", variationId=flag.variations[flag.old].id)
            self._patch(client, (change,), "kill", _FORCED)

    def _is_off(self) -> bool:
        """Does nobody see the flag, an archived one for example?"""
        try:
            return self.read().exposure == OFF
        except FlagError:
            return False

    def _patch(
        self, client: PatientClient, instructions: Sequence[Instruction], what: str, query: str
    ) -> dict[str, Any]:
        """The answer to a patch that may be sent again."""
        body = patch(self.environment, instructions, f"Rollout by Sluicegate: {what}")
        return client.write("PATCH", f"{self._path}{query}", body)

    # --- reading -------------------------------------------------------------------------------

    def _look(self, client: PatientClient, wanted: Iterable[str] = ()) -> Flag:
        """The flag now, with the segments that it uses and those that are wanted.

        Raises:
            ApiError: the API did not answer.
            FlagError: the answer is not a flag with that environment.
        """
        page = self._read(client)
        flag = read_flag(page, self.environment, self.settings, {})
        if flag is None:
            raise FlagError(
                f"the answer of LaunchDarkly has no environment '{self.environment}'", where=self.name,
                remedy="Look whether address, project, flag and environment are those of LaunchDarkly.",
            )  # fmt: skip
        keys = dict.fromkeys((*flag.used, *wanted))
        segments = {key: found for key in keys if (found := self._segment(client, key)) is not None}
        return replace(flag, segments=segments, driver=flag.driver or self._driver(client))

    def _read(self, client: PatientClient) -> dict[str, Any]:
        return client.read(self._path, {"env": self.environment}).object

    def _segment(self, client: PatientClient, key: str) -> dict[str, object] | None:
        place = "/".join(quote(each, safe="") for each in (self.project, self.environment, key))
        page = _page(client, f"/api/v2/segments/{place}")
        return None if page is None or page.get("deleted") is True else read_segment(page)

    def _driver(self, client: PatientClient) -> str | None:
        """Automation that the flag's own page does not show."""
        if items((_page(client, f"{self._within}/scheduled-changes", plans=True) or {}).get("items")):
            return "a scheduled change of LaunchDarkly"
        page = _page(client, f"{self._within}/workflows", plans=True, status="active") or {}
        return "an active workflow of LaunchDarkly" if items(page.get("items")) else None

    @property
    def _path(self) -> str:
        return f"/api/v2/flags/{quote(self.project, safe='')}/{quote(self.flag, safe='')}"

    @property
    def _within(self) -> str:
        project, flag = quote(self.project, safe=""), quote(self.flag, safe="")
        return f"/api/v2/projects/{project}/flags/{flag}/environments/{quote(self.environment, safe='')}"

    @property
    def _page(self) -> str:
        """Of the flag, for people."""
        parts = (self.project, self.environment, "features", self.flag)
        return f"{self.server.address}/{'/'.join(quote(each, safe='') for each in parts)}"

    @property
    def _approvals(self) -> Approvals:
        return Approvals(f"{self._within}/approval-requests", self._page, self.server.address, self.name)

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what == ALIVE and is_demanded(error):
            return WaitingForApproval(
                "LaunchDarkly wants an approval before it switches the flag off", link=self._page,
                where=self.name,
                remedy=f"Switch it off in LaunchDarkly now; give the token's role the action {BYPASS}.",
            )  # fmt: skip
        words = error.message.lower()
        if error.status == 400 and any(each in words for each in ("scheduled", "approval", "conflict")):
            return FlagRefused(
                f"a change that is pending in LaunchDarkly would fail: {error.message}", where=self.name,
                remedy="Carry out or delete the scheduled change or approval request, then resume.",
            )  # fmt: skip
        return None


def _page(
    client: PatientClient, path: str, *, plans: bool = False, **parameters: str
) -> dict[str, Any] | None:
    """What a path answers; None if there is no such thing.

    Args:
        client: that asks.
        path: of the API.
        plans: is it a thing that only some plans of LaunchDarkly have? Others answer 403.
        parameters: of the query.
    """
    try:
        return client.read(path, parameters).object
    except ApiError as error:
        if error.refusal is Refusal.MISSING or (plans and error.refusal is Refusal.DENIED):
            return None
        raise
