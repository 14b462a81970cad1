"""The JSON Schema (draft 2020-12) of the report document.

Written by hand beside `document.py`, strict: an object has exactly the named keys, all present.
A copy for readers without Python stands in `docs/report.schema.json`, kept equal by a test.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from sluicegate.core.model import Absence, Better, Severity
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ProposedStatus, ReportStatus
from sluicegate.core.trust import KINDS
from sluicegate.report.document import SCHEMA

JsonSchema = dict[str, Any]

_TEXT: JsonSchema = {"type": "string"}
_TEXT_OR_NULL: JsonSchema = {"type": ["string", "null"]}
_NUMBER_OR_NULL: JsonSchema = {"type": ["number", "null"]}
_FLAG: JsonSchema = {"type": "boolean"}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_DATE: JsonSchema = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_RATIO: JsonSchema = {
    "type": ["array", "null"],
    "items": {"type": "integer"},
    "minItems": 2,
    "maxItems": 2,
    "description": "numerator and denominator, exact counts",
}


def report_schema() -> JsonSchema:
    """The schema as JSON values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluicegate:report:1",
        "title": "Sluicegate report",
        "description": "The verdicts of one commit, as `sluicegate check --format json` prints them.",
        **_record(
            {
                "schema": {"const": SCHEMA},
                "status": _enum(ReportStatus),
                "commit": _ref("commit"),
                "evaluated_on": _DATE,
                "policy": _ref("policy"),
                "report_only": {**_FLAG, "description": "the policy lets nothing block"},
                "policy_change": _or_null("policy_change"),
                "override": _or_null("override"),
                "gates": _list(_ref("verdict")),
                "notices": _list(_ref("notice")),
                "evidence": _ref("evidence"),
                "readings": _list(_ref("reading")),
                "trends": {
                    **_list(_ref("series")),
                    "description": "headline measures over the recorded commits",
                },
                "cases": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "by verdict: the names of all test cases, or the measured files where a "
                    "criterion compares uncovered lines, in order, one a line: how many characters "
                    "are those of the name before, a space, and the others",
                },
            }
        ),
        "$defs": _definitions(),
    }


def schema_text() -> str:
    """The schema as text, as `docs/report.schema.json` holds it."""
    return json.dumps(report_schema(), indent=2) + "\n"


def _record(properties: JsonSchema, about: str = "") -> JsonSchema:
    record: JsonSchema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"description": about, **record} if about else record


def _enum(values: type[StrEnum], *, nullable: bool = False) -> JsonSchema:
    names: list[str | None] = [str(v) for v in values]
    return {"enum": [*names, None] if nullable else names}


