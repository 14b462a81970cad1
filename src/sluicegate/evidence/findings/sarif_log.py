"""A SARIF log from the disk: the document, its runs made whole, and why it is refused.

A log without results never counts as "no findings": a log without runs, and a run without `results`, are
refused, as the upload of GitHub refuses them: "Missing 'results' array in run" (github/codeql-action,
`countResultsInSarif`), "1 item required; only 0 were supplied" (its issue 390).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence import json_file
from sluicegate.evidence.findings import sarif_shape as shape
from sluicegate.evidence.findings.sarif_external import ExternalFiles, ExternalProperties, Load
from sluicegate.evidence.findings.sarif_rules import MAX_RULE, tool_of
from sluicegate.evidence.findings.sarif_shape import SarifTypeError
from sluicegate.evidence.json_file import at, sequence, text
from sluicegate.evidence.json_text import line_of
from sluicegate.evidence.limits import opened, read_bytes

SEE_LOG = "See the log of the tool that wrote the report."
"""The remedy for what the tool itself could not do."""

_DRIVER = re.compile(rb'"driver"\s*:\s*\{[^{}\[\]]{0,2000}?"name"\s*:\s*"([^"\\]{1,200})"')
_DRIVER_WITHIN = 1 << 20


@dataclass(frozen=True, slots=True)
class SarifLog:
    """A SARIF log.

    Attributes:
        runs: made whole.
        digest: SHA-256 of its bytes.
        note: what was tolerated in it.
        externals: the SHA-256 of each external property file, by its path as the log has it.
    """

    runs: list[object]
    digest: str
    note: str
    externals: Mapping[str, str]


def load_log(path: Path, shown: str, placed: Mapping[str, Path] | None = None) -> SarifLog:
    """The log at a path; `placed` is where its external property files are (see `ExternalFiles`).

    Raises:
        EvidenceError: not SARIF 2.1.0, not JSON, over a limit, of the wrong shape, or without results.
    """
    document, digest, note = _loaded(path, shown)
    _check_version(document, shown)
    files = ExternalFiles(path, shown, placed)
    try:
        return SarifLog(_runs(document, files.load), digest, note, files.digests)
    except SarifTypeError as error:
        raise _damaged(path, shown, document, error) from error
    except EvidenceError as error:
        raise EvidenceError(error.what, where=shown, remedy=error.remedy or SEE_LOG) from error


def _loaded(path: Path, shown: str) -> tuple[object, str, str]:
    """The document, its digest, and what was tolerated in it."""
    try:
        return *json_file.load(path, shown), ""
    except EvidenceError as strict:
        if "is not a JSON number" not in strict.what:
            raise _by_whom(path, strict) from strict
        return *json_file.load(path, shown, nan_allowed=True), "numbers such as NaN read as unknown"


def _by_whom(path: Path, error: EvidenceError) -> EvidenceError:
    """The error, with the tool that wrote the damaged file, where its text still names it."""
    found = None
    with contextlib.suppress(EvidenceError), opened(path, error.where) as stream:
        found = _DRIVER.search(stream.read(_DRIVER_WITHIN))
    if not found:
        return error
    tool = cut(one_line(found[1].decode("utf-8", "replace")), MAX_RULE)
    return EvidenceError(f"{error.what} (written by {tool})", where=error.where, remedy=error.remedy)


def _check_version(document: object, shown: str) -> None:
    """Refuse a document that is not a SARIF log of the supported version, or has no runs."""
    runs, version = at(document, "runs"), text(at(document, "version"))
    if not version.startswith("2.1."):
        raise EvidenceError(
            f"is JSON, but not a SARIF 2.1.0 log (version {cut(one_line(version), 20) or 'missing'!r})",
            where=shown,
            remedy="Let the tool write SARIF 2.1.0; older versions are not read.",
        )
    if not runs and (runs is None or isinstance(runs, list)):
        what = "null" if isinstance(document, dict) and "runs" in document else "missing"
        found = "holds no run" if runs is not None else f"has no runs (`runs` is {what})"
        raise EvidenceError(
            f"is a SARIF {cut(one_line(version), 20)} log that {found}: nothing shows that a tool scanned",
            where=shown,
            remedy="See the log of the tool that should have written it.",
        )


def _runs(document: object, load: Load) -> list[object]:
    """The runs, whole and of the right shape, each with results."""
    runs = at(document, "runs")
    if not isinstance(runs, list):
        raise SarifTypeError(("runs",), runs, list)
    externals, whole = ExternalProperties(document, load), []
    for position, run in enumerate(runs):
        shape.check_run(run, ("runs", position))
        completed = externals.complete(run)
        if reason := shape.why_no_results(completed):
            tool, _ = tool_of(completed)
            of_tool = f" of {cut(one_line(tool), 60)}" if tool else ""
            remedy = f"Upgrade {tool}: old versions write this when they find nothing."
            raise EvidenceError(
                f"holds a run{of_tool} without results: {reason}",
                remedy=remedy if tool.lower() in shape.OLD_VERSIONS_SAY_NOTHING else SEE_LOG,
            )
        whole.append(completed)
    externals.check_used()
    return whole


def _damaged(path: Path, shown: str, document: object, error: SarifTypeError) -> EvidenceError:
    """The error for a log of the wrong shape: line, element and producer."""
    line = 0
    with contextlib.suppress(EvidenceError):
        line = line_of(read_bytes(path, shown, limit=json_file.MAX_JSON)[0], error.path)
    names = dict.fromkeys(tool_of(run)[0] for run in sequence(at(document, "runs")))
    tools = ", ".join(filter(None, names))
    place, writer = f", at line {line:,}" if line else "", f" (written by {tools})" if tools else ""
    return EvidenceError(f"is damaged: {error}{place}{writer}", where=shown, remedy=SEE_LOG)
