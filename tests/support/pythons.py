"""Other Pythons of this machine, to run parts of the package under."""

from __future__ import annotations

import functools
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src"
_HINT = "install one with `pyenv install {0}` or `uv python install {0}`, so that python{0} is found"


@functools.cache
def python(version: str) -> str:
    """The executable of a Python, for example of `3.12`; the test is skipped where there is none.

    Looked for: this one, those of pyenv, and `pythonX.Y` of the `PATH`.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    own = [sys.executable] if version == "{}.{}".format(*sys.version_info[:2]) else []
    kept = sorted(str(path) for path in pyenv.glob(f"{version}.*/bin/python{version}"))
    for path in [*own, *reversed(kept), shutil.which(f"python{version}")]:
        if path and _is(path, version):
            return path
    pytest.skip(f"there is no Python {version}: {_HINT.format(version)}")


def _is(path: str, version: str) -> bool:
    ask = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    try:
        done = subprocess.run([path, "-I", "-c", ask], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == version


def run_under(version: str, program: str, *arguments: str) -> str:
    """What a program prints under a Python, with the package and what it needs that is pure Python.

    Compiled packages are of the Python that runs the tests, so what they are imported by is out of reach.
    """
    paths = [str(PACKAGE), *site.getsitepackages()]
    start = f"import sys; sys.path[:0] = {paths!r}\n{program}"
    done = subprocess.run(
        [python(version), "-I", "-W", "ignore", "-c", start, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
