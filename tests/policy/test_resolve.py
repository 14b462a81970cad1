from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from sluicegate.core.errors import PolicyError
from sluicegate.core.model import Better, PolicyRef
from sluicegate.core.statuses import Otherwise
from sluicegate.policy.catalogue import gate_names, preset_names, preset_text
from sluicegate.policy.model import GateSettings, Policy, RunOutput, Scope
from sluicegate.policy.resolve import check_policy, load_policy, preset_policy, valid
from support.policies import files, messages, policy

FULL = """
# yaml-language-server: $schema=./policy.schema.json
extends: standard
source:  {include: [src/**], exclude: [src/vendored/**, "**/templates/**"]}
gates:
  coverage:
    criteria: [total >= 80%, {expect: patch.line >= 90%, else: warn}, total >= baseline]
  tests:
    suites:
      unit:        {files: reports/unit/**/*.xml,  criteria: [pass_rate == 100%]}
      integration: {files: reports/integration/*.xml, criteria: [pass_rate == 100%, tests >= 250]}
  security:    {criteria: [critical == 0, high == 0]}
  complexity:  {scope: changed, criteria: [max_cyclomatic < 10]}
  performance: {criteria: [p95 <= baseline + 10%, p95 <= 500ms]}
  bundle-size: {run: node tools/size.js, measures: {total: KiB}, criteria: [total <= 250KiB]}
waivers:
  - {gate: security, rule: B602, path: src/legacy/**, reason: "sandboxed, see #12",
     owner: "@alice", expires: 2027-01-31}
"""


def gate(result: Policy, name: str) -> GateSettings:
    found = result.gate(name)
    assert found is not None
    return found


def ids(result: Policy, name: str) -> list[str]:
    return [c.id for c in gate(result, name).criteria]


# --- one file ----------------------------------------------------------------------------------


def test_the_full_example_loads() -> None:
    result = policy(FULL)
    assert [g.name for g in result.gates][-2:] == ["jobs", "bundle-size"]
    assert ids(result, "coverage") == ["total >= 80%", "patch.line >= 90%", "total >= baseline"]
    assert gate(result, "coverage").criteria[1].otherwise is Otherwise.WARN
    assert [s.name for s in gate(result, "tests").suites] == ["unit", "integration"]
    assert gate(result, "complexity").scope is Scope.CHANGED
    assert result.source.include == ("src/**",)
    assert result.waivers[0].expires == date(2027, 1, 31)
    assert result.waivers[0].where == "sluicegate.yml:17:5"


def test_a_command_has_canonical_units_and_says_what_it_prints() -> None:
    run = gate(policy(FULL), "bundle-size").run
    assert run is not None
    assert (run.output, run.units, run.measures["total"].unit) == (RunOutput.MEASURES, {"total": "KiB"}, "B")


@pytest.mark.parametrize(
    ("written", "better"),
    [("KiB", Better.LOWER), ("%", Better.HIGHER), ("/s", Better.HIGHER), ("count", Better.LOWER)],
)
def test_the_better_direction_follows_the_unit(written: str, better: Better) -> None:
    text = f'gates: {{g: {{run: make, measures: {{m: "{written}"}}, criteria: [m != baseline]}}}}'
    run = gate(policy(text), "g").run
    assert run is not None
    assert run.measures["m"].better is better


def test_a_command_that_prints_nothing_must_exit_with_zero() -> None:
    result = policy("gates: {lint-docs: {run: make lint-docs}}")
    assert ids(result, "lint-docs") == ["exit_code == 0"]


def test_a_command_that_prints_sarif_is_judged_like_security() -> None:
    result = policy("gates: {scan: {run: make scan, output: sarif, criteria: [new.high == 0]}}")
    assert ids(result, "scan") == ["new.high == 0"]


@pytest.mark.parametrize(("written", "seconds"), [("90s", 90), ("5min", 300), ("1.5h", 5400), ("45", 45)])
def test_timeouts_are_seconds(written: str, seconds: float) -> None:
    run = gate(policy(f"gates: {{g: {{run: make, timeout: {written}}}}}"), "g").run
    assert run is not None
    assert run.timeout == seconds


