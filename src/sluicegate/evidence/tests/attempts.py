"""When several entries of a result file are one test case: retries and genuine repetition.

Pure. JUnit XML has no agreed way to write a retry, so the rule is ours. Different elements and files may be
different shards: no pass here takes back a failure there. Two entries of one `<testsuite>` element are
attempts of one case when class name, file, line and name are equal, and

- the last attempt passed and an earlier one did not (Gradle's test-retry plugin and gotestsum write retries
  so), and the producer is not one that never writes them so, or
- it is pytest's suite, and declares in its `tests` attribute fewer tests than it has entries, and no fewer
  than there are different cases. (Pytest-rerunfailures writes two entries for a case that it ran twice, the
  first of them without its failure, and counts it once. Pytest itself counts a teardown error, too.)

Elsewhere the suite's own count decides nothing: Gradle's retry counts each attempt, and jest-junit (17.0.0)
lists what is still to do and leaves it out of the number. Cases without a name, and cases of no suite
(directly in a `<testsuites>` root), are no attempts of one another.

Merging never takes back a failure that was the last attempt. A failure directly followed by an error stays
both: pytest writes so a case that failed and whose teardown broke as well. All other repetition is genuine:
cases of a parametrised test that share one name (Jest, TestNG) count one by one. Who writes what, and the
sources: `producers`.
"""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

PASSED: Final = 0
FAILED: Final = 1
ERROR: Final = 2
SKIPPED: Final = 3
FLAKY: Final = 4  # passed in the end, and failed before

CODES: Final = 5
"""How many outcome codes there are; counts are tuples of this length."""

_PART = 1 << 16
_UNWATCHED = 500


@dataclass(frozen=True, slots=True)
class MergedCases:
    """The cases of one suite.

    Attributes:
        counts: cases by outcome code.
        watched: outcome codes of the cases behind a repeated key that was watched.
        unwatched: repeated keys that were not watched and turned out flaky (bounded).
    """

    counts: tuple[int, ...]
    watched: dict[int, tuple[int, ...]]
    unwatched: tuple[int, ...]


def settle(
    keys: array[int], codes: bytearray, declared: int | None, watch: Container[int] = ()
) -> MergedCases:
    """Merge the attempts of one suite. Memory stays near that of the arguments: keys are compared in parts.

    Args:
        keys: a 64-bit hash of each entry's identity, in the order of the file.
        codes: each entry's outcome.
        declared: the suite's own `tests` attribute, None without one.
        watch: keys whose outcomes the caller wants back.
    """
    counts = list(apart(codes).counts)
    parts = _partition(keys, codes)
    different = [len(set(own)) for own, _ in parts]
    watched: dict[int, tuple[int, ...]] = {}
    unwatched: list[int] = []
    if sum(different) < len(keys):
        rerun = declared is not None and sum(different) <= declared < len(keys)
        for key, found in _repeated(parts, different):
            final = merge(found, rerun=rerun)
            _recount(counts, found, -1)
            _recount(counts, final, 1)
            if key in watch:
                watched[key] = final
            elif final == (FLAKY,) and len(unwatched) < _UNWATCHED:
                unwatched.append(key)
    return MergedCases(tuple(counts), watched, tuple(unwatched))


def _recount(counts: list[int], codes: Iterable[int], step: int) -> None:
    for code in codes:
        counts[code] += step


def apart(codes: bytearray) -> MergedCases:
    """The cases of a suite where each entry is one: nothing is merged."""
    return MergedCases(tuple(codes.count(code) for code in range(CODES)), {}, ())


def merge(attempts: Sequence[int], *, rerun: bool) -> tuple[int, ...]:
    """The outcomes of the cases behind the entries of one identity, at least two, in the order of the file.

    `rerun` says that the suite's own count shows the repetition to be a rerun.
    """
    passed = attempts[-1] in (PASSED, FLAKY)
    failing = [code for code in attempts if code in (FAILED, ERROR)]
    if passed and (failing or rerun):
        return (FLAKY,)
    if not rerun:
        return tuple(attempts)
    if list(attempts[-2:]) == [FAILED, ERROR]:
        return (FAILED, ERROR)
    return (failing[-1],) if failing else (attempts[-1],)


def _partition(keys: array[int], codes: bytearray) -> list[tuple[array[int], bytearray]]:
    """The entries in parts, so that all of one key are in one part and in the order of the file."""
    count = len(keys) // _PART + 1
    if count == 1:
        return [(keys, codes)]
    parts = [(array("q"), bytearray()) for _ in range(count)]
    for key, code in zip(keys, codes, strict=True):
        of_part, outcomes = parts[key % count]
        of_part.append(key)
        outcomes.append(code)
    return parts


def _repeated(
    parts: Iterable[tuple[array[int], bytearray]], different: Iterable[int]
) -> Iterator[tuple[int, bytearray]]:
    """Each key that occurs more than once, with its outcomes in the order of the file."""
    for (keys, codes), distinct in zip(parts, different, strict=True):
        if distinct < len(keys):
            groups: dict[int, bytearray] = {}
            for key, code in zip(keys, codes, strict=True):
                groups.setdefault(key, bytearray()).append(code)
            yield from ((key, group) for key, group in groups.items() if len(group) > 1)
