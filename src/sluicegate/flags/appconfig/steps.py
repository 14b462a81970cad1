"""The steps that a promotion and a kill share: look, make a version, wait until all callers get it."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.appconfig.model import Flag, read_flag
from sluicegate.flags.appconfig.service import GIVEN, Deployment, Now, Service, is_full
from sluicegate.flags.interface import FlagConflict, FlagError
from sluicegate.net.client import ApiError

POLLS = 20
POLL = 2.0
"""Seconds from one look at a deployment to the next; how many looks it takes at the most."""

LATER = "The next tick decides anew."


@dataclass(frozen=True, slots=True)
class Look:
    """What all callers get now.

    Attributes:
        now: what is deployed.
        content: of the version that callers get.
        flag: in it; None if that is not known, and `reason` says why.
    """

    now: Now
    content: bytes = b""
    flag: Flag | None = None
    reason: str = ""

    @property
    def version(self) -> str:
        """That callers get, or empty."""
        return self.now.given.version if self.now.given else ""


def look_at(service: Service, name: str, new: str) -> Look:
    """What all callers get of a flag.

    Args:
        service: AppConfig.
        name: of the flag.
        new: the variant that is rolled out.

    Raises:
        ApiError: AppConfig did not answer.
        FlagError: its answer is broken.
    """
    now = service.now()
    if now.given is None:
        return Look(now, reason="no version of the profile is deployed here")
    if not now.given.version.isdecimal():
        return Look(now, reason="the deployed version is not one that AppConfig hosts")
    content = service.content(now.given.version)
    try:
        flag = read_flag(content, name, new, "")
    except EvidenceError as error:
        return Look(now, content, reason=f"the content of version {now.given.version} {error.what}")
    return Look(now, content, flag)


def make_version(service: Service, content: bytes, words: str, latest: int | None, *, known: int) -> int:
    """Make a version; where the account may have no more, delete the oldest one of ours first.

    Args:
        service: AppConfig.
        content, words, latest, known: as of `Service.create`.

    Raises:
        ApiError: it was not made, or that is not known.
    """
    try:
        return service.create(content, words, latest, known)
    except ApiError as error:
        if not is_full(error):
            raise
        given = service.now().given
        kept = (given.version if given else "", str(latest))
        old = [one.number for one in service.versions() if one.is_ours and str(one.number) not in kept]
        if not old:
            raise
    service.delete(old[-1])
    return service.create(content, words, latest, known)


def settle(service: Service, number: int, where: str) -> None:
    """Wait until all callers get what was deployed.

    Raises:
        FlagConflict: another deployment followed, or an alarm rolled it back.
        FlagError: it takes long.
        ApiError: AppConfig did not answer.
    """
    state = "its state is not known"
    for _ in range(POLLS):
        own = (d for d in service.deployments() if d.profile == service.profile)
        newest = next(own, Deployment(0, "", "", ""))
        if newest.number != number:
            remedy = f"Look who deployed. {LATER}"
            raise FlagConflict(
                f"deployment {newest.number} followed ours, {number}", where=where, remedy=remedy
            )
        state = newest.state
        if state in GIVEN:
            return
        if state in ("ROLLING_BACK", "ROLLED_BACK", "REVERTED"):
            remedy = f"Look at the alarms of the environment. {LATER}"
            raise FlagConflict(f"deployment {number} was rolled back", where=where, remedy=remedy)
        service.client.clock.sleep(POLL)
    raise FlagError(f"deployment {number} is on its way ({state})", where=where, remedy=LATER)


def wait_for_end(service: Service, number: int, where: str) -> None:
    """Wait until a deployment keeps no other away.

    Raises:
        FlagError: it takes long.
        ApiError: AppConfig did not answer.
    """
    for _ in range(POLLS):
        found = next((d for d in service.deployments() if d.number == number), None)
        if found is None or not found.is_busy:
            return
        service.client.clock.sleep(POLL)
    raise FlagError(f"deployment {number} does not end", where=where, remedy=LATER)
