"""Gathers the facts on one commit, read by its full name; the head is read again at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sluicegate.core.errors import WorldError
from sluicegate.core.model import Measure
from sluicegate.core.text import some
from sluicegate.git import Git
from sluicegate.ledger.interface import View
from sluicegate.net.client import ApiError
from sluicegate.release.facts import Fact, Facts, LastRelease, measured, unmeasured
from sluicegate.release.gather.files import file_fact
from sluicegate.release.gather.hub import hub_fact
from sluicegate.release.gather.impact import impact_fact
from sluicegate.release.gather.people import Place, head_of, read_thread
from sluicegate.release.gather.reports import report_facts
from sluicegate.release.gather.servers import health_fact, metric_fact
from sluicegate.release.gather.since import changed_fact, last_release
from sluicegate.release.settings import SELECTORS, EvidenceSource, ReleaseSettings
from sluicegate.release.statements import Thread
from sluicegate.release.texts import open_items
from sluicegate.release.ticks import Tick, self_ticked, ticks_of
from sluicegate.rollout.who import GitHub
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Subject:
    """What is decided on: a release and the full name of its commit."""

    release: str
    commit: str
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where facts come from: the clone, GitHub, the providers, and the thread of the sign-offs."""

    git: Git | None
    github: GitHub
    around: Surroundings
    place: Place


def gather(subject: Subject, settings: ReleaseSettings, sources: Sources, view: View) -> tuple[Facts, Thread]:
    """All facts on the commit, and the thread of its sign-offs.

    Raises:
        UnreachableError: the ledger cannot be read.
    """
    now = int(sources.around.clock.now())
    thread, head = read_thread(sources.github, sources.place, settings, subject.commit)
    since = _last_release(settings, subject, sources)
    evidence = report_facts(view, subject.commit, now, since)
    ticks = ticks_of(settings.checklists, thread.text, thread.history) if settings.needs_checklists else ()
    evidence["checklist"] = _checklists(settings, thread, ticks)
    for source in settings.used:
        evidence[source.name] = (
            impact_fact(source, sources.git, subject.commit, settings.runbooks)
            if source.kind == "impact"
            else _fact(source, subject, sources, now)
        )
    moved = _moved(subject.commit, head, sources)
    facts = Facts(
        subject.release,
        subject.commit,
        now,
        subject.tree,
        sources.github.repository,
        evidence,
        moved,
        ticks,
    )
    return facts, thread


def _last_release(settings: ReleaseSettings, subject: Subject, sources: Sources) -> LastRelease | str:
    """The last release, or why it is not known; not looked for where no check is about it."""
    if not settings.needs_last_release:
        return "no check asks for it"
    try:
        return last_release(sources.git, subject.commit)
    except WorldError as error:
        return f"{error.what}: {error.remedy}"


def _fact(source: EvidenceSource, subject: Subject, sources: Sources, now: int) -> Fact:
    match source.kind:
        case "changelog" | "files":
            return file_fact(source, sources.git, subject.commit, subject.release)
        case "changed":
            return changed_fact(source, sources.git, subject.commit)
        case "health":
            return health_fact(source, sources.around)
        case "metric":
            return metric_fact(source, sources.around)
        case _:
            return hub_fact(source, sources.github, subject.commit, now)


def _moved(commit: str, head: str, sources: Sources) -> str:
    """The head of the pull request where it is another commit than the evaluated one."""
    if not head:
        return ""
    if head != commit:
        return head
    try:
        again = head_of(sources.github, sources.place.number)
    except ApiError as error:
        raise WorldError(f"the pull request cannot be read again: {error.message}") from error
    return "" if again == commit else again


def _checklists(settings: ReleaseSettings, thread: Thread, ticks: Sequence[Tick]) -> Fact:
    if not thread.text and not thread.url:
        reason = "no pull request and no issue is known whose text has it"
        return Fact(remedy="Name the pull request or issue: --number N.", reason=reason)
    items = {}
    for name, wanted in settings.checklists.items():
        of_list = [tick for tick in ticks if tick.checklist == name]
        own, unsure = ([], []) if settings.self_approval else self_ticked(of_list, thread.authors)
        items[name] = {"open": _open(open_items(thread.text, wanted), own, unsure)}
    return Fact(items=items, url=thread.url)


def _open(left: Sequence[str], own: Sequence[Tick], unsure: Sequence[Tick]) -> Measure:
    """How many items are open; not known where only an unknown person decides whether any is."""
    spec = SELECTORS["checklist"]["open"]
    if unsure and not left and not own:
        first = unsure[0]
        why = first.why or "the authors of the change could not be read"
        return unmeasured(spec, f"who ticked '{first.item}' is not known: {why}")
    parts = [f"not ticked: {some(left[:5], len(left))}"] if left else []
    if own:
        names = [f"{tick.item} (@{tick.who})" for tick in own[:5]]
        parts.append(f"ticked by an author of the change: {some(names, len(own))}")
    return measured(spec, len(left) + len(own), "; ".join(parts))
