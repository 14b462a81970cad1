"""The servers and the variables with tokens that a project names: a journal's plan is given no other.

Who may push to a repository may write a journal whose plan sends the token of a job to a server of their own.
So the address with its variable, which reviewed plans of the checkout name, decides, and not the journal.
"""

from __future__ import annotations

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
        """Refuse a provider whose server no plan of the project asks with this token.

        Raises:
            UsageError: it is refused.
            SluicegateError, KeyError: as of `providers.factory`.
        """
        allowed = self.environment.get(VARIABLE, "").split()
        wanted = [one for one in addresses(group, own) if one not in {text.rstrip("/") for text in allowed}]
        if wanted and _contact(group, own) not in self._known:
            tokens = "".join(f" with {name}" for name in _values(group, own, Variable))
            raise UsageError(
                f"the journal names {cut(one_line(wanted[0]), 200)}{tokens}; no plan of this checkout does",
                where=own.name,
                remedy="Anybody who may push can write a journal. If the address is right, check out a "
                f"commit that has the plan, or set {VARIABLE} to the address.",
            )

    @cached_property
    def _known(self) -> frozenset[Contact]:
        return frozenset(filter(None, map(_or_none, self.read())))


def _or_none(named: tuple[str, ProviderSettings]) -> Contact | None:
    try:
        return _contact(*named)
    except (SluicegateError, KeyError):
        return None
