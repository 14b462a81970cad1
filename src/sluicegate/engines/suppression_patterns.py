"""What tools take for a comment that switches them off: their own patterns, by language. Pure.

coverage.py and flake8 search the lines as they are, strings too; bandit, ruff and the type checkers look
at comments alone. coverage.py's pragma also matches `no coverage`, bandit's `nosec` also `nosecure`: what the
tool obeys counts, whatever the author meant. The defaults of coverage.py for code that never runs
(`if TYPE_CHECKING:`, a body of `...`) are rules of the language and not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from sluicegate.core.globs import matches_any
from sluicegate.policy.settings import section

Patterns = tuple[tuple[str, re.Pattern[str]], ...]
"""The kind of a suppression, and what matches it."""

LINE_LENGTH = 4_000
"""Longer lines are cut before they are searched: minified code has lines of megabytes."""

_REST = r"[^#\n]*"


def _patterns(*pairs: tuple[str, str]) -> Patterns:
    return tuple((kind, re.compile(pattern)) for kind, pattern in pairs)


PYTHON_TEXT = _patterns(
    # coverage.config.DEFAULT_EXCLUDE[0] and DEFAULT_PARTIAL[0]; a test holds them equal.
    ("no-cover", r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)"),
    ("no-branch", r"#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(branch|BRANCH)"),
    # flake8.defaults.NOQA_INLINE_REGEX and NOQA_FILE
    ("noqa", r"(?i:# (?:flake8[:=]\s*)?noqa)" + _REST),
)
"""Searched in the text of a Python source as a whole, strings and line ends included."""

PYTHON_COMMENTS = _patterns(
    ("noqa", r"(?i:#\s*(?:(?:flake8|ruff)\s*[:=]\s*)?noqa\b)" + _REST),
    ("noqa", r"#\s*ruff\s*:\s*(?:disable|ignore|file-ignore)\b" + _REST),
    # bandit.core.manager.NOSEC_COMMENT
    ("nosec", r"#\s*nosec" + _REST),
    ("nosec", r"#\s*(?:nosem(?:grep)?\b|NOSONAR|gitleaks:allow|lgtm\b|codeql\[)" + _REST),
    ("type-ignore", r"#\s*(?:type|pyright|ty|pyre)\s*:\s*ignore(?![A-Za-z0-9_])" + _REST),
    ("type-ignore", r"#\s*pyre-(?:ignore|fixme|unsafe)\b" + _REST),
    (
        "type-ignore",
        r"#\s*(?:mypy\s*:\s*(?:ignore|disable|allow)|pyright\s*:\s*(?:basic|report\w+\s*=))" + _REST,
    ),
    # pylint.utils.pragma_parser.OPTION_PO: the word may stand behind others
    ("pylint-disable", r"#[^#\n]*?\bpylint:\s*(?:disable|skip-file)" + _REST),
)
"""Searched in the comments of a Python source."""

_COMMENT = r"(?://|/\*|#|--|<!--|;|%)\s*"
_SLASHES = r"(?://|/\*|<!--)\s*"
_SCANNERS = (
    r"(?:nosem(?:grep)?\b|gitleaks:allow|(?:tfsec|trivy|zizmor):\s*ignore\b|checkov:skip|(?:lgtm|codeql)\[).*"
)

_ANY = (
    ("eslint-disable", _SLASHES + r"eslint-disable\b.*"),
    ("lint-disable", _SLASHES + r"(?:biome-ignore|(?:oxlint|stylelint|ktlint|markdownlint)-disable)\b.*"),
    ("lint-disable", _SLASHES + r"(?:deno-lint-ignore|(?:tslint|swiftlint|phpcs):(?:disable|ignore))\b.*"),
    ("lint-disable", _SLASHES + r"(?:jshint\s+ignore:|CHECKSTYLE[:.]OFF).*"),
    ("lint-disable", r"#\s*(?:rubocop:(?:disable|todo)\b|shellcheck\s+disable=|yamllint\s+disable\b).*"),
    ("lint-disable", r"#\s*hadolint\s+(?:global\s+)?ignore=.*"),
    ("istanbul-ignore", _SLASHES + r"(?:istanbul|c8|v8)\s+ignore\b.*"),
    ("no-cover", _SLASHES + r"(?:node:coverage\s+(?:disable|ignore)|coverage:ignore)\b.*"),
    ("no-cover", r"\b(?:LCOV|GCOVR?)_EXCL_\w+|@codeCoverageIgnore\w*|#\s*:nocov:"),
    ("no-cover", r"#\[coverage\(off\)\]|\[ExcludeFromCodeCoverage\b"),
    ("type-ignore", r"(?://|/\*)\s*@ts-(?:ignore|nocheck|expect-error)\b.*|\$Flow(?:FixMe|Ignore)\b.*"),
    ("nolint", r"(?://|/\*|#)\s*NOLINT(?:NEXTLINE|BEGIN)?\b.*|//\s*nolint\b.*"),
    ("nosec", r"(?://|/\*|#)\s*#?nosec\b.*|" + _COMMENT + _SCANNERS),
    ("no-sonar", _COMMENT + r"NOSONAR\b.*"),
)
_JVM = "java kt kts scala groovy"
_WEB = "js jsx mjs cjs ts tsx mts cts vue svelte"
_OF_LANGUAGE = (
    (_JVM, "lint-disable", r"@Suppress(?:Warnings|FBWarnings|Lint)?\b.*"),
    ("rs", "lint-disable", r"#!?\[(?:allow|expect)\(.*"),
    ("rs", "test-skip", r"#\[ignore\b.*"),
    ("cs", "lint-disable", r"#pragma\s+warning\s+disable\b.*"),
    ("cs", "test-skip", r"\[(?:Ignore|Explicit)\b.*|\bSkip\s*=\s*\".*"),
    ("swift", "test-skip", r"\bXCTSkip(?:If|Unless)?\b.*"),
    ("php", "lint-disable", r"@(?:phpstan-ignore|psalm-suppress|phan-suppress)[\w-]*.*"),
    ("php", "test-skip", r"\bmarkTest(?:Skipped|Incomplete)\b.*"),
)
_OF_TESTS = (
    (
        _WEB,
        "test-skip",
        r"(?<![.\w$])(?:it|test|describe|suite|context|specify)(?:\.\w+)*\.(?:skip|only|todo)\b",
    ),
    (_WEB, "test-skip", r"(?<![.\w$])(?:it|test|describe)(?:\.\w+)*\.(?:skipIf|fails|failing|fixme)\b"),
    (_WEB, "test-skip", r"(?<![.\w$])(?:xit|xtest|xdescribe|xcontext|fit|fdescribe)\s*\(|\bthis\.skip\(\)"),
    (_JVM, "test-skip", r"@(?:Disabled(?:If\w*|On\w*)?|Ignore)\b.*"),
    ("go", "test-skip", r"\b[tbf]\.Skip(?:f|Now)?\(.*"),
    ("rb", "test-skip", r"^\s*(?:x(?:it|describe|context|specify)|skip|pending)\b.*"),
)
_UNSAFE = frozenset({"nosec", "no-sonar", "no-cover", "istanbul-ignore"})
_NOQA = re.compile(r"(?i:noqa)\s*:\s*(?P<codes>(?:[,\s]*[A-Za-z]+[0-9]+\b)*)|\[(?P<listed>[^]]*)\]")
_CODE = re.compile(r"[A-Za-z]+[0-9]+")
_SECURITY_CODE = re.compile(r"[Ss][0-9]+")
_PROSE = frozenset({"md", "markdown", "rst", "txt", "adoc", "asciidoc", "org", "tex"})


def is_test(path: str) -> bool:
    """Does the name mark a test file for the usual runners?"""
    return matches_any(section("source").keys["tests"].default, path)


def is_unsafe(kind: str, key: str) -> bool:
    """Does a suppression silence checks of security, or take lines out of the coverage?

    So do `nosec` and `no cover`, and a `noqa` that names a rule `S…` (ruff's and flake8-bandit's) or none.
    `key` is its text.
    """
    if kind == "nolint":
        return "gosec" in key or not re.search(r"nolint\s*:|NOLINT", key)
    if kind != "noqa":
        return kind in _UNSAFE
    match = _NOQA.search(key)
    codes = _CODE.findall(match["codes"] or match["listed"] or "") if match else []
    return not codes or any(map(_SECURITY_CODE.fullmatch, codes))


def of_file(path: str) -> Patterns:
    """The patterns of a file that is not Python; prose, which only mentions them, has none."""
    return _of(PurePosixPath(path).suffix.lower()[1:], tests=is_test(path))


@cache
def _of(ending: str, *, tests: bool) -> Patterns:
    if ending in _PROSE:
        return ()
    rows = (*_OF_LANGUAGE, *(_OF_TESTS if tests else ()))
    return _patterns(*_ANY, *((kind, text) for endings, kind, text in rows if ending in endings.split()))


def matches(text: str, patterns: Patterns) -> Iterator[tuple[str, str]]:
    """The kind and the text of each suppression in a line or a comment, white space made one space."""
    for kind, pattern in patterns:
        for match in pattern.finditer(text[:LINE_LENGTH]):
            yield kind, " ".join(match[0].split())
