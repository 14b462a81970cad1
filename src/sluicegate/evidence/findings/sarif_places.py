"""Where a SARIF result points: file, lines and source text.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sluicegate.core.text import cut, one_line
from sluicegate.evidence.findings.meant import MAX_PATH
from sluicegate.evidence.json_file import at, item, line, mapping, sequence, text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C: is a drive
_DRIVE = re.compile(r"/[A-Za-z]:/")
_MAX_BASES = 10


@dataclass(frozen=True, slots=True)
class SarifLocation:
    """A place in a file.

    Attributes:
        path: with forward slashes, relative or absolute as the file has it; empty for none.
        line, end_line: 1-based; 0 when unknown.
        snippet: the source text of the region; empty when the file does not have it.
    """

    path: str = ""
    line: int = 0
    end_line: int = 0
    snippet: str = ""


class SarifArtifacts:
    """The artifacts and base directories of one run."""

    def __init__(self, run: object) -> None:
        self._bases = mapping(at(run, "originalUriBaseIds"))
        self._artifacts = at(run, "artifacts")

    def of(self, result: object) -> SarifLocation:
        """The place of a result: the first of its locations that is in a file."""
        for location in sequence(at(result, "locations")):
            physical = at(location, "physicalLocation")
            path = self.path(at(physical, "artifactLocation"))
            if path:
                region = at(physical, "region")
                first = line(at(region, "startLine"))
                last = max(line(at(region, "endLine")), first) if first else 0
                return SarifLocation(path, first, last, text(at(region, "snippet", "text")))
        return SarifLocation(self.path(at(result, "analysisTarget")))

    def path(self, location: object) -> str:
        """The path of an `artifactLocation` (section 3.4), joined with its base directories."""
        if at(location, "uri") is None:
            location = at(item(self._artifacts, at(location, "index")), "location")
        uri = text(at(location, "uri"), MAX_PATH)
        base = text(at(location, "uriBaseId"), MAX_PATH)
        for _ in range(_MAX_BASES):  # bases may refer to each other, also in a circle
            if not base or uri.startswith("/") or _SCHEME.match(uri):
                break
            directory = self._bases.get(base)
            prefix = text(at(directory, "uri"), MAX_PATH)
            uri = f"{prefix.rstrip('/')}/{uri}" if prefix else uri
            base = text(at(directory, "uriBaseId"), MAX_PATH)
        return as_path(uri)


def as_path(uri: str) -> str:
    """The path of a URI: percent signs decoded, `file:` and a leading `./` removed.

    `file:///C:/x` is `C:/x`. A URI of another scheme stays as it is. Backslashes, which some
    tools write though a URI has none, become slashes.
    """
    if uri[:5].lower() == "file:":
        path = uri[5:]
        if path.startswith("//"):
            path = "/" + path[2:].partition("/")[2]
        path = path[1:] if _DRIVE.match(path) else path
    elif _SCHEME.match(uri):
        return cut(one_line(uri), MAX_PATH)
    else:
        path = uri
    path = unquote(path).replace("\\", "/")
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return cut(one_line(path), MAX_PATH)
