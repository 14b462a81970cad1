"""Joins the bundles of a run to its whole evidence, with missing parts as problems."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.bundle.admit import Admission, short
from sluicegate.bundle.join import Pool, evidence_of, join, pool_of, with_problem
from sluicegate.bundle.layout import is_shard
from sluicegate.bundle.read import Bundle, Cache, open_bundle, read_evidence
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.core.model import Commit, Notice, Problem
from sluicegate.core.text import cut, one_line, plural
from sluicegate.evidence.records import Evidence, Kind
from sluicegate.policy.catalogue import find_spec

_AGAIN = "Run its job again, and see its log."
_DELETE = (
    "Delete it, and join what the jobs of this run left, on the commit that this job has; download bundles "
    "into a folder that git ignores, or outside of the checkout."
)


@dataclass(frozen=True, slots=True)
class Expected:
    """The shards that must be there.

    Attributes:
        shards: names, each with the gates that the shard feeds; empty means all.
        count: minimum number of shards.
    """

    shards: Mapping[str, tuple[str, ...]]
    count: int = 0


@dataclass(frozen=True, slots=True)
class GatherRequest:
    """The gates and shards that bundles are gathered for.

    Attributes:
        gates: the gates of the policy that judges, and whether each is required.
        components: the same of each component; a shard `NAME` or `NAME.…` is the component's.
        commit, change: the tested commit with its base, and the change, where they are known from elsewhere.
    """

    gates: Mapping[str, bool]
    expected: Expected
    components: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    commit: Commit | None = None
    change: Change | NoChange | None = None
    admission: Admission = field(default_factory=Admission)

    def component(self, shard: str) -> str:
        """The component of the shard; empty for none."""
        name = shard.partition(".")[0]
        return name if name in self.components else ""

    def gates_of(self, shard: str) -> Mapping[str, bool]:
        """The gates that a shard can feed."""
        return self.components.get(self.component(shard), self.gates)

    def keys(self, shard: str, gates: Iterable[str]) -> list[str]:
        """The keys of problems of a shard: the gates, and those of its component."""
        own = self.component(shard)
        return [key for gate in gates for key in ((gate, f"{own}/{gate}") if own else (gate,))]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All evidence of a run, with notices and the names of its shards."""

    evidence: Evidence
    notices: tuple[Notice, ...]
    shards: tuple[str, ...]


def parse_expected(items: Iterable[str], count: int, gates: Iterable[str]) -> Expected:
    """`NAME` or `NAME=GATE,GATE`; an item may hold several, separated by white space.

    Raises:
        UsageError: a name is not valid for a shard, the policy lacks a gate, or `count` is negative.
    """
    known = tuple(gates)
    if count < 0:
        raise UsageError("is negative", where=f"--expect-count {count}", remedy="Give the number of shards.")
    words = " ".join(items).split()
    return Expected(dict(_expected(word, known) for word in words), count)


