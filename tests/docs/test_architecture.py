"""ARCHITECTURE.md knows every module that one meets first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = frozenset(
    re.findall(r"`(?:src/sluicegate/)?([a-z_/]+(?:\.py|/))`", (ROOT / "ARCHITECTURE.md").read_text())
)


def modules(folder: str) -> list[str]:
    """Modules and packages directly in a folder, as the document writes them."""
    found = (ROOT / "src" / "sluicegate" / folder).glob("[a-z]*")
    return sorted(f"{p.name}/" if p.is_dir() else p.name for p in found if p.is_dir() or p.suffix == ".py")


@pytest.mark.parametrize("name", modules("."))
def test_every_module_at_the_top_is_named(name: str) -> None:
    assert name in NAMED


@pytest.mark.parametrize("name", modules("github"))
def test_every_module_that_speaks_with_github_is_named(name: str) -> None:
    assert not {name, f"github/{name}"}.isdisjoint(NAMED)
