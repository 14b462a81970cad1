"""bandit's checks over syntax trees that are parsed already, with findings equal to its command line's.

bandit makes a context of ten values for every node, lists all lines of a node, and tokenizes every file for
`# nosec`. Here its own checks see the same contexts, but

- a context is made only for nodes that bandit's visitor or a check wants;
- lines are a `range`, not a list, so that a long literal is not quadratic;
- a file is tokenized only when its bytes contain `nosec`;
- checks run first without the bookkeeping around them. Only when one finds something does bandit's own
  tester run them again, so that bandit's code alone decides what a finding says and which `# nosec` counts.

This module imports bandit, which takes a tenth of a second: import it when there is work.
"""

from __future__ import annotations

import ast
import io
import logging
import os
import re
import sys
import tokenize
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sluicegate.core.errors import EngineError
from sluicegate.core.model import Finding
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.isolation import importing_plugins
from sluicegate.engines.syntax import Parsed, quiet
from sluicegate.evidence.findings import severity
from sluicegate.evidence.findings.fingerprint import fingerprint

_format = warnings.formatwarning
with quiet(), importing_plugins(os.environ):  # bandit's plugin loader warns about itself
    from bandit.core import config as bandit_config
    from bandit.core import context as bandit_context
    from bandit.core import docs_utils, extension_loader, manager, meta_ast, metrics, node_visitor
    from bandit.core import issue as bandit_issue
    from bandit.core import test_set as bandit_tests
    from bandit.core import utils as bandit_utils
warnings.formatwarning = _format  # bandit replaces it for the whole process

_DEPTH = 12_000
"""Recursion limit of a walk: the parser allows trees of some 3,000 levels, at two calls a level
and a check's own recursion on top. Frames of Python code take no C stack from 3.11 on."""

_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"(?i)utf-?8(-sig)?|(us-)?ascii|latin-?1|iso-8859-\d+|cp125\d|windows-125\d")
_OPERATORS = frozenset({"ctx", "op", "ops", "type_comment", "kind", "level", "conversion", "is_async"})

_LONG_DICTIONARY = 100

Test = Callable[..., Any]
Check = tuple[Test, bool]
"""A check with its settings bound, and whether it is one of bandit's own: those leave the context
as it is, so they share one."""

Node = Any
"""A node of a syntax tree, on which bandit leaves marks that `ast.AST` does not declare."""

_Plan = tuple[tuple[str, ...], Callable[[Node], None] | None]


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
        self._checks = {kind: [_bound(test) for test in tests] for kind, tests in self._tests.tests.items()}
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
        plain = _is_ascii_based(data.data)
        nosec = {} if self.settings.ignore_nosec else _nosec_lines(data.data, plain)
        name = f"./{path}"
        counts = metrics.Metrics()
        counts.begin(name)
        visitor = node_visitor.BanditNodeVisitor(
            name, io.BytesIO(data.data), meta_ast.BanditMetaAst(), self._tests, False, nosec, counts
        )
        visitor.tester.report_error = self._failed
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _DEPTH))
        try:
            _TreeWalk(visitor, self._checks).file(data.tree, text=not (plain and data.data.isascii()))
        finally:
            sys.setrecursionlimit(limit)
        found = [_finding(issue, data, known_as or path) for issue in visitor.tester.results]
        return sorted(found, key=lambda f: (f.line, f.end_line, f.rule, f.message))

    def signature(self) -> str:
        """Which checks these are, in text: the same text, the same findings in the same file."""
        names = {(kind, _identity(test)) for kind, tests in self._tests.tests.items() for test in tests}
        return repr(sorted(names))

    def _failed(self, *_: object) -> None:
        self.failures += 1


def _test_set(settings: BanditSettings) -> bandit_tests.BanditTestSet:
    """bandit's set of checks, chosen as its command line chooses them."""
    where = settings.config_file.rpartition("/")[2] or ".bandit"
    try:
        config = bandit_config.BanditConfig(settings.config_file or None)
        profile: dict[str, Any] = {
            "include": set(config.get_option("tests") or []),
            "exclude": set(config.get_option("skips") or []),
        }
        if settings.profile:
            profile = (config.get_option("profiles") or {})[settings.profile]
        profile["include"].update(settings.tests)
        profile["exclude"].update(settings.skips)
        extension_loader.MANAGER.validate_profile(profile)
        tests = bandit_tests.BanditTestSet(config, profile)
    except (bandit_utils.ConfigError, ValueError, TypeError, KeyError, AttributeError) as error:
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


def _bound(test: Test) -> Check:
    marks = vars(test)
    call = (lambda context: test(context, marks["_config"])) if "_config" in marks else test
    return call, test.__module__.startswith("bandit.")


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
                lines[token.start[0]] = silenced
    except (tokenize.TokenError, SyntaxError, ValueError):
        return lines  # as far as it goes: fewer silenced lines, never more
    return lines


def _finding(issue: bandit_issue.Issue, data: Parsed, path: str) -> Finding:
    """bandit's issue; its confidence and weakness (CWE, and OWASP's category by MITRE) are in the message."""
    first, rule = issue.lineno, issue.test_id
    last = max(issue.linerange[-1], first) if issue.linerange else first
    category = severity.owasp(issue.cwe.id)
    words = (f"CWE-{issue.cwe.id}" if issue.cwe.id else "", f"OWASP {category}" if category else "")
    notes = ", ".join(filter(None, (*words, f"confidence {issue.confidence.lower()}")))
    return Finding(
        rule=rule,
        severity=severity.from_bandit(issue.severity),
        message=f"{issue.text} ({notes})",
        path=path,
        line=first,
        end_line=last,
        fingerprint=fingerprint(rule, path, data.text(first, last).decode("utf-8", "replace")),
        tool="bandit",
        help=docs_utils.get_url(rule),
    )


