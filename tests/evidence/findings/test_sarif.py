import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Finding, Severity
from sluicegate.evidence.findings import sarif
from sluicegate.evidence.findings.sarif_places import as_path
from sluicegate.evidence.findings.sarif_rules import filled
from support.coverage_reports import sample
from support.examples import at_most
from support.gen_results import write_sarif
from support.results import mutate, read_sarif, read_sarif_text, result, run, survives

fuzzing = settings(
    max_examples=at_most(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def only(folder: Path, *runs: dict[str, Any]) -> Finding:
    record = read_sarif(folder, *runs)
    (finding,) = (*record.security, *record.lint)
    return finding


def test_reads_a_result(tmp_path: Path) -> None:
    record = read_sarif(tmp_path, run(result(level="error")))
    (finding,) = record.lint
    assert (finding.rule, finding.message, finding.path, finding.line, finding.end_line) == (
        ("R1", "bad", "src/a.py", 3, 3)
    )
    assert (finding.severity, finding.tool, record.source.tool) == (Severity.HIGH, "tool", "tool")


def test_reads_every_run(tmp_path: Path) -> None:
    assert len(read_sarif(tmp_path, run(result()), run(result(), result())).lint) == 3


def test_a_log_with_an_empty_list_has_no_findings(tmp_path: Path) -> None:
    record = read_sarif(tmp_path, {"tool": {"driver": {"name": "t"}}, "results": []})
    assert (record.security, record.lint, record.is_security_tool) == ((), (), False)


# --- security or lint ---


@pytest.mark.parametrize(
    "properties", [{"security-severity": "5.0"}, {"tags": ["Security"]}, {"security-severity": 0}]
)
def test_a_rule_about_security_gives_security_findings(tmp_path: Path, properties: dict[str, Any]) -> None:
    record = read_sarif(tmp_path, run(result(), rules=[{"id": "R1", "properties": properties}]))
    assert (len(record.security), len(record.lint), record.is_security_tool) == (1, 0, True)


def test_one_log_may_hold_both(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [{"id": "R1", "properties": {"security-severity": "9.1"}}, {"id": "R2"}]
    record = read_sarif(tmp_path, run(result(), result(ruleId="R2"), rules=rules))
    assert [f.rule for f in record.security] == ["R1"]
    assert [f.rule for f in record.lint] == ["R2"]


def test_bandit_is_security_by_its_own_severity(tmp_path: Path) -> None:
    bandit = run(result(level="error", properties={"issue_severity": "LOW"}))
    bandit["tool"]["driver"]["name"] = "Bandit"
    assert only(tmp_path, bandit).severity is Severity.LOW
    assert read_sarif(tmp_path, bandit).security


@pytest.mark.parametrize(
    ("properties", "rated"),
    [
        ({"security-severity": "5.0"}, ("R1",)),
        ({"security-severity": "no number", "tags": ["security"]}, ()),
        ({"tags": ["security"]}, ()),
    ],
)
def test_a_rule_is_rated_where_it_has_a_score(
    tmp_path: Path, properties: dict[str, Any], rated: tuple[str, ...]
) -> None:
    record = read_sarif(tmp_path, run(result(), rules=[{"id": "R1", "properties": properties}]))
    assert (record.rated, [f.severity for f in record.security]) == (rated, [Severity.MEDIUM])


def test_bandits_own_severity_is_a_rating_and_its_level_none(tmp_path: Path) -> None:
    bandit = run(result(ruleId="B1", properties={"issue_severity": "MEDIUM"}), result(ruleId="B2"))
    bandit["tool"]["driver"]["name"] = "Bandit"
    assert read_sarif(tmp_path, bandit).rated == ("B1",)


def test_ruff_is_judged_by_its_rules(tmp_path: Path) -> None:
    ruff = run(result(ruleId="F821", level="error"), result(ruleId="E501", level="error"))
    ruff["tool"]["driver"]["name"] = "ruff"
    assert [f.severity for f in read_sarif(tmp_path, ruff).lint] == [Severity.CRITICAL, Severity.LOW]


# --- what counts ---


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "pass"},
        {"kind": "review"},
        {"baselineState": "absent"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
    ],
)
def test_is_no_finding(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert not read_sarif(tmp_path, run(result(**changes))).lint


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "fail"},
        {"kind": "Failed"},
        {"suppressions": []},
        {"suppressions": [7]},
        {"suppressions": [{"kind": "external", "status": "rejected"}]},
        {"suppressions": [{"kind": "inSource"}, {"kind": "external", "status": "underReview"}]},
    ],
)
def test_is_a_finding(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert read_sarif(tmp_path, run(result(**changes))).lint


@pytest.mark.parametrize(
    ("state", "new"), [("new", True), ("updated", True), ("unchanged", False), (None, None)]
)
def test_the_baseline_state_decides_what_is_new(tmp_path: Path, state: str | None, new: bool | None) -> None:
    record = read_sarif(tmp_path, run(result(baselineState=state)))
    assert (record.lint[0].new, record.new_known) == (new, new is not None)


# --- rules, levels, messages ---


@pytest.mark.parametrize(
    "reference",
    [
        {"ruleId": "R1"},
        {"ruleId": "R1/sub"},
        {"ruleIndex": 1},
        {"rule": {"id": "R1"}},
        {"rule": {"index": 1}},
        {"rule": {"index": 0, "toolComponent": {"index": 0}}},
    ],
)
def test_finds_the_rule_of_a_result(tmp_path: Path, reference: dict[str, Any]) -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": "note"}}
    log = run(result(ruleId=None) | reference, rules=[{"id": "R0"}, rule])
    log["tool"]["extensions"] = [{"rules": [rule]}]
    assert only(tmp_path, log).severity is Severity.LOW


def test_the_level_of_a_result_goes_before_that_of_its_rule(tmp_path: Path) -> None:
    rule = {"id": "R1", "defaultConfiguration": {"level": "note"}}
    assert only(tmp_path, run(result(level="error"), rules=[rule])).severity is Severity.HIGH


def test_without_any_level_it_is_a_warning(tmp_path: Path) -> None:
    assert only(tmp_path, run(result())).severity is Severity.MEDIUM


def overriding(level: str, **descriptor: Any) -> dict[str, Any]:
    return {
        "executionSuccessful": True,
        "ruleConfigurationOverrides": [{"descriptor": descriptor, "configuration": {"level": level}}],
    }


NOTE_RULE = {"id": "R1", "guid": "AA-01", "defaultConfiguration": {"level": "note"}}


@pytest.mark.parametrize("descriptor", [{"id": "R1"}, {"index": 0}, {"guid": "aa-01"}])
def test_an_invocation_may_override_the_level_of_a_rule(tmp_path: Path, descriptor: dict[str, Any]) -> None:
    log = run(result(), rules=[NOTE_RULE], invocations=[overriding("error", **descriptor)])
    assert only(tmp_path, log).severity is Severity.HIGH


def test_an_override_holds_for_a_rule_that_is_not_described(tmp_path: Path) -> None:
    assert only(tmp_path, run(result(), invocations=[overriding("error", id="R1")])).severity is Severity.HIGH


def test_an_override_of_another_rule_changes_nothing(tmp_path: Path) -> None:
    log = run(result(), rules=[NOTE_RULE, {"id": "R2"}], invocations=[overriding("error", id="R2")])
    assert only(tmp_path, log).severity is Severity.LOW


@pytest.mark.parametrize(
    ("provenance", "severity"), [({"invocationIndex": 1}, Severity.LOW), ({}, Severity.HIGH)]
)
def test_of_several_invocations_the_result_s_own_counts_else_the_worst(
    tmp_path: Path, provenance: dict[str, int], severity: Severity
) -> None:
    calls = [overriding("error", id="R1"), overriding("note", id="R1")]
    log = run(result(provenance=provenance), rules=[NOTE_RULE], invocations=calls)
    assert only(tmp_path, log).severity is severity


@pytest.mark.parametrize("owner", [{"index": 0}, {"guid": "BB"}, {"name": "plugin"}])
def test_a_rule_is_its_component_s(tmp_path: Path, owner: dict[str, Any]) -> None:
    log = run(result(ruleId=None, rule={"index": 0, "toolComponent": owner}), rules=[NOTE_RULE])
    plugin_rule = {"id": "P1", "defaultConfiguration": {"level": "error"}}
    log["tool"]["extensions"] = [{"name": "plugin", "guid": "bb", "rules": [plugin_rule]}]
    assert only(tmp_path, log).rule == "P1"


def test_a_message_comes_from_the_rule_with_its_arguments(tmp_path: Path) -> None:
    rule = {"id": "R1", "messageStrings": {"default": {"text": "no {0} in {{{1}}}"}}}
    message = {"id": "default", "arguments": ["x", "y"]}
    assert only(tmp_path, run(result(message=message), rules=[rule])).message == "no x in {y}"


def test_a_placeholder_without_argument_stays() -> None:
    assert filled("{0} {1}", ["a"]) == "a {1}"


# --- places ---


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a%20b.py", "src/a b.py"),
        ("./src/a.py", "src/a.py"),
        ("file:///home/me/a.py", "/home/me/a.py"),
        ("file:///C:/x/a.py", "C:/x/a.py"),
        ("file://host/share/a.py", "/share/a.py"),
        ("C:\\x\\a.py", "C:/x/a.py"),
        ("https://example.org/a.py", "https://example.org/a.py"),
    ],
)
def test_takes_the_path_from_a_uri(uri: str, path: str) -> None:
    assert as_path(uri) == path


