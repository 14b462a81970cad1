from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sluicegate.core.model import Discovery, Notice, Report, Severity, Table
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.report import compose, terminal
from support import any_reports
from support import reports as r
from support.hostile import hostile

SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def render(report: Report, *, width: int, color: bool, verbose: bool = False) -> str:
    return terminal.render(compose.page(report), width=width, color=color, verbose=verbose)


def render_svg(report: Report) -> str:
    return terminal.render_svg(compose.page(report))


def plain(report: Report, width: int = 100, *, verbose: bool = False) -> str:
    return render(report, width=width, color=False, verbose=verbose)


def widest(text: str) -> int:
    """Columns of the widest line; those that are one URL, path or name and nothing else do not count."""
    lines = (line for line in text.splitlines() if not re.fullmatch(r" *(\S*[/\\]\S+|[\w.:]+)", line))
    return max(map(cell_len, lines), default=0)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("passing", "✓ PASS  2 gates passed"),
        ("warning", "! WARN  look at: complexity, performance"),
        ("conditional", "~ CONDITIONAL  accepted by waivers: security"),
        ("blocked", "✗ BLOCKED  4 gates of 5 block: tests.unit, coverage, security, lint"),
    ],
)
def test_the_verdict_comes_first(name: str, first: str) -> None:
    assert plain(r.NAMED[name]()).splitlines()[0] == first


def test_gates_are_aligned() -> None:
    lines = [line for line in plain(r.passing()).splitlines() if line.startswith("  ✓ PASS")]
    assert [line.index("PASS") for line in lines] == [4, 4]
    assert len({line.index("%") for line in lines}) == 1


def test_a_passing_gate_is_one_line() -> None:
    assert plain(r.passing(), 80).count("pass_rate") == 1


def test_a_gate_has_its_measure_with_the_value_of_the_base() -> None:
    assert re.search(r"coverage    total +78\.4%  was 81%  ▼ 2\.6pp worse  1,301 of", plain(r.blocked(), 120))
    assert "total 78.4%              was 81%, ▼ 2.6pp worse; 1,301" in plain(r.blocked(), 80)
    assert "coverage  total 78.4%, was 81%\n" in plain(r.blocked(), 40)


def test_what_to_do_comes_before_the_gates() -> None:
    text = plain(r.blocked(), 120)
    first = "✗ tests.unit, tests/test_cart.py:88: `pass_rate == 100%`: "
    assert text.index(first) < text.index("! this change edits") < text.index("✗ FAIL   tests.unit")
    assert "→ `pytest tests/test_cart.py`\n" in text


def test_new_findings_of_a_gate_that_passes_are_listed() -> None:
    found = replace(r.security_old(), status=GateStatus.PASS, criteria=())
    text = plain(r.report(found))
    assert "high  src/shop/run.py:41  B602 " in text
    assert "4 older findings: 2 high, 1 low, 1 waived\n" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_path_and_no_name_is_broken(width: int) -> None:
    name = "tests.unit.test_of_a_thing_with_a_long_name.TestIt::test_that_it_holds_what_it_promises"
    case = replace(r.tests_fail().findings[0], message=f"{name} failed: assert 1 == 2", path="a.py")
    assert plain(r.report(replace(r.tests_fail(), findings=(case,))), width).count(name) == 2
    path = "src/" + "/".join(["packages", "some_long_name"] * 4) + "/test_of_a_thing.py"
    found = r.finding("B602", Severity.HIGH, path, 7, f"see {path} for more, and not only for this one")
    table = Table("T", ("file", "where"), ((path, "1-2, 4-5, " * 20), ("a.py", path)), "ll")
    remedy = f"Look at {path}, and then at the rest."
    verdict = replace(r.security_fail(), findings=(found,), tables=(table,), remedies=(remedy,))
    text = plain(r.report(verdict), width)
    assert text.count(path) == 7


def test_verbose_shows_every_criterion_and_source() -> None:
    text = plain(r.passing(), verbose=True)
    assert "pass_rate == 100%" in text
    assert "from reports/junit.xml (junit, pytest)" in text


def test_verbose_shows_the_course_of_measures() -> None:
    line = "coverage.total   ▁▂▂▄ ██  84.2%  ▲ 6.2pp better  6 reports since 2026-10-01"
    assert line in plain(r.NAMED["recorded"](), verbose=True)
    assert "coverage.total" not in plain(r.NAMED["recorded"]())


def test_a_failed_criterion_shows_actual_against_expected() -> None:
    assert re.search(
        r"✗  total >= 80% +78\.4%  1,568 of 2,000 lines and branches, ▼ 2\.6pp", plain(r.blocked())
    )


def test_the_worst_finding_is_named_with_its_line() -> None:
    assert re.search(r"critical  src/shop/db\.py:120 +py/sql-injection", plain(r.blocked()))


def test_left_out_findings_are_counted() -> None:
    assert "…and 27 more findings: 27 low" in plain(r.blocked())


def test_a_gate_that_was_not_judged_has_a_line_with_its_reason() -> None:
    line = "  - docs not judged: no public name is new; 40 of 52 public names documented\n"
    assert line in plain(r.blocked())


def test_gates_without_evidence_share_a_line() -> None:
    absent = (r.performance_absent(), replace(r.performance_absent(), gate="lint"))
    text = plain(r.report(r.tests_pass(), *absent, discovery=r.DISCOVERY))
    line = "  - skipped, nothing of their kind here: performance, lint (-v: what was looked for)\n"
    assert line in text
    assert "benchmark*.json" not in text


