"""What git and servers say, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.answers import Answer, meaning, words

SAID = {
    "!\tabc:refs/sluicegate/ledger\t[rejected] (stale info)": Answer.CONFLICT,
    "! [remote rejected] x -> y (cannot lock ref 'y': is at 1 but expected 2)": Answer.CONFLICT,
    "! [remote rejected] x -> y (failed to update ref)": Answer.CONFLICT,
    "! [remote rejected] x -> y (reference already exists)": Answer.CONFLICT,
    "fatal: unable to access 'https://x/': The requested URL returned error: 403": Answer.READ_ONLY,
    "remote: Permission to o/r.git denied to github-actions[bot].": Answer.READ_ONLY,
    "remote: Write access to repository not granted.": Answer.READ_ONLY,
    "remote: error: GH013: Repository rule violations found for refs/heads/q.": Answer.READ_ONLY,
    "remote: error: GH006: x\n! [remote rejected] (protected branch hook declined)":
        Answer.READ_ONLY,
    "fatal: unable to access 'https://x/': Could not resolve host: x": Answer.OVERLOADED,
    "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502": Answer.OVERLOADED,
    "fatal: the remote end hung up unexpectedly": Answer.OVERLOADED,
    "fatal: timed out after 120 s": Answer.OVERLOADED,
    "fatal: remote error: upload-pack: not our ref 11b9c802655ef750a9a6055b6307cc11a738817b": Answer.DAMAGED,
    "fatal: git upload-pack: aborting due to possible repository corruption on the remote side.\n"
    "fatal: early EOF": Answer.DAMAGED,
    "error: inflate: data stream error (incorrect header check)": Answer.DAMAGED,
    "error: unable to unpack 11b9c802655ef750a9a6055b6307cc11a738817b header": Answer.DAMAGED,
    "fatal: unable to read 11b9c802655ef750a9a6055b6307cc11a738817b": Answer.DAMAGED,
    "fatal: expected 'packfile'": Answer.DAMAGED,
    "fatal: Authentication failed for 'https://github.com/o/r/'": Answer.REFUSED,
    "git@github.com: Permission denied (publickey).": Answer.REFUSED,
    "fatal: repository 'https://github.com/o/r/' not found": Answer.REFUSED,
}  # fmt: skip


@pytest.mark.parametrize(("said", "answer"), SAID.items())
def test_the_meaning(said: str, answer: Answer) -> None:
    assert meaning(said) is answer


def test_words_leave_progress_and_hints_out() -> None:
    said = "Enumerating objects: 3\nhint: try again\nremote: error: no.\nTo https://x\nfatal: stop"
    assert words(said) == "error: no; fatal: stop"


@given(st.text(alphabet="abcdef0123456789", min_size=12, max_size=30), st.text(max_size=30))
def test_no_secret_is_left(secret: str, around: str) -> None:
    said = f"{around}fatal: https://x-access-token:{secret}@github.com/ {secret}{around}"
    assert secret not in words(said, [secret])


def test_users_in_addresses_are_left_out() -> None:
    assert (
        words("fatal: unable to access 'https://me:pass@host/x'")
        == "fatal: unable to access 'https://***@host/x'"
    )


def test_what_a_hook_of_the_server_did_is_told() -> None:
    said = (
        "To ssh://host/x.git\n!\tabc:refs/sluicegate/ledger\t[remote rejected] (pre-receive hook declined)\n"
        "error: failed to push some refs to 'ssh://host/x.git'"
    )
    assert "pre-receive hook declined" in words(said)
