"""Environment variables that sources in eight other languages read, by scanned text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sluicegate.release.impact.code_text import Source, scan
from sluicegate.release.impact.settings_key import Key, variable

_Q = r"['\"`]"
_V = r"(?P<name>[A-Za-z_]\w{0,127})"
_FALLBACK = (
    rf"(?:\s*(?:\?\?|\|\|)\s*(?P<default>{_Q}[^'\"`\n]{{0,200}}{_Q}|-?\d[\w.]{{0,30}}|true\b|false\b))?"
)
_SECOND = r"(?:\s*,\s*(?P<default>['\"][^'\"\n]{0,200}['\"]|-?\d[\w.]{0,30}|true\b|false\b|nil\b|null\b))?"
_ENV = r"(?:process\.env|import\.meta\.env|Bun\.env)"

_GET = (
    r"\b(?:env|configService|config)\.get(?:OrThrow)?(?:<[\w ]+>)?"
    rf"\(\s*{_Q}(?P<name>[A-Z][A-Z0-9_]+){_Q}{_SECOND}"
)

_SHAPES: Mapping[str, Sequence[str]] = {
    "script": (
        rf"\b{_ENV}(?:\?)?\.{_V}\b(?!\s*\()(?!\s*=[^=>]){_FALLBACK}",
        rf"\b{_ENV}(?:\?\.)?\[\s*{_Q}{_V}{_Q}\s*\]{_FALLBACK}",
        rf"\bDeno\.env\.get\(\s*{_Q}{_V}{_Q}\s*\){_FALLBACK}",
        _GET,
    ),
    "ruby": (
        rf"\bENV\[\s*['\"]{_V}['\"]\s*\](?:\s*\|\|=?\s*(?P<default>['\"][^'\"\n]{{0,200}}['\"]|\d[\d_]*))?",
        rf"\bENV\.(?:fetch|key\?|include\?|has_key\?)\(?\s*['\"]{_V}['\"]{_SECOND}",
        rf"\bENV\.fetch\(\s*['\"]{_V}['\"]\s*\)\s*\{{\s*(?P<default>['\"][^'\"\n]{{0,200}}['\"]|\d[\d_]*)\s*\}}",
    ),
    "go": (
        rf"\bos\.(?:Getenv|LookupEnv)\(\s*\"{_V}\"\s*\)",
        rf"\b(?:env|envconfig):\"{_V}[\",](?:[^`\n]{{0,200}}?\b(?:envDefault|default):\"(?P<default>[^\"\n]{{0,200}})\")?",
        rf"\bBindEnv\(\s*\"[^\"\n]{{1,100}}\"\s*,\s*\"{_V}\"",
    ),
    "java": (
        rf"\bSystem\.getenv\(\s*\"{_V}\"\s*\)",
        rf"\bsys\.env(?:\.get)?\(\s*\"{_V}\"",
        rf"\$\{{{_V}(?::(?P<default>[^}}\n]{{0,200}}))?\}}\"",
    ),
    "rust": (rf"\b(?:env::var(?:_os)?|(?:option_)?env!)\(?\s*\"{_V}\"\s*\)?",),
    "php": (
        rf"\benv\(\s*['\"]{_V}['\"]{_SECOND}",
        rf"\bgetenv\(\s*['\"]{_V}['\"]",
        r"\$_(?:ENV|SERVER)\[\s*['\"](?P<name>[A-Z][A-Z0-9_]+)['\"]\s*\]",
    ),
    "csharp": (rf"\bEnvironment\.GetEnvironmentVariable\(\s*\"{_V}\"",),
    "elixir": (rf"\bSystem\.(?:get_env|fetch_env!?)\(\s*\"{_V}\"{_SECOND}",),
}
_IN_LITERALS = frozenset({"go", "java"})
"""Languages whose tags and annotations hold names inside literals."""
_HINT = re.compile(r"env", re.IGNORECASE)
_DESTRUCTURED = re.compile(rf"\{{(?P<names>[^{{}}]{{1,2000}})\}}\s*=\s*{_ENV}\b(?!\s*[.\[])")
_PART = re.compile(
    r"\s*+(?P<name>[A-Za-z_]\w*+)\s*+(?::\s*+\w++\s*+)?+(?:=\s*+(?P<default>\S.{0,199}+).*+)?+\Z", re.DOTALL
)
_BUILT_IN = frozenset(
    {"DEV", "PROD", "SSR", "MODE", "BASE_URL", "REMOTE_ADDR", "REQUEST_METHOD", "REQUEST_URI"}
)
_NO_DEFAULT = ("nil", "null")


def code_keys(data: bytes, language: str) -> Iterator[Key]:
    """The keys of a source.

    Args:
        data: its bytes; what is not UTF-8 is replaced.
        language: as of `code_text.scan`.
    """
    text = data.decode("utf-8", "replace")
    if not _HINT.search(text):
        return
    source = scan(text, language)
    found = [key for shape in _SHAPES[language] for key in _matches(source, shape, language)]
    if language == "script":
        found += _destructured(source)
    yield from sorted(set(found), key=lambda key: (key.line, key.name, key.default))


def _matches(source: Source, shape: str, language: str) -> Iterator[Key]:
    for match in re.finditer(shape, source.uncommented):
        if language not in _IN_LITERALS and not source.is_code(match.start()):
            continue
        default = match.groupdict().get("default") or ""
        yield from _key(match["name"], source.line(match.start()), default)


def _key(name: str, line: int, default: str) -> Iterator[Key]:
    value = default.strip().strip("'\"`")
    made = variable(name, line, "" if value in _NO_DEFAULT else value)
    if made is not None and name not in _BUILT_IN:
        yield made


def _destructured(source: Source) -> Iterator[Key]:
    """`const { A, B = 'x', C: c } = process.env`."""
    for match in _DESTRUCTURED.finditer(source.uncommented):
        if source.is_code(match.start()):
            line = source.line(match.start())
            for part in match["names"].split(","):
                if (name := _PART.match(part)) is not None:
                    yield from _key(name["name"], line, name["default"] or "")
