"""The plans of a project: files `rollouts/NAME.yml`, and the section `rollouts` of the policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.core.errors import PolicyError, SluicegateError, UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.policy.pinned import ReadPinned, not_fetched
from sluicegate.policy.resolve import CheckedPolicy, check_file
from sluicegate.rollout.plan import Plan, ProviderSettings
from sluicegate.rollout.plan_read import CheckedPlan, read_plan
from sluicegate.runtime.files import read_whole

FOLDER = "rollouts"
LIMIT = 1 << 20
"""Bytes of a file."""


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans of a project.

    Attributes:
        found: by name, with what is wrong with each.
        errors: of the policy, whose plans are then not known.
    """

    found: Mapping[str, CheckedPlan] = field(default_factory=dict)
    errors: tuple[PolicyError, ...] = ()

    def plan(self, name: str) -> Plan:
        """The plan of a name.

        Raises:
            PolicyError: it, or the policy that may have it too, is wrong.
            UsageError: no plan has that name.
        """
        checked = self.found.get(name)
        wrong = (*(checked.errors if checked is not None else ()), *self.errors)
        if wrong:
            raise wrong[0]
        if checked is None or checked.plan is None:
            names = sorted(self.found)
            have = f"Plans: {', '.join(names)}." if names else f"Write one: {FOLDER}/{cut(name, 60)}.yml."
            what = f"there is no plan '{cut(one_line(name), 60)}'"
            raise UsageError(what, remedy=did_you_mean(name, names) + have)
        return checked.plan

    @property
    def providers(self) -> Iterator[tuple[str, ProviderSettings]]:
        """Those of all plans, with their groups, also of plans in which something is wrong."""
        return (one for checked in self.found.values() for one in checked.providers)

    def for_kill(self, name: str) -> Plan | None:
        """The plan of a name, whatever else is wrong; None without one."""
        checked = self.found.get(name)
        return checked.plan if checked is not None else None


def find_plans(root: Path, pinned: ReadPinned = not_fetched) -> Plans:
    """The plans of a working tree.

    Args:
        root: the folder of the project.
        pinned: how presets of other repositories are read.
    """
    checked, own = _policy(root, pinned)
    found = dict(own)
    for path in _files(root):
        name, place = path.stem, f"{FOLDER}/{path.name}"
        plan = _read(path, place)
        if name in own:
            both = PolicyError(
                f"the rollout '{name}' is in the policy too", where=place, remedy="Delete one of them."
            )
            plan = replace(plan, errors=(*plan.errors, both))
        found[name] = plan
    return Plans(found, checked)


def _policy(root: Path, pinned: ReadPinned) -> tuple[tuple[PolicyError, ...], dict[str, CheckedPlan]]:
    """What is wrong with the policy, and its plans."""
    try:
        checked = check_file(None, root, pinned)
    except PolicyError as error:
        checked = CheckedPolicy(None, (error,))
    except SluicegateError as error:
        checked = CheckedPolicy(None, (PolicyError(error.what, where=error.where, remedy=error.remedy),))
    if checked.policy is None:
        return checked.errors, {}
    plans: Mapping[str, Plan] = checked.policy.sections.get("rollouts") or {}
    return (), {name: CheckedPlan(plan, (), plan.providers) for name, plan in plans.items()}


def _files(root: Path) -> Iterator[Path]:
    folder = root / FOLDER
    if folder.is_dir() and not folder.is_symlink():
        yield from sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))


def _read(path: Path, place: str) -> CheckedPlan:
    if path.suffix != ".yml":
        return CheckedPlan(
            None, (PolicyError("is not read", where=place, remedy=f"Name it {path.stem}.yml."),)
        )
    data = read_whole(path, LIMIT)
    if data is None:
        error = PolicyError("is no plain file of at most 1 MiB", where=place, remedy="Write it as a file.")
        return CheckedPlan(None, (error,))
    return read_plan(data, place)
