"""The generated documents: every page from the code that it describes. Run it to write them anew."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sluicegate.bundle.layout import bundle_schema
from sluicegate.core.model import Discovery
from sluicegate.core.units import DIMENSIONS
from sluicegate.criteria import MeasureSpec
from sluicegate.evidence.benchmarks.native_document import native_schema
from sluicegate.evidence.findings import severity
from sluicegate.evidence.records import Kind
from sluicegate.evidence.unread import formats
from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.policy import catalogue
from sluicegate.policy.gatespec import GateSpec
from sluicegate.policy.schema import policy_schema
from sluicegate.policy.settings import gate_section
from sluicegate.report import compose
from sluicegate.report.document import report_schema
from sluicegate.report.terminal import render_svg
from sluicegate.rollout.keys import plan_schema
from sluicegate.rollout.providers import provider_names, provider_section
from support import provider_docs, reports
from support.action_docs import with_tables
from support.plugin import ENTRY

ROOT = Path(__file__).resolve().parents[2]

_POLICY_INTRO = """# The policy file

[`sluicegate init`](init.md) writes the file, `sluicegate validate` checks it, and
[policy.schema.json](policy.schema.json) describes it to editors:

    # yaml-language-server: $schema=./docs/policy.schema.json

Sluicegate looks for `sluicegate.yml`, `.sluicegate.yml` and `.github/sluicegate.yml`, from the current
folder up to the top of the repository. An unknown key is an error with its line and the nearest valid name.

## How files are merged

`extends` lists presets or files, from left to right. A later one overrides an earlier one, and the file
itself overrides them all. If no preset is named, `standard` lies underneath; `extends: []` means none. To
extend a file of another repository, name it with the full sha of a commit; Sluicegate fetches it before it
judges: [organisation.md](organisation.md). A list of `criteria` replaces the gate's whole list; `adjust`
changes single criteria by id:

```yaml
extends: standard
gates:
  coverage:
    adjust: {total: total >= 90%, patch: off}
```

A gate that your own file names is required: without evidence it is ERROR and blocks. A gate that comes only
from a preset is then SKIPPED. So `coverage: {}`, which changes no criterion, turns a missing report from
SKIPPED into ERROR; `required: auto` in the gate keeps it SKIPPED. `off` instead of a gate's settings
switches the gate off, and instead of an adjustment removes the criterion. `sluicegate validate` lists the
gates that are off, and the line of each `off`.

## Waivers

A waiver accepts a criterion or findings, with a reason and an expiry date. It names either the id of a
criterion, or findings by `rule`, `path` and `fingerprint`; all that are set must match. The gate is then
judged without those findings. If only they made it fail, it is CONDITIONAL; the measures still count them.
A fingerprint names one finding. If a change adds another with the same fingerprint (a copied line, or a
report without source text), that one is judged, unless a waiver by `rule` and `path` accepts it.

```yaml
waivers:
  - gate: security
    rule: B602
    path: tools/**
    reason: The arguments are constants.
    owner: "@alice"
    expires: 2027-01-31
  - gate: tests # quarantine: the case runs, and does not count while the waiver lasts
    fingerprint: tests.test_cart.TestCart::test_total
    reason: Fails when the clock jumps.
    owner: "@bob"
    expires: 2026-12-31
  - gate: coverage
    criterion: patch
    reason: Generated code.
    owner: "@alice"
    expires: 2027-01-31
```

The findings of `tests` are cases: their fingerprint is `CLASS::NAME` as in the result file, and their rules
are `test-failed`, `test-error` and `test-flaky`. The rules of `changes` are `suppression-KIND` and
`gate-changed`. WHOLES have no findings: waive a criterion.

## Globs

`*` and `?` stay within a folder, `**` crosses folders, `[abc]` is a class, `{a,b}` are alternatives.
Paths are relative to the folder that is judged.

## Criteria

    <measure> <op> <bound>     op: < <= > >= == !=    and "or" between several
    bound: number[unit] | reference | reference +|- number[unit] | reference * number
    reference: baseline | control

A selector judges every item that matches: `file["src/**"].line >= 50%`, `benchmark["parse*"].p95 <= 20ms`.
Brackets have a meaning in YAML, so quote a selector in a list:

```yaml
gates:
  coverage:
    criteria: [total >= 80%, 'file["src/**"].line >= 50%']
```

Use `any` in place of `expect`, or `or` between criteria, if one of several is enough. It passes when one
holds; else it is FAIL when one does not hold, else UNKNOWN when one could not be measured, else SKIPPED, so
an unknown value never helps. It has one `id`, one `else` and one waiver:

```yaml
gates:
  coverage:
    criteria:
      - {id: patch, any: [patch.total >= 80%, patch.uncovered <= 3], else: warn}
      - {id: never-less, any: [total >= baseline, uncovered <= baseline]}
```

The first requires 80% without failing a patch of four lines for one uncovered line: an author who covers
90% on average fails it in at most 12% of patches of any size (a rate of 80% alone fails 34% of four-line
patches). The second lets a change delete covered lines. `uncovered <= baseline` counts only if every file
that the baseline measured, and that still exists, is measured now; else it is UNKNOWN, and the files are
named.