@pytest.mark.parametrize("off", ["off", "false", "{enabled: false}", '"off"'])
def test_a_gate_is_switched_off(off: str) -> None:
    assert policy(f"gates: {{docs: {off}}}").gate("docs") is None


def test_a_gate_by_name_alone_has_the_criteria_of_the_preset() -> None:
    assert ids(policy("gates: {coverage: }"), "coverage") == ["total", "patch"]


def test_a_number_in_a_waiver_is_the_text_that_was_written() -> None:
    text = (
        'waivers: [{gate: lint, rule: 501, fingerprint: 0012, reason: r, owner: "@a", expires: 2027-01-31}]'
    )
    waiver = policy(text).waivers[0]
    assert (waiver.rule, waiver.fingerprint) == ("501", "0012")


def test_tests_and_foreign_code_are_told_by_the_usual_names() -> None:
    source = policy("source: {exclude: [gen/**]}").source
    assert source.is_test("src/pkg/tests/helpers.py")
    assert source.is_test("pkg/test_a.py")
    assert source.is_test("web/app.test.tsx")
    assert not source.is_test("src/pkg/contest.py")
    assert not source.is_analysed("src/pkg/_vendor/six.py")
    assert not source.is_excluded("src/pkg/_vendor/six.py")
    assert source.is_excluded("gen/a.py")


# --- adjusting ---------------------------------------------------------------------------------


def test_adjusting_changes_one_criterion_and_keeps_its_id() -> None:
    coverage = gate(policy("gates: {coverage: {adjust: {total: total >= 95%}}}"), "coverage")
    assert [(c.id, c.expect) for c in coverage.criteria] == [
        ("total", "total >= 95%"),
        ("patch", "patch.total >= 80% or patch.uncovered <= 3"),
    ]


@pytest.mark.parametrize("off", ["off", "false", "{enabled: false}"])
def test_adjusting_removes_one_criterion(off: str) -> None:
    assert ids(policy(f"gates: {{coverage: {{adjust: {{patch: {off}}}}}}}"), "coverage") == ["total"]


def test_adjusting_makes_a_criterion_block() -> None:
    coverage = gate(policy("gates: {coverage: {adjust: {patch: {else: block}}}}"), "coverage")
    assert [c.otherwise for c in coverage.criteria] == [Otherwise.BLOCK, Otherwise.BLOCK]
    assert coverage.criteria[1].expect == "patch.total >= 80% or patch.uncovered <= 3"


def test_an_adjustment_above_brings_a_removed_criterion_back() -> None:
    shared = "gates: {coverage: {adjust: {patch: off}}}"
    text = "extends: ./shared.yml\ngates: {coverage: {adjust: {patch: patch.total >= 50%}}}"
    assert ids(policy(text, shared_yml=shared), "coverage") == ["total", "patch"]


# --- required ----------------------------------------------------------------------------------


def test_what_the_users_file_names_is_required_and_the_rest_is_auto() -> None:
    result = policy("gates: {coverage: {}}")
    assert gate(result, "coverage").required
    assert not gate(result, "tests").required


def test_auto_takes_the_requirement_back() -> None:
    assert not gate(policy("gates: {coverage: {required: auto}}"), "coverage").required


def test_a_file_extended_by_path_is_the_users_own() -> None:
    assert gate(policy("extends: ./shared.yml", shared_yml="gates: {lint: {}}"), "lint").required


def test_an_advisory_gate_does_not_block() -> None:
    assert not gate(policy("gates: {coverage: {else: warn}}"), "coverage").blocking


# --- extends -----------------------------------------------------------------------------------


def test_every_preset_makes_a_policy_of_auto_gates() -> None:
    for name in preset_names():
        result = preset_policy(name)
        assert len(result.gates) == len(gate_names())
        assert not any(g.required for g in result.gates)


def test_without_a_preset_standard_lies_under_the_file() -> None:
    assert policy("waivers: []").gates == preset_policy("standard").gates


def test_an_empty_list_means_no_preset() -> None:
    result = policy("extends: []\ngates: {tests: {criteria: [failed == 0]}}")
    assert [g.name for g in result.gates] == ["tests"]


def test_another_preset_takes_the_place_of_standard() -> None:
    assert ids(policy("extends: legacy"), "coverage") == ["never-less", "patch"]


