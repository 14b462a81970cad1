"""What the program says about events, permissions and publishing, read from its sources.

A message is a text that goes into an error, a warning, an outcome, or that a function of these
modules returns as a sentence; `\u2026` stands in it for what is put in when it is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sluicegate"
HOLE = "\u2026"

SAYING = frozenset({
    "ApiError", "Answer", "EventError", "EvidenceError", "InstallError", "Outcome", "ReadError", "UsageError",
    "Published", "WorldError", "_Failure", "_warn", "append", "error", "notice", "say", "warning",
})  # fmt: skip
"""Functions and classes whose texts people read."""


def modules() -> list[Path]:
    """The modules that speak to GitHub, and the commands for it."""
    commands = [SOURCE / "cli" / f"{name}.py" for name in ("publish", "approvals", "rollout_publish")]
    rollouts = [SOURCE / "rollout" / "publish" / f"{name}.py" for name in ("outcome", "publisher", "marks")]
    return [*sorted((SOURCE / "github").rglob("*.py")), *rollouts, *commands]


def messages() -> list[str]:
    """Every message of these modules, each once."""
    found: dict[str, None] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= dict.fromkeys(text for text in _texts(node) if _is_sentence(text))
    return [text for text in found if not text.startswith("<!-- ")]


def _texts(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given) if name in SAYING:
            yield from map(_text, given)
        case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
            yield _text(value)
        case _:
            pass


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) if isinstance(part, ast.Constant) else HOLE for part in parts)
        case ast.IfExp(body=body, orelse=other):
            return _text(body) or _text(other)
        case _:
            return ""


def _is_sentence(text: str) -> bool:
    """Three words at least, and no command to the runner alone."""
    return len(text.replace(HOLE, " ").split()) >= 3 and not text.startswith("::group::")


def covers(heading: str, message: str) -> bool:
    """Is the heading a part of the message, with what differs left out?"""
    place = 0
    for part in heading.split(HOLE):
        place = message.find(part.strip(), place)
        if place < 0:
            return False
        place += len(part.strip())
    return True
