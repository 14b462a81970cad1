"""What makes two findings the same one, and which findings a change brought. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from sluicegate.core.change import FileChange
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Finding
from sluicegate.evidence.findings.meant import ChangedPaths


def fingerprint(rule: str, path: str, snippet: str) -> str:
    """A SHA-256 in hexadecimal of what a finding is about, stable over line moves.

    White space of any amount in the source text counts as one space, so that a new indentation keeps it.
    """
    digest = hashlib.sha256()
    for part in (rule, path, " ".join(snippet.split())):
        data = part.encode("utf-8", "replace")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def mark_new_by_lines(findings: Iterable[Finding], meanings: ChangedPaths) -> tuple[Finding, ...]:
    """The findings with `new` decided by the lines that the change added.

    New is a finding whose lines meet an added line, any in a file that the change added, any in a changed
    file whose lines are not known, and any without a line of its own in an edited file; where its path may
    mean several changed files, in one of them. A finding without a path cannot be told and stays as it is,
    unless a name in the change is nothing but blanks; so does one that already says.

    The findings are of one report, with paths as `resolve_findings` left them, and `meanings` of those paths.
    """
    return tuple(
        finding
        if finding.new is not None or not (finding.path or meanings.of(""))
        else replace(finding, new=any(_adds(file, finding) for file in meanings.of(finding.path)))
        for finding in findings
    )


_MANIFESTS = (
    "**/{package,package-lock,npm-shrinkwrap,composer,packages.lock,project.assets,deno}.json",
    "**/{package,packages,yarn,bun,Cargo,poetry,uv,pdm,Pipfile,Gemfile,composer,mix,pubspec,deno,Podfile,conan}.lock",
    "**/{pnpm-lock.yaml,pubspec.yaml,go.mod,go.sum,gradle.lockfile,Cargo.toml,pyproject.toml,Pipfile,Gemfile}",
    "**/{pom.xml,build.gradle,build.gradle.kts,packages.config,requirements*.txt,*.csproj,Package.resolved}",
)
"""What lists dependencies. GitHub's SARIF support requires a `startLine`, so scanners of these write
line 1 for what they know no line of: every edit of the file may have brought that."""


def _adds(file: FileChange, finding: Finding) -> bool:
    """Did the change to the file bring the finding?"""
    if file.is_obscure or not file.old_path:
        return True
    if finding.line <= 0 or (finding.end_line <= 1 and matches_any(_MANIFESTS, file.path)):
        return bool(file.added or file.removed)
    rest = file.added >> finding.line
    first = (rest & -rest).bit_length() - 1  # lines from ours to the next added one
    return 0 <= first <= max(finding.end_line - finding.line, 0)
