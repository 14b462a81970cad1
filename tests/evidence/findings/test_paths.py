from dataclasses import replace

from sluicegate.core.model import Finding, Severity, Source
from sluicegate.evidence.findings.fingerprint import fingerprint
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import FindingsRecord

INDEX = PathIndex(["src/pkg/a.py", "src/pkg/b.py"])


def found(path: str) -> Finding:
    return Finding("R", Severity.LOW, "m", path, line=1, fingerprint="content")


def record(*paths: str) -> FindingsRecord:
    return FindingsRecord(Source("x", "sarif"), security=tuple(map(found, paths)))


def test_paths_of_other_machines_become_the_repositorys() -> None:
    resolved = resolve_findings(record("/home/runner/work/x/x/src/pkg/a.py", "src/pkg/b.py"), INDEX)
    assert [f.path for f in resolved.security] == ["src/pkg/a.py", "src/pkg/b.py"]
    assert resolved.unresolved == ()


def test_an_unresolved_path_is_reported_and_its_findings_stay() -> None:
    resolved = resolve_findings(record("other/z.py", "other/z.py"), INDEX)
    assert [f.path for f in resolved.security] == ["other/z.py"] * 2
    assert resolved.unresolved == ("other/z.py",)


def test_a_finding_without_a_path_stays() -> None:
    resolved = resolve_findings(replace(record(), lint=(found(""),)), INDEX)
    assert (resolved.lint[0].path, resolved.unresolved) == ("", ())


def test_the_fingerprint_is_of_the_repositorys_path() -> None:
    here, there = (
        resolve_findings(record(path), INDEX).security[0].fingerprint
        for path in ("src/pkg/a.py", "C:/ci/x/src/pkg/a.py")
    )
    assert here == there == fingerprint("R", "src/pkg/a.py", "content")
