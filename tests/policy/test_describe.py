from __future__ import annotations

import json
from datetime import date

from sluicegate.policy.describe import policy_document, policy_text
from sluicegate.policy.resolve import preset_policy
from support.policies import policy

TODAY = date(2026, 11, 21)
TEXT = """
gates:
  coverage: {criteria: [total >= 80%, {expect: patch.line >= 90%, id: patch, else: warn}], else: warn}
  tests: {suites: {unit: {files: a.xml, criteria: [failed == 0]}}}
  complexity: {scope: new}
  docs: off
  size: {run: make size, measures: {total: KiB}, timeout: 1.5min, criteria: [total <= 250KiB]}
waivers:
  - {gate: security, rule: B602, reason: sandboxed, owner: "@alice", expires: 2026-11-30}
  - {gate: security, criterion: new-high, reason: old, owner: "@bob", expires: 2026-11-20}
"""


def lines() -> list[str]:
    return policy_text(policy(TEXT), TODAY).splitlines()


def test_it_names_the_file() -> None:
    assert lines()[0] == "sluicegate.yml: OK"
    assert policy_text(preset_policy(), TODAY).startswith("the preset 'standard': OK\n")


def test_it_tells_required_gates_from_others() -> None:
    assert "  coverage       required, only warns" in lines()
    assert "  complexity     required, scope new" in lines()
    assert "  lint           auto (skipped where there is nothing of its kind)" in lines()
    assert "  size           required, runs 'make size' for 90s at most" in lines()


def test_it_says_who_switched_a_gate_off() -> None:
    off = lines()[lines().index("Off") + 1 :]
    assert "  docs           switched off in sluicegate.yml:6:3" in off
    found = policy(TEXT.replace("run: make size", "enabled: false, run: make size")).off
    assert (found["docs"], found["size"]) == ("sluicegate.yml:6:3", "sluicegate.yml:7:3")
    assert "docs           switched off in shared.yml:1:9" in policy_text(
        policy("extends: shared.yml\n", shared_yml="gates: {docs: off}\n"), TODAY
    )
    bare = policy_text(policy("extends: []\ngates: {x: {run: make}}\n"), TODAY)
    assert "  lint           no file and no preset names it\n" in bare
    assert "Off" not in policy_text(preset_policy(), TODAY)


def test_a_gate_that_is_switched_on_again_is_not_off() -> None:
    found = policy("extends: shared.yml\ngates: {docs: on}\n", shared_yml="gates: {docs: off}\n")
    assert "docs" not in found.off


def test_it_shows_criteria_with_their_ids_and_suites() -> None:
    assert "    total >= 80%  from sluicegate.yml:3:25" in lines()
    assert "    patch.line >= 90%  [patch]  (only warns)  from sluicegate.yml:3:48" in lines()
    assert "    suite unit: a.xml" in lines()
    assert "      failed == 0" in lines()


def test_it_names_the_files_and_what_they_lock() -> None:
    shared = "locked: [gates.lint, source]\n"
    found = policy_text(policy("extends: ./shared.yml\n", shared_yml=shared), TODAY)
    assert "Made of, each over the one before\n  preset standard\n  shared.yml\n  sluicegate.yml\n" in found
    assert "Locked\n  gates.lint  shared.yml:1:10\n  source  shared.yml:1:22\n" in found
    assert "  new.high == 0  [new-high]  from preset standard:15:" in found


def test_an_adjustment_is_where_its_criterion_comes_from() -> None:
    found = policy_text(policy("gates: {coverage: {adjust: {total: total >= 9%}}}\n"), TODAY)
    assert "    total >= 9%  [total]  from sluicegate.yml:1:36\n" in found


def test_it_counts_the_days_of_waivers() -> None:
    assert "  security: B602 @alice, 9 days left, until 2026-11-30; sandboxed" in lines()
    assert "  security: new-high @bob, expired 1 day ago, on 2026-11-20: it no longer counts; old" in lines()


def test_terminal_escapes_in_a_policy_stay_text() -> None:
    text = 'waivers: [{gate: lint, rule: E1, reason: "\\e[31mred", owner: "@a", expires: 2027-01-31}]'
    assert "\x1b" not in policy_text(policy(text), TODAY)


def test_the_document_is_json_and_says_what_criteria_mean() -> None:
    document = json.loads(json.dumps(policy_document(policy(TEXT))))
    gates = {g["gate"]: g for g in document["gates"]}
    assert document["schema"] == "sluicegate.policy/1"
    assert gates["coverage"]["criteria"][1] == {
        "id": "patch",
        "expect": "patch.line >= 90%",
        "else": "warn",
        "means": "'patch.line' must be at least 90%; otherwise it warns.",
        "where": "sluicegate.yml:3:48",
    }
    assert gates["size"]["run"]["measures"]["total"]["unit"] == "KiB"
    assert [s["suite"] for s in gates["tests"]["suites"]] == ["unit"]
    assert document["waivers"][0]["expires"] == "2026-11-30"
    assert {"gate": "docs", "where": "sluicegate.yml:6:3"} in document["off"]
