"""ARCHITECTURE.md lists the rooms as the contract of imports does, and names no module that is gone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "sluicegate"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_]+)/` \| (.+) \|$", TEXT.partition("| room |")[2], re.MULTILINE))


def contract() -> list[str]:
    """The rooms of the `layers` contract, the ground floor first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    first: list[str] = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return first[::-1]


def test_rooms_are_listed_in_the_order_of_the_contract() -> None:
    assert list(ROWS) == contract()


def test_nothing_is_loose_at_the_top() -> None:
    assert {p.name for p in SOURCES.glob("*.py")} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("room", ROWS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    assert (SOURCES / room / "__init__.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("room", ROWS)
def test_what_a_row_names_is_there(room: str) -> None:
    names = re.findall(r"`([a-z_]+)/?`", ROWS[room])
    assert [n for n in names if not any((SOURCES / room / f"{n}{end}").exists() for end in (".py", ""))] == []


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", TEXT))))
def test_a_path_of_the_text_is_there(path: str) -> None:
    assert any((top / path).is_file() for top in (SOURCES, ROOT))
