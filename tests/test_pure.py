"""A module that says "Pure." imports nothing by which it could wait, ask or write."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from support.touched import imported

SOURCES = Path(__file__).resolve().parents[1] / "src"
WORLD = frozenset({"github", "http", "requests", "shutil", "socket", "subprocess", "tempfile", "time"})


def pure_modules() -> list[str]:
    """The modules whose docstring ends a paragraph with "Pure."."""
    trees = {p: ast.parse(p.read_bytes()) for p in sorted((SOURCES / "sluicegate").rglob("*.py"))}
    texts = {p: (ast.get_docstring(tree) or "") + "\n" for p, tree in trees.items()}
    return [p.relative_to(SOURCES).as_posix() for p, text in texts.items() if "Pure.\n" in text]


@pytest.mark.parametrize("module", pure_modules())
def test_it_imports_nothing_of_the_world(module: str) -> None:
    tree = ast.parse((SOURCES / module).read_bytes())
    assert {name.partition(".")[0] for name in imported(tree)} & WORLD == set()


def test_there_are_such_modules() -> None:
    assert len(pure_modules()) > 50
