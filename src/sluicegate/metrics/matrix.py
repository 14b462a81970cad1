"""The answers of Prometheus and of Loki to a query over a range of time. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import one_line
from sluicegate.documents.parsing import parse
from sluicegate.metrics.interface import MetricError


def data_of(text: str, address: str, hide: Callable[[str], str]) -> object:
    """The data of an answer; an answer that says it is incomplete is an error.

    Args:
        text: the answer.
        address: of the server.
        hide: takes the tokens out of what the server said.

    Raises:
        MetricError: it is no JSON, its status is no success, or it has warnings.
    """
    try:
        found = parse(text.encode(), address)
    except EvidenceError as error:
        remedy = "Is it the address of the server, and not of a page before it?"
        raise MetricError(f"the answer {hide(error.what)}", where=address, remedy=remedy) from error
    page = found if isinstance(found, dict) else {}
    if page.get("status") != "success" or page.get("warnings"):
        said = page.get("warnings") or page.get("error") or "its status is no success"
        what = f"the answer is not whole: {one_line(hide(str(said)))[:300]}"
        raise MetricError(what, where=address, remedy="Look at the log of the server.")
    return page.get("data")


def series_of(data: object, expression: str, remedy: str) -> list[dict[str, Any]]:
    """The series of a matrix.

    Raises:
        MetricError: it is no matrix.
    """
    series = data.get("result") if isinstance(data, dict) else None
    if not isinstance(series, list) or not all(_is_series(each) for each in series):
        raise MetricError("the answer holds no series", where=expression[:120], remedy=remedy)
    return series


def _is_series(found: object) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("metric"), dict)
        and isinstance(found.get("values"), list)
    )


def values_of(series: Mapping[str, Any]) -> Iterator[tuple[int, float]]:
    """The values of a series by time, seconds since 1970.

    Raises:
        MetricError: a value is no finite number.
    """
    for point in series["values"]:
        try:
            time, value = int(point[0]), float(point[1])
        except (TypeError, ValueError, IndexError, KeyError, OverflowError):
            time, value = 0, math.nan
        if not math.isfinite(value):
            raise MetricError(
                "a value of the answer is no finite number",
                where=str(series["metric"].get("__name__", "")),
                remedy="Count events; a quotient of counts can be NaN.",
            )
        yield time, value