def at_base(uri: str, base: str) -> dict[str, Any]:
    return result(locations=[{"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": base}}}])


def test_joins_the_base_directories(tmp_path: Path) -> None:
    bases = {"ROOT": {"uri": "file:///home/me/"}, "SRC": {"uri": "src/", "uriBaseId": "ROOT"}}
    assert only(tmp_path, run(at_base("a.py", "SRC"), originalUriBaseIds=bases)).path == "/home/me/src/a.py"


def test_bases_in_a_circle_end(tmp_path: Path) -> None:
    bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
    assert only(tmp_path, run(at_base("x.py", "A"), originalUriBaseIds=bases)).path.endswith("b/a/x.py")


def test_takes_the_path_from_the_artifacts(tmp_path: Path) -> None:
    location = {
        "physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 2, "endLine": 4}}
    }
    log = run(result(locations=[location]), artifacts=[{"location": {"uri": "src/b.py"}}])
    finding = only(tmp_path, log)
    assert (finding.path, finding.line, finding.end_line) == ("src/b.py", 2, 4)


@pytest.mark.parametrize("start", [0, -3, True, 1e300, "7", 10**30, None])
def test_an_invalid_line_is_zero(tmp_path: Path, start: object) -> None:
    location = {"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": {"startLine": start}}}
    assert only(tmp_path, run(result(locations=[location]))).line == 0


