"""The page in a real browser: it sorts, filters, asks for nothing, and runs nothing of strangers'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.core.model import Report
from sluicegate.report import compose, html
from sluicegate.rollout.sections import status_page
from support import reports as r
from support.chromium import Browser, browser
from support.rollout_statuses import status
from support.rollouts import providers_of_tests


def render(report: Report, *, sources: dict[str, list[str]] | None = None) -> str:
    return html.render(compose.page(report, sources=sources))


pytestmark = pytest.mark.slow

COLUMN = "[...document.querySelectorAll('#table tbody tr:not([hidden])')].map(r => r.cells[{n}].textContent)"
BLOCKED = r.blocked(extra=12)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Browser:
    path = tmp_path / "report.html"
    path.write_text(render(BLOCKED, sources=r.SOURCES), encoding="utf-8")
    chromium.size(1200)
    chromium.theme("light")
    chromium.open(path)
    return chromium


def column(page: Browser, number: int) -> list[str]:
    cells: list[str] = page.run(COLUMN.format(n=number))
    return cells


def click_head(page: Browser, number: int) -> None:
    page.run(f"document.querySelectorAll('#table th button')[{number}].click()")


def fill(page: Browser, field: str, value: str) -> None:
    page.run(
        f"(() => {{ const f = document.getElementById('{field}'); f.value = {value!r};"
        " f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


@pytest.mark.parametrize("name", r.NAMED)
def test_no_complaint_and_no_request(chromium: Browser, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(render(r.NAMED[name](), sources=r.SOURCES), encoding="utf-8")
    chromium.open(path)
    assert chromium.complaints() == []
    assert chromium.requests() == [path.as_uri()]


def test_a_script_that_got_through_would_not_run(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "tampered.html"
    tampered = render(r.passing()).replace("<main", "<script>window.ran = 1</script><main")
    path.write_text(tampered, encoding="utf-8")
    chromium.open(path)
    assert chromium.run("window.ran") is None
    assert "Content Security Policy" in "".join(chromium.complaints())


def test_a_click_sorts_by_place_and_a_second_turns_it_round(page: Browser) -> None:
    click_head(page, 3)
    ascending = column(page, 3)
    assert ascending[0] == "src/shop/cart.py:61"
    click_head(page, 3)
    assert column(page, 3)[-1] == ascending[0]
    assert page.run("document.querySelectorAll('#table th')[3].getAttribute('aria-sort')") == "descending"


def test_lines_sort_as_numbers(page: Browser) -> None:
    click_head(page, 3)
    places = [place for place in column(page, 3) if place.startswith("src/shop/cart.py")]
    assert places == [f"src/shop/cart.py:{line}" for line in (61, 85, 88, 97)]


def test_severities_sort_by_gravity_not_by_name(page: Browser) -> None:
    click_head(page, 0)
    kinds = [cell.replace("new", "") for cell in column(page, 0)]
    assert kinds[0] == "critical"
    assert list(dict.fromkeys(kinds)) == ["critical", "high", "medium", "low"]


def test_words_filter(page: Browser) -> None:
    fill(page, "f-text", "SQL query")
    assert column(page, 2) == ["py/sql-injection"]
    assert page.run("document.getElementById('shown').textContent").startswith("1 of ")


def test_a_severity_and_a_gate_filter(page: Browser) -> None:
    fill(page, "f-severity", "high")
    fill(page, "f-gate", "security")
    assert sorted(column(page, 2)) == ["B324", "B602"]


def test_the_link_of_a_section_shows_the_findings_of_its_gate(page: Browser) -> None:
    page.run("document.querySelector('a[data-gate=security]').click()")
    assert set(column(page, 1)) == {"security"}


def test_new_only_leaves_the_old_out(page: Browser) -> None:
    page.run("document.getElementById('f-new').click()")
    assert "B324" not in column(page, 2)


def test_nothing_found_says_so(page: Browser) -> None:
    fill(page, "f-text", "no such words")
    assert page.run("document.getElementById('none').hidden") is False


def test_the_keyboard_reaches_the_skip_link_then_sorts(page: Browser) -> None:
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip"
    page.run("document.querySelectorAll('#table th button')[4].focus()")
    page.press("Enter")
    assert page.run("document.querySelectorAll('#table th')[4].getAttribute('aria-sort')") == "ascending"


def test_a_card_opens_its_folded_gate(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "passing.html"
    path.write_text(render(r.passing()), encoding="utf-8")
    chromium.open(path)
    chromium.run("document.querySelector('.card').click()")
    chromium.run("new Promise(done => setTimeout(done, 50))")
    assert chromium.run("document.getElementById('gate-0').open") is True


@pytest.mark.parametrize("name", r.NAMED)
@pytest.mark.parametrize("width", [360, 800, 1200])
def test_the_page_never_scrolls_sideways(chromium: Browser, tmp_path: Path, name: str, width: int) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(render(r.NAMED[name](), sources=r.SOURCES), encoding="utf-8")
    chromium.size(width)
    chromium.open(path)
    assert chromium.run("document.documentElement.scrollWidth") == width


def test_tables_of_gates_need_no_sideways_scrolling_on_a_phone(page: Browser) -> None:
    page.size(360)
    wide = (
        "[...document.querySelectorAll('.scroll:has(> .plain)')].filter(e => e.scrollWidth > e.clientWidth)"
    )
    assert page.run("document.querySelectorAll('.scroll > .plain').length") == 4
    assert page.run(f"{wide}.length") == 0


@pytest.mark.parametrize("width", [360, 800, 1200])
def test_the_name_of_a_gate_stands_on_one_line(page: Browser, width: int) -> None:
    page.size(width)
    broken = "[...document.querySelectorAll('.card .name, .gate h2, .findings .name')]"
    broken += ".filter(e => { const s = document.createRange(); s.selectNodeContents(e);"
    broken += " return s.getClientRects().length > 1; }).map(e => e.textContent)"
    assert page.run(broken) == []


CONTRAST = """
(() => {
  const channel = (v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const parse = (c) => {
    const n = c.match(/[\\d.]+/g).map(Number);
    return {rgb: n.slice(0, 3), a: n[3] ?? 1};
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.a === 1) return c.rgb;
    }
    return parse(getComputedStyle(document.body).backgroundColor).rgb;
  };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.offsetParent || e.closest('svg, header, select')) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color).rgb), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) bad.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(bad)];
})()
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["blocked", "conditional", "warning"])
def test_text_has_the_contrast_that_wcag_asks(
    chromium: Browser, tmp_path: Path, name: str, theme: str
) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(render(r.NAMED[name](), sources=r.SOURCES), encoding="utf-8")
    chromium.theme(theme)
    chromium.open(path)
    assert chromium.run(CONTRAST) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["paused", "rolled-back", "compared"])
def test_a_rollout_can_be_read_on_a_phone(chromium: Browser, tmp_path: Path, name: str, theme: str) -> None:
    path = tmp_path / "rollout.html"
    with providers_of_tests():
        path.write_text(html.render(status_page(status(name))), encoding="utf-8")
    chromium.theme(theme)
    chromium.size(360)
    chromium.open(path)
    chromium.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert chromium.complaints() == []
    assert chromium.requests() == [path.as_uri()]
    assert chromium.run("document.documentElement.scrollWidth") == 360
    assert chromium.run(CONTRAST) == []


def test_it_prints_with_everything_open(page: Browser) -> None:
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("[...document.querySelectorAll('details')].every(d => d.open)") is True
    assert page.call("Page.printToPDF")["data"].startswith("JVBERi")