def _expected(word: str, known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    name, separator, listed = word.partition("=")
    feeds = tuple(filter(None, listed.split(",")))
    unknown = [g for g in feeds if g not in known]
    what = f"the policy has no gate '{unknown[0]}'" if unknown else ""
    if not is_shard(name) or (separator and not feeds):
        what = "is not a valid shard name"
    if what:
        raise UsageError(cut(one_line(what), 120), where=f"--expect {cut(one_line(word), 60)}",
                         remedy=f"Write NAME or NAME=GATE,GATE. Gates: {', '.join(known)}.")  # fmt: skip
    return name, feeds


def gather(folders: Sequence[Path], wanted: GatherRequest) -> Gathered:
    """Read, choose and join bundles.

    The latest attempt of a shard counts. A bundle that cannot be read, that is of another commit,
    or that has the name of another is a problem of all gates that it might feed.
    """
    work = _Work(wanted)
    opened = work.open_all(folders)
    chosen = work.latest(opened)
    same = work.of_one_commit(chosen)
    cache = Cache()
    for bundle in same:
        work.add(bundle, cache)
        gc.collect(1)  # frees cycles that reading left, before the next bundle is read
    work.check_expected()
    evidence = evidence_of(work.pool)
    commit = wanted.commit or (same[0].manifest.commit if same else Commit())
    known = evidence.change if wanted.change is None else wanted.change
    evidence = replace(evidence, commit=commit, change=known)
    return Gathered(evidence, tuple(work.notices), tuple(sorted(work.pool.shards)))


class _Work:
    def __init__(self, wanted: GatherRequest) -> None:
        self.wanted = wanted
        self.pool = Pool()
        self.notices: list[Notice] = []
        self.failed: set[str] = set()
        self.changes: set[str] = set()

    def problem(self, shard: str, what: str, remedy: str = _AGAIN) -> None:
        """Add a problem, and so an ERROR, to the gates that the shard feeds."""
        gates = self.wanted.expected.shards.get(shard) or tuple(self.wanted.gates_of(shard))
        keys = self.wanted.keys(shard, gates)
        self.pool = with_problem(self.pool, keys, Problem(what, remedy=remedy))
        self.failed.add(shard)

    def _notice(self, level: str, message: str) -> None:
        self.notices.append(Notice(level, "shards", message))

    def open_all(self, folders: Iterable[Path]) -> list[Bundle]:
        """The bundles with a valid manifest that belong to the judged run."""
        opened = []
        for folder in folders:
            name = f"the bundle '{cut(one_line(folder.name), 100)}'"
            if reason := self.wanted.admission.refused.get(folder):
                self.problem(folder.name, f"{name} {reason}", _DELETE)
                continue
            try:
                bundle = open_bundle(folder)
            except EvidenceError as error:
                self.problem(folder.name, f"{name} cannot be read: {error}")
                continue
            if reason := self.wanted.admission.why_not(bundle.manifest):
                self.problem(bundle.manifest.shard, f"{name} {reason}", _DELETE)
            else:
                opened.append(bundle)
        return opened

    def latest(self, opened: Iterable[Bundle]) -> list[Bundle]:
        """The latest attempt of each shard, by name."""
        shards: dict[str, dict[str, Bundle]] = {}
        for bundle in opened:
            shards.setdefault(bundle.manifest.shard, {})[bundle.digest] = bundle
        chosen = []
        for name, bundles in sorted(shards.items()):
            ages = sorted({b.manifest.age for b in bundles.values()})
            newest = [b for _, b in sorted(bundles.items()) if b.manifest.age == ages[-1]]
            if len(newest) > 1:
                remedy = "Give every job of the matrix a folder of its own name."
                self.problem(name, f"{len(newest)} different bundles are of the shard '{name}'", remedy)
            if len(ages) > 1:
                older, are = plural(len(ages) - 1, "earlier attempt"), "is" if len(ages) == 2 else "are"
                self._notice("info", f"{older} of the shard '{name}' {are} left out")
            chosen.append(newest[0])
        return chosen

    def of_one_commit(self, chosen: Sequence[Bundle]) -> list[Bundle]:
        """The bundles of the tested commit: the given one, else the newest bundle's."""
        if not chosen:
            return []
        newest = max(chosen, key=lambda b: (b.manifest.age, b.manifest.shard)).manifest.commit
        tested = (self.wanted.commit or newest).tested
        for bundle in chosen:
            name, own = bundle.manifest.shard, bundle.manifest.commit.tested
            if own != tested:
                words = f"tested the commit {short(own)}, not {short(tested)}"
                self.problem(name, f"the shard '{name}' {words}", "Join bundles of one run only.")
        return [bundle for bundle in chosen if bundle.manifest.commit.tested == tested]

    def add(self, bundle: Bundle, cache: Cache) -> None:
        name = bundle.manifest.shard
        try:
            evidence = read_evidence(bundle, cache)
        except EvidenceError as error:
            self.problem(name, f"the bundle of the shard '{name}' cannot be read: {error}")
            return
        self._check_change(name, evidence.change)
        problems = {k: ps for g, ps in evidence.problems.items() for k in self.wanted.keys(name, (g,))}
        self.pool = join(self.pool, pool_of(name, replace(evidence, problems=problems)))
        for gate in sorted(set(bundle.manifest.gates) & self.wanted.gates_of(name).keys()):
            if _has_nothing(evidence, gate) and gate not in evidence.problems:
                self._nothing(name, gate)

    def _nothing(self, name: str, gate: str) -> None:
        """A shard found nothing for a gate: a problem of a required gate, else a notice."""
        what = f"the shard '{name}' contributed no report for it"
        if self.wanted.gates_of(name)[gate]:
            remedy = f"Let the shard write its report, or leave '{gate}' out of the gates that it names."
            keys = self.wanted.keys(name, (gate,))
            self.pool = with_problem(self.pool, keys, Problem(what, remedy=remedy))
        elif gate in ("tests", "coverage"):
            self._notice("warning", f"{gate}: {what}")

    def _check_change(self, name: str, change: Change | NoChange) -> None:
        if self.wanted.change is not None:
            return
        if isinstance(change, NoChange):
            self._notice("info", f"the shard '{name}' found no change: {cut(one_line(change.reason), 200)}")
        elif isinstance(self.pool.change, Change) and change != self.pool.change:
            what = "found another change; lines that any shard saw as changed count"
            self._notice("warning", f"the shard '{name}' {what}")

    def check_expected(self) -> None:
        expected = self.wanted.expected
        for name in expected.shards:
            if name not in self.pool.shards and name not in self.failed:
                self.problem(name, f"the shard '{name}' is missing")
        there = len(self.pool.shards)
        if there < expected.count:
            self.problem("", f"only {there:,} of {plural(expected.count, 'shard')} are here")


def _has_nothing(evidence: Evidence, gate: str) -> bool:
    """Did the shard find no file of the gate's kinds? Engines need none."""
    spec = find_spec(gate)
    if spec is None or spec.engine or not spec.reads:
        return False
    found = {
        Kind.TESTS: evidence.tests,
        Kind.COVERAGE: evidence.coverage,
        Kind.BENCHMARKS: evidence.benchmarks,
        Kind.FINDINGS: tuple(r for r in evidence.findings if r.lint or not r.is_security_tool),
    }
    return not any(found[Kind(kind)] for kind in spec.reads)
