"""The roles that sign a release off, as checks of the matrix, and the lines that people copy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sluicegate.core.text import some
from sluicegate.github.comments import PREFIX
from sluicegate.release.matrix import PEOPLE, CheckStatus, Row
from sluicegate.release.settings import ReleaseSettings, Role
from sluicegate.release.signoffs import Signature, SignOffs, people_text, row_id
from sluicegate.release.statements import Thread


def role_rows(settings: ReleaseSettings, found: SignOffs, thread: Thread, commit: str) -> tuple[Row, ...]:
    """Every role as a check: does it approve, and does nobody in it reject?"""
    return tuple(_role_row(role, found, thread, commit) for role in settings.roles)


def _role_row(role: Role, found: SignOffs, thread: Thread, commit: str) -> Row:
    approvals, rejections = found.of(role.name, approves=True), found.of(role.name, approves=False)
    actual, expect = f"{len(approvals)} of {role.quorum}", f"{role.quorum} of {people_text(role.people)}"
    row = Row(PEOPLE.name, row_id(role), expect, CheckStatus.PASS, actual, url=thread.url)
    line = line_to_copy(role.name, commit)
    if rejections:
        return _rejected(row, rejections[0], line)
    if thread.unread:
        return _unread(row, thread)
    unsure = found.unsure(role.name)
    doubt = next((void.line for void in unsure if void.rejects), "")
    if doubt:
        return replace(row, status=CheckStatus.UNKNOWN, reason=doubt)
    is_signed = len(approvals) >= role.quorum
    return row if is_signed else _unsigned(row, _missing(role, approvals), line, is_unsure=bool(unsure))


def _unsigned(row: Row, why: str, line: str, *, is_unsure: bool) -> Row:
    status = CheckStatus.UNKNOWN if is_unsure else CheckStatus.FAIL
    return replace(row, status=status, reason=why, remedy=f"One of them comments `{line}`.")


def _rejected(row: Row, first: Signature, line: str) -> Row:
    return replace(
        row,
        status=CheckStatus.FAIL,
        reason=f"@{first.who} rejects it: {first.reason}",
        url=first.url,
        remedy=f"Mend it. Then @{first.who} withdraws that: `{line}`.",
        waivable=False,
    )


def _unread(row: Row, thread: Thread) -> Row:
    why = thread.problems[0] if thread.problems else "the comments cannot be read"
    remedy = "" if thread.number else "Name the pull request or issue in which people sign off: --number N."
    return replace(row, status=CheckStatus.UNKNOWN, reason=why, remedy=remedy)


def _missing(role: Role, approvals: Sequence[Signature]) -> str:
    left = role.quorum - len(approvals)
    by = f", beside {some([f'@{s.who}' for s in approvals], len(approvals))}" if approvals else ""
    return f"{left} of {people_text(role.people)} must approve{by}"


def line_to_copy(role: str, commit: str) -> str:
    """The comment that signs a commit off."""
    return f"{PREFIX} approve {role} {commit}"
