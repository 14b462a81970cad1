"""What makes a SARIF result the same one in another log: the tool's own print, or what it is about. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass

from sluicegate.evidence.findings.sarif_places import SarifLocation
from sluicegate.evidence.json_file import at, mapping, text

_PRINT = re.compile(r"\S{8,}\Z")
_OF_THE_COMMIT = frozenset({"commitsha", "email", "author", "date", "commitmessage"})
"""What Gitleaks writes as prints (`report/sarif.go`): of the commit, the same for all that it holds."""

_PLACEHOLDERS = frozenset({"requires login"})
"""What Semgrep writes in place of a print, or of source text, for people who are not logged in.

Source: semgrep/semgrep issue 10734; since version 1.100.
"""


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
