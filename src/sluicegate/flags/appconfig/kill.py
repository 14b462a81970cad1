"""Switches a flag of AppConfig off for all callers, whatever else is on its way.

To revert a deployment leads to the stage before it and not to off. So a kill is a deployment of the flag
switched off. It takes no lock, and stops what is on its way in the environment, of other profiles too, since
that keeps it away. Where an alarm of the environment rolls it back, the deployment that callers get then is
reverted, which no alarm hinders (within 72 hours).
"""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.appconfig.model import read_flag, switched_off, with_flag
from sluicegate.flags.appconfig.service import GIVEN, Deployment, Service, is_at_once
from sluicegate.flags.appconfig.steps import Look, look_at, make_version, settle, wait_for_end
from sluicegate.flags.interface import FlagConflict, FlagError
from sluicegate.net.client import ApiError

ALL_AT_ONCE = "AppConfig.AllAtOnce"
"""A strategy that is always there, for where the plan's cannot be used; it bakes for 10 minutes."""

TRIES = 12
_RACED = (400, 409)


def switch_off(service: Service, flag: str, new: str, strategy: str, where: str) -> None:
    """Switch a flag off.

    Args:
        service: AppConfig.
        flag: its key.
        new: the variant that is rolled out.
        strategy: id of that of the plan.
        where: names the flag in errors.

    Raises:
        FlagError: something switches it on again and again, or what is deployed is not a flag.
        ApiError: AppConfig did not answer.
    """
    kill = _Kill(service, flag, new, strategy, where)
    rolled_back = False
    for _ in range(TRIES):
        look = look_at(service, flag, new)
        if kill.is_off(look):
            return
        if look.now.busy:
            kill.end(look.now.busy)
        elif rolled_back and look.now.given:
            kill.stop(look.now.given)
            rolled_back = False
        else:
            rolled_back = not kill.deploy(look)
    remedy = "Look at the alarms of the environment, and at who else deploys; then deploy the flag disabled."
    raise FlagError("the flag does not stay off", where=where, remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Kill:
    service: Service
    flag: str
    new: str
    strategy: str
    where: str

    def is_off(self, look: Look) -> bool:
        """Is it off for all callers? Where no version is deployed, nobody gets the flag."""
        busy = look.now.busy
        if busy and busy.profile == self.service.profile and busy.state not in GIVEN:
            return False
        if look.now.given is None:
            return True
        if look.flag is None:
            remedy = "Deploy a version with feature flags to the environment, with the flag disabled."
            raise FlagError(look.reason, where=self.where, remedy=remedy)
        return look.flag.is_off

    def end(self, busy: Deployment) -> None:
        """Let the environment take another deployment; one that switches the flag off at once may go on."""
        if busy.state != "ROLLING_BACK" and not self._brings_off(busy):
            self.stop(busy)
        wait_for_end(self.service, busy.number, self.where)

    def _brings_off(self, busy: Deployment) -> bool:
        is_own = busy.profile == self.service.profile and busy.version.isdecimal()
        if not is_own or busy.grows or busy.state in GIVEN:
            return False
        try:
            return read_flag(self.service.content(busy.version), self.flag, self.new, "").is_off
        except EvidenceError:
            return False

    def stop(self, deployment: Deployment) -> None:
        """Stop or revert a deployment; one that ended meanwhile needs no stop."""
        try:
            self.service.stop(deployment)
        except ApiError as error:
            if error.status not in _RACED:
                raise
        wait_for_end(self.service, deployment.number, self.where)

    def deploy(self, look: Look) -> bool:
        """Deploy the flag switched off; False where that was rolled back, or another one followed."""
        if look.flag is None or look.now.given is None:
            raise AssertionError("there is no flag to switch off")
        words = f"{self.flag} off"
        key = self.service.key(look.now.given.number)
        strategy = self._strategy()
        known = max((one.number for one in self.service.versions()), default=0)
        content = with_flag(look.content, switched_off(look.flag))
        made = make_version(self.service, content, words, None, known=known)
        try:
            number = self.service.deploy(made, strategy, words, key, None, look.now.newest)
            settle(self.service, number, self.where)
        except ApiError as error:  # another deployment came first: the next look sees it
            if error.status != 409:
                raise
        except FlagConflict:
            return False
        return True

    def _strategy(self) -> str:
        found = self.service.strategy(self.strategy)
        return self.strategy if found and is_at_once(found) else ALL_AT_ONCE
