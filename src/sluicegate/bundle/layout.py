"""The layout of a bundle: the manifest `bundle.json`, and the files beside it.

A bundle is a folder without subfolders. Names are generated and safe on every system; none begins
with a dot, since actions/upload-artifact skips hidden files. It holds no date and no path of the machine
that wrote it, so the same evidence gives the same bytes.

| file | holds |
| --- | --- |
| `bundle.json` | the manifest: author, commit, problems, and the list of the others |
| `change.json` | the change: files, and bitsets of added and removed lines |
| `paths.json` | the repository's files, which paths of reports are resolved against |
| `analysis.json` | what the engines and the user's commands measured, typed |
| `e0001.xml` … | the evidence as the tools wrote it; coverage.py's data completed, as `e0001.json` |
| `x0001.json` … | the files that a report consists of beside itself (external properties of SARIF) |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from sluicegate.core.change import Change
from sluicegate.core.fields import Count, Items, Text
from sluicegate.core.model import Commit, Notice, Problem
from sluicegate.documents.codec import Codec, JsonSchema
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord, RunRecord
from sluicegate.evidence.records import CoverageRecord, FindingsRecord

MANIFEST = "bundle.json"
COMPLETED = "sluicegate-coverage"
"""The format of coverage.py's data after completion: a `CoverageRecord`, paths resolved."""

MAX_MANIFEST = 16 * 1024**2
MAX_FILES = 5_000
MAX_TOTAL = 4 * 1024**3
"""Bytes of all files of a bundle."""

PARTS = ("change", "paths", "analysis")
"""The kinds of sluicegate's own files; each is there once, as `KIND.json`."""

EVIDENCE = ("coverage", "tests", "findings", "benchmarks", "base-benchmarks")
"""The kinds of the others."""

EXTERNAL: Final = "external"
"""The kind of a file that belongs to one of evidence and is read with it."""

FileKind = Literal[
    "change", "paths", "analysis", "coverage", "tests", "findings", "benchmarks", "base-benchmarks",
    "external",
]  # fmt: skip

ENDINGS: Mapping[str, str] = {"cobertura": "xml", "junit": "xml", "lcov": "info", "sarif": "sarif"}
"""By format, the ending of a file's generated name; any other is `json`."""

SHARD = r"^[A-Za-z0-9][A-Za-z0-9._+@~-]{0,99}$"
NAME = r"^(?:change|paths|analysis|[ex][0-9]{4})\.(?:json|xml|info|sarif)$"
"""Valid names of shards and of files in a bundle, as regular expressions."""


def is_shard(name: str) -> bool:
    """May a shard have this name? Letters, digits and `._+@~-`, at most 100."""
    return re.fullmatch(SHARD, name) is not None


def is_file_name(name: str) -> bool:
    """Is it a valid name of a bundle's file?"""
    return re.fullmatch(NAME, name) is not None


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle.

    Attributes:
        name: in the bundle.
        kind: out of `PARTS` and `EVIDENCE`, or `EXTERNAL`.
        sha256, size: of its bytes.
        path: in the shard's checkout, for people; empty for sluicegate's own.
        format: the name of its reader, or `COMPLETED`.
        suite: of the tests, as the shard's policy or command line named it.
        tool: that wrote it, where known.
        also: files that coverage names although git ignores them, beside those of `paths.json`.
        externals: names in the bundle of its external files, by the paths with which it refers to them.
    """

    name: Annotated[str, Text(20, pattern=NAME, wanted="a name of a file in a bundle")]
    kind: FileKind
    sha256: str
    size: Count
    path: str = ""
    format: str = ""
    suite: str = ""
    tool: str = ""
    also: tuple[str, ...] = ()
    externals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """The workflow run, and which attempt of it; zeros outside GitHub Actions."""

    id: Count = 0
    attempt: Count = 0


def run_of(environment: Mapping[str, str]) -> WorkflowRun:
    """The workflow run that the runner's default variables name."""
    id_, attempt = (environment.get(f"GITHUB_RUN_{name}", "") for name in ("ID", "ATTEMPT"))
    return WorkflowRun(_number(id_), _number(attempt))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """`bundle.json`. Its commits are the shard's claim and must be verified.

    Attributes:
        gates: that the shard collected evidence for.
        problems, absent: by gate, as in `Evidence`.
        passed_over: files that discovery did not take, each with the reason.
        notices: of the collection.
    """

    shard: Annotated[str, Text(100, pattern=SHARD, wanted="a name that a shard may have")]
    gates: tuple[str, ...]
    files: Annotated[tuple[BundleFile, ...], Items(MAX_FILES, least=len(PARTS))]
    version: str = ""
    run: WorkflowRun = field(default_factory=WorkflowRun)
    commit: Commit = field(default_factory=Commit)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    passed_over: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def age(self) -> tuple[int, int]:
        """Orders the attempts of one shard: run, then attempt."""
        return self.run.id, self.run.attempt


@dataclass(frozen=True, slots=True)
class ChangePart:
    """`change.json`: a change, or why there is none, or with `unseen` why the clone cannot show it."""

    change: Change | None = None
    reason: str = ""
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class PathsPart:
    """`paths.json`: the repository's files, and how tools of the shard's machine spell its root."""

    files: tuple[str, ...]
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisPart:
    """`analysis.json`: evidence that never was a file."""

    findings: tuple[FindingsRecord, ...] = ()
    complexity: ComplexityRecord | None = None
    docs: DocsRecord | None = None
    changes: ChangesRecord | None = None
    runs: Mapping[str, RunRecord] = field(default_factory=dict)


REMEDY = "Let the shard write its bundle again; this one may have been changed."

BUNDLE = Codec(
    Manifest,
    "sluicegate.bundle/1",
    remedy="Write and join bundles with the same version of Sluicegate.",
    limit=MAX_MANIFEST,
)
"""The manifest; a change that old readers cannot take gets a new number."""

CHANGE, PATHS = Codec(ChangePart, remedy=REMEDY), Codec(PathsPart, remedy=REMEDY)
ANALYSIS, COVERAGE = Codec(AnalysisPart, remedy=REMEDY), Codec(CoverageRecord, remedy=REMEDY)
"""The parts, and coverage.py's data after completion."""


def bundle_schema() -> JsonSchema:
    """The JSON Schema of the manifest; a test compares it with `docs/bundle.schema.json`."""
    about = "`bundle.json` of a shard's evidence, as `sluicegate check --bundle` writes it."
    return BUNDLE.json_schema("Sluicegate bundle", about)
