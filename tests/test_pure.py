"""A module that says "Pure." imports nothing by which it could wait, ask or write."""

from __future__ import annotations

import ast
from pathlib import Path

from support.touched import imported

SOURCES = Path(__file__).resolve().parents[1] / "src"
WORLD = frozenset({"github", "http", "requests", "shutil", "socket", "subprocess", "tempfile", "time"})


def pure_modules() -> dict[str, ast.Module]:
    """The trees of the modules whose docstring ends a paragraph with "Pure."."""
    texts = {p: p.read_bytes() for p in sorted((SOURCES / "sluicegate").rglob("*.py"))}
    trees = {p: ast.parse(text) for p, text in texts.items() if b"Pure." in text}
    return {
        p.relative_to(SOURCES).as_posix(): tree
        for p, tree in trees.items()
        if "Pure.\n" in (ast.get_docstring(tree) or "") + "\n"
    }


def test_a_pure_module_imports_nothing_of_the_world() -> None:
    modules = pure_modules()
    worldly = {m: {name.partition(".")[0] for name in imported(tree)} & WORLD for m, tree in modules.items()}
    assert {m: names for m, names in worldly.items() if names} == {}
    assert len(modules) > 50