def test_later_files_override_earlier_ones_and_this_file_all() -> None:
    result = policy(
        "extends: [a.yml, b.yml]\ngates: {tests: {criteria: [tests > 3]}}",
        a_yml="gates: {tests: {criteria: [tests > 1]}, lint: {criteria: [low == 1]}}",
        b_yml="gates: {tests: {criteria: [tests > 2]}, lint: {criteria: [low == 2]}}",
    )
    assert ids(result, "tests") == ["tests > 3"]
    assert ids(result, "lint") == ["low == 2"]


def test_paths_are_relative_to_the_file_that_names_them() -> None:
    read = files({"ci/a.yml": "extends: [../b.yml]", "b.yml": "gates: {lint: {criteria: [low == 5]}}"})
    assert ids(valid(check_policy(b"extends: ci/a.yml", "sluicegate.yml", read)), "lint") == ["low == 5"]
    inner = valid(check_policy(b"extends: ../ci/a.yml", ".github/sluicegate.yml", read))
    assert ids(inner, "lint") == ["low == 5"]


def test_naming_a_gate_above_switches_it_on_again() -> None:
    result = policy("extends: ./shared.yml\ngates: {docs: {}}", shared_yml="gates: {docs: off}")
    assert gate(result, "docs").required


def test_a_command_is_shared_and_its_criteria_are_set_here() -> None:
    shared = "gates: {size: {run: make size, measures: {total: KiB}, criteria: [total <= 1MiB]}}"
    result = policy("extends: ./shared.yml\ngates: {size: {criteria: [total <= 250KiB]}}", shared_yml=shared)
    assert ids(result, "size") == ["total <= 250KiB"]


def test_waivers_add_up() -> None:
    waiver = 'waivers: [{{gate: lint, rule: {}, reason: r, owner: "@a", expires: 2027-01-31}}]'
    result = policy("extends: ./shared.yml\n" + waiver.format("E1"), shared_yml=waiver.format("E2"))
    assert [w.rule for w in result.waivers] == ["E2", "E1"]


def test_a_long_chain_is_refused() -> None:
    chain = {f"f{i}.yml": f"extends: f{i + 1}.yml" for i in range(20)}
    (message,) = messages("extends: f0.yml", chain)
    assert message.startswith("f8.yml:1:10: 'extends' is longer than 10 files in a row")


def test_a_tree_of_files_is_limited() -> None:
    wide = {f"f{i}.yml": f"extends: [{', '.join([f'./f{i + 1}.yml'] * 4)}]" for i in range(8)}
    wide["f8.yml"] = "gates: {}"
    assert any("50 in all" in m for m in messages("extends: f0.yml", wide))


def test_the_digest_is_that_of_all_files() -> None:
    text, shared = "extends: [strict, ./shared.yml]", "gates: {lint: {}}"
    used = text + preset_text("strict") + preset_text("standard") + shared
    digest = hashlib.sha256(used.encode()).hexdigest()
    assert policy(text, shared_yml=shared).ref == PolicyRef("head", "sluicegate.yml", digest)


# --- errors ------------------------------------------------------------------------------------


def test_the_first_error_says_how_many_more_there_are() -> None:
    with pytest.raises(PolicyError) as caught:
        policy("gates:\n  coverage: {critera: []}\n  docs: {scop: new}\n  lint: {a: 1}\n")
    assert str(caught.value) == (
        "sluicegate.yml:2:14: unknown key 'critera'. Perhaps you meant 'criteria'. "
        "There are 2 more errors: see `sluicegate validate`."
    )


def test_a_wrong_policy_is_no_policy() -> None:
    checked = check_policy(b"gates: {coverage: {criteria: [total >= 80]}}", "p.yml", files({}))
    assert checked.policy is None
    assert len(checked.errors) == 1


# --- on disk -----------------------------------------------------------------------------------


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_standard_preset_judges(tmp_path: Path) -> None:
    result = load_policy(None, tmp_path)
    assert (result.ref.origin, result.ref.ref) == ("preset", "standard")
    assert result.ref.sha256 == hashlib.sha256(preset_text("standard").encode()).hexdigest()


@pytest.mark.parametrize("name", ["sluicegate.yml", ".sluicegate.yml", ".github/sluicegate.yml"])
def test_the_file_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "extends: legacy\n")
    assert load_policy(None, tmp_path).ref.ref == name


