"""Settles the paths of findings on the files of the repository, and their fingerprints with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sluicegate.core.model import Finding
from sluicegate.evidence.findings.fingerprint import fingerprint
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import FindingsRecord


def resolve_findings(record: FindingsRecord, index: PathIndex) -> FindingsRecord:
    """The record with the repository's own paths.

    A path that is no file of the repository is listed in `unresolved`, and its findings stay, with
    the path as the tool wrote it: a finding is never lost. To be called once on a record that
    a reader made: the readers leave the path out of the fingerprints, since it differs from
    machine to machine, and here it enters them.
    """
    paths = dict.fromkeys(f.path for f in (*record.security, *record.lint) if f.path)
    resolved = index.resolve_all(paths)
    missing = {path for path, found in resolved.items() if found is None}
    return replace(
        record,
        security=tuple(_settle(finding, resolved) for finding in record.security),
        lint=tuple(_settle(finding, resolved) for finding in record.lint),
        unresolved=tuple(sorted(missing.union(record.unresolved))),
    )


def _settle(finding: Finding, resolved: Mapping[str, str | None]) -> Finding:
    path = resolved.get(finding.path) or finding.path
    return replace(finding, path=path, fingerprint=fingerprint(finding.rule, path, finding.fingerprint))
