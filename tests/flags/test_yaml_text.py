"""One flag in a file of YAML: changed narrowly, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.files.yaml_text import Unsafe, replace_flag, rewrite_flag
from sluicegate.flags.files.yaml_tree import plain, read

FILE = """\
# Flags of the shop.
other: {variations: {on: true, off: false}, defaultRule: {variation: off}}  # stays

new-checkout:   # ours
  variations:
    on: true   # the new one
    off: false

  # Rules.
  targeting:
    # people who work here
    - name: staff
      query: email ew "@example.com"   # all of them
      variation: on
      disable: true
  defaultRule:
    # Who else?
    percentage:
      on: 0    # so many
      off: 100
  metadata: {issue: "#12"}

# The last one.
last:
  variations: &both
    a: "x"
    b: |
      several
      lines
  defaultRule:
    variation: a
later:
  variations: *both
"""


def value(data: bytes, name: str) -> Any:
    document = read(data, "x")
    return plain(next(node for key, node in document.top.pairs if key.text == name))


def changed(data: str, name: str, flag: dict[str, Any]) -> str:
    return replace_flag(data.encode(), name, flag).decode()


def ours(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = value(FILE.encode(), "new-checkout")
    return {**found, **more}


def split(on: float, off: float) -> dict[str, Any]:
    return {"percentage": {"on": on, "off": off}}


def test_numbers_alone_change() -> None:
    after = changed(FILE, "new-checkout", ours(defaultRule=split(2.5, 97.5)))
    expected = FILE.replace("on: 0    #", "on: 2.5    #").replace("off: 100\n", "off: 97.5\n")
    assert after == expected


def test_a_key_in_place_of_another_keeps_its_place() -> None:
    after = changed(FILE, "new-checkout", ours(defaultRule={"variation": "off"}))
    gone = "    percentage:\n      on: 0    # so many\n      off: 100\n"
    assert after == FILE.replace(gone, '    variation: "off"\n')
    back = changed(after, "new-checkout", ours(defaultRule=split(5, 95)))
    new = '    percentage:\n      "on": 5\n      "off": 95\n'
    assert back == FILE.replace(gone, new)


def test_keys_go_and_come_with_their_lines() -> None:
    rules = ours()["targeting"]
    fewer = [{key: found for key, found in rule.items() if key != "disable"} for rule in rules]
    after = changed(FILE, "new-checkout", ours(targeting=fewer))
    assert after == FILE.replace("      disable: true\n", "")
    back = changed(after, "new-checkout", ours())
    assert back == FILE
    without = {key: found for key, found in ours().items() if key not in ("metadata", "targeting")}
    after = changed(FILE, "new-checkout", without)
    assert "metadata" not in after
    assert "# Rules.\n  defaultRule:" in after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_a_file_without_a_last_newline_and_other_newlines(newline: str, last: bool) -> None:
    text = f"f:{newline}  a: 1{newline}  b: 2{newline if last else ''}"
    after = changed(text, "f", {"a": 1, "b": 2, "c": {"d": 3}})
    assert after == f"f:{newline}  a: 1{newline}  b: 2{newline}  c:{newline}    d: 3{newline if last else ''}"
    assert changed(after, "f", {"a": 1, "b": 2}).splitlines() == text.splitlines()
    two = changed(text, "f", {"a": 1, "b": 2, "c": 3, "d": 4})
    assert two.splitlines() == [*text.splitlines(), "  c: 3", "  d: 4"]


def test_braces_are_written_anew() -> None:
    after = changed(FILE, "other", {"variations": {"on": True, "off": False}, "defaultRule": split(5, 95)})
    line = 'other: {variations: {"on": true, "off": false}, defaultRule: {percentage: {"on": 5, "off": 95}}}'
    assert after == FILE.replace(FILE.splitlines()[1], f"{line}  # stays")


@pytest.mark.parametrize(
    ("text", "name", "flag", "why"),
    [
        (FILE, "later", {"variations": {"a": "y", "b": "several\nlines\n"}}, "anchor"),
        (FILE, "last", {"variations": {"a": "y", "b": "z"}, "defaultRule": {"variation": "a"}}, "anchor"),
        (FILE, "last", {"defaultRule": {"variation": "a"}}, "breaking the file"),
        ("f: {a: 1, # why\n  b: 2}\n", "f", {"a": 2, "b": 2}, "form"),
        ("f:\n  - a: 1\n    b: 2\n", "f", [{"b": 2}], "first of a list"),
        ("f:\n  a: 1\n", "f", {}, "would not mean"),
        ("f:\n  a: 1\n  b: 2\n", "f", {"c": 1, "d": 2}, "nothing of it"),
        ("f:\n  a: 1\n", "f", [1], "form"),
        ("f: 1\n", "f", {"a": 1}, "form"),
        ("? f\n: a: &x 1\n  b: *x\ng: 2\n", "f", {"a": 2, "b": 2}, "anchor"),
        ("x: &x 1\nf:\n  a: &x 2\n  c: 1\ng: *x\n", "f", {"c": 1}, "together with it"),
    ],
)
def test_a_form_that_cannot_be_changed_safely_is_left_alone(
    text: str, name: str, flag: Any, why: str
) -> None:
    with pytest.raises(Unsafe, match=why):
        changed(text, name, flag)


def test_a_whole_flag_is_written_anew_where_nothing_else_uses_it() -> None:
    flag = {"variations": {"a": "x"}, "defaultRule": {"variation": "a"}}
    for name in ("new-checkout", "other", "later"):
        after = rewrite_flag(FILE.encode(), name, flag)
        assert value(after, name) == flag
        assert b"# The last one." in after
        for key in ("other", "new-checkout", "last", "later"):
            assert key == name or value(after, key) == value(FILE.encode(), key)
    with pytest.raises(Unsafe):
        rewrite_flag(FILE.encode(), "last", flag)


def test_rules_that_are_commented_out_stay_where_they_are() -> None:
    """The form of the vendor's demonstration: comments in the first column, no last newline."""
    text = (
        "box:\n  variations:\n    True: green\n    False: grey\n  targeting:\n    # by id\n"
        '#    - query: key ew "9"\n#      variation: True\n\n  defaultRule:\n#    variation: False\n'
        "    percentage:\n      True: 10\n      False: 90"
    )
    flag = value(text.encode(), "box")
    assert flag["defaultRule"] == {"percentage": {"True": 10, "False": 90}}
    after = changed(text, "box", {**flag, "defaultRule": {"percentage": {"True": 25, "False": 75}}})
    assert after == text.replace("True: 10", "True: 25").replace("False: 90", "False: 75")
    killed = changed(text, "box", {**flag, "defaultRule": {"variation": "False"}})
    assert killed == text[: text.index("    percentage")] + '    variation: "False"'
    rules = changed(text, "box", {**flag, "version": "2"})
    assert rules == text + '\n  version: "2"'


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("True", True), ("FALSE", False), ("null", None),
        ("~", None), ("", None), ("5", 5), ("+5", 5), ("2.50", 2.5), (".5", 0.5), ("1e2", 100.0),
        ("0x1F", "0x1F"), ("010", "010"), ("'5'", "5"), ('"true"', "true"), ("2027-01-31", "2027-01-31"),
        ("1_000", "1_000"),
    ],
)  # fmt: skip
def test_scalars_mean_what_go_reads(text: str, meaning: object) -> None:
    found = value(f"f: {text}\n".encode(), "f")
    assert found == meaning
    assert type(found) is type(meaning)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"- a\n", b"a", b"a: 1\n---\nb: 2\n", b"a: 1\na: 2\n", b"f:\n  a: 1\n  a: 2\n", b"a: *b\n",
        b"? [a]\n: 1\n", b"a: !!str 1\n", b"\xff", b"a: [\n", b"a: \x00\n", b"a: " + b"[" * 60 + b"]" * 60,
        b"a: " + b"[" * 500_000, b'a: "\\U99999999"\n',
    ],
)  # fmt: skip
def test_what_is_no_file_of_flags_is_an_error_with_a_remedy(data: bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        read(data, "x")
    assert caught.value.remedy


def test_aliases_that_explode_or_hold_themselves_are_not_followed() -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(10))}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    document = read(laughs.encode(), "x")
    with pytest.raises(ValueError, match="too many"):
        plain(document.top.pairs[-1][1])
    with pytest.raises(EvidenceError):
        read(b"a: &a [*a]\n", "x")


