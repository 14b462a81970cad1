"""The inputs, made once for each size below `.cache/bench/`, by processes of their own.

This process stays small: what a child process reports as its peak memory begins with what its
parent had.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from bench.measuring import environment

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
PEERS = ROOT / "requirements" / "bench.txt"


def peers() -> Path:
    """The interpreter of the environment that has the peers, installed if need be."""
    key = hashlib.sha256(PEERS.read_bytes() + sys.version.encode()).hexdigest()[:16]

    def install(folder: Path) -> None:
        _call(sys.executable, "-m", "venv", "--without-pip", str(folder))
        uv, there = str(Path(sys.executable).with_name("uv")), ("--python", str(folder / "bin" / "python"))
        _call(uv, "pip", "install", "--quiet", *there, "--require-hashes", "--no-deps", "-r", str(PEERS))
        _call(uv, "pip", "check", "--quiet", *there)

    return _made(f"peers-{key}", install) / "bin" / "python"


def junit(cases: int) -> Path:
    """A file of so many cases."""
    return generated(f"junit-{cases}.xml", "support.gen_results", "write_junit", cases)


def sarif(results: int) -> Path:
    """A log of so many results."""
    return generated(f"results-{results}.sarif", "support.gen_results", "write_sarif", results)


def repository(files: int, changed: int) -> Path:
    """A repository of so many modules, on a branch that changes some; see `gen_repository`."""
    return generated(
        f"repository-{files}-{changed}", "support.gen_repository", "write_repository", files, changed
    )


def cobertura(files: int, lines: int) -> Path:
    """A repository with a large `coverage.xml`, on a branch that changes three of its files."""

    def make(folder: Path) -> None:
        _generate("support.gen_coverage", "write_cobertura", folder / "coverage.xml", files, lines)
        names = [f"package{n}/module{n}.py" for n in range(3)]
        _commit(folder, dict.fromkeys(names, "x = 1\n" * (lines // 2)), "main")
        _commit(folder, dict.fromkeys(names, "x = 1\n" * (lines // 2) + "y = 2\n" * 20), "feature")

    return _made(f"cobertura-{files}-{lines}", make)


def _commit(folder: Path, texts: dict[str, str], branch: str) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    if not (folder / ".git").is_dir():
        (folder / ".gitignore").write_text("coverage.xml\n")
        _call("git", "-C", str(folder), "init", "-q", "-b", branch)
    else:
        _call("git", "-C", str(folder), "checkout", "-q", "-b", branch)
    _call("git", "-C", str(folder), "add", "-A")
    _call("git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@example.com",
          "-c", "commit.gpgsign=false", "commit", "-q", "-m", branch)  # fmt: skip


def stdlib(every: int) -> Path:
    """A copy of the standard library's sources: all of them, or one in `every`."""

    def copy(folder: Path) -> None:
        top = Path(sysconfig.get_paths()["stdlib"])
        sources = sorted(p for p in top.rglob("*.py") if "site-packages" not in p.parts)
        for source in sources[::every]:
            target = folder / source.relative_to(top)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    version = ".".join(map(str, sys.version_info[:3]))
    return _made(f"stdlib-{version}-{every}", copy)


def generated(name: str, module: str, function: str, *sizes: int) -> Path:
    """What `function` of `module` writes for these sizes; a folder where the name has no dot."""

    def make(path: Path) -> None:
        _generate(module, function, path, *sizes)

    return _made(name, make)


def _generate(module: str, function: str, path: Path, *sizes: int) -> None:
    arguments = ", ".join(map(str, sizes))
    call = f"{function}(Path({str(path)!r}), {arguments})"
    code = f"from pathlib import Path; from {module} import {function}; {call}"
    _call(sys.executable, "-c", code, PYTHONPATH=str(ROOT / "tests"))


def _made(name: str, make: Callable[[Path], None]) -> Path:
    """The file or folder `name`; made under this very name, since environments know where they are."""
    path, done = CACHE / name, CACHE / f"{name}.done"
    if not done.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        if "." not in name:
            path.mkdir()
        make(path)
        done.touch()
    return path


def _call(*command: str, **env: str) -> None:
    subprocess.run(command, check=True, env={**environment(), **env})
