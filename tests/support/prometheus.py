"""A Prometheus server for the tests, with a history that is written and not waited for.

`install` gets the programs: from the path, else from the package of Debian or Ubuntu, which is unpacked and
not installed, since its installation would start a server.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support import needs
from support.rig import locked
from support.servers import ServerMissingError, folder, free_port, program, started

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "prometheus"
REMEDY = "put prometheus and promtool on the path, or run `make rig` on Debian or Ubuntu"

Labels = Mapping[str, str]
Series = tuple[str, Labels, Sequence[tuple[int, float]]]
"""A counter: its name, its labels, its values by time (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The server and its tool."""

    prometheus: Path
    promtool: Path


def find() -> Programs | None:
    """The programs, where they are."""
    unpacked = CACHE / "usr" / "bin"
    found = [program(name, unpacked) for name in ("prometheus", "promtool")]
    return Programs(found[0], found[1]) if found[0] and found[1] else None


def install() -> Programs:
    """The programs, unpacked from the package of the system where they are nowhere.

    Raises:
        ServerMissingError: they cannot be had.
    """
    if found := find():
        return found
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise ServerMissingError("this is no Debian or Ubuntu, whose package has them")
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with locked(CACHE.with_suffix(".lock")), folder() as at:
        if not find():
            _unpack(at)
    if found := find():
        return found
    raise ServerMissingError("the package has no such programs")


def _unpack(at: Path) -> None:
    """Download the package to a folder and unpack it; lists of packages that are missing are got before."""
    if _run(at, "apt-get", "download", "prometheus"):
        _run(at, "apt-get", "update", "-qq")
        if said := _run(at, "apt-get", "download", "prometheus"):
            raise ServerMissingError(said)
    if said := _run(at, "dpkg", "-x", str(next(at.glob("*.deb"))), str(CACHE)):
        raise ServerMissingError(said)


def _run(at: Path, *command: str) -> str:
    """What a command said when it failed; empty when it did not."""
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=300, check=False)
    return f"{' '.join(command)}: {done.stderr.strip()[-500:]}" if done.returncode else ""


@cache
def require() -> Programs:
    """The programs; without them the test skips on a laptop, and fails under `CI=true`."""
    try:
        return install()
    except (ServerMissingError, OSError, subprocess.SubprocessError) as error:
        needs.missing(f"Prometheus is missing: {error}; {REMEDY}")


def open_metrics(series: Sequence[Series]) -> str:
    """The text of counters with times, as `promtool tsdb create-blocks-from openmetrics` reads it."""
    lines: list[str] = []
    for name in sorted({name for name, _, _ in series}):
        lines.append(f"# TYPE {name} unknown")
        for own, labels, values in series:
            if own == name:
                shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
                lines += [f"{name}{{{shown}}} {value} {time}" for time, value in values]
    return "\n".join([*lines, "# EOF", ""])


@contextlib.contextmanager
def prometheus(series: Sequence[Series] = (), targets: Sequence[str] = ()) -> Iterator[str]:
    """The address of a server with a history, which scrapes its targets every second."""
    programs = require()
    with folder() as at:
        data = at / "data"
        if series:
            text = at / "history.om"
            text.write_text(open_metrics(series), encoding="utf-8")
            subprocess.run(
                [programs.promtool, "tsdb", "create-blocks-from", "openmetrics", text, data],
                check=True, capture_output=True, timeout=300,
            )  # fmt: skip
        jobs = [{"job_name": "app", "static_configs": [{"targets": list(targets)}]}] if targets else []
        settings = {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
        (at / "prometheus.yml").write_text(repr(settings).replace("'", '"'), encoding="utf-8")
        port = free_port()
        command = [
            str(programs.prometheus), "--config.file=prometheus.yml", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y",
        ]  # fmt: skip
        with started(command, at) as running:
            url = f"http://127.0.0.1:{port}"
            running.wait_for(f"{url}/-/ready")
            yield url


if __name__ == "__main__":
    sys.stdout.write(f"{install().prometheus}\n")
