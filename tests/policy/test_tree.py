from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.policy.loader import load_layer
from sluicegate.policy.tree import NOTHING, Merge, Tree, merged, over

WHERE = st.sampled_from(["f:1:1", "g:1:1"])
LISTS = st.builds(Tree, st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple), WHERE)
SUMS = st.builds(
    Tree, st.lists(st.sampled_from(["v", "w"]), max_size=2).map(tuple), WHERE, merge=st.just(Merge.ADD)
)
TEXTS = st.builds(Tree, st.sampled_from(["x > 1", "x > 2"]), WHERE)


def mappings(values: st.SearchStrategy[Tree], *merges: Merge) -> st.SearchStrategy[Tree]:
    entries = st.dictionaries(st.sampled_from(["x", "y"]), values, max_size=2)
    return st.builds(Tree, entries, WHERE, WHERE, st.sampled_from(merges))


GATES = st.fixed_dictionaries(
    {},
    optional={
        "criteria": LISTS,
        "adjust": mappings(mappings(TEXTS, Merge.JOIN), Merge.JOIN, Merge.REPLACE),
        "required": TEXTS,
        "own": st.just(Tree(True)),
    },
).map(lambda entries: Tree(entries, "f:1:1", "f:1:1", Merge.JOIN))
FILES = st.fixed_dictionaries(
    {}, optional={"gates": mappings(GATES, Merge.JOIN), "waivers": SUMS, "whole": TEXTS}
).map(lambda entries: Tree(entries, merge=Merge.JOIN))


@given(FILES, FILES, FILES)
def test_merging_is_associative(a: Tree, b: Tree, c: Tree) -> None:
    assert over(over(a, b), c) == over(a, over(b, c))


@given(FILES)
def test_a_file_that_says_nothing_changes_nothing(tree: Tree) -> None:
    assert over(NOTHING, tree) == tree == over(tree, NOTHING)


@given(FILES, FILES)
def test_what_the_upper_file_says_holds(a: Tree, b: Tree) -> None:
    result = over(a, b)
    for name, gate in b.entries("gates").items():
        for key in ("criteria", "required"):
            assert gate.find(key) in (None, result.find("gates", name, key))


@given(FILES, FILES)
def test_a_key_that_only_the_lower_file_has_keeps_its_value_and_place(a: Tree, b: Tree) -> None:
    result = over(a, b)
    for name, gate in a.entries("gates").items():
        if b.find("gates", name, "required") is None:
            assert result.find("gates", name, "required") == gate.find("required")


def layer(text: str, *, own: bool = True) -> Tree:
    return load_layer(text.encode(), "p.yml", own=own).tree


def test_a_list_of_criteria_drops_the_adjustments_below_it() -> None:
    lower = layer("gates: {tests: {adjust: {pass-rate: off}}}")
    upper = layer("gates: {tests: {criteria: [tests > 0]}}")
    assert lower.entries("gates", "tests", "adjust").keys() == {"pass-rate"}
    assert merged([lower, upper]).entries("gates", "tests", "adjust") == {}


def test_adjustments_without_a_list_add_up() -> None:
    files = [
        layer("gates: {tests: {adjust: {a: off}}}"),
        layer("gates: {tests: {adjust: {b: {else: warn}}}}"),
    ]
    assert merged(files).entries("gates", "tests", "adjust").keys() == {"a", "b"}


def test_waivers_add_up_in_the_order_of_the_files() -> None:
    waiver = "waivers: [{gate: lint, rule: %s, reason: old, owner: me, expires: 2027-01-31}]"
    found = merged([layer(waiver % "A"), layer(waiver % "B")]).find("waivers")
    assert found is not None
    assert [each.get("rule", "") for each in found.value] == ["A", "B"]


def test_a_gate_is_the_users_own_when_one_file_of_theirs_names_it() -> None:
    preset, own = layer("gates: {lint: {}, docs: {}}", own=False), layer("gates: {lint: {else: warn}}")
    gates = merged([preset, own]).entries("gates")
    assert {name: gate.get("own", False) for name, gate in gates.items()} == {"lint": True, "docs": False}


def test_every_value_knows_its_place() -> None:
    tree = layer("gates:\n  tests:\n    criteria:\n      - tests > 0\n")
    criteria = tree.find("gates", "tests", "criteria")
    assert criteria is not None
    assert (criteria.key, criteria.value[0].value["expect"].where) == ("p.yml:3:5", "p.yml:4:9")
