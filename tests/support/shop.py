"""A shop behind a flag (`tests/rig/shop.py`) in a process of its own, and the visits of its users."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from support import evaluators
from support.rig import RIG
from support.servers import folder, free_port, started

NOT_READY = "not ready"


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that runs; `address` is its host and port."""

    address: str

    def visits(self, users: Iterable[str]) -> Counter[str]:
        """Each user visits once: how often `on`, `off` and `not ready` were answered."""
        seen: Counter[str] = Counter()
        with contextlib.closing(http.client.HTTPConnection(self.address, timeout=60)) as connection:
            for user in users:
                connection.request("GET", f"/visit?user={user}")
                seen[connection.getresponse().read().decode()] += 1
        return seen

    def fails(self, on: float, off: float = 0.01) -> None:
        """What part of the visits fails from now on, by what is seen."""
        with contextlib.closing(http.client.HTTPConnection(self.address, timeout=60)) as connection:
            connection.request("PUT", f"/faults?on={on}&off={off}")
            connection.getresponse().read()

    @property
    def failed(self) -> int:
        """How many visits failed of users who saw the new variation."""
        with contextlib.closing(http.client.HTTPConnection(self.address, timeout=60)) as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        found = re.search(r'variant="on",code="500"} (\d+)', text)
        return int(found[1]) if found else 0

    def wait_until_ready(self) -> None:
        """Wait until it has the flags."""
        end = time.monotonic() + 60
        while self.visits(["nobody"])[NOT_READY]:
            assert time.monotonic() < end, "the shop has got no flags"
            time.sleep(0.02)


@contextlib.contextmanager
def shop(**asked: str) -> Iterator[Shop]:
    """A shop: with `flag`, and `url` and `token` of Unleash, or `path` of a flagd file."""
    port = free_port()
    command: list[str | Path] = [evaluators.require(), RIG / "shop.py", json.dumps({**asked, "port": port})]
    with folder() as at, started(command, at) as running:
        running.wait_for(f"http://127.0.0.1:{port}/health")
        yield Shop(f"127.0.0.1:{port}")
