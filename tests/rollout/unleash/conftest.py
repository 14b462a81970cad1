"""One true Unleash server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.unleash import Server, unleash
from support.unleash_project import STAFF


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with unleash() as rig, rig.fresh("rollouts") as server:
        server.segment("staff", *STAFF)
        yield server
