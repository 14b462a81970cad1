"""Where a SARIF result points (file, lines and source text), and what makes it the same one in another log.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from urllib.parse import unquote

from sluicegate.core.text import cut, one_line
from sluicegate.evidence.findings.meant import MAX_PATH
from sluicegate.evidence.json_file import at, item, line, mapping, sequence, text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: C: is a drive
_DRIVE = re.compile(r"/[A-Za-z]:/")
_MAX_BASES = 10

_PRINT = re.compile(r"\S{8,}\Z")
_OF_THE_COMMIT = frozenset({"commitsha", "email", "author", "date", "commitmessage"})
"""What Gitleaks writes as prints (`report/sarif.go`): of the commit, the same for all that it holds."""

_PLACEHOLDERS = frozenset({"requires login"})
"""What Semgrep writes in place of a print, or of source text, for people who are not logged in.

Source: semgrep/semgrep issue 10734; since version 1.100.
"""


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


@dataclass(frozen=True, slots=True)
class ResultSubject:
    """The subject of a result.

    Attributes:
        rule: its rule.
        print: the tool's own print; empty where it has none that can be one.
        place: its location.
        message: its message.
    """

    rule: str
    print: str
    place: SarifLocation
    message: str

    @property
    def snippet(self) -> str:
        """The source text; empty where the log has none."""
        found = " ".join(self.place.snippet.split())
        return "" if found in _PLACEHOLDERS else found


def own_print(result: object) -> str:
    """The print that the tool gives a result (sections 3.27.17 and 3.27.18); empty for none.

    A print is one word of at least eight characters: `requires login` names nothing.
    """
    for key in ("partialFingerprints", "fingerprints"):
        found = [(text(k), text(v)) for k, v in sorted(mapping(at(result, key)).items())]
        kept = [f"{k}={v}" for k, v in found if _PRINT.match(v) and k.lower() not in _OF_THE_COMMIT]
        if kept:
            return "\n".join(kept)
    return ""


def shared(subjects: Iterable[ResultSubject]) -> Set[tuple[str, str]]:
    """The prints, each with its rule, that a tool gives to results about different things.

    Different is source text; where the log has none, a message that differs on another line.
    """
    seen: dict[tuple[str, str], set[tuple[str, str, int, str]]] = defaultdict(set)
    for subject in subjects:
        if subject.print:
            place = (
                ("", 0, "") if subject.snippet else (subject.place.path, subject.place.line, subject.message)
            )
            seen[subject.rule, subject.print].add((subject.snippet, *place))
    return {key for key, about in seen.items() if _differ(about)}


def _differ(about: Set[tuple[str, str, int, str]]) -> bool:
    snippets = {snippet for snippet, *_ in about}
    if len(snippets) > 1:
        return True
    places = {(path, line) for _, path, line, _ in about}
    return len(places) > 1 and len({message for *_, message in about}) > 1


def content(subject: ResultSubject, useless: Set[tuple[str, str]]) -> str:
    """The content that distinguishes a result from others of its rule and file, without its line."""
    own = "" if (subject.rule, subject.print) in useless else subject.print
    return own or subject.snippet or subject.message
