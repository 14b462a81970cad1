"""Messages of commits, as npm's `conventional-commits-parser` and git-cliff read them.

Our reading is that of both. Where they differ from each other, it is that of one of them, and the message is
listed below with what the other one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sluicegate.release.notes.messages import breaking_notes, header_of
from support import oracles
from support.oracles import Read

pytestmark = pytest.mark.real
MESSAGES = (
    "feat: add x",
    "Fix(core)!: mend: y",
    "refactor(a-b/c)!: z (#1)",
    "chore!: drop Node 18",
    "add x",
    ": x",
    "Merge branch 'main' into next",
    'Revert "feat: x"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.',
    "revert: feat: x\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.",
    "feat: x\n\nBREAKING CHANGE: one",
    "feat: x\n\nbody\n\nBREAKING CHANGE: one\nmore of it\n\nReviewed-by: Z",
    "feat: x\n\nBREAKING-CHANGE: one",
    "feat: x\n\nThe words BREAKING CHANGE in the text: no footer",
    # dbus-native #379: a squash with two of them
    "feat: x (#1)\n\n* feat: a\n\nBREAKING CHANGE: one\n\n* feat: b\n\nBREAKING CHANGE: two",
    "fix(deps): bump a from 1 to 2 (#9)\n\nSigned-off-by: bot <bot@example.com>",
    "docs(\u00e9): \u00fcmlaut",
)
DIFFERENT = {
    "npm": (
        "docs:  two blanks",  # it keeps the second blank
        "feat: x\n\nBREAKING CHANGE: one\n\nReviewed-by: Z\nBREAKING CHANGE: two",  # it loses the second note
    ),
    "cliff": (
        "ci: x\nno blank line above",  # it wants one, as the specification does
        "feat:no space",  # it takes it, which the specification does not
    ),
}


def ours(message: str) -> Read | None:
    lines = message.strip().splitlines()
    header = header_of(lines[0]) if lines else None
    if header is None:
        return None
    notes = tuple(note.strip() for note in breaking_notes(message))
    return Read(header.type, header.scope, header.subject, notes, header.is_breaking or bool(notes))


def lowered(found: Read | None) -> Read | None:
    """Types in lower case: the specification has no case, and neither parser changes it."""
    return None if found is None else Read(found.type.lower(), *_rest(found))


def _rest(found: Read) -> tuple[str, str, tuple[str, ...], bool]:
    return found.scope, found.subject, found.notes, found.is_breaking


@pytest.fixture(params=["npm", "cliff"])
def parser(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Sequence[str]], list[Read | None]]:
    return oracles.by_npm if request.param == "npm" else lambda found: oracles.by_cliff(found, tmp_path)


def test_what_we_read_is_what_others_read(parser: Callable[[Sequence[str]], list[Read | None]]) -> None:
    found = dict(zip(MESSAGES, parser(MESSAGES), strict=True))
    assert {m: lowered(one) for m, one in found.items()} == {m: ours(m) for m in MESSAGES}


@pytest.mark.parametrize("name", ["npm", "cliff"])
def test_where_they_differ_we_read_what_the_other_does(name: str, tmp_path: Path) -> None:
    messages = DIFFERENT[name]
    read = {"npm": oracles.by_npm(messages), "cliff": oracles.by_cliff(messages, tmp_path)}
    mine = [ours(message) for message in messages]
    (other,) = read.keys() - {name}
    assert [lowered(one) for one in read[other]] == mine
    assert all(lowered(one) != own for one, own in zip(read[name], mine, strict=True))


def test_real_messages_are_read_as_others_read_them(
    parser: Callable[[Sequence[str]], list[Read | None]],
) -> None:
    """Of 500 messages of a project that uses the convention at most 1 in 100 may be of those that differ."""
    messages = oracles.real_messages(500)
    if not messages:
        pytest.skip("set SLUICEGATE_CONVENTIONAL_CLONE to a clone of such a project to run this test")
    read = [lowered(one) for one in parser(messages)]
    different = [m for m, one in zip(messages, read, strict=True) if one != ours(m)]
    assert len(different) * 100 <= len(messages), different[:5]
    assert sum(one is not None for one in read) * 2 > len(messages)
