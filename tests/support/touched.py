"""The test files that a change touches, for `make quick`: run it to print them, one a line.

A test file is touched when it changed, when it imports a module that changed, or when it is about a page,
workflow or gate that changed. Only direct imports count: through others nearly every test imports nearly
every module. The whole suite, `make test`, has the last word.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TESTED_BY = {
    ".github": ("tests/examples", "tests/docs"),
    "rollout/action.yml": ("tests/cli/test_rollout_step.py", "tests/action/test_rollout.py", "tests/docs"),
    "action.yml": ("tests/action/test_action_yml.py", "tests/docs"),
    "docs": ("tests/docs",),
    "examples": ("tests/examples", "tests/docs"),
    "gates": (
        "tests/gates/test_catalogue.py",
        "tests/policy",
        "tests/starter",
        "tests/cli/test_policy_commands.py",
        "tests/docs",
    ),
    "README.md": ("tests/docs",),
    "ARCHITECTURE.md": ("tests/docs",),
}
"""By the first part of a path that is no Python module: what tests it."""


def touched(root: Path, changed: Iterable[str]) -> list[str]:
    """The tests of a change, as arguments of pytest.

    Args:
        root: of the repository.
        changed: POSIX paths from there; those that are gone count too.
    """
    paths = set(changed)
    modules = {m for p in paths if (m := module_name(p))}
    tests = {p for p in paths if is_test(p) and (root / p).is_file()}
    for path in paths:
        tests.update(TESTED_BY.get(path.partition("/")[0], ()))
    for file in (root / "tests").rglob("test_*.py"):
        if modules.intersection(_imported_by(file.read_bytes())):
            tests.add(file.relative_to(root).as_posix())
    return sorted(tests)


def is_test(path: str) -> bool:
    """Is it a file that pytest collects?"""
    return path.startswith("tests/") and path.rpartition("/")[2].startswith("test_") and path.endswith(".py")


def module_name(path: str) -> str:
    """The module of a file of the package or of the tests' own support; empty for any other file."""
    folder, _, rest = path.partition("/")
    if folder not in ("src", "tests") or not rest.endswith(".py"):
        return ""
    return rest.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def _imported_by(source: bytes) -> frozenset[str]:
    return frozenset(imported(ast.parse(source)))


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file names in its imports; of `from a import b` both `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def changes(root: Path) -> list[str]:
    """What differs from where this branch left `main`, and what is not committed; on `main`, the latter."""

    def lines(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, encoding="utf-8", check=False
        )
        return done.stdout.split("\0") if done.returncode == 0 else []

    base = next((b for b in ("origin/main", "main") if lines("rev-parse", "--verify", "--quiet", b)), "HEAD")
    committed = lines("diff", "--name-only", "-z", f"{base}...HEAD")
    return [p for p in (*committed, *lines("diff", "--name-only", "-z", "HEAD"),
                        *lines("ls-files", "-z", "--others", "--exclude-standard")) if p]  # fmt: skip


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in touched(ROOT, changes(ROOT)))