# --- fingerprints ---


def test_the_line_is_not_in_the_fingerprint(tmp_path: Path) -> None:
    def at(line: int) -> dict[str, Any]:
        region = {"startLine": line, "snippet": {"text": "x = 1"}}
        return result(locations=[{"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": region}}])

    assert len({f.fingerprint for f in read_sarif(tmp_path, run(at(1), at(2))).lint}) == 1


def test_partial_fingerprints_tell_findings_apart(tmp_path: Path) -> None:
    results = [result(partialFingerprints={"hash": value}) for value in ("5d41402a", "5d41402a", "7d793037")]
    assert len({f.fingerprint for f in read_sarif(tmp_path, run(*results)).lint}) == 2


def at_line(line: int, code: str = "", **changes: Any) -> dict[str, Any]:
    region = {"startLine": line} | ({"snippet": {"text": code}} if code else {})
    return result(
        locations=[{"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": region}}], **changes
    )


def fingerprints(folder: Path, *results: dict[str, Any]) -> list[str]:
    return [f.fingerprint for f in read_sarif(folder, run(*results)).lint]


SEMGREP = {"fingerprints": {"matchBasedId/v1": "requires login"}}
GITLEAKS = {"partialFingerprints": {"commitSha": "4f1c2d9be04f1c2d9be0", "author": "alice-the-author"}}


@pytest.mark.parametrize("prints", [SEMGREP, GITLEAKS, {"fingerprints": {"0": "1"}}])
def test_a_word_that_is_no_print_is_no_identity(tmp_path: Path, prints: dict[str, Any]) -> None:
    waived = fingerprints(tmp_path, at_line(3, "eval(a)", **prints))
    assert fingerprints(tmp_path, at_line(9, "eval(input())", **prints)) != waived


def test_semgrep_s_placeholder_is_no_source_text(tmp_path: Path) -> None:
    one, two = (at_line(3, "requires login", message={"text": text}) for text in ("a", "b"))
    assert len(set(fingerprints(tmp_path, one, two))) == 2


SAME: dict[str, Any] = {"partialFingerprints": {"hash": "5d41402abc4b2a76"}}


def test_a_print_of_different_code_is_no_identity(tmp_path: Path) -> None:
    one, two = at_line(3, "eval(a)", **SAME), at_line(9, "eval(b)", **SAME)
    assert len(set(fingerprints(tmp_path, one, two))) == 2


def test_a_print_of_different_messages_on_different_lines_is_no_identity(tmp_path: Path) -> None:
    one, two = at_line(3, **SAME, message={"text": "a"}), at_line(9, **SAME, message={"text": "b"})
    assert len(set(fingerprints(tmp_path, one, two))) == 2


def test_a_print_outlives_a_change_of_the_words(tmp_path: Path) -> None:
    before = fingerprints(tmp_path, at_line(3, "eval(a)", **SAME, message={"text": "a"}))
    assert fingerprints(tmp_path, at_line(9, "eval( a )", **SAME, message={"text": "b"})) == before


# --- problems of the tool ---


def test_a_run_that_failed_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_sarif(tmp_path, run(invocations=[{"executionSuccessful": False}])).problems
    assert problem.message == "tool: did not run to its end"


