"""coverage.py's JSON report of a data file, without running anything of the project.

Run as a script, `python -I -S coverage_analyser.py`, in an empty folder, with a task as JSON on its input, by
`coverage_commands.Analyser`. It imports the standard library, then what the task's `path` holds and nothing
else: a checkout's `coverage.py` or `sitecustomize.py` takes no part. The project's configuration is read as
data: settings that import modules (`plugins`), write files (`debug_file`) or do so when measuring starts
(`patch`, `concurrency`, `source_pkgs`, `source`) are switched off; those that decide what is counted hold:
coverage.py's documentation, "Configuration reference".
"""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coverage import Coverage

CONFIGURED: dict[str, bytes] = {
    ".coveragerc": b"",
    ".coveragerc.toml": b"",
    "setup.cfg": b"[coverage:",
    "tox.ini": b"[coverage:",
    "pyproject.toml": b"[tool.coverage",
}
"""Where coverage.py looks for its configuration, and the section that marks a file as one."""

MAX_SETTINGS = 1 << 20
"""Bytes of a file of settings; a larger one is refused."""

MAX_SOURCE = 16 << 20
"""Bytes of a source file; a larger one cannot be analysed."""

_OFF: dict[str, Any] = {
    "run:plugins": [],
    "run:debug": [],
    "run:debug_file": os.devnull,
    "run:patch": [],
    "run:concurrency": [],
    "run:source": [],
    "run:source_pkgs": [],
    "json:show_contexts": False,
}


def main() -> None:
    """Read the task, write the report, and print the plugins that had no part in it, one a line.

    Ends with exit code 1 and a line on standard error where coverage.py, or a file, does not allow it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    task = json.load(sys.stdin)
    sys.path[:] = task["path"]
    import coverage
    import coverage.jsonreport
    import coverage.python

    folder, limit = Path(task["folder"]), task["inside"]
    for name in CONFIGURED:
        _check(folder / name, limit, MAX_SETTINGS)
    os.chdir(folder)  # settings are relative to it; it is not on the import path
    _guard(coverage.python, limit)
    try:
        cov = coverage.Coverage(data_file=task["data"])
        plugins = cov.get_option("run:plugins")
        _switch_off(cov, coverage.CoverageException)
        cov.load()
        cov.json_report(outfile=task["report"], ignore_errors=task["ignore_errors"] or None)
    except coverage.CoverageException as error:
        sys.exit(f"{error}")
    for plugin in plugins if isinstance(plugins, list) else ():
        sys.stdout.write(f"{plugin}\n")


def _switch_off(cov: Coverage, unknown: type[Exception]) -> None:
    """Take what could run or write something out of the settings."""
    for name, value in _OFF.items():
        try:
            cov.set_option(name, value)
        except unknown:  # an older coverage.py has no such setting
            continue


def _check(path: Path, limit: str, largest: int) -> None:
    """Refuse a path that is not a regular file of the project.

    A pipe or a device would be read for ever, and the text of an error could show what a link leads to.
    """
    try:
        info = path.stat()
    except OSError:
        return
    if fault := _fault(path, info, limit, largest):
        sys.exit(f"{path.name} {fault}")


def _fault(path: Path, info: os.stat_result, limit: str, largest: int) -> str:
    if not stat.S_ISREG(info.st_mode):
        return "is not a regular file"
    if info.st_size > largest:
        return f"has more than {largest:,} bytes"
    if limit and not path.resolve().is_relative_to(Path(limit).resolve()):
        return "leads out of the project"
    return ""


def _guard(python: ModuleType, limit: str) -> None:
    """Let coverage.py read plain files alone, below `limit` where that is given; no archives."""
    read = python.read_python_source

    def guarded(name: str) -> bytes:
        path = Path(name)
        if fault := _fault(path, path.stat(), limit, MAX_SOURCE):
            raise OSError(fault)
        source: bytes = read(name)
        return source

    vars(python).update(read_python_source=guarded, get_zip_bytes=lambda _name: None)


if __name__ == "__main__":
    main()
