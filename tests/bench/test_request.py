"""What the command line says."""

from __future__ import annotations

import pytest

from sluicegate.bench.model import Command
from sluicegate.bench.request import inside, parse_commands, parse_time
from sluicegate.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1.5s", 1.5), ("10m", 600), ("10min", 600), ("1h", 3600), ("250ms", 0.25)],
)
def test_times_have_units(text: str, seconds: float) -> None:
    assert parse_time(text, "--max-time") == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-1s", "x", "10 parsecs", "7h", "nan", "1e3", "10m\x1b[2J"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time above 0 and up to 6h"):
        parse_time(text, "--max-time")


def test_words_are_one_command_called_as_it_is_written() -> None:
    assert parse_commands(("app", "--in", "a b"), (), (), "") == (
        Command("app --in 'a b'", ("app", "--in", "a b")),
    )


def test_a_text_is_cut_into_words_as_a_shell_would() -> None:
    (made,) = parse_commands((), ("app 'a b' c",), ("own",), "")
    assert made == Command("own", ("app", "a b", "c"))


def test_a_shell_gets_the_text_as_it_is() -> None:
    (made,) = parse_commands(("app | wc",), (), (), "/bin/bash")
    assert made.words == ("/bin/bash", "-c", "app | wc")


def test_names_go_to_the_commands_in_their_order() -> None:
    made = parse_commands(("a",), ("b", "c"), ("one", "two"), "")
    assert [command.name for command in made] == ["one", "two", "c"]


@pytest.mark.parametrize(
    ("words", "lines", "names", "message"),
    [
        ((), (), (), "no command"),
        (("",), (), (), "no command"),
        ((), (" ",), (), "no command"),
        (("a",), (), ("x", "y"), "2 names for 1 command"),
        (("a",), ("b",), ("x", "x"), "two commands are called 'x'"),
        ((), ("a", "a"), (), "two commands are called 'a'"),
        ((), ("a 'b",), (), "cannot be cut into words"),
        (("a",), (), ("\n",), "must not be empty"),
        (("a\0b",), (), (), "must not contain a NUL"),
    ],
)
def test_what_is_no_set_of_commands_is_refused(
    words: tuple[str, ...], lines: tuple[str, ...], names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        parse_commands(words, lines, names, "")


@pytest.mark.parametrize(("path", "expected"), [("out.json", "out.json"), ("./a//b.json", "a/b.json")])
def test_a_path_of_the_checkout_is_relative(path: str, expected: str) -> None:
    assert inside(path, "--reads") == expected


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".", "", "a\0b"])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="is no path below the current folder"):
        inside(path, "--reads")