class _TreeWalk:
    """One walk over one tree, in the order of bandit's own visitor."""

    def __init__(self, visitor: node_visitor.BanditNodeVisitor, checks: dict[str, list[Check]]) -> None:
        self._visitor = visitor
        self._checks = checks
        self._tester = visitor.tester
        visitor.tester = self  # the visitor's own methods run checks through `run_tests`
        visitor.update_scores = lambda _: None  # sums of severities, which are not used here
        self._plans: dict[type[ast.AST], _Plan] = {}

    def file(self, tree: ast.Module, *, text: bool) -> None:
        """Walk a file, then run the checks of its text.

        `text` is False when the file is pure ASCII: bandit's one check of the text looks for
        bidirectional control characters (B613).
        """
        self._children(tree)
        checks = self._checks.get("File", [])
        if text or len(checks) > 1:
            frame = {"filename": self._visitor.fname, "file_data": self._visitor.fdata}
            self.run_tests({**frame, "lineno": 0, "linerange": [0, 1], "col_offset": 0}, "File")
        self._visitor.tester = self._tester

    def run_tests(self, raw: dict[str, Any], kind: str) -> dict[str, list[int]]:
        """Run the checks for a kind of node; bandit's tester takes over at the first finding."""
        shared = bandit_context.Context(raw)
        for check, shares in self._checks.get(kind, ()):
            try:
                context = shared if shares else bandit_context.Context(raw.copy())
                found = check(context) is not None
            except Exception:  # whatever a plugin raises, bandit's tester deals with it
                found = True
            if found:
                self._tester.run_tests(raw, kind)
                break
        return {"SEVERITY": [], "CONFIDENCE": []}

    def _children(self, node: Node) -> None:
        kind = node.__class__
        if kind is ast.Dict and len(node.keys) > _LONG_DICTIONARY:
            node.keys = _DictKeys(node.keys)
        plan = self._plans.get(kind) or self._plan(kind)
        for name in plan[0]:
            value = getattr(node, name, None)
            if isinstance(value, list):
                following = [*value[1:], None]
                for item, sibling in zip(value, following, strict=False):
                    if isinstance(item, ast.AST):
                        self._enter(item, node, sibling)
            elif isinstance(value, ast.AST):
                self._enter(value, node, None)

    def _enter(self, node: Node, parent: Node, sibling: Node) -> None:
        node._bandit_sibling = sibling
        node._bandit_parent = parent
        kind = node.__class__
        if kind is ast.Constant:
            self._constant(node, parent)
            return
        plan = self._plans.get(kind) or self._plan(kind)
        if plan[1] is not None:
            plan[1](node)
        if plan[0]:
            self._children(node)
            if kind is ast.FunctionDef or kind is ast.ClassDef:
                self._visitor.post_visit(node)

    def _plan(self, kind: type[ast.AST]) -> _Plan:
        """Which fields of a type of node hold nodes, and what to do at one."""
        visitor, name = self._visitor, kind.__name__
        visit = getattr(visitor, f"visit_{name}", None)

        def act(node: Node) -> None:
            context = self._context(node)
            if visit is None:
                self.run_tests(context, name)
            else:
                visitor.context = context
                visit(node)

        fields = tuple(field for field in kind._fields if field not in _OPERATORS)
        plan = self._plans[kind] = fields, act if visit is not None or name in self._checks else None
        return plan

    def _constant(self, node: ast.Constant, parent: Node) -> None:
        """A string or bytes literal that is no docstring; bandit places it at its parent's lines."""
        kind = "Str" if isinstance(node.value, str) else "Bytes" if isinstance(node.value, bytes) else ""
        if kind in self._checks and parent.__class__ is not ast.Expr:
            more = {kind.lower(): node.value, "linerange": _lines(parent)}
            self.run_tests({**self._context(node), **more}, kind)

    def _context(self, node: Node) -> dict[str, Any]:
        visitor = self._visitor
        context = {
            "imports": visitor.imports,
            "import_aliases": visitor.import_aliases,
            "node": node,
            "linerange": _lines(node),
            "filename": visitor.fname,
            "file_data": visitor.fdata,
        }
        for name in ("lineno", "col_offset", "end_col_offset"):
            if hasattr(node, name):
                context[name] = getattr(node, name)
        return context


class _DictKeys(list[Node]):
    """The keys of a long dictionary literal. bandit asks of every string in one whether it is
    among them (B105), which would take time quadratic in its length."""

    def __init__(self, keys: list[Node]) -> None:
        super().__init__(keys)
        self._places = {id(key): place for place, key in enumerate(keys)}

    def __contains__(self, key: object) -> bool:
        return id(key) in self._places


def _lines(node: Node) -> range | list[int]:
    """The lines of a node; bandit's own answer where a node has no line of its own.

    bandit asks for the lines of such a node twice, and means the second answer, which it takes
    from its cache.
    """
    if hasattr(node, "lineno"):
        return range(node.lineno, node.end_lineno + 1)
    bandit_utils.linerange(node)
    found: list[int] = bandit_utils.linerange(node)
    return found
