"""The servers, flags and variables with tokens that a project names: a journal's plan is given no others.

Who may push to a repository may write a journal whose plan sends the token of a job to a server of their own,
or has it change another flag of the right server. So what reviewed plans of the checkout name decides, and
not the journal. Numbers, such as how often clients refresh, may differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.policy.provider_keys import Address, Variable
from sluicegate.rollout.plan import ProviderSettings
from sluicegate.rollout.providers import factory

VARIABLE: Final = "SLUICEGATE_SERVERS"
"""The variable with addresses that a job allows beside those of its plans, with blanks between them."""

Contact = tuple[str, ...]
"""A provider with its addresses and the names of its variables."""

Identity = Mapping[str, str]
"""The settings of a provider that are no numbers, by key, as JSON."""


def addresses(group: str, own: ProviderSettings) -> tuple[str, ...]:
    """The addresses that a provider asks; empty for one that names none.

    Raises:
        SluicegateError, KeyError: as of `providers.factory`.
    """
    return tuple(_values(group, own, Address))


def _values(group: str, own: ProviderSettings, kind: type) -> Iterable[str]:
    values = own.values
    for key, about in factory(group, own.name).keys.items():
        value = values.get(key, about.default)
        if isinstance(about.kind, kind) and value is not None:
            yield str(value).rstrip("/")


def _contact(group: str, own: ProviderSettings) -> Contact:
    return own.name, *addresses(group, own), *_values(group, own, Variable)


def _identity(group: str, own: ProviderSettings) -> Identity:
    given = own.values
    values = {key: given.get(key, about.default) for key, about in factory(group, own.name).keys.items()}
    return {
        key: json.dumps(value.rstrip("/") if isinstance(value, str) else value, sort_keys=True, default=str)
        for key, value in values.items()
        if not isinstance(value, int | float)
    }


@dataclass(frozen=True)
class Contacts:
    """What a project names.

    Attributes:
        read: the providers of all its plans, with their groups.
        environment: of the process.
    """

    read: Callable[[], Iterable[tuple[str, ProviderSettings]]]
    environment: Mapping[str, str] = field(repr=False)

    def check(self, group: str, own: ProviderSettings) -> None:
        """Refuse a provider whose server no plan of the project asks with this token, for this flag.

        Raises:
            UsageError: it is refused.
            SluicegateError, KeyError: as of `providers.factory`.
        """
        allowed = {text.rstrip("/") for text in self.environment.get(VARIABLE, "").split()}
        wanted = [one for one in addresses(group, own) if one not in allowed]
        what = self._foreign(group, own, wanted[0]) if wanted else ""
        if what:
            raise UsageError(what, where=own.name, remedy=_REMEDY)

    def _foreign(self, group: str, own: ProviderSettings, address: str) -> str:
        """What no plan of the checkout names; empty where one names all of it."""
        contact, identity = _contact(group, own), _identity(group, own)
        tokens = "".join(f" with {name}" for name in _values(group, own, Variable))
        known = [other for there, other in self._known if there == contact]
        if not known:
            return f"the journal names {cut(one_line(address), 200)}{tokens}; no plan of this checkout does"
        others = min((_differing(identity, other) for other in known), key=len)
        keys = ", ".join(f"'{key}'" for key in others)
        return (
            f"the journal has other values of {keys} than the plans of this checkout{tokens}" if keys else ""
        )

    @cached_property
    def _known(self) -> tuple[tuple[Contact, Identity], ...]:
        return tuple(filter(None, map(_or_none, self.read())))


_REMEDY = (
    "Anybody who may push can write a journal. If it is right, check out a commit that has the plan, or set "
    f"{VARIABLE} to the address."
)


def _differing(one: Identity, other: Identity) -> list[str]:
    return sorted(key for key in {**one, **other} if one.get(key) != other.get(key))


def _or_none(named: tuple[str, ProviderSettings]) -> tuple[Contact, Identity] | None:
    try:
        return _contact(*named), _identity(*named)
    except (SluicegateError, KeyError):
        return None
