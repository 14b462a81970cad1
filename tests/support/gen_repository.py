"""A repository of any size, the same on every run: Python modules, a branch, and what its build left."""

from __future__ import annotations

from pathlib import Path

from support.gen_results import write_junit
from support.repo import Repo, repository

_FUNCTION = '''
def {name}(rows: list[dict[str, int]], limit: int = {limit}) -> list[int]:
    """Take what row {limit} of a table says, and add up what is left."""
    found: list[int] = []
    for row in rows:
        if row.get("size", 0) > limit and not row.get("hidden"):
            found.append(row["size"] * {limit})
        elif "parts" in row or row.get("kind") == {limit}:
            found.extend(part for part in range(row["parts"]) if part % 3)
        else:
            try:
                found.append(int(row["value"]))
            except (KeyError, ValueError) as error:
                raise LookupError(f"row {{row!r}} has no value: {{error}}") from error
    return sorted(found)[:limit]
'''

_CLASS = '''
class {name}:
    """A store of named values with a history of {limit} entries."""

    def __init__(self, path: str, *, strict: bool = False) -> None:
        self.path = path
        self.strict = strict
        self.history: list[tuple[str, object]] = []

    def put(self, key: str, value: object) -> None:
        """Keep a value; the oldest entry of a full history is forgotten."""
        if self.strict and not key.isidentifier():
            raise ValueError(f"{{key!r}} is no name")
        self.history.append((key, value))
        while len(self.history) > {limit}:
            self.history.pop(0)

    def save(self) -> str:
        """Write every value to the file, one a line, and tell its path."""
        lines = [f"{{key}}={{value}}" for key, value in self.history if value is not None]
        with open(self.path, "w", encoding="utf-8") as out:
            out.write("\\n".join(lines))
        return self.path
'''

_FINDING = '''
def {name}(command: str) -> int:
    """Run a command through the shell."""
    return subprocess.call(command, shell=True)
'''


def module(index: int) -> str:
    """The text of one module: some 160 lines and 5,700 bytes, four findings of bandit in every tenth."""
    parts = [f'"""Module {index} of a generated program."""\n\nimport subprocess\n\n']
    parts += [_FUNCTION.format(name=f"collect_{index}_{n}", limit=index % 90 + n) for n in range(5)]
    parts += [_CLASS.format(name=f"Store{index}x{n}", limit=index % 50 + n + 1) for n in range(2)]
    if index % 10 == 0:
        parts.extend(_FINDING.format(name=f"run_{index}_{n}") for n in range(3))
    return "\n".join(parts)


def name(index: int) -> str:
    """The path of one module: a hundred packages."""
    return f"src/program/package_{index % 100:02d}/module_{index:05d}.py"


def write_repository(root: Path, files: int, changed: int) -> Repo:
    """A repository with `files` modules on `main`, and a branch that adds a function to `changed`.

    The build of the branch left `coverage.xml`, with four of five lines covered, and `junit.xml`,
    with three cases a file, of which the first failed; git ignores both.
    """
    modules = {name(index): module(index) for index in range(files)}
    repo = repository(root, {".gitignore": "coverage.xml\njunit.xml\n", **modules})
    repo.git("checkout", "-q", "-b", "feature")
    step = max(files // changed, 1)
    chosen = [n * step + n % step for n in range(changed)]  # of these, too, every tenth has findings
    edited = {name(i): modules[name(i)] + _FUNCTION.format(name=f"added_{i}", limit=7) for i in chosen}
    repo.commit(edited, "feature")
    _write_coverage(root / "coverage.xml", {**modules, **edited})
    write_junit(root / "junit.xml", 3 * files, failing_every=10**9, skipped_every=100)
    return repo


def _write_coverage(path: Path, modules: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(
            '<?xml version="1.0" ?>\n<coverage version="7.10.0" timestamp="0" line-rate="0.8"'
            ' branch-rate="0" branches-valid="0" complexity="0">\n\t<sources><source>.</source></sources>\n'
            '\t<packages><package name="." line-rate="0.8" branch-rate="0" complexity="0"><classes>\n'
        )
        for file, text in modules.items():
            lines = (n for n, line in enumerate(text.splitlines(), 1) if line.strip())
            out.write(f'\t<class name="m" filename="{file}" complexity="0" line-rate="0.8" branch-rate="0">')
            out.write("<methods/><lines>\n")
            out.writelines(f'\t\t<line number="{n}" hits="{int(n % 5 != 0)}"/>\n' for n in lines)
            out.write("\t</lines></class>\n")
        out.write("</classes></package></packages></coverage>\n")
