"""Shards of an invented run, written as bundles of real files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sluicegate.bundle.layout import MANIFEST, Manifest, WorkflowRun
from sluicegate.bundle.write import Shard, write_bundle
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.named import parse_named
from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Commit, Discovery
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import Evidence
from support import evidence as ev

FILES = ("src/a.py", "src/b.py", "services/api/app.py", "web/app.py", "tests/test_a.py")
COMMIT = Commit(head="1" * 40, tested="2" * 40, base="3" * 40, base_label="main")
CHANGE = ev.change("src/a.py: 1-3")
GATES = ("tests", "coverage")


def junit(marks: str, suite: str = "s") -> str:
    """JUnit XML of marks: `+` passed, `F` failed, `s` skipped."""
    bodies = {"+": "", "F": '<failure message="no"/>', "s": "<skipped/>"}
    cases = (
        f'<testcase classname="tests.test_a" name="case_{n}" time="0.5">{bodies[mark]}</testcase>'
        for n, mark in enumerate(marks)
    )
    return f'<testsuite name="{suite}" tests="{len(marks)}">{"".join(cases)}</testsuite>'


def collected(root: Path, files: Mapping[str, str], named: tuple[str, ...] = ()) -> Evidence:
    """The evidence of files, written below `root` and read as a check reads them."""
    loader = EvidenceLoader(root, PathIndex(FILES, prefixes=(root.as_posix(),)))
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for argument in named or tuple(files):
        loader.take_named(parse_named(argument))
    return Evidence(
        commit=COMMIT,
        change=CHANGE,
        coverage=tuple(loader.coverage),
        tests=tuple(loader.tests),
        findings=tuple(loader.findings),
        benchmarks=tuple(loader.benchmarks),
        discovery=Discovery(tuple(loader.sources)),
    )


def shard(
    folder: Path,
    files: Mapping[str, str],
    *,
    run: tuple[int, int] = (1, 1),
    gates: tuple[str, ...] = GATES,
    commit: Commit = COMMIT,
    change: Change | NoChange = CHANGE,
    **parts: Any,
) -> Path:
    """A bundle in `folder`, of the shard with the folder's name; `parts` replace fields of its evidence."""
    root = folder.parent.parent / f"checkout-{folder.name}-{run[1]}"
    root.mkdir(parents=True, exist_ok=True)
    evidence = replace(collected(root, files), commit=commit, change=change, **parts)
    write(folder, evidence, root, run=run, gates=gates)
    return folder


def write(
    folder: Path,
    evidence: Evidence,
    root: Path,
    *,
    run: tuple[int, int] = (1, 1),
    gates: tuple[str, ...] = GATES,
) -> Manifest:
    """The evidence of a checkout as a bundle."""
    who = Shard(folder.name, root, FILES, (root.as_posix(),), gates, WorkflowRun(*run))
    return write_bundle(folder, evidence, who)


def forge(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The bundle with its manifest changed by hand."""
    path = folder / MANIFEST
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return folder


def forge_part(folder: Path, name: str, document: object) -> Path:
    """The bundle with one of its files replaced, and its manifest made to agree."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    (folder / name).write_bytes(data)

    def agree(manifest: dict[str, Any]) -> None:
        for file in manifest["files"]:
            if file["name"] == name:
                file |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    return forge(folder, agree)
