"""The policy file as typed settings: what a user may write, before anything is merged.

The texts below the fields are the documentation: the JSON Schema is generated from them (`schema`).
Whether a key was written at all is in `model_fields_set`; defaults stand for "not said".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from sluicegate.core.model import Better
from sluicegate.policy import fields as f


def _alias(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


class Section(BaseModel):
    """A mapping of the policy file: frozen, and every key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_alias)


class CriterionSettings(Section):
    """A criterion with more than its text."""

    expect: f.Expect = ""
    """The criterion: MEASURE OP BOUND, for example `total >= 80%` or `p95 <= baseline + 10%`."""
    any_: f.Alternatives = ()
    """In place of `expect`: several, of which one must be satisfied, for example
    `[patch.total >= 80%, patch.uncovered <= 3]`."""
    id: f.Identity = ""
    """A name for it, so that waivers and adjustments survive a change of its text."""
    else_: f.Otherwise = "block"
    """What it does when it is not satisfied: `block` the gate, or only `warn`."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> CriterionSettings:
        said = self.model_fields_set & {"expect", "any_"}
        if len(said) != 1:
            raise _both_or_none(len(said))
        return self


def _both_or_none(said: int) -> PydanticCustomError:
    if said:
        return f.complaint("a criterion has either 'expect' or 'any', and this one has both", "Delete one.")
    return f.complaint(
        "a criterion has no 'expect'", "Write the criterion, for example expect: total >= 80%."
    )


class AdjustmentSettings(Section):
    """What to change in a criterion that a preset or an extended file brought."""

    expect: f.Expect = ""
    """The new text of the criterion."""
    any_: f.Alternatives = ()
    """In place of `expect`: several, of which one must be satisfied."""
    else_: f.Otherwise = "block"
    """What it does when it is not satisfied: `block` the gate, or only `warn`."""
    enabled: StrictBool = True
    """`false` removes the criterion; `off` in place of the mapping is the same."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> AdjustmentSettings:
        if {"expect", "any_"} <= self.model_fields_set:
            raise _both_or_none(2)
        return self


class MeasureSettings(Section):
    """A measure that a command of the user's own prints."""

    unit: f.UnitSymbol = "count"
    """The unit that the printed numbers have."""
    better: Better = Better.LOWER
    """The direction of improvement; without it `higher` for `%`, `/s` and `/min`, else `lower`."""
    help: f.Text = ""
    """What the measure counts, for `sluicegate explain`."""


Criterion = Annotated[
    CriterionSettings,
    BeforeValidator(f.criterion_value, json_schema_input_type=f.Expect | CriterionSettings),
]
Adjustment = Annotated[
    AdjustmentSettings,
    BeforeValidator(
        f.adjustment_value, json_schema_input_type=f.Expect | Literal[False] | AdjustmentSettings
    ),
]
MeasureEntry = Annotated[
    MeasureSettings,
    BeforeValidator(f.measure_value, json_schema_input_type=f.UnitSymbol | MeasureSettings),
]


class SuiteSettings(Section):
    """A named part of the tests, with verdicts of its own."""

    files: f.Globs
    """Globs of its result files."""
    criteria: tuple[Criterion, ...] = ()
    """Its criteria; without them those of the whole gate."""


class GateSection(Section):
    """What every gate has."""

    criteria: tuple[Criterion, ...] = ()
    """All criteria of the gate; the list replaces the one of the preset."""
    adjust: dict[str, Adjustment] = {}
    """Changes to single criteria of the preset, by id: a new text, a mapping, or `off`."""
    required: f.Required = "auto"
    """`true`: without evidence the gate is ERROR. `auto`: it is skipped. A gate that this file
    names is required unless it says `auto`."""
    else_: f.Otherwise = "block"
    """`warn` makes the whole gate advisory: it is shown, and never blocks."""
    enabled: StrictBool = True
    """`false` switches the gate off; `off` in place of the mapping is the same."""


class TestsGate(GateSection):
    """The gate `tests`."""

    __test__ = False  # not a pytest class

    files: f.Globs = ()
    """Globs of the result files to take, in place of the search for them."""
    suites: dict[f.SuiteName, SuiteSettings] = {}
    """Named parts of the tests, each with its files and criteria."""


class CoverageGate(GateSection):
    """The gate `coverage`."""

    files: f.Globs = ()
    """Globs of the reports to take, in place of the search for them."""
    exclude: f.Globs = ()
    """Globs of source files that do not count."""


