"""A shop for the demonstration of rollouts: it evaluates a flagd file for each visitor, and counts.

    python -m demo.shop flags.json new-checkout counts.jsonl --bad-on 0.01

It stands for your service with flagd in it. Which users are in a share is decided by SHA-256, where flagd has
MurmurHash3: the shares are the same, the users are others.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VISITS = 1000
"""In half a second."""

USERS = 100_000
PAUSE = 0.5


@dataclass(frozen=True)
class Flags:
    """The flags of a flagd file."""

    document: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Flags:
        """Those of a file."""
        return cls(json.loads(path.read_bytes()))

    def variant(self, name: str, user: str) -> str:
        """What a user sees: segments first, then the share, then the default."""
        flag = self.document["flags"][name]
        found = self._of(flag.get("targeting", {}), name, user)
        return found if found is not None else str(flag["defaultVariant"])

    def _of(self, rule: Any, name: str, user: str) -> str | None:
        match rule:
            case str():
                return rule
            case {"if": [condition, then, *otherwise]}:
                if self._holds(condition, user):
                    return self._of(then, name, user)
                rest = otherwise[0] if len(otherwise) == 1 else {"if": otherwise}
                return self._of(rest, name, user) if otherwise else None
            case {"fractional": weights}:
                return _drawn(weights, name + user)
        return None

    def _holds(self, condition: Any, user: str) -> bool:
        known = self.document["$evaluators"][condition["$ref"]]
        return user in known["in"][1]


def _drawn(weights: list[tuple[str, int]], key: str) -> str | None:
    """The variant of a key: always the same, and in proportion to the weights over many keys."""
    total = sum(weight for _, weight in weights)
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") * total >> 64
    for variant, weight in weights:
        if place < weight:
            return variant
        place -= weight
    return None


@dataclass(frozen=True)
class Shop:
    """The shop.

    Attributes:
        bad: the part of visits that fail, by variant.
    """

    flags: Path
    name: str
    counts: Path
    bad: Mapping[str, float]
    chance: random.Random

    def serve(self, visits: int, now: float) -> None:
        """Serve so many visits, and append a line of counts for each variant."""
        flags, counts = Flags.read(self.flags), dict[str, dict[str, int]]()
        for _ in range(visits):
            variant = flags.variant(self.name, f"user-{self.chance.randrange(USERS)}")
            own = counts.setdefault(variant, {"requests": 0, "errors": 0})
            own["requests"] += 1
            own["errors"] += self.chance.random() < self.bad[variant]
        lines = [json.dumps({"time": int(now), "arm": arm, "counts": own}) for arm, own in counts.items()]
        with self.counts.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flags", type=Path)
    parser.add_argument("name")
    parser.add_argument("counts", type=Path)
    parser.add_argument("--bad-on", type=float, default=0.01, help="part of failing visits that see it")
    parser.add_argument("--bad-off", type=float, default=0.01, help="part of failing visits that do not")
    given = parser.parse_args()
    bad = {"on": given.bad_on, "off": given.bad_off}
    shop = Shop(given.flags, given.name, given.counts, bad, random.Random(1))
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            shop.serve(VISITS, time.time())
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
