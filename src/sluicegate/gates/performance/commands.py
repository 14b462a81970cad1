"""How a benchmark is run alone, in the words of the tool that wrote its file. Pure.

Names come from strangers: they are quoted for the shell, and never placed where a shell would run them.
So of hyperfine, whose names are commands, the command is left to fill in, like the scripts of load tools.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from sluicegate.evidence.records import BenchmarksRecord

_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_GO = re.compile(r"(?:(.+?)\.)?(Benchmark(?:[^a-z].*)?)")
_OURS = "sluicegate bench"


def commands(records: Iterable[BenchmarksRecord]) -> dict[str, str]:
    """For each benchmark the command that runs it, where its tool has one; of several files the first's."""
    found: dict[str, str] = {}
    for record in records:
        for name in record.benchmarks:
            if command := _command(name, record):
                found.setdefault(name, command)
    return found


def _command(name: str, record: BenchmarksRecord) -> str:
    if record.source.tool == _OURS:
        return f"{_OURS} --base REF -- COMMAND"
    make = _COMMANDS.get(record.source.format)
    return make(name) if make and not name.endswith("…") else ""  # a name that was cut names nothing


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _literal(text: str) -> str:
    """A regular expression that matches the text."""
    return _META.sub(r"\\\g<0>", text)


def _exactly(text: str) -> str:
    """One that matches the text alone, in quotes."""
    return _quoted(f"^{_literal(text)}$")


def _pytest(name: str) -> str:
    """By its node id where the name is one."""
    chosen = _quoted(name) if "::" in name else f"-k {_quoted(name)}"
    return f"pytest {chosen} --benchmark-only"


def _go(name: str) -> str:
    """`PACKAGE.BenchmarkName/sub`: each part of the name is an expression of its own, between slashes."""
    parts = _GO.fullmatch(name)
    if parts is None:
        return ""
    package, own = parts[1], parts[2]
    expression = "/".join(f"^{_literal(part)}$" for part in own.split("/"))
    return f"go test -run '^$' -bench {_quoted(expression)} -count 20 {_quoted(package) if package else '.'}"


def _jmh(name: str) -> str:
    """By its method: the name goes on with parameters, `(size=10)`, or the mode, `:avgt`."""
    return f"java -jar benchmarks.jar {_exactly(re.split('[(:]', name, maxsplit=1)[0])}"


def _dotnet(name: str) -> str:
    """By its method: the name goes on with parameters, `(N: 10)`, or the job, ` [.NET 8.0]`."""
    method = re.split(r"\(| \[", name, maxsplit=1)[0]
    return f"dotnet run -c Release -- --filter {_quoted(f'*{method}*')}"


_COMMANDS: Mapping[str, Callable[[str], str]] = {
    "pytest-benchmark": _pytest,
    "hyperfine": lambda _: "hyperfine --warmup 3 --export-json bench.json COMMAND",
    "google-benchmark": lambda name: (
        f"./BENCHMARK --benchmark_repetitions=20 --benchmark_filter={_exactly(name)}"
    ),
    "go-bench": _go,
    "criterion": lambda name: f"cargo bench -- {_quoted(_literal(name))}",
    "cargo-criterion": lambda name: f"cargo criterion -- {_quoted(_literal(name))}",
    "jmh": _jmh,
    "benchmarkdotnet": _dotnet,
    "k6": lambda _: "k6 run --summary-export=k6.json SCRIPT",
    "locust": lambda _: "locust --headless --csv load",
}
"""By the format of a file."""