class SecurityGate(GateSection):
    """The gate `security`."""

    files: f.Globs = ()
    """Globs of the SARIF files to take, in place of the search for them."""
    exclude: f.Globs = ()
    """Globs of source files whose findings do not count."""


class LintGate(GateSection):
    """The gate `lint`."""

    files: f.Globs = ()
    """Globs of the reports to take, in place of the search for them."""
    exclude: f.Globs = ()
    """Globs of source files whose findings do not count."""


class ComplexityGate(GateSection):
    """The gate `complexity`."""

    scope: Literal["all", "changed", "new"] = "all"
    """Which functions the measures without a prefix look at."""
    exclude: f.Globs = ()
    """Globs of source files whose functions do not count."""


class DocsGate(GateSection):
    """The gate `docs`."""

    scope: Literal["all", "changed", "new"] = "all"
    """Which public names the measures without a prefix look at."""
    exclude: f.Globs = ()
    """Globs of source files whose names do not count."""


class PerformanceGate(GateSection):
    """The gate `performance`."""

    files: f.Globs = ()
    """Globs of the benchmark files to take, in place of the search for them."""
    baseline: f.RelativePath = ""
    """The benchmark file to compare with."""


class ChangesGate(GateSection):
    """The gate `changes`."""

    exclude: f.Globs = ()
    """Globs of files whose changes and suppressions do not count."""


class RunGate(GateSection):
    """A gate of your own: a command, and what it prints."""

    run: f.Text = ""
    """The command, run by `bash -c` after a checkout; its standard output is the evidence."""
    measures: dict[f.MeasureName, MeasureEntry] = {}
    """The measures that the command prints as a JSON object, each with the unit of its numbers."""
    output: Literal["measures", "sarif", "nothing"] = "nothing"
    """What it prints: `measures` (the default where there are any), `sarif`, or `nothing`: then
    only its exit code counts, as the measure `exit_code`."""
    timeout: f.Seconds = 300.0
    """The longest it may take: `90s`, `5min` or a number of seconds; at most 6h."""
    directory: f.RelativePath = ""
    """Where it runs, relative to the repository."""
    ok_exit_codes: Annotated[tuple[f.ExitCode, ...], Field(min_length=1)] = (0,)
    """Exit codes after which its output is read; any other makes the gate ERROR."""
    exclude: f.Globs = ()
    """Globs of source files whose findings do not count."""


def _switch(model: type[GateSection]) -> BeforeValidator:
    """How a gate may be written: as a mapping, by name alone, or as `off`."""
    return BeforeValidator(f.gate_value, json_schema_input_type=model | Literal["off", "on"] | bool | None)


class GatesSettings(BaseModel):
    """The gates by name: eight built-in ones, and any other name for a command of your own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[f.GateName, Annotated[RunGate, _switch(RunGate)]]

    tests: Annotated[TestsGate | None, _switch(TestsGate)] = None
    """Test results: JUnit XML of any runner."""
    coverage: Annotated[CoverageGate | None, _switch(CoverageGate)] = None
    """Code coverage, of the project and of the change."""
    security: Annotated[SecurityGate | None, _switch(SecurityGate)] = None
    """Security findings: bandit's, and those of SARIF files."""
    lint: Annotated[LintGate | None, _switch(LintGate)] = None
    """Findings of linters."""
    complexity: Annotated[ComplexityGate | None, _switch(ComplexityGate)] = None
    """Cyclomatic complexity of functions."""
    docs: Annotated[DocsGate | None, _switch(DocsGate)] = None
    """Documentation of public names."""
    performance: Annotated[PerformanceGate | None, _switch(PerformanceGate)] = None
    """Benchmarks against a baseline."""
    changes: Annotated[ChangesGate | None, _switch(ChangesGate)] = None
    """Changes to the gate itself: workflows, settings, suppressions."""


class ComponentGates(Section):
    """The gates that judge a component by itself."""

    tests: Annotated[TestsGate | None, _switch(TestsGate)] = None
    """Its results: files that `files` names, that lie in its paths, or that its own shard brought."""
    coverage: Annotated[CoverageGate | None, _switch(CoverageGate)] = None
    """Coverage of its files."""
    security: Annotated[SecurityGate | None, _switch(SecurityGate)] = None
    """Security findings in its files."""
    lint: Annotated[LintGate | None, _switch(LintGate)] = None
    """Findings of linters in its files."""
    complexity: Annotated[ComplexityGate | None, _switch(ComplexityGate)] = None
    """Cyclomatic complexity of its functions."""
    docs: Annotated[DocsGate | None, _switch(DocsGate)] = None
    """Documentation of its public names."""
    changes: Annotated[ChangesGate | None, _switch(ChangesGate)] = None
    """Suppressions and settings in its files."""


