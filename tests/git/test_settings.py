"""Settings of a clone, as a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.git.remote import as_file, reaching
from support.examples import at_most

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
MIDDLES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n", exclude_categories=["Cs"]), max_size=9
)
VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=20
)


@settings(
    max_examples=at_most(40), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.tuples(NAMES, MIDDLES, NAMES, VALUES), min_size=1, max_size=4))
def test_git_reads_what_was_written(tmp_path: Path, parts: list[tuple[str, str, str, str]]) -> None:
    pairs = [(f"{a}.{b}.{c}" if b else f"{a}.{c}", value) for a, b, c, value in parts]
    file = tmp_path / "config"
    file.write_bytes(as_file(pairs).encode())
    command = ["git", "config", "--file", str(file), "--null", "--list"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert [tuple(item.split("\n", 1)) for item in listed.split("\0")[:-1]] == pairs


def test_what_reaches_a_server_is_taken_of_the_clone_alone() -> None:
    listed = (
        "global\0http.proxy\nhttp://p\0local\0http.sslverify\nfalse\0local\0core.bare\nfalse\0"
        "worktree\0credential.helper\nstore\0local\0alias.x\n!evil\0local\0http.flag\0"
    )
    assert reaching(listed) == [
        ("http.sslverify", "false"),
        ("credential.helper", "store"),
        ("http.flag", ""),
    ]
