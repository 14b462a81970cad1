"""A token for git, in a file for one server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sluicegate.git.credentials import Token, written
from sluicegate.git.environment import Settings, with_settings


def filled(settings: Settings, host: str, protocol: str = "https") -> str:
    """What git would send to a server, by git itself; a user's helper knows a password for all."""
    environment = with_settings(
        {"PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull},
        [("credential.helper", "!printf 'username=u\\npassword=helper\\n'; :"), *settings],
    )
    done = subprocess.run(
        ["git", "credential", "fill"], input=f"protocol={protocol}\nhost={host}\n\n", env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("value", ["ghs_abc", "a b/c@d:e%f?g#h"])
def test_the_server_gets_the_token(value: str) -> None:
    with written(Token("https://ghe.example", value)) as settings:
        assert f"username=x-access-token\npassword={value}\n" in filled(settings, "ghe.example")


@pytest.mark.parametrize(("host", "protocol"), [("github.com", "https"), ("ghe.example", "http"),
                                                ("ghe.example:8443", "https")])  # fmt: skip
def test_nobody_else_does(host: str, protocol: str) -> None:
    with written(Token("https://ghe.example", "ghs_abc")) as settings:
        assert "password" not in filled(settings, host, protocol)


def test_a_server_with_a_port_is_that_server() -> None:
    with written(Token("http://127.0.0.1:8080", "t")) as settings:
        assert "password=t\n" in filled(settings, "127.0.0.1:8080", "http")


def test_the_file_is_this_user_s_and_goes() -> None:
    with written(Token("https://ghe.example", "t")) as settings:
        path = Path(dict(settings)["credential.https://ghe.example.helper"].partition("--file=")[2])
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


@pytest.mark.parametrize("token", [Token("https://github.com"), Token("", "t"), Token("ssh://h", "t")])
def test_without_a_token_or_a_server_nothing_is_written(token: Token, tmp_path: Path) -> None:
    assert token.write(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(Token("https://github.com", "secret"))
