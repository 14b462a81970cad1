"""Texts of an attacker, for everything that shows what strangers wrote, and a report full of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from sluicegate.core.model import (
    Better,
    Commit,
    CriterionResult,
    Discovery,
    Finding,
    Measure,
    Notice,
    PolicyRef,
    Problem,
    Report,
    Severity,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.statuses import CriterionStatus, GateStatus, ProposedStatus, ReportStatus
from sluicegate.core.trust import Override, PolicyChange

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "@everyone #12 GH-7 o/r#3 https://evil.example/x www.evil.example a@evil.example",
    "| a | b |\n|---|---|\n`x` ``y`` **b** _i_ ~~s~~ [t](http://e.x) ![i](http://e.x) <!-- sluicegate -->",
    "\x1b[31mred\x1b[0m\x07\x9b1m\u202e reversed \u200b\u2066 \x00 \ud800",
    "::error file=x::injected\r\n::set-output name=x::y\n%0A::warning::z",
    "{{ 7 * 7 }} {% raw %} [bold]markup[/bold] :tada: $x^2$",
    "漢字かな交じり文 👩‍👩‍👧‍👦 🏳️‍🌈 é 全角" + " long" * 40 + "x" * 300,
    "\\`|\\|` a\\|b ``` \\",
    "EOF\nname=value\nghadelimiter_0\nstatus=PASS",
)
"""Texts that try to leave the place they are put in."""


def hostile() -> Report:
    """Every text of the report comes from an attacker."""
    text = itertools.cycle(HOSTILE)
    verdicts = tuple(_verdict(text, status) for status in (GateStatus.FAIL, GateStatus.SKIPPED))
    return Report(
        ReportStatus.CONDITIONAL,
        Commit(next(text), next(text), next(text), next(text), True),
        date(2026, 11, 21),
        PolicyRef("head", next(text), next(text)),
        verdicts,
        (Notice("warning", next(text), next(text)),),
        Discovery(
            (Source(next(text), next(text)),), ((next(text), next(text)),), {next(text): (next(text),)}
        ),
        PolicyChange(
            next(text), next(text), ProposedStatus.BLOCKED, next(text), (f"+{next(text)}", next(text)), 1
        ),
        Override("comment", next(text), next(text), next(text), next(text), next(text)),
    )


def _verdict(text: Iterator[str], status: GateStatus) -> Verdict:
    waiver = Waiver(next(text), next(text), next(text), date(2027, 1, 1), rule=next(text))
    return Verdict(
        next(text), status, True, next(text), suite=next(text), component=next(text),
        criteria=(
            CriterionResult(next(text), next(text), CriterionStatus.FAIL, actual=Fraction(1), unit=next(text),
                            subject=next(text), reason=next(text)),
            CriterionResult(next(text), next(text), CriterionStatus.FAIL, actual=Fraction(1), waiver=waiver),
        ),
        measures={name: Measure(name, Fraction(1), next(text), Better.LOWER) for name in (next(text),)},
        findings=tuple(
            Finding(next(text), s, next(text), next(text), 3, 4, True, next(text), next(text), next(text),
                    waiver if s is Severity.LOW else None)
            for s in Severity
        ),
        problems=(Problem(next(text), next(text), next(text)),),
        remedies=(next(text), next(text)),
        tables=(
            Table(next(text), (next(text), next(text)), ((next(text), next(text)), (next(text),)), "lr", 2),
        ),
        sources=(Source(next(text), next(text), next(text), next(text), next(text), next(text)),),
    )  # fmt: skip