@pytest.mark.parametrize("key", ["toolExecutionNotifications", "toolConfigurationNotifications"])
def test_an_error_that_the_tool_reports_is_a_problem(tmp_path: Path, key: str) -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "b.py"}}}
    told = {"level": "error", "message": {"text": "syntax error"}, "locations": [place]}
    log = run(invocations=[{"executionSuccessful": False, key: [told, {"level": "note"}]}])
    (problem,) = read_sarif(tmp_path, log).problems
    assert (problem.message, problem.path) == ("tool: syntax error", "b.py")


def test_names_a_bounded_number_of_problems(tmp_path: Path) -> None:
    log = run(invocations=[{"executionSuccessful": False}] * (sarif.MAX_PROBLEMS + 5))
    problems = read_sarif(tmp_path, log).problems
    assert (len(problems), problems[-1].message) == (sarif.MAX_PROBLEMS + 1, "5 more problems were reported")


# --- damage ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": "1.0.0", "runs": []}',
        '{"version": "2.1.0", "runs": {}}',
        '{"version": "2.1.0", "runs": [], "runs": []}',
        '{"version": "2.1.0", "runs": [NaN]}',
        '{"version": "2.1.0", "runs": [' + "9" * 5000 + "]}",
        "[" * 200_000,
        '{"a":' * 200_000,
        b"\xff\xfe\x00",
    ],
)
def test_refuses_what_is_no_log(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_sarif_text(tmp_path, text)
    assert caught.value.where == "log.sarif"


def test_lone_surrogates_can_be_printed(tmp_path: Path) -> None:
    finding = only(tmp_path, run(result(message={"text": "a\ud800b"}, ruleId="\udfff")))
    assert (finding.message.encode(), finding.rule) == (b"a?b", "?")


shapes = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    *("ruleId", "rule", "ruleIndex", "message", "locations", "level", "kind", "baselineState"),
    *("suppressions", "analysisTarget", "partialFingerprints", "fingerprints", "properties"),
)


@given(st.dictionaries(st.sampled_from(NAMES), shapes), shapes, shapes, shapes)
@fuzzing
def test_any_shape_gives_all_results_or_our_error(
    tmp_path: Path, odd: dict[str, Any], tool: Any, calls: Any, bases: Any
) -> None:
    log = {"tool": tool, "results": [odd, odd], "invocations": calls, "originalUriBaseIds": bases}

    def read() -> None:
        record = read_sarif(tmp_path, log)
        assert len(record.lint) + len(record.security) in (0, 2)

    survives(read, "log.sarif")


@given(st.binary(max_size=200))
@fuzzing
def test_any_bytes_give_a_record_or_our_error(tmp_path: Path, data: bytes) -> None:
    sarif.matches("x", data)
    survives(lambda: read_sarif_text(tmp_path, data), "log.sarif")


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4))
@fuzzing
def test_a_damaged_log_gives_a_record_or_our_error(tmp_path: Path, edits: list[tuple[int, bytes]]) -> None:
    good = json.dumps({"version": "2.1.0", "runs": [run(result(), rules=[{"id": "R1"}])]}).encode()
    survives(lambda: read_sarif_text(tmp_path, mutate(good, edits)), "log.sarif")


# --- recognition, real files, size ---


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("x.json", b'\xef\xbb\xbf{"$schema": "https://json.schemastore.org/sarif-2.1.0.json"', True),
        ("x.json", b'{"version": "2.1.0", "runs": [', True),
        ("x.json", b'{"runs": [{"tool": {"driver"', True),
        ("x.sarif", b'{"properties": {}', True),
        ("package.json", b'{"name": "x", "version": "2.1.0"}', False),
        ("x.sarif", b"[]", False),
        ("x.json", b"", False),
    ],
)
def test_recognises_a_log(name: str, head: bytes, expected: bool) -> None:
    assert sarif.READER.matches(name, head) is expected


def test_a_real_log_has_all_results_that_are_not_suppressed() -> None:
    path = sample("sarif/fxcop-2.1.0.sarif")
    results = json.loads(path.read_bytes())["runs"][0]["results"]
    shown = [r for r in results if not r.get("suppressions")]
    record = sarif.read(path, "fxcop.sarif")
    assert (len(record.lint), len(record.security)) == (len(shown), 0)
    assert sum(f.severity is Severity.HIGH for f in record.lint) == sum(
        r.get("level") == "error" for r in shown
    )


def test_reads_what_the_generator_writes(tmp_path: Path) -> None:
    write_sarif(tmp_path / "big.sarif", 1000)
    record = sarif.read(tmp_path / "big.sarif", "big.sarif")
    assert (len(record.security), len(record.lint)) == (200, 800)
