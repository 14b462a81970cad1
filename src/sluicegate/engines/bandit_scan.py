"""bandit's checks over syntax trees that are parsed already, with findings equal to its command line's.

bandit makes a context of ten values for every node, lists all lines of a node, and tokenizes every file for
`# nosec`. Here its own checks see the same contexts, but

- a context is made only for nodes that bandit's visitor or a check wants;
- lines are a `range`, not a list, so that a long literal is not quadratic;
- a file is tokenized only when its bytes contain `nosec`, and a line with it is looked up, not searched for;
- checks run first without the bookkeeping around them. Only when one finds something does bandit's own
  tester run them again, so that bandit's code alone decides what a finding says and which `# nosec` counts.

This module imports bandit, which takes a tenth of a second: import it when there is work.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import sys
import tokenize
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sluicegate.core.errors import EngineError
from sluicegate.core.model import SEVERITY_ORDER, Finding, Severity
from sluicegate.engines import password_shape, tls_checks
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.bandit_package import (
    config,
    docs_utils,
    extension_loader,
    issue,
    manager,
    meta_ast,
    metrics,
    node_visitor,
    test_set,
    utils,
)
from sluicegate.engines.bandit_walk import Check, Node, Test, TreeWalk
from sluicegate.engines.finding_identity import Identities
from sluicegate.engines.known_findings import Located
from sluicegate.engines.own_rules import UNCHECKED_TLS, tool_of
from sluicegate.engines.password_shape import is_like_a_password, literal_of
from sluicegate.engines.syntax import Parsed
from sluicegate.evidence.findings import severity
from sluicegate.evidence.findings.fingerprint import fingerprint

_DEPTH = 12_000
"""Recursion limit of a walk: the parser allows trees of some 3,000 levels, at two calls a level
and a check's own recursion on top. Frames of Python code take no C stack from 3.11 on."""

_OWN_RULE = re.compile(rf"\b{UNCHECKED_TLS}\b", re.ASCII)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"(?i)utf-?8(-sig)?|(us-)?ascii|latin-?1|iso-8859-\d+|cp125\d|windows-125\d")


_NEAR = 50
"""Lines of a finding's text that its fingerprint takes as they are."""

Flagged = tuple[issue.Issue, Node | None]
"""An issue, and the node at which it was found; None for one of the file's text."""