def test_two_files_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, "sluicegate.yml", "extends: legacy\n")
    write(tmp_path, ".sluicegate.yml", "extends: legacy\n")
    with pytest.raises(PolicyError, match=r"there are 2 policy files: sluicegate.yml, .sluicegate.yml"):
        load_policy(None, tmp_path)


def test_a_named_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"^nope\.yml: does not exist"):
        load_policy(tmp_path / "nope.yml", tmp_path)


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PolicyError, match="is not a regular file"):
        load_policy(tmp_path / "folder", tmp_path)


@pytest.mark.parametrize("target", ["nowhere.yml", "sluicegate.yml"])
def test_a_link_to_nothing_is_not_passed_over_in_silence(tmp_path: Path, target: str) -> None:
    (tmp_path / "sluicegate.yml").symlink_to(target)
    with pytest.raises(PolicyError, match=r"(nowhere|sluicegate)\.yml: (does not exist|cannot be read)"):
        load_policy(None, tmp_path)


@pytest.mark.parametrize("target", ["a\\0b.yml", "C:/x.yml", "a\\\\b.yml", "./loop.yml"])
def test_strange_paths_are_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    write(tmp_path, "sluicegate.yml", f'extends: "{target}"')
    with pytest.raises(PolicyError, match=r"^sluicegate\.yml:1:10: "):
        load_policy(None, tmp_path)


def test_a_file_outside_the_repository_extends_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    write(tmp_path, "shared/base.yml", "gates: {lint: {criteria: [low == 7]}}")
    path = write(tmp_path, "shared/policy.yml", "extends: ./base.yml")
    assert ids(load_policy(path, tmp_path / "repo"), "lint") == ["low == 7"]


def test_a_link_that_leaves_the_repository_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    secret = write(tmp_path, "secret.yml", "gates: {lint: {}}")
    write(root, "policy.yml", "extends: ./link.yml")
    (root / "link.yml").symlink_to(secret)
    (root / "sluicegate.yml").symlink_to(secret)
    for path in (None, root / "policy.yml"):
        with pytest.raises(PolicyError, match="is a link that leads out of the repository"):
            load_policy(path, root)


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "sluicegate.yml"
    with path.open("wb") as stream:
        stream.truncate(10 << 30)
    with pytest.raises(PolicyError, match="has more than 1,048,576 bytes"):
        load_policy(None, tmp_path)


# --- one of several ------------------------------------------------------------------------------


def gate_of(text: str, name: str) -> GateSettings:
    """A gate that the policy has."""
    found = policy(text).gate(name)
    assert found is not None
    return found


def test_any_is_one_criterion_of_several_comparisons() -> None:
    text = "gates: {coverage: {criteria: [{id: patch, any: [patch.total >= 80%, patch.uncovered <= 3]}]}}"
    (found,) = gate_of(text, "coverage").criteria
    assert (found.id, found.expect) == ("patch", "patch.total >= 80% or patch.uncovered <= 3")


def test_an_adjustment_may_say_any() -> None:
    text = "gates: {coverage: {adjust: {total: {any: [total >= 90%, uncovered <= 9], else: warn}}}}"
    found = gate_of(text, "coverage").criteria[0]
    assert (found.id, found.expect) == ("total", "total >= 90% or uncovered <= 9")


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ("{any: [total >= 80%], expect: total >= 80%}", "has either 'expect' or 'any'"),
        ("{id: x}", "a criterion has no 'expect'"),
        ("{any: []}", "any"),
        ("{any: [totl >= 80%, line >= 80%]}", "unknown measure 'totl'"),
        ("{any: total >= 80%}", "'any' is a list of criteria"),
    ],
)
def test_a_criterion_says_one_thing(criterion: str, message: str) -> None:
    (said,) = messages(f"gates: {{coverage: {{criteria: [{criterion}]}}}}")
    assert message in said


def test_one_waiver_accepts_all_of_its_comparisons() -> None:
    text = """
gates: {coverage: {criteria: [{id: patch, any: [patch.total >= 80%, patch.uncovered <= 3]}]}}
waivers: [{gate: coverage, criterion: patch, reason: r, owner: "@a", expires: 2027-01-31}]
"""
    assert policy(text).waivers[0].criterion == "patch"
