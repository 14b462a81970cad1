"""Fetches the presets of other repositories that a policy names, before anything is judged.

What is to be fetched is found by resolving the policies as `check` does: the base's, the tree's, and
what they extend in turn.
"""

from __future__ import annotations

from dataclasses import replace

from sluicegate.github.client import Client
from sluicegate.github.event import EventContext
from sluicegate.github.preset_api import Fetcher
from sluicegate.judge.choose import Wish, choose
from sluicegate.policy.fetched import Fetched

MAX_WAIT = 120.0
"""Seconds that all requests together may take."""


def fetch(wish: Wish, event: EventContext, fetcher: Fetcher) -> None:
    """Fetch what the policies that `choose` would look at extend; `fetcher` tells what that was.

    Raises:
        PresetError: a preset cannot be had.
        PolicyError: a policy is wrong otherwise; what it extends in vain may be missing.
        WorldError: the server or the disk failed.
    """
    choose(replace(wish, pinned=fetcher.read), event)


def fetcher(kept: Fetched, token: str) -> Fetcher:
    """What fetches from the server of `kept` with a token; without one, what the public may read."""

    def connect() -> Client:
        from sluicegate.github.pygithub import transport

        return Client(transport(token, kept.server), seconds=MAX_WAIT, secret=token)

    return Fetcher(connect, kept)