class Scanner:
    """bandit's checks as the project's settings choose them.

    Attributes:
        settings: the project's.
        failures: how many checks failed inside bandit so far. bandit logs these and goes on.

    Raises:
        EngineError: the settings name an unknown profile, contradict themselves, or leave no check.
    """

    def __init__(self, settings: BanditSettings) -> None:
        logging.getLogger("bandit").setLevel(logging.CRITICAL + 1)
        self.settings = settings
        self._tests = _test_set(settings)
        self._checks = _checks(self._tests)
        for kind in tls_checks.KINDS:
            self._tests.tests.setdefault(kind, []).append(tls_checks.unchecked_certificates)
        self._all_checks = _checks(self._tests)
        self.failures = 0

    def scan(self, data: Parsed, path: str, known_as: str = "") -> list[Finding]:
        """The findings of one file, in the order of their lines; whether they are new is not known.

        Args:
            data: the file, or its version in the base; bandit leaves marks on its tree.
            path: its POSIX path. Checks see it as `bandit -r .` would show it.
            known_as: the path of the findings and their fingerprints; `path` by default.

        Raises:
            RecursionError: the tree is nested too deeply.
        """
        issues = self._issues(data, path, self._nosec(data))
        of = _Findings(data, known_as or path)
        return sorted((of.finding(one) for one, _ in issues), key=_place)

    def locate(self, data: Parsed, path: str, known_as: str = "") -> tuple[list[Located], list[Located]]:
        """The same findings, each with what it is about, and those that `# nosec` silences.

        Arguments and errors are those of `scan`.
        """
        nosec, identities, of = self._nosec(data), Identities(), _Findings(data, known_as or path)

        def located(flagged: Flagged) -> Located:
            one, node = flagged
            finding = of.finding(one)
            identity = identities.of(finding.rule, node, finding.fingerprint, one.ident or "")
            return Located(finding, identity)

        issues = list(self._issues(data, path, nosec))
        silenced = self._silenced(issues, data, path) if nosec else []
        counting, silent = (sorted(map(located, found), key=_of_located) for found in (issues, silenced))
        return counting, silent

    def _silenced(self, counting: Iterable[Flagged], data: Parsed, path: str) -> list[Flagged]:
        """What is found only where no comment counts."""
        failures = self.failures
        known = set(map(_flag, counting))
        found = [flagged for flagged in self._issues(data, path, {}) if _flag(flagged) not in known]
        self.failures = failures
        return found

    def _nosec(self, data: Parsed) -> dict[int, set[str]]:
        return {} if self.settings.ignore_nosec else _nosec_lines(data.data, _is_ascii_based(data.data))

    def _issues(self, data: Parsed, path: str, nosec: dict[int, set[str]]) -> Iterator[Flagged]:
        """bandit's issues in one file, each with the node that was flagged."""
        plain = _is_ascii_based(data.data)
        name = f"./{path}"
        counts = metrics.Metrics()
        counts.begin(name)
        visitor = node_visitor.BanditNodeVisitor(
            name, io.BytesIO(data.data), meta_ast.BanditMetaAst(), self._tests, False, nosec, counts
        )
        visitor.tester.report_error = self._failed
        visitor.tester._get_nosecs_from_contexts = _silencer(nosec)
        checks = self._all_checks if not plain or tls_checks.may_flag(data.data) else self._checks
        walk = TreeWalk(visitor, checks)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _DEPTH))
        try:
            walk.file(data.tree, text=not (plain and data.data.isascii()))
        finally:
            sys.setrecursionlimit(limit)
        return zip(visitor.tester.results, walk.nodes, strict=True)

    def signature(self) -> str:
        """Which checks these are, in text: the same text, the same findings in the same file."""
        names = {(kind, _identity(test)) for kind, tests in self._tests.tests.items() for test in tests}
        return repr(sorted(names))

    def _failed(self, *_: object) -> None:
        self.failures += 1