Write percentages with their sign (`80%`, not `0.8`). A share lies between 0% and 100%: a bound that it can
never reach is an error. On a percentage an offset is in percentage points: `total >= baseline - 1pp`. On
other measures it may be relative: `p95 <= baseline + 10%`. A factor, `baseline * 1.1`, fits every measure.
Values are compared exactly, never rounded.
Units are `%`, `pp`, `ns us ms s min h`, `B kB KiB MB MiB GB GiB`, `/s` and `/min`.

"""


_HEADS = ["| measure | | better | meaning |", "| --- | --- | --- | --- |"]
_GATES_INTRO = (
    "# The gates\n\nGenerated from the catalogue in `gates/`; `sluicegate explain GATE` prints the same.\n"
)
_PLUGINS = """## Gates of other packages

A Python package can add a gate through an entry point of the group `sluicegate.gates`. The entry's name is
the gate's name, and its value a module. Put the description of the gate, `NAME.yml`, beside the module, in
the format of the files in `gates/`:

    [project.entry-points."sluicegate.gates"]
    census = "acme_gates.rules"

{entry}
`reads` lists kinds of evidence: coverage, tests, findings, benchmarks. Instead of it, `engine` may name
bandit, complexity, docs or changes. `keys` lists settings: files, suites, exclude, scope, baseline. Without
`in-component`, components do not have the gate. `headlines` are the measures shown for a gate that passes;
measures in `charted` have a badge and a trend. `counts` says which findings a measure counts, if not all: a
glob of their rules, with a severity before it if only those of it count (`few: medium too-*`).

The module defines `GATE = Gate("census", measure)`, from `sluicegate.gates.interface`; `measure` takes the
evidence and the settings, and returns a `Measured`. Install the package beside sluicegate
(`pipx inject sluicegate acme-gates`) and name the gate in the policy. A name that exists is rejected, so a
package cannot replace a built-in gate. A failure in a package's gate makes only that gate an ERROR. Only
packages of the environment that runs Sluicegate are loaded, never those of the checkout.
"""
_SEVERITIES = """## Severities

{table}

A literal has the shape of a password when it has letters and digits, eight characters or more and no blank,
and is no URL, no path and no words joined by `_`, `-` or `.` (`pbkdf2_sha256`).
"""
_FORMATS_INTRO = """# Formats

[gates.md](gates.md) lists the supported formats of each gate: coverage.py's data, JSON and XML, Cobertura and
LCOV; JUnit XML; SARIF 2.1.0 and ruff's JSON; the JSON of benchmark tools. The content of a file determines
its format, not its name.

