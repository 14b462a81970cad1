"""A checkout that tries to be run: every file of it leaves a mark when somebody imports or executes it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from support.gen_coverage import write_data
from support.repo import Repo, repository

MODULES = (
    "coverage", "sitecustomize", "usercustomize", "bandit", "yaml", "click", "jinja2", "stevedore",
    "pydantic", "multiprocessing", "json", "logging", "conftest", "plugin", "sluicegate",
)  # fmt: skip
"""Names that some interpreter of ours imports, or that settings of the checkout name."""

POLICY = """\
gates:
  coverage: {criteria: [total >= 1%]}
  security: {criteria: [high == 0]}
  complexity: {criteria: [max_cyclomatic < 10]}
  size:
    run: '{mark} size 200'
    measures: {total: KiB}
    criteria: [total <= 250KiB]
"""

SETTINGS = """\
[run]
plugins = plugin
source_pkgs = plugin
source = plugin
concurrency = greenlet
patch = subprocess
debug = config
debug_file = {marks}/debug_file
[plugin]
x = 1
"""


@dataclass(frozen=True)
class Stranger:
    """A stranger's checkout, and the folder of the marks."""

    repo: Repo
    marks: Path

    @property
    def ran(self) -> list[str]:
        """What was run."""
        return sorted(path.name for path in self.marks.iterdir())


def policy(marks: Path) -> str:
    """The policy, whose command leaves a mark and prints its value."""
    return POLICY.replace("{mark}", str(marks.parent / "mark.sh"))


def stranger(folder: Path, sources: int = 2) -> Stranger:
    """The checkout below `folder`, with coverage data that only an interpreter can complete.

    Args:
        folder: of the test.
        sources: how many modules of a quarter of a megabyte there are: two keep a pool busy.
    """
    marks = folder / "marks"
    marks.mkdir()
    _executable(folder / "mark.sh", f'#!/bin/sh\ntouch \'{marks}/\'$1\necho "{{\\"total\\": ${{2:-1}}}}"\n')
    repo = repository(folder / "checkout")
    repo.write({**files(marks), "src/app.py": "def f(a):\n    return a\n"})
    for n in range(sources):
        repo.write({f"src/gen/large{n}.py": "x = 1\n" + f"# {'-' * 60}\n" * 4_000})  # little to parse
    for name in (".venv/bin/python", "venv/bin/python", "tools/python", "tools/python3"):
        _executable(repo.root / name, f"#!/bin/sh\ntouch '{marks}/{name.replace('/', '-')}'\nexit 1\n")
    repo.commit({".gitignore": "reports/\n"}, "everything")
    data(repo.root / "reports" / "junit.xml" / "cov.json", repo.root)
    return Stranger(repo, marks)


def files(marks: Path) -> dict[str, str]:
    """What runs when it is imported, and the settings that ask for it."""
    modules = {f"{name}.py": module(marks, name) for name in MODULES}
    return {
        **modules,
        "run.pth": f"import pathlib; pathlib.Path({str(marks)!r}, 'pth').touch()\n",
        "evil-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1\n",
        "evil-1.dist-info/entry_points.txt": "[sluicegate.readers]\nx = plugin:READER\n"
        "[sluicegate.gates]\ncoverage = plugin\nx = plugin\n[bandit.plugins]\nx = plugin:check\n",
        ".coveragerc": SETTINGS.format(marks=marks),
        ".bandit": "[bandit]\nconfigfile = bandit.yaml\n",
        "bandit.yaml": "plugins_dir: .\nplugin_name_pattern: '*.py'\n",
        "sluicegate.yml": policy(marks),
    }


def module(marks: Path, name: str) -> str:
    """A module that leaves a mark when it is imported."""
    return f"open({str(marks / f'{name}.py')!r}, 'w').close()\n"


def data(path: Path, root: Path) -> None:
    """coverage.py's data of `src/app.py`, in a file of any name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_data(path, files=1, lines=2)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE file SET path = ?", (str(root / "src" / "app.py"),))
    connection.close()


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def environment(stranger: Stranger) -> dict[str, str]:
    """Of a careless job: the checkout's programs come first, by an entry that is relative, too."""
    path = os.pathsep.join(["", "tools", str(stranger.repo.root / "tools"), os.environ["PATH"]])
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV", "GITHUB_", "VIRTUAL_ENV"))
    }
    return kept | {"PATH": path, "SLUICEGATE_CACHE": "off"}
