"""One check from end to end: find the policy, collect, evaluate. The command and the Action call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sluicegate import catalogue
from sluicegate.bundle.layout import Run
from sluicegate.bundle.write import Shard, shard_name, write_bundle
from sluicegate.collect import Request, collect
from sluicegate.collect.collector import project_files
from sluicegate.collect.intake import Named, parse_named
from sluicegate.criteria import nearest
from sluicegate.engines.interface import Progress
from sluicegate.errors import ExitCode, UsageError
from sluicegate.evaluate import Baseline, evaluate
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.records import Evidence
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from sluicegate.model import Report, ReportStatus
from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import find_policy, load_policy, preset_policy
from sluicegate.report.baseline import baseline_of, parse_document

_NO_POLICY = "'sluicegate init' writes one."
_MAX_REPORT = 64 * 1024**2


def silent(label: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for; empty means the default.

    Attributes:
        directory: where the user stands.
        policy: path of the policy file.
        preset: name of a preset to judge by, in place of any file.
        gates: names of the gates to judge.
        base: revision to compare with.
        baseline: path of an earlier report document.
        evidence: `[KIND[.SUITE]=]PATH`.
        bundle: folder to which the raw evidence is written; its name is the shard's.
        run: the workflow run, for the bundle.
        event: what started the run.
        progress: told how far the engines are.
    """

    directory: Path
    policy: str = ""
    preset: str = ""
    gates: tuple[str, ...] = ()
    base: str = ""
    baseline: str = ""
    evidence: tuple[str, ...] = ()
    bundle: str = ""
    run: Run = field(default_factory=Run)
    event: EventContext = field(default_factory=EventContext)
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Checked:
    """A report, and the folder that its paths are relative to."""

    report: Report
    root: Path


def check(options: Options, today: Callable[[], date]) -> Checked:
    """Judge the evidence of a checkout.

    Raises:
        SluicegateError: as the parts raise; see `errors`.
    """
    if options.bundle:
        shard_name(Path(options.bundle))
    root = project_root(options.directory) if not options.policy else options.directory
    policy = _policy(options, root)
    _check_gates(options.gates, policy)
    named = tuple(parse_named(e) for e in options.evidence)
    _check_suites(named, policy)
    baseline = read_baseline(options.directory / options.baseline, options.baseline)
    evidence = collect(
        Request(
            root=root,
            policy=policy,
            event=options.event,
            progress=options.progress,
            base=options.base,
            named=named,
            only=options.gates,
        )
    )
    if options.bundle:
        _bundle(options, root, policy, evidence)
    remedies = {name: catalogue.gate_spec(name).remedies for name in catalogue.GATES}
    report = evaluate(evidence, policy, today(), baseline=baseline, only=options.gates, remedies=remedies)
    return Checked(report, root)


def _bundle(options: Options, root: Path, policy: Policy, evidence: Evidence) -> None:
    """Write the raw evidence, to be judged elsewhere."""
    folder = options.directory / options.bundle
    names = dict.fromkeys(g.name for g in policy.everywhere)
    gates = [name for name in names if not options.gates or name in options.gates]
    files, prefixes = project_files(root)
    shard = Shard(shard_name(folder), root, files, prefixes, gates, options.run)
    write_bundle(folder, evidence, shard)


def _policy(options: Options, root: Path) -> Policy:
    if options.preset:
        return _preset(options)
    if not options.policy:
        return load_policy(None, root)
    path = options.directory / options.policy
    if not path.is_file():
        is_preset = options.policy in catalogue.preset_names()
        remedy = f"For the preset write --preset {options.policy}." if is_preset else _NO_POLICY
        raise UsageError("there is no such policy file", where=options.policy, remedy=remedy)
    return load_policy(path, root)


def _preset(options: Options) -> Policy:
    known = catalogue.preset_names()
    if options.policy:
        raise UsageError("--preset and --policy exclude each other", remedy="Name one of them.")
    if options.preset not in known:
        raise UsageError(
            f"there is no preset '{options.preset}'", where="--preset", remedy=f"Presets: {', '.join(known)}."
        )
    return preset_policy(options.preset)


def project_root(directory: Path) -> Path:
    """The nearest folder upwards, within the repository, that holds a policy; else `directory`."""
    git = open_repository(directory)
    depth = git.prefix.rstrip("/").count("/") + 1 if git and git.prefix else 0
    absolute = directory.absolute()
    for folder in (absolute, *list(absolute.parents)[:depth]):
        if find_policy(folder) is not None:
            return folder
    return directory


def _check_gates(names: tuple[str, ...], policy: Policy) -> None:
    known = list(dict.fromkeys(g.name for g in policy.everywhere))
    for name in names:
        if name not in known:
            close = nearest(name, known)
            hint = f"Perhaps you meant '{close}'. " if close else ""
            raise UsageError(f"the policy has no gate '{name}'", where="--gate",
                             remedy=f"{hint}Gates: {', '.join(known)}.")  # fmt: skip


def _check_suites(named: tuple[Named, ...], policy: Policy) -> None:
    settings = policy.gate("tests")
    known = [s.name for s in settings.suites] if settings else []
    for item in named:
        if item.suite and item.suite not in known:
            close = nearest(item.suite, known)
            hint = f"Perhaps you meant '{close}'. " if close else ""
            raise UsageError(
                f"the policy has no suite '{item.suite}'",
                where=f"--evidence tests.{item.suite}={item.path}",
                remedy=f"{hint}Suites: {', '.join(known) or 'none'}.",
            )


def read_baseline(path: Path, name: str) -> Baseline | None:
    """The measures of an earlier report document; None when no name is given.

    Raises:
        EvidenceError: it is missing or no report document.
    """
    if not name:
        return None
    data, _ = read_bytes(path, name, limit=_MAX_REPORT)
    return baseline_of(parse_document(data, where=name), where=name)


def exit_code(report: Report, *, warn_only: bool) -> ExitCode:
    """1 for a blocked report, else 0; `warn_only` turns 1 into 0 and nothing else."""
    blocked = report.status is ReportStatus.BLOCKED and not warn_only
    return ExitCode.BLOCKED if blocked else ExitCode.OK