class ComponentSettings(Section):
    """A part of a monorepo that gets verdicts of its own."""

    paths: Annotated[f.Globs, Field(min_length=1)]
    """Globs of its files. A change that touches none of them skips its gates."""
    gates: ComponentGates = Field(default_factory=ComponentGates)
    """What differs from the gates of the whole; `off` for those that the component lacks."""


class SourceSection(Section):
    """Which files are the project's own."""

    include: f.Globs = ()
    """Globs of the project's sources; without it every tracked file."""
    exclude: f.Globs = ()
    """Globs of files that count for no gate."""
    tests: f.Globs = ()
    """Globs of test code; replaces the usual names of tests."""
    vendored: f.Globs = ()
    """Globs of foreign and generated code, which sluicegate's own engines leave out while reports
    of other tools keep it; replaces the usual names."""
    fixtures: f.Globs = ()
    """Globs of files that look like results of a run and never are: neither discovery nor a glob takes
    them."""


class WaiverSettings(Section):
    """An accepted finding or failed criterion, for a reason and until a day."""

    gate: f.GateName
    """The gate that it is for."""
    reason: f.Text
    """Why it is accepted."""
    owner: f.Label
    """Who answers for it, for example `@alice`."""
    expires: f.Day
    """The last day on which it counts, as YEAR-MONTH-DAY."""
    rule: f.Label = ""
    """The rule of the findings that it accepts."""
    path: f.RelativePath = ""
    """A glob of the files whose findings it accepts."""
    fingerprint: f.Label = ""
    """The fingerprint of the one finding that it accepts, as the JSON report shows it."""
    criterion: f.Text = ""
    """The id of the criterion that it accepts, in place of findings."""

    @model_validator(mode="after")
    def _accepts_one_kind(self) -> WaiverSettings:
        finding = [k for k in ("rule", "path", "fingerprint") if k in self.model_fields_set]
        criterion = "criterion" in self.model_fields_set
        if criterion and finding:
            raise f.complaint(
                f"a waiver accepts a criterion or findings, and this one has 'criterion' and '{finding[0]}'",
                "Make two waivers of it.",
            )
        if not criterion and not finding:
            raise f.complaint(
                "the waiver does not say what it accepts",
                "Add 'criterion', or any of 'rule', 'path' and 'fingerprint'.",
            )
        return self


class PolicySettings(Section):
    """A policy of Sluicegate: which gates judge a change, by which criteria."""

    extends: Annotated[
        tuple[f.Text, ...], BeforeValidator(f.listed, json_schema_input_type=f.Text | list[f.Text])
    ] = ()
    """A preset, the path of a policy file relative to this one, a file of another repository at a
    commit (`OWNER/REPOSITORY/PATH.yml@SHA`), or a list of them; later ones override earlier ones,
    and this file overrides all. Without any preset, `standard` lies under it; `[]` means none."""
    source: SourceSection = SourceSection()
    """Which files are the project's own sources, and which are tests or foreign code."""
    gates: GatesSettings = Field(default_factory=lambda: GatesSettings.model_validate({}))
    """The gates and their criteria."""
    components: Annotated[dict[f.ComponentName, ComponentSettings], Field(max_length=512)] = {}
    """Parts of a monorepo, by name: each is judged by itself."""
    whole: StrictBool = True
    """`false` judges the components in place of the repository as a whole; gates that know no paths
    (`performance`, and those with `run`) are judged once all the same."""
    waivers: tuple[WaiverSettings, ...] = ()
    """Accepted findings and criteria, each with a reason, an owner and an expiry date."""
    locked: Annotated[
        tuple[f.LockedKey, ...], BeforeValidator(f.listed, json_schema_input_type=f.Text | list[f.Text])
    ] = ()
    """Keys that the files which extend this one cannot change, for example
    `gates.coverage.criteria`, `gates.security`, `source`, `waivers`, `report-only`."""
    report_only: StrictBool = False
    """`true`: everything is judged and shown, the status too, and nothing blocks."""
