"""Whose file is it? Found, or honestly not found: the numbers of another file never count for ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Source
from sluicegate.evidence.coverage.resolve import expected, may_mean, resolve_coverage
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import CoverageRecord
from support.coverage_reports import file_coverage, files_of

segments = st.text("abc", min_size=1, max_size=2)
paths = st.lists(segments, min_size=1, max_size=4).map("/".join)


def coverage(files: dict[str, str], roots: tuple[str, ...] = ()) -> CoverageRecord:
    return CoverageRecord(Source("c.xml", "cobertura"), files_of(files), True, roots)


def found(
    raws: str, repository: str, *roots: str, report: str = "", prefixes: tuple[str, ...] = ()
) -> dict[str, str]:
    """Path of the report -> file of the repository, for those that have one; each file has its own line."""
    lines = {raw: f"{number}+" for number, raw in enumerate(raws.split(), 1)}
    index = PathIndex(repository.split(), prefixes)
    record = resolve_coverage(coverage(lines, roots), index, report)
    by_line = {file.executable: path for path, file in record.files.items() if path in index}
    return {
        raw: by_line[file.executable] for raw, file in files_of(lines).items() if file.executable in by_line
    }


# --- one checkout --------------------------------------------------------------------------------


def test_two_paths_of_one_file_are_united() -> None:
    index = PathIndex(["src/app/main.py"], prefixes=["/repo"])
    record = coverage({"/repo/src/app/main.py": "1+ 2-", "src\\app\\main.py": "2+ 3-"})
    assert resolve_coverage(record, index).files == {
        "src/app/main.py": file_coverage("src/app/main.py", "1+ 2+ 3-")
    }


def test_what_is_not_found_stays_and_is_listed() -> None:
    record = resolve_coverage(
        coverage({"gen/x.py": "1+", "b.py": "1-", "setup.py": "1+"}), PathIndex(["setup.py"])
    )
    assert record.unresolved == ("b.py", "gen/x.py")
    assert record.files.keys() == {"b.py", "gen/x.py", "setup.py"}


def test_an_ambiguous_path_is_not_mistaken_for_a_file_of_the_repository() -> None:
    index = PathIndex(["main.py", "a/main.py", "b/main.py"])
    record = resolve_coverage(coverage({"main.py": "1+"}, roots=("a", "b")), index)
    assert record.files.keys() == {"<main.py>"}
    assert record.unresolved == ("<main.py>",)


@given(st.sets(paths, max_size=20), st.lists(paths | st.text(max_size=10), max_size=10, unique=True))
def test_resolving_a_record_loses_no_file(files: set[str], raws: list[str]) -> None:
    resolved = resolve_coverage(coverage(dict.fromkeys(raws, "1+ 2-")), PathIndex(files))
    assert set(resolved.files) - files == set(resolved.unresolved)
    assert resolved.unresolved == tuple(sorted(resolved.unresolved))
    assert len(resolved.files) <= len(raws)
    assert bool(resolved.files) == bool(raws)


@given(st.sets(paths, min_size=1, max_size=20), st.sampled_from(["", "a/b.xml", "c.xml"]))
def test_every_file_is_found_by_its_path_below_the_checkout(files: set[str], report: str) -> None:
    raws = " ".join(f"/root/{path}" for path in sorted(files))
    answers = found(raws, " ".join(files), report=report, prefixes=("/root",))
    assert answers == {f"/root/{path}": path for path in files}


@given(st.sets(paths, min_size=1, max_size=20), st.text("xyz", max_size=8))
def test_below_a_foreign_folder_a_file_is_itself_or_not_found(files: set[str], folder: str) -> None:
    raws = " ".join(f"/{folder}/{path}" for path in sorted(files))
    for raw, path in found(raws, " ".join(files)).items():
        assert raw.removeprefix(f"/{folder}").lstrip("/") == path


# --- tails ---------------------------------------------------------------------------------------


def test_an_exact_match_is_never_joined_by_a_tail_match() -> None:
    index = PathIndex(["lib/combinat.c"])
    record = coverage({"lib/combinat.c": "1+ 2- 3- 4-", "/usr/src/zlib/lib/combinat.c": "1+ 2+ 3+ 4+"})
    assert resolve_coverage(record, index).files["lib/combinat.c"] == file_coverage(
        "lib/combinat.c", "1+ 2- 3- 4-"
    )


def test_a_checkout_elsewhere_is_found_by_two_files() -> None:
    assert found("/app/src/a.py /app/src/b.py", "src/a.py src/b.py") == {
        "/app/src/a.py": "src/a.py",
        "/app/src/b.py": "src/b.py",
    }


def test_one_tail_beside_other_files_proves_nothing() -> None:
    assert found("lib/a.c /usr/src/zlib/lib/b.c", "lib/a.c lib/b.c") == {"lib/a.c": "lib/a.c"}


def test_the_only_file_of_a_report_needs_no_second() -> None:
    assert found("/app/calc.py", "calc.py tests/test_calc.py") == {"/app/calc.py": "calc.py"}


def test_a_missing_file_contradicts_the_folder() -> None:
    raws = "/usr/src/zlib/lib/a.c /usr/src/zlib/lib/b.c /usr/src/zlib/lib/inflate.c"
    assert found(raws, "lib/a.c lib/b.c") == {}


def test_a_missing_file_among_many_does_not_contradict_it() -> None:
    files = [f"src/m{n}.py" for n in range(10)]
    raws = [f"/app/{path}" for path in (*files, "src/made_by_the_build.py")]
    assert list(found(" ".join(raws), " ".join(files)).values()) == files


@pytest.mark.parametrize(
    "generated", ["src/_version.py", "build/x.py", "src/gen/x.py", "src/api_pb2.py", "node_modules/x/i.js"]
)
def test_a_generated_file_or_a_dependency_may_be_missing(generated: str) -> None:
    answers = found(f"/app/src/a.py /app/src/b.py /app/{generated}", "src/a.py src/b.py")
    assert answers.keys() == {"/app/src/a.py", "/app/src/b.py"}


def test_a_second_claim_to_a_file_contradicts_both() -> None:
    raws = "/app/src/a.py /app/src/b.py /lib/src/a.py /lib/src/b.py"
    assert found(raws, "src/a.py src/b.py") == {}


def test_a_claim_that_more_files_make_wins() -> None:
    raws = "/app/src/a.py /app/src/b.py /app/src/c.py /lib/src/a.py /lib/src/b.py"
    answers = found(raws, "src/a.py src/b.py src/c.py")
    assert answers == {f"/app/src/{name}.py": f"src/{name}.py" for name in "abc"}


def test_an_exact_path_contradicts_a_folder_that_claims_it_too() -> None:
    raws = "lib/a.c /usr/src/zlib/lib/a.c /usr/src/zlib/lib/b.c"
    assert found(raws, "lib/a.c lib/b.c") == {"lib/a.c": "lib/a.c"}


def test_copies_with_the_same_lines_are_one_file() -> None:
    report = {
        "/one/src/a.py": "1+ 2-",
        "/one/src/b.py": "1+",
        "/two/src/a.py": "1- 2+",
        "/two/src/b.py": "1+",
    }
    record = resolve_coverage(coverage(report), PathIndex(["src/a.py", "src/b.py"]))
    assert record.files["src/a.py"] == file_coverage("src/a.py", "1+ 2+")


def test_two_containers_with_a_service_each() -> None:
    raws = "/one/app/a.py /one/app/b.py /two/app/c.py /two/app/d.py"
    files = "svc/one/app/a.py svc/one/app/b.py svc/two/app/c.py svc/two/app/d.py"
    assert found(raws, files) == dict(zip(raws.split(), files.split(), strict=True))


def test_three_source_roots_of_another_machine() -> None:
    raws, files = "a.py b.py c.py d.py e.py f.py", "x/a.py x/b.py y/c.py y/d.py z/e.py z/f.py"
    assert found(raws, files, "/ci/x", "/ci/y", "/ci/z") == dict(
        zip(raws.split(), files.split(), strict=True)
    )


def test_three_source_roots_of_this_checkout() -> None:
    answers = found(
        "a.py b.py c.py", "x/a.py y/b.py z/c.py", "/repo/x", "/repo/y", "/repo/z", prefixes=("/repo",)
    )
    assert list(answers.values()) == ["x/a.py", "y/b.py", "z/c.py"]


def test_package_relative_paths_follow_their_source_root() -> None:
    answers = found("com/acme/A.java", "core/src/com/acme/A.java web/src/com/acme/A.java", "web/src")
    assert answers == {"com/acme/A.java": "web/src/com/acme/A.java"}


def test_more_of_a_path_behind_a_foreign_root_counts_for_more_than_the_path_as_written() -> None:
    files = "src/index.ts src/b.ts packages/foo/src/index.ts packages/foo/src/b.ts"
    answers = found("src/index.ts src/b.ts", files, "/builds/x/packages/foo")
    assert list(answers.values()) == ["packages/foo/src/index.ts", "packages/foo/src/b.ts"]


def test_bazel_writes_what_it_made_below_bazel_out_and_dependencies_below_external() -> None:
    raws = "src/a.cc bazel-out/k8-fastbuild/bin/src/a.pb.cc external/zlib/src/a.cc external/zlib/src/b.cc"
    assert found(raws, "src/a.cc src/b.cc") == {"src/a.cc": "src/a.cc"}


MOVED = "bazel-out/k8-fastbuild/bin/{}_virtual_includes/strategy/{}"


@pytest.mark.parametrize(
    ("package", "name", "file"),
    [
        ("include/common/", "strategy.h", "include/common/strategy.h"),
        ("include/", "common/strategy.h", "include/common/strategy.h"),
        ("", "strategy.h", "strategy.h"),
    ],
)
def test_a_header_that_bazel_moved_is_the_one_of_its_package(package: str, name: str, file: str) -> None:
    raw = MOVED.format(package, name)
    assert found(f"src/a.cc {raw}", f"src/a.cc {file} other/strategy.h")[raw] == file


def test_a_header_that_bazel_moved_elsewhere_may_be_any_of_its_name_in_the_package() -> None:
    raw = MOVED.format("include/", "yo/strategy.h")
    files = "src/a.cc include/common/strategy.h other/strategy.h"
    assert raw not in found(f"src/a.cc {raw}", files)
    assert [file for file in files.split() if may_mean(raw, file)] == ["include/common/strategy.h"]


def test_an_installed_package_is_resolved_to_its_sources() -> None:
    folder = ".tox/py311/lib/python3.11/site-packages"
    raws = f"/ci/{folder}/app/a.py /ci/{folder}/app/b.py /ci/{folder}/requests/api.py"
    assert list(found(raws, "src/app/a.py src/app/b.py").values()) == ["src/app/a.py", "src/app/b.py"]


def test_a_folder_named_like_the_repository_does_not_mislead() -> None:
    files = "conftest.py requests/conftest.py requests/api.py tests/a.py"
    raws = " ".join(f"/home/runner/work/requests/requests/{path}" for path in files.split())
    assert list(found(raws, files).values()) == files.split()


def test_other_folders_at_the_top_of_the_file_system_do_not_contradict() -> None:
    answers = found("/src/app/a.py /src/app/b.py /usr/lib/x.py", "src/app/a.py src/app/b.py")
    assert list(answers.values()) == ["src/app/a.py", "src/app/b.py"]


# --- the place of the report ---------------------------------------------------------------------


def test_reports_of_two_packages_that_say_the_same_path_are_about_two_files() -> None:
    files = "packages/foo/src/index.ts packages/bar/src/index.ts src/index.ts"
    answers = [
        found("src/index.ts", files, report=f"packages/{name}/coverage/lcov.info") for name in ("foo", "bar")
    ]
    assert answers == [
        {"src/index.ts": "packages/foo/src/index.ts"},
        {"src/index.ts": "packages/bar/src/index.ts"},
    ]


def test_a_relative_source_root_begins_at_the_place_of_the_report() -> None:
    files = "a.c packages/foo/a.c"
    assert found("a.c", files, ".", report="packages/foo/coverage.xml") == {"a.c": "packages/foo/a.c"}


def test_a_path_upwards_begins_at_the_place_of_the_report() -> None:
    answers = found("../bar/x.ts", "packages/foo/a.ts packages/bar/x.ts", report="packages/foo/lcov.info")
    assert answers == {"../bar/x.ts": "packages/bar/x.ts"}


def test_what_two_folders_above_the_report_have_is_open_where_the_nearest_lacks_another() -> None:
    files = "src/index.ts src/other.ts packages/foo/src/index.ts"
    answers = found("src/index.ts src/other.ts", files, report="packages/foo/coverage/lcov.info")
    assert answers == {"src/other.ts": "src/other.ts"}


# --- what stays open -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "path", "answer"),
    [
        ("/usr/src/lib/a.c", "lib/a.c", True),
        ("/usr/src/lib/a.c", "a.c", True),
        ("a.c", "lib/a.c", True),
        ("<lib/a.c>", "lib/a.c", True),
        ("/usr/src/other/a.c", "lib/a.c", False),
        ("/", "lib/a.c", False),
    ],
)
def test_a_path_that_was_not_found_may_mean_a_file_that_ends_alike(raw: str, path: str, answer: bool) -> None:
    assert may_mean(raw, path) is answer


def test_a_generated_file_in_a_container_is_resolved_below_the_mapped_folder() -> None:
    record = coverage(dict.fromkeys(["/app/src/a.py", "/app/src/b.py", "/app/src/made.py"], "1+"))
    assert "src/made.py" in expected(record, PathIndex(["src/a.py", "src/b.py"]))
