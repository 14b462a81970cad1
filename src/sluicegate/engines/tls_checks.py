"""A check of our own, run among bandit's: TLS connections whose certificates nobody checks (SG101).

It flags, with severity medium,

- `X.verify_mode = ssl.CERT_NONE` and `X.check_hostname = False`, and
- the keywords `cert_reqs=` with `CERT_NONE`, and `check_hostname=False`, of any call.

Comments silence it as they silence bandit's checks; `# nosec SG101` silences it alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sluicegate.engines.bandit_package import context as bandit_context
from sluicegate.engines.bandit_package import issue
from sluicegate.engines.own_rules import UNCHECKED_TLS

HELP = "https://docs.python.org/3/library/ssl.html#best-defaults"

KINDS = ("Assign", "AnnAssign", "Call")
"""The nodes that the check looks at, as bandit names them."""

_ATTRIBUTES = frozenset({"verify_mode", "check_hostname"})
_KEYWORDS = frozenset({"cert_reqs", "check_hostname"})
_OFF = "CERT_NONE"


def may_flag(data: bytes) -> bool:
    """May there be something to flag in this source? In ASCII, a name stands there as it is written."""
    return not data.isascii() or any(name.encode() in data for name in _ATTRIBUTES | _KEYWORDS)


def unchecked_certificates(context: bandit_context.Context) -> issue.Issue | None:
    """bandit's issue for a node that switches the check of certificates or host names off; else None."""
    off = next((name for name, value in _named(context.node) if _is_off(name, value)), "")
    return _issue(off) if off else None


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The values that a node gives to attributes and keywords by which a check is switched off."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from _attributes(targets, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _attributes([target], value)
        case ast.Call(keywords=keywords):
            yield from ((word.arg, word.value) for word in keywords if word.arg in _KEYWORDS)


def _attributes(targets: list[ast.expr], value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    for target in targets:
        if isinstance(target, ast.Attribute) and target.attr in _ATTRIBUTES:
            yield target.attr, value


unchecked_certificates._test_id = UNCHECKED_TLS  # type: ignore[attr-defined]


def _is_off(name: str, value: ast.expr) -> bool:
    """Is the value the one that switches the check off: `CERT_NONE`, also as a text, or False or 0?"""
    match value:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
            return word == _OFF and name != "check_hostname"
        case ast.Constant(value=bool() | int() as number):
            return not number
    return False


def _issue(name: str) -> issue.Issue:
    what = "the host name" if name == "check_hostname" else "the certificate"
    return issue.Issue(
        severity="MEDIUM",
        confidence="HIGH",
        cwe=issue.Cwe.IMPROPER_CERT_VALIDATION,
        text=f"`{name}` is switched off: the connection is encrypted, but nobody checks {what}.",
        test_id=UNCHECKED_TLS,
    )