def _test_set(settings: BanditSettings) -> test_set.BanditTestSet:
    """bandit's set of checks, chosen as its command line chooses them."""
    where = settings.config_file.rpartition("/")[2] or ".bandit"
    try:
        project = config.BanditConfig(settings.config_file or None)
        profile: dict[str, Any] = {
            "include": set(project.get_option("tests") or []),
            "exclude": set(project.get_option("skips") or []),
        }
        if settings.profile:
            profile = (project.get_option("profiles") or {})[settings.profile]
        profile["include"].update(settings.tests)
        profile["exclude"].update(settings.skips)
        extension_loader.MANAGER.validate_profile(profile)
        tests = test_set.BanditTestSet(project, profile)
    except (utils.ConfigError, ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"bandit does not accept its settings: {str(error)[:200]}"
        remedy = "Fix the settings; `bandit -c FILE -r .` shows details."
        raise EngineError(what, where=where, remedy=remedy) from error
    if not tests.tests:
        remedy = "Select at least one test, or switch the gate off in the policy."
        raise EngineError("bandit's settings leave no check to run", where=where, remedy=remedy)
    return tests


def _identity(test: Test) -> tuple[str, ...]:
    """A check's name, and for one that bandit does not bring the state of its module's file."""
    name = (test.__module__, test.__name__)
    module = sys.modules.get(test.__module__)
    file = getattr(module, "__file__", None)
    if test.__module__.startswith("bandit.") or not file:
        return name
    info = Path(file).stat()
    return (*name, str(info.st_size), str(info.st_mtime_ns))


def _checks(chosen: test_set.BanditTestSet) -> dict[str, list[Check]]:
    return {kind: [_bound(test) for test in tests] for kind, tests in chosen.tests.items()}


def _bound(test: Test) -> Check:
    marks = vars(test)
    call = (lambda context: test(context, marks["_config"])) if "_config" in marks else test
    return call, test.__module__.startswith("bandit.") or test is tls_checks.unchecked_certificates


def _is_ascii_based(data: bytes) -> bool:
    """Whether ASCII text looks like itself in the file's declared encoding."""
    declared = _CODING.search(b"\n".join(data.split(b"\n", 2)[:2]))
    return declared is None or _ASCII_BASED.fullmatch(declared[1]) is not None


def _nosec_lines(data: bytes, plain: bool) -> dict[int, set[str]]:
    """Line -> what its `# nosec` silences, by bandit's own reading of the comment."""
    if plain and b"nosec" not in data:
        return {}
    lines = {}
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            silenced = manager._parse_nosec_comment(token.string) if token.type == tokenize.COMMENT else None
            if silenced is not None:
                own = {UNCHECKED_TLS} if _OWN_RULE.search(token.string) else set()
                lines[token.start[0]] = silenced | own
    except (tokenize.TokenError, SyntaxError, ValueError):
        return lines  # as far as it goes: fewer silenced lines, never more
    return lines


def _flag(flagged: Flagged) -> tuple[str, int, int]:
    """What distinguishes an issue in two walks over one tree."""
    found, node = flagged
    return found.test_id, id(node), found.lineno


def _of_located(located: Located) -> tuple[int, int, str, str]:
    return _place(located.finding)


def _how_bad(level: Severity) -> int:
    return -SEVERITY_ORDER[level]


def _place(finding: Finding) -> tuple[int, int, str, str]:
    return finding.line, finding.end_line, finding.rule, finding.message


def _silencer(nosec: Mapping[int, set[str]]) -> Callable[..., set[str] | None]:
    """What the comments of a context silence, as bandit's tester asks for it with every finding: None for no
    comment, an empty set for everything.

    bandit goes through all lines of the context, which takes time quadratic in the length of a statement.
    """
    lines = sorted(nosec)

    def silenced(context: Mapping[str, Any], test_result: issue.Issue | None = None) -> set[str] | None:
        place = bisect_left(lines, context["linerange"][0])
        inside = place < len(lines) and lines[place] in context["linerange"]
        around = nosec[lines[place]] if inside else None
        own = nosec.get(test_result.lineno) if test_result else None
        return None if own is None and around is None else {*(own or ()), *(around or ())}

    return silenced


class _Findings:
    """The findings of one file, for bandit's issues."""

    def __init__(self, data: Parsed, path: str) -> None:
        self._data = data
        self._path = path
        self._digests: dict[int, list[str]] = {}

    def finding(self, found: issue.Issue) -> Finding:
        """The finding; its message names confidence and weakness (CWE, and OWASP's category by MITRE)."""
        first, rule = found.lineno, found.test_id
        last = max(found.linerange[-1], first) if found.linerange else first
        category = severity.owasp(found.cwe.id)
        words = [f"CWE-{found.cwe.id}" if found.cwe.id else "", f"OWASP {category}" if category else ""]
        level = severity.from_bandit(found.severity)
        if rule in password_shape.RULES and is_like_a_password(literal_of(found.text)):
            level = max(level, Severity.MEDIUM, key=_how_bad)
            words.append(password_shape.NOTE)
        notes = ", ".join(filter(None, (*words, f"confidence {found.confidence.lower()}")))
        return Finding(
            rule=rule,
            severity=level,
            message=f"{found.text} ({notes})",
            path=self._path,
            line=first,
            end_line=last,
            fingerprint=self._fingerprint(rule, first, last),
            tool=tool_of(rule),
            help=tls_checks.HELP if rule == UNCHECKED_TLS else docs_utils.get_url(rule),
        )

    def _fingerprint(self, rule: str, first: int, last: int) -> str:
        """Of the lines; the far ones are digested once for all findings.

        bandit places each text of a long literal at all lines that follow it.
        """
        near = min(last, first + _NEAR - 1)
        text = self._data.text(first, near).decode("utf-8", "replace")
        return fingerprint(rule, self._path, f"{text} {self._digest(near + 1, last)}")

    def _digest(self, first: int, last: int) -> str:
        """Of lines; empty for none. White space of any amount is one space, and blank lines are left out."""
        digests = self._digests.setdefault(last, [""])  # by number of lines up to the last one
        while len(digests) <= last - first + 1:
            line = b" ".join(self._data.text(last - len(digests) + 1, last - len(digests) + 1).split())
            more = hashlib.sha256(line + digests[-1].encode()).hexdigest() if line else digests[-1]
            digests.append(more)
        return digests[max(last - first + 1, 0)]