The formats below are recognised, but not supported. If discovery finds such a file, the report names it, with
a warning if there is no other evidence of its kind. If `--evidence` or the policy names such a file, it is an
error. The tables show how to get a supported format; `FILE` is the report.
"""
_COMMON = ("criteria", "adjust", "required", "else", "enabled")
_SECTIONS = {
    "source": "SourceSection",
    "gates": "GatesSettings",
    "components.NAME": "ComponentSettings",
    "components.NAME.gates": "ComponentGates",
    "a criterion with more than its text": "CriterionSettings",
    "an entry of `adjust`": "AdjustmentSettings",
    "waivers": "WaiverSettings",
    **{f"gates.{name}": gate_section(name).title for name in catalogue.gate_names()},
    "gates.tests.suites.NAME": "SuiteSettings",
    "a gate of your own": "RunGate",
    "a measure of a gate of your own": "MeasureSettings",
    "rollouts.NAME": "RolloutSettings",
    "rollouts.NAME.stages": "RolloutStage",
    "rollouts.NAME.criteria": "RolloutCriterion",
    "rollouts.NAME.metrics.NAME": "RolloutMetric",
    "rollouts.NAME.arms": "RolloutArms",
    "rollouts.NAME.limits": "RolloutLimits",
    "rollouts.NAME.freeze": "RolloutFreeze",
    "a freeze window with its reason": "RolloutFreezeWindow",
    "release": "ReleaseSettings",
    "release.dimensions.NAME": "ReleaseDimension",
    "a check with more than its text": "ReleaseCheck",
    "release.evidence.NAME": "ReleaseEvidence",
    "release.evidence.NAME.changed": "ReleaseChanged",
    "release.evidence.NAME.metric": "ReleaseMetric",
    "release.roles.NAME": "ReleaseRole",
    "a request of a flag's API": "FlagRequest",
    **{f"a flag of `{name}`": provider_section(FLAGS, name).title for name in provider_names(FLAGS)},
    **{f"metrics from `{name}`": provider_section(METRICS, name).title for name in provider_names(METRICS)},
}
"""Where a section stands in the file, and its name in the schema."""


def gates_page() -> str:
    """`docs/gates.md`, from the catalogue."""
    parts = [
        _GATES_INTRO,
        *(_gate(catalogue.gate_spec(name)) for name in catalogue.gate_names()),
        _SEVERITIES.format(table=_table_of(severity.__doc__ or "")),
        "## Presets\n",
    ]
    for preset in catalogue.preset_names():
        parts += [f"### `{preset}`\n", f"```yaml\n{catalogue.preset_text(preset).strip()}\n```\n"]
    parts.append(_PLUGINS.format(entry=textwrap.indent(ENTRY, "    ")))
    return "\n".join(parts)


def _table_of(text: str) -> str:
    """The lines of a docstring that are a table of Markdown."""
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def _gate(spec: GateSpec) -> str:
    rows = [_measure_row("", m) for m in spec.vocabulary.measures.values()]
    for kind, specs in spec.vocabulary.selectors.items():
        rows += [_measure_row(f'{kind}["…"].', m) for m in specs.values()]
    table = "\n".join([*_HEADS, *rows])
    head = f"## `{spec.name}`: {spec.title.lower()}\n\n{spec.why}\n\nEvidence: {spec.evidence}."
    if spec.formats:
        formats = [f"| {f.tool} | `{_cell(f.write)}` | {f.gives} |" for f in spec.formats]
        head += "\n\n" + "\n".join(["| tool | written by | gives |", "| --- | --- | --- |", *formats])
    return f"{head}\n\n{table}\n\n```yaml\n{spec.example}\n```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _measure_row(prefix: str, spec: MeasureSpec) -> str:
    return f"| `{prefix}{spec.name}` | {DIMENSIONS.get(spec.unit, spec.unit)} | {spec.better} | {spec.help} |"


def formats_page() -> str:
    """`docs/formats.md`, from the formats that are known and not read."""
    parts = [_FORMATS_INTRO]
    for kind in Kind:
        rows = [
            f"| {_cell(f.name)} | {_cell(f.remedy)} | {_links(f.source)} |" for k, f in formats() if k is kind
        ]
        head = ["| a file that is | what to do | source |", "| --- | --- | --- |"]
        parts.append(f"## {kind.value.capitalize()}\n\n" + "\n".join([*head, *rows]) + "\n")
    return "\n".join(parts)


def _links(sources: str) -> str:
    return ", ".join(f"[{number}]({link})" for number, link in enumerate(sources.split(", "), 1))


def policy_page() -> str:
    """`docs/policy.md`, from the settings' own descriptions."""
    schema = policy_schema()
    definitions: Mapping[str, Any] = schema["$defs"]
    common = {k: v for k, v in definitions["ChangesGate"]["properties"].items() if k in _COMMON}
    common["criteria"] = {"description": common["criteria"]["description"].partition(" Measures:")[0]}
    names = (name for name in catalogue.gate_names() if not catalogue.gate_spec(name).waives_findings)
    intro = _POLICY_INTRO.replace("WHOLES", " and ".join(f"`{name}`" for name in names))
    parts = [intro, "## Keys\n\n", _table(schema)]
    for place, name in _SECTIONS.items():
        heading = place if " " in place else f"`{place}`"
        parts.append(f"\n### {heading}\n\n{_table(definitions[name])}")
        if place == "gates":
            parts.append(f"\n### every gate\n\n{_table({'properties': common}, every=True)}")
    return "".join(parts)


def _table(definition: Mapping[str, Any], *, every: bool = False) -> str:
    required = definition.get("required", ())
    properties = definition["properties"]
    is_gate = not every and set(_COMMON) <= set(properties)
    rows = []
    for key, value in properties.items():
        if is_gate and key in _COMMON:
            continue
        text = " ".join(value.get("description", "").split()).replace("|", "\\|")
        rows.append(f"| `{key}` | {text}{' Mandatory.' if key in required else ''} |")
    return "\n".join(["| key | meaning |", "| --- | --- |", *rows]) + "\n"


def picture() -> str:
    """`docs/report.svg`, the report of an invented pull request as a terminal shows it."""
    report = replace(reports.blocked(extra=0), notices=(), discovery=Discovery())
    kept = [v for v in report.verdicts if v.gate in ("tests", "coverage", "security")]
    return render_svg(compose.page(replace(report, verdicts=tuple(kept))), width=100)


def _tables_in(name: str) -> Callable[[], str]:
    """A page that people write, with the tables in it that are generated."""
    return lambda: with_tables((ROOT / name).read_text(encoding="utf-8"))


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/action.md": _tables_in("docs/action.md"),
    "docs/matrix.md": _tables_in("docs/matrix.md"),
    "docs/rollouts.md": _tables_in("docs/rollouts.md"),
    "docs/trust.md": _tables_in("docs/trust.md"),
    "docs/formats.md": formats_page,
    "docs/gates.md": gates_page,
    **provider_docs.pages(),
    "docs/policy.md": policy_page,
    "docs/report.svg": picture,
    "docs/policy.schema.json": lambda: json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n",
    "docs/report.schema.json": lambda: json.dumps(report_schema(), indent=2) + "\n",
    "docs/bundle.schema.json": lambda: json.dumps(bundle_schema(), indent=2) + "\n",
    "docs/rollout.schema.json": lambda: json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n",
    "docs/benchmarks.schema.json": lambda: json.dumps(native_schema(), indent=2) + "\n",
}


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