def test_verbose_says_once_what_was_looked_for() -> None:
    text = plain(r.passing(), 120, verbose=True)
    assert "  - performance skipped: nothing found; looked for benchmark*.json, .benchmarks" in text
    assert text.count("benchmark*.json") == 1


def test_warnings_stand_before_the_gates_and_the_rest_at_the_end() -> None:
    notices = (Notice("info", "a", "some advice"), Notice("warning", "b", "no baseline"))
    text = plain(r.report(r.tests_pass(), notices=notices))
    assert text.index("! no baseline") < text.index("✓ PASS  tests") < text.index("· some advice")


def test_a_long_url_stays_whole_on_a_line_of_its_own() -> None:
    url = "https://bandit.readthedocs.io/en/1.9.4/" + "plugins/" * 12
    report = r.report(replace(r.tests_fail(), remedies=(f"Mend it. See {url}. Then go on.",)))
    assert f"    → Mend it. See\n      {url}\n      Then go on.\n" in plain(report, 80)


def test_a_url_that_fits_is_part_of_its_sentence() -> None:
    report = r.report(replace(r.tests_fail(), remedies=("See https://eslint.org/docs.",)))
    assert "→ See https://eslint.org/docs.\n" in plain(report)


def test_old_findings_are_counted_when_new_ones_failed() -> None:
    report = r.report(r.security_old())
    assert "4 older findings: 2 high, 1 low, 1 waived\n" in plain(report)
    assert "(not new)" not in plain(report)
    assert plain(report, verbose=True).count("(not new)") == 4


def test_a_path_outside_the_folder_is_cut_to_its_end() -> None:
    source = replace(r.COVERAGE, note="by the project's own coverage.py (/opt/venvs/shop/bin/python3)")
    text = plain(r.report(discovery=Discovery(taken=(source,))), 120)
    assert "(cobertura, coverage.py 7.17.3, by the project's own coverage.py (…/bin/python3))" in text


def test_an_advisory_gate_says_so() -> None:
    report = r.report(replace(r.tests_fail(), blocking=False), status=ReportStatus.WARN)
    assert "1 error, 3 skipped (advisory)" in plain(report, 120)


def test_a_path_stays_whole_while_the_last_column_can_wrap() -> None:
    table = Table("T", ("file", "where"), (("src/" + "x" * 40 + ".py", "1-2, 4-5, " * 20),), "ll")
    assert "x" * 40 + ".py " in plain(r.report(replace(r.coverage_fail(), tables=(table,))), 80)


def test_remedies_name_the_next_command() -> None:
    assert "→ Add tests for src/shop/cart.py lines 88-93, 97: `coverage report" in plain(r.blocked())


def test_a_waiver_names_owner_and_end() -> None:
    assert "waived until 2026-12-01 by @bob: the audit is under way" in plain(r.conditional(), 120)


def test_a_failed_file_has_its_remedy() -> None:
    text = plain(r.blocked())
    assert "✗ reports/ruff.json: is not a JSON document: it ends at line 41" in text


def test_what_was_taken_is_named_and_the_rest_only_when_verbose() -> None:
    assert "took coverage.xml (cobertura, coverage.py 7.17.3)" in plain(r.passing())
    assert "passed over" not in plain(r.passing())
    assert "passed over htmlcov/coverage.json (coverage.xml is preferred)" in plain(r.passing(), verbose=True)


def test_when_nothing_was_found_it_says_what_was_looked_for() -> None:
    assert "looked for tests: junit*.xml" in plain(r.empty())


def test_a_screenful_is_enough_for_a_pass() -> None:
    assert plain(r.passing(), 80).count("\n") <= 12


@pytest.mark.parametrize("name", r.NAMED)
@pytest.mark.parametrize("width", [20, 40, 79, 80, 120])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for color in (False, True):
        text = SGR.sub("", render(r.NAMED[name](), width=width, color=color, verbose=True))
        assert widest(text) <= width


@given(any_reports.reports, st.integers(20, 130), st.booleans())
@any_reports.quick
def test_no_line_of_any_report_is_wider_than_the_terminal(report: Report, width: int, verbose: bool) -> None:
    text = plain(report, width, verbose=verbose)
    assert widest(text) <= width
    assert not CONTROL.search(text)
    text.encode()


def test_without_colour_there_is_no_escape_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in plain(hostile(), verbose=True)


def test_with_colour_only_colours_are_added() -> None:
    colored = render(hostile(), width=80, color=True, verbose=True)
    assert colored != plain(hostile(), 80, verbose=True)
    assert not CONTROL.search(SGR.sub("", colored))


def test_colour_does_not_change_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    colored = SGR.sub("", render(r.blocked(), width=80, color=True))
    assert [line.rstrip() for line in colored.splitlines()] == plain(r.blocked(), 80).splitlines()


def test_markup_of_strangers_is_text() -> None:
    assert "[bold]markup[/bold] :tada:" in plain(hostile(), 130).replace("\n", " ")


def test_the_environment_does_not_change_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    before = plain(r.blocked())
    for name in ("COLUMNS", "TERM", "FORCE_COLOR", "TTY_COMPATIBLE", "JUPYTER_COLUMNS"):
        monkeypatch.setenv(name, "42")
    assert plain(r.blocked()) == before


def test_the_picture_fetches_nothing() -> None:
    svg = render_svg(r.blocked())
    assert svg.startswith("<svg")
    assert "url(http" not in svg
    assert "@font-face" not in svg
    assert "tests.unit" in svg


def test_the_picture_is_deterministic() -> None:
    assert render_svg(r.blocked()) == render_svg(r.blocked())