def _list(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def _map(values: JsonSchema, about: str) -> JsonSchema:
    return {"type": "object", "additionalProperties": values, "description": about}


def _ref(name: str) -> JsonSchema:
    return {"$ref": f"#/$defs/{name}"}


def _or_null(name: str) -> JsonSchema:
    return {"anyOf": [_ref(name), {"type": "null"}]}


def _definitions() -> JsonSchema:
    return {
        "commit": _record(
            {"head": _TEXT, "tested": _TEXT, "base": _TEXT, "base_label": _TEXT, "dirty": _FLAG},
            "Full object names, empty when unknown; `dirty` is a working tree with changes.",
        ),
        "policy": _record(
            {"origin": _TEXT, "ref": _TEXT, "sha256": _TEXT},
            "Which policy judged: `origin` is base, head or preset.",
        ),
        "policy_change": _policy_change(),
        "override": _override(),
        "verdict": _verdict(),
        "criterion": _criterion(),
        "detail": _detail(),
        "finding": _finding(),
        "waiver": _waiver(),
        "problem": _record(
            {"message": _TEXT, "path": _TEXT, "remedy": _TEXT}, "A tool or a file that failed."
        ),
        "table": _table(),
        "source": _record(
            {
                "path": _TEXT,
                "format": _TEXT,
                "sha256": _TEXT,
                "tool": _TEXT,
                "version": _TEXT,
                "note": _TEXT,
            },
            "Where evidence came from: a file, or a tool that sluicegate ran.",
        ),
        "notice": _record({"level": _TEXT, "code": _TEXT, "message": _TEXT}),
        "evidence": _evidence(),
        "reading": _record(
            {
                "benchmark": _TEXT,
                "machine": _TEXT,
                "median": {"type": "number", "minimum": 0},
                "spread": {"type": "number", "minimum": 0},
                "samples": _COUNT,
                "ratio": {"type": "number", "minimum": 0},
            },
            "A benchmark in few numbers: seconds a call, their median absolute deviation, how many; and "
            "to how many times as slow as its base it came out in pairs, 0 where it was not measured so.",
        ),
        "series": _series(),
    }


def _policy_change() -> JsonSchema:
    return _record(
        {
            "ref": _TEXT,
            "sha256": _TEXT,
            "status": {**_enum(ProposedStatus), "description": "under the new policy; UNKNOWN: see summary"},
            "summary": _TEXT,
            "diff": {**_list(_TEXT), "description": "lines of a unified diff"},
            "more": {**_COUNT, "description": "how many further lines were left out"},
        },
        "The change under judgement also edits the policy; the old one judged.",
    )


def _override() -> JsonSchema:
    return _record(
        {
            "kind": {"enum": list(KINDS)},
            "who": _TEXT,
            "when": _TEXT,
            "why": _TEXT,
            "url": _TEXT,
            "commit": {**_TEXT, "description": "full name of the commit that it is for"},
        },
        "Somebody who may merge let a blocked commit pass; its status is then CONDITIONAL.",
    )


def _verdict() -> JsonSchema:
    return _record(
        {
            "gate": _TEXT,
            "component": _TEXT_OR_NULL,
            "suite": _TEXT_OR_NULL,
            "required": _FLAG,
            "blocking": _FLAG,
            "status": _enum(GateStatus),
            "summary": _TEXT,
            "criteria": _list(_ref("criterion")),
            "measures": _map(_NUMBER_OR_NULL, "measure name to value, in the unit that `details` names"),
            "details": _map(_ref("detail"), "measure name to what else is known of it"),
            "findings": _list(_ref("finding")),
            "problems": _list(_ref("problem")),
            "remedies": _list(_TEXT),
            "tables": _list(_ref("table")),
            "sources": _list(_ref("source")),
        },
        "A gate's outcome.",
    )


def _criterion() -> JsonSchema:
    schema = _record({"id": _TEXT, **_compared(), "else": _enum(Otherwise), "waiver": _or_null("waiver")})
    schema["properties"]["parts"] = {
        **_list(_record(_compared())),
        "minItems": 2,
        "description": "the comparisons of which one must be satisfied, the one that decides first; its "
        "values stand for the whole",
    }
    return schema


def _compared() -> dict[str, JsonSchema]:
    return {
        "expect": _TEXT,
        "status": _enum(CriterionStatus),
        "actual": _NUMBER_OR_NULL,
        "unit": _TEXT,
        "subject": {**_TEXT_OR_NULL, "description": "the worst item of a selector"},
        "of": _RATIO,
        "baseline": _NUMBER_OR_NULL,
        "reason": _TEXT_OR_NULL,
    }


def _detail() -> JsonSchema:
    return _record(
        {
            "unit": {**_TEXT, "description": "canonical: %, s, B, /s, or empty for a count"},
            "better": _enum(Better),
            "of": _RATIO,
            "exact": {
                "type": ["string", "null"],
                "pattern": "^-?[0-9]+/[0-9]+$",
                "description": "the value as a fraction, when no JSON number is exactly it",
            },
            "absence": _enum(Absence, nullable=True),
            "reason": _TEXT_OR_NULL,
        }
    )


def _finding() -> JsonSchema:
    return _record(
        {
            "rule": _TEXT,
            "severity": _enum(Severity),
            "message": _TEXT,
            "path": _TEXT,
            "line": {**_COUNT, "description": "1-based; 0 when the finding has no line"},
            "end_line": _COUNT,
            "new": {"type": ["boolean", "null"], "description": "null when it cannot be told"},
            "fingerprint": _TEXT,
            "tool": _TEXT,
            "help": _TEXT,
            "waiver": _or_null("waiver"),
        }
    )


def _waiver() -> JsonSchema:
    return _record(
        {
            "gate": _TEXT,
            "criterion": _TEXT_OR_NULL,
            "rule": _TEXT_OR_NULL,
            "path": _TEXT_OR_NULL,
            "fingerprint": _TEXT_OR_NULL,
            "reason": _TEXT,
            "owner": _TEXT,
            "expires": _DATE,
            "where": _TEXT_OR_NULL,
        },
        "An accepted finding or failed criterion.",
    )


def _table() -> JsonSchema:
    return _record(
        {
            "title": _TEXT,
            "columns": _list(_TEXT),
            "rows": _list(_list(_TEXT)),
            "align": _TEXT,
            "more": {**_COUNT, "description": "how many further rows were left out"},
        }
    )


def _evidence() -> JsonSchema:
    passed_over = _record({"path": _TEXT, "reason": _TEXT})
    return _record(
        {
            "taken": _list(_ref("source")),
            "passed_over": _list(passed_over),
            "looked_for": _map(_list(_TEXT), "kind of evidence to the patterns looked for"),
        },
        "What the search for evidence found, took, passed over and looked for.",
    )


def _series() -> JsonSchema:
    point = _record(
        {
            "commit": {**_TEXT, "description": "empty for the commit of this report"},
            "on": _TEXT,
            "value": _NUMBER_OR_NULL,
            "carried": {**_FLAG, "description": "the value is an earlier commit's"},
        }
    )
    return _record(
        {"verdict": _TEXT, "measure": _TEXT, "unit": _TEXT, "better": _enum(Better), "points": _list(point)},
        "A measure over commits, oldest first.",
    )
