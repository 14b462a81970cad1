"""The criteria language, one grammar everywhere: parse, evaluate, explain."""

from sluicegate.criteria.evaluate import Items, Measures, Proof, Prove, Reference, evaluate
from sluicegate.criteria.language import (
    Absolute,
    Criterion,
    MeasureSpec,
    Relative,
    Vocabulary,
    comparisons,
    did_you_mean,
    explain,
    nearest,
    parse,
    parse_number,
)

__all__ = [
    "Absolute",
    "Criterion",
    "Items",
    "MeasureSpec",
    "Measures",
    "Proof",
    "Prove",
    "Reference",
    "Relative",
    "Vocabulary",
    "comparisons",
    "did_you_mean",
    "evaluate",
    "explain",
    "nearest",
    "parse",
    "parse_number",
]