scalars = st.none() | st.booleans() | st.integers(-999, 999) | st.sampled_from([0.5, 2.25, 97.5])
names = st.text(min_size=1, max_size=6)
values = st.recursive(
    scalars | st.text(max_size=8) | st.sampled_from(["on", "off", "no", "1", "#", "a: b", "- x", "|"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
flags = st.dictionaries(names, values, min_size=1, max_size=4)


@given(
    flag=flags,
    new=flags,
    kept=st.lists(st.integers(0, 3)),
    style=st.sampled_from([None, False, True]),
    indent=st.sampled_from([2, 4]),
)
@example(flag={"a": ["x", {"b": 1}]}, new={"a": ["x", {"b": 2}]}, kept=[], style=False, indent=2)
def test_a_change_means_what_it_shall_and_touches_nothing_else(
    flag: dict[str, Any], new: dict[str, Any], kept: list[int], style: bool | None, indent: int
) -> None:
    changes = {**{k: v for n, (k, v) in enumerate(flag.items()) if n not in kept}, **new}
    before = {"first": {"a": 1}, "ours": flag, "last": ["x"]}
    text = yaml.safe_dump(
        before, sort_keys=False, default_flow_style=style, indent=indent, allow_unicode=True
    )
    data = f"# Top\n{text}# Bottom\n".encode()
    try:
        same = value(data, "ours") == flag
    except EvidenceError:
        return
    if not same:  # PyYAML writes some texts as Go reads other values
        return
    for act in (replace_flag, rewrite_flag):
        try:
            after = act(data, "ours", changes)
        except Unsafe:
            assert act is replace_flag
            continue
        assert value(after, "ours") == json.loads(json.dumps(changes))
        assert value(after, "first") == {"a": 1}
        assert value(after, "last") == ["x"]
        assert after.startswith(b"# Top\n")
        assert after.endswith(b"# Bottom\n")


@given(st.binary(max_size=60) | st.text("ab: -\n{}[]&*#|>'\",?!", max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        document = read(data, "x")
    except EvidenceError:
        return
    for key, node in document.top.pairs:
        try:
            same = plain(node)
            assert replace_flag(data, key.text, same) == data  # type: ignore[arg-type]  # whatever it is
            replace_flag(data, key.text, {"a": 1, "b": {"c": [1]}})
        except (Unsafe, ValueError):
            pass
