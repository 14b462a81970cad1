"""Result files of any size, written line by line and the same on every run."""

from __future__ import annotations

import json
from pathlib import Path


def write_junit(path: Path, cases: int, *, failing_every: int = 1000, skipped_every: int = 500) -> None:
    """A pytest-like file of `cases` cases in one suite, about 121 bytes a case.

    Case `i` fails when `i % failing_every == 0`, and is skipped when that is not so and
    `i % skipped_every == 0`.
    """
    failed = sum(1 for i in range(0, cases, failing_every))
    skipped = sum(1 for i in range(0, cases, skipped_every) if i % failing_every)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('<?xml version="1.0" encoding="utf-8"?><testsuites>')
        out.write(f'<testsuite name="pytest" errors="0" failures="{failed}" ')
        out.write(f'skipped="{skipped}" tests="{cases}" time="1,234.5">\n')
        for i in range(cases):
            out.write(_junit_case(i, failing_every, skipped_every))
        out.write("</testsuite></testsuites>\n")


def _junit_case(i: int, failing_every: int, skipped_every: int) -> str:
    head = (
        f'<testcase classname="tests.package_{i // 1000:04d}.test_module.TestClass" '
        f'name="test_behaviour_of_case[{i:07d}]" time="0.{i % 1000:03d}"'
    )
    if i % failing_every == 0:
        text = f'<failure message="assert {i} == 0">def test():\n&gt; assert {i} == 0</failure>'
        return f"{head}>{text}</testcase>\n"
    if i % skipped_every == 0:
        return f'{head}><skipped type="pytest.skip" message="not here"/></testcase>\n'
    return f"{head} />\n"


def write_sarif(path: Path, results: int, *, rules: int = 50, security_every: int = 5) -> None:
    """A SARIF log of `results` results, about 600 bytes each.

    Result `i` is of rule `R{i % rules}`; rules whose number divides by `security_every` have a
    security severity of 7.5.
    """
    described = [
        {"id": f"R{n}", "defaultConfiguration": {"level": "note"}}
        | ({"properties": {"security-severity": "7.5"}} if n % security_every == 0 else {})
        for n in range(rules)
    ]
    driver = {"name": "generated", "version": "1.0", "rules": described}
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"version": "2.1.0", "runs": [{"tool": {"driver": ')
        out.write(json.dumps(driver))
        out.write('}, "results": [')
        for i in range(results):
            out.write((",\n" if i else "\n") + json.dumps(_sarif_result(i, rules)))
        out.write("\n]}]}\n")


def _sarif_result(i: int, rules: int) -> dict[str, object]:
    region = {"startLine": i % 997 + 1, "endLine": i % 997 + 3, "snippet": {"text": f"value = call({i})\n"}}
    return {
        "ruleId": f"R{i % rules}",
        "ruleIndex": i % rules,
        "message": {"text": f"Finding number {i} with a sentence that says what to do about it."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": f"src/package_{i % 100}/module_{i % 1000}.py",
                        "uriBaseId": "SRC",
                    },
                    "region": region,
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{i:016x}:1"},
    }
