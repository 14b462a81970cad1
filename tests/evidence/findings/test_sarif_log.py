"""SARIF logs that say nothing, that are damaged, or whose parts stand elsewhere."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.findings import sarif
from support.results import read_sarif, read_sarif_text, result, run


def refused(folder: Path, log: object, **options: Any) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        read_sarif_text(folder, json.dumps(log, **options))
    assert caught.value.where == "log.sarif"
    return caught.value


def log(*runs: Any, **more: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": list(runs), **more}


def named(tool: str, **more: Any) -> dict[str, Any]:
    return {"tool": {"driver": {"name": tool}}, **more}


# --- it says nothing ---


@pytest.mark.parametrize(("more", "word"), [({}, "missing"), ({"results": None}, "null")])
def test_a_run_without_results_is_refused(tmp_path: Path, more: dict[str, Any], word: str) -> None:
    error = refused(tmp_path, log(run(), named("mytool", **more)))
    assert error.what == (
        f"holds a run of mytool without results: its `results` are {word}, so nothing shows that it scanned"
    )


def test_a_run_without_results_says_why(tmp_path: Path) -> None:
    told = {"toolExecutionNotifications": [{"message": {"text": "no such folder"}}]}
    assert "the tool says: no such folder" in refused(tmp_path, log(named("t", invocations=[told]))).what


@pytest.mark.parametrize(
    "tool", ["gosec", "golangci-lint", "Trivy", "gitleaks", "govulncheck", "kube-linter", "lintr"]
)
def test_old_versions_of_some_tools_are_to_be_upgraded(tmp_path: Path, tool: str) -> None:
    assert refused(tmp_path, log(named(tool, results=None))).remedy.startswith(f"Upgrade {tool}")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"version": "2.1.0"}, "is a SARIF 2.1.0 log that has no runs (`runs` is missing)"),
        ({"version": "2.1.0", "runs": None}, "is a SARIF 2.1.0 log that has no runs (`runs` is null)"),
        ({"version": "2.1.0", "runs": []}, "is a SARIF 2.1.0 log that holds no run"),
    ],
)
def test_the_error_of_a_log_without_runs_names_the_cause(
    tmp_path: Path, document: dict[str, Any], said: str
) -> None:
    assert refused(tmp_path, document).what.startswith(said)


# --- it is damaged ---


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (log(7), "runs[0] is a number, and must be an object"),
        (log(named("t", results=42)), "runs[0].results is a number, and must be an array"),
        (log(named("t", results=[[]])), "runs[0].results[0] is an array, and must be an object"),
        (log(named("t", results=[{}, None])), "runs[0].results[1] is null, and must be an object"),
        (log(run(), run(tool=[])), "runs[1].tool is an array, and must be an object"),
        (log(run(invocations={})), "runs[0].invocations is an object, and must be an array"),
        (
            log(run(tool={"driver": {"rules": {}}})),
            "runs[0].tool.driver.rules is an object, and must be an array",
        ),
        (log(run(tool={"extensions": [3]})), "runs[0].tool.extensions[0] is a number, and must be an object"),
        (
            log(run(), inlineExternalProperties=["x"]),
            "inlineExternalProperties[0] is a string, and must be an object",
        ),
        ({"version": "2.1.0", "runs": {"a": 1}}, "runs is an object, and must be an array"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(tmp_path: Path, document: dict[str, Any], said: str) -> None:
    assert refused(tmp_path, document).what.startswith(f"is damaged: {said}")


def test_damage_names_line_and_producer(tmp_path: Path) -> None:
    document = log(run(), named("other", results=[{"a": "\n{"}, 5]))
    text = json.dumps(document, indent=1)
    line = text.splitlines().index("    5") + 1
    error = refused(tmp_path, document, indent=1)
    assert error.what.endswith(f"and must be an object, at line {line} (written by tool, other)")


def test_a_log_that_is_cut_short_names_its_producer(tmp_path: Path) -> None:
    text = json.dumps(log(run(result())), indent=1)
    with pytest.raises(EvidenceError, match=r"is not valid JSON: .* line \d+ .*\(written by tool\)"):
        read_sarif_text(tmp_path, text[: len(text) // 2])


def test_no_number_in_a_property_bag_is_read_with_a_notice(tmp_path: Path) -> None:
    text = json.dumps(log(run(result(properties={"score": float("nan")}, rank=float("inf")))))
    record = read_sarif_text(tmp_path, text)
    assert (len(record.lint), record.source.note) == (1, "numbers such as NaN read as unknown")


def test_rules_that_are_null_are_none(tmp_path: Path) -> None:
    assert (
        len(read_sarif(tmp_path, run(result(), tool={"driver": {"rules": None}, "extensions": [None]})).lint)
        == 1
    )


# --- its parts stand elsewhere ---


def referring(**references: Any) -> dict[str, Any]:
    whole = run(externalPropertyFileReferences=references, automationDetails={"guid": "AAAA"})
    del whole["results"]
    return whole


def test_inline_results_of_a_run_are_its_results(tmp_path: Path) -> None:
    inline = [
        {"runGuid": "aaaa", "results": [result()]},
        {"runGuid": "bbbb", "results": [result(), result()]},
    ]
    other = run(automationDetails={"guid": "BBBB"})
    del other["results"]
    record = read_sarif_text(tmp_path, json.dumps(log(referring(), other, inlineExternalProperties=inline)))
    assert len(record.lint) == 3


def test_inline_properties_that_say_no_run_are_those_of_the_only_one(tmp_path: Path) -> None:
    text = json.dumps(log(referring(), inlineExternalProperties=[{"results": [result()]}]))
    assert len(read_sarif_text(tmp_path, text).lint) == 1


def test_inline_rules_decide_severity(tmp_path: Path) -> None:
    rule = {"id": "R1", "properties": {"security-severity": "9.5"}}
    inline = [{"driver": {"name": "tool", "rules": [rule]}}]
    text = json.dumps(log(run(result()), inlineExternalProperties=inline))
    assert [f.severity.value for f in read_sarif_text(tmp_path, text).security] == ["critical"]


def test_inline_results_of_no_run_are_refused(tmp_path: Path) -> None:
    document = log(run(), run(), inlineExternalProperties=[{"results": [result()]}])
    assert "of no run in it" in refused(tmp_path, document).what


def written(folder: Path, name: str, **properties: Any) -> dict[str, Any]:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"version": "2.1.0", "guid": "G1", **properties}))
    return {"location": {"uri": name, "uriBaseId": "LOGS"}, "guid": "g1"}


def test_external_files_beside_the_log_are_followed(tmp_path: Path) -> None:
    more = written(tmp_path, "parts/results-1.json", results=[result(), result()]) | {"itemCount": 2}
    record = read_sarif_text(tmp_path, json.dumps(log(referring(results=[more]))))
    assert len(record.lint) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"location": {"uri": "gone.json"}}, "refers to gone.json, which cannot be read"),
        ({"location": {"uri": "../r.json"}}, "which is no file beside it"),
        ({"location": {"uri": "file:///etc/passwd"}}, "which is no file beside it"),
        ({"location": None, "guid": "x"}, "refers to external properties 'x' that it does not hold"),
        ({"guid": "other"}, "refers to r.json, which is of another run"),
        ({"itemCount": 3}, "refers to r.json for 3 results, and that file has 1"),
    ],
)
def test_an_external_file_that_is_not_the_one_meant_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    reference = written(tmp_path, "r.json", results=[result()]) | change
    assert said in refused(tmp_path, log(referring(results=[reference]))).what


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({}, "for its results, and that file has none"),
        ({"results": [3]}, "which is damaged: results[0] is a number"),
    ],
)
def test_an_external_file_without_what_it_is_for_is_refused(
    tmp_path: Path, held: dict[str, Any], said: str
) -> None:
    reference = written(tmp_path, "r.json", **held)
    assert said in refused(tmp_path, log(referring(results=[reference]))).what


def test_a_reference_to_inline_properties_is_followed_by_its_guid(tmp_path: Path) -> None:
    whole = referring(results=[{"guid": "G2"}])
    inline = [{"guid": "g2", "runGuid": "aaaa", "results": [result()]}]
    text = json.dumps(log(whole, run(), inlineExternalProperties=inline))
    assert len(read_sarif_text(tmp_path, text).lint) == 1


def test_an_external_driver_brings_its_rules(tmp_path: Path) -> None:
    rule = {"id": "R1", "properties": {"security-severity": "9.5"}}
    reference = written(tmp_path, "driver.json", driver={"name": "tool", "rules": [rule]})
    whole = run(result(), externalPropertyFileReferences={"driver": reference})
    assert len(read_sarif_text(tmp_path, json.dumps(log(whole))).security) == 1


def test_a_bounded_number_of_external_files_is_followed(tmp_path: Path) -> None:
    references = [written(tmp_path, "r.json", results=[])] * 101
    assert (
        "more than 100 external property files" in refused(tmp_path, log(referring(results=references))).what
    )


def test_external_files_have_one_limit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    references = [written(tmp_path, f"{n}.json", results=[result()]) for n in range(2)]
    size = (tmp_path / "0.json").stat().st_size
    document = log(referring(results=references))
    monkeypatch.setattr("sluicegate.evidence.json_file.MAX_JSON", 2 * size - 1)
    assert "refers to 1.json, which has" in refused(tmp_path, document).what


def test_an_external_file_must_not_be_a_link_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    reference = written(tmp_path, "secret.json", results=[result()])
    (tmp_path / "logs" / "link.json").symlink_to(tmp_path / "secret.json")
    reference["location"]["uri"] = "link.json"
    assert "no file beside it" in refused(tmp_path / "logs", log(referring(results=[reference]))).what


def test_a_log_on_its_own_names_no_external_file(tmp_path: Path) -> None:
    path = tmp_path / "x.sarif"
    path.write_text(json.dumps(log(run(result()))))
    assert len(sarif.read(path, "x.sarif").lint) == 1


@pytest.mark.parametrize(
    "schema",
    [
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-external-property-file-schema-2.1.0.json",
        "http://json.schemastore.org/sarif-external-property-file-2.1.0-rtm.1.json",
    ],
)
def test_an_external_file_is_no_log_itself(schema: str) -> None:
    head = json.dumps({"$schema": schema, "version": "2.1.0", "results": []}).encode()
    assert not sarif.matches("parts.sarif", head)
    assert sarif.matches("parts.sarif", head.replace(b"external-property-file-", b""))


def test_a_missing_external_file_says_what_to_do(tmp_path: Path) -> None:
    error = refused(tmp_path, log(referring(results=[{"location": {"uri": "gone.json"}}])))
    assert error.remedy.startswith("Keep the log together with the files that its tool wrote beside it")


def test_a_record_names_the_files_that_it_was_read_from(tmp_path: Path) -> None:
    more = written(tmp_path, "r.json", results=[result()])
    record = read_sarif_text(tmp_path, json.dumps(log(referring(results=[more]))))
    assert record.externals == {"r.json": hashlib.sha256((tmp_path / "r.json").read_bytes()).hexdigest()}
    assert record.source.note == "with 1 external property file"
