"""What is written of a decision: its document, and the statement about it that can be signed. Pure.

The statement is an in-toto statement v1 with a verification summary of SLSA as its predicate; GO and
CONDITIONAL are PASSED with the levels SLUICEGATE_GO and SLUICEGATE_CONDITIONAL. Its subject is the
decision's document by SHA-256, since `actions/attest` takes no name of a git commit; the document has the
commit, and the version that wrote it. The summary has no `verifier.version`: the field is optional, and
in-toto's protobuf messages lack it, so strict readers refuse it. Sources: in-toto.io/Statement/v1, and
version 1.2 of slsa.dev/verification_summary/v1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sluicegate import __version__
from sluicegate.core.decision import Condition, Decision, DecisionEvidence, Decisions, ReleaseOutcome
from sluicegate.ledger.documents import Document, stamp_of
from sluicegate.release.decide import Decided, freezes
from sluicegate.release.facts import Facts
from sluicegate.release.settings import ReleaseSettings
from sluicegate.release.signoffs import SignOffs

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/verification_summary/v1"
VERIFIER: Final = "https://github.com/sluicegate/sluicegate"


def decision_of(
    facts: Facts, decided: Decided, found: SignOffs, settings: ReleaseSettings, policy_sha256: str
) -> Decision:
    """The decision on a commit, which supersedes nothing yet."""
    expires = _expires(facts.now, settings.valid_for, decided.conditions)
    return Decision(
        facts.release,
        facts.commit,
        facts.tree,
        decided.outcome,
        facts.now,
        expires,
        policy_sha256,
        facts.repository,
        tuple(dict.fromkeys(_evidence(facts, found))),
        decided.conditions if decided.outcome is not ReleaseOutcome.GO else (),
        decided.blocking[:200],
        freezes=freezes(settings, found.waivers, facts.now, expires),
    )


def _expires(now: int, valid_for: int, conditions: Iterable[Condition]) -> int:
    """When the decision counts no more: no later than the first of its conditions."""
    ends = (date.fromisoformat(c.until) + timedelta(days=1) for c in conditions if c.until)
    moments = (int(datetime.combine(end, time(), UTC).timestamp()) for end in ends)
    return min(now + valid_for, *moments, now + valid_for)


def _evidence(facts: Facts, found: SignOffs) -> Iterator[DecisionEvidence]:
    for fact in facts.evidence.values():
        if fact.evidence is not None:
            yield fact.evidence
    for tick in facts.ticks:
        by = f"by @{tick.who}" if tick.who else "by somebody unknown"
        yield DecisionEvidence(f"'{tick.item}' of the checklist {tick.checklist}, ticked {by}"[:200])
    for s in sorted(found.signatures, key=lambda s: (s.role, s.who)):
        what = "sign-off" if s.approves else "rejection"
        yield DecisionEvidence(f"{what} of {s.role} by @{s.who}", s.url, s.sha256)
    for w in sorted(found.waivers, key=lambda w: (w.check, w.owner)):
        yield DecisionEvidence(f"waiver of {w.check} by {w.owner}", w.url, w.sha256)


def document_of(decision: Decision) -> Document[Decision]:
    """The document of a decision in the ledger; its key is the commit."""
    return Document(decision.commit, stamp_of(decision.at), decision, f"sluicegate {__version__}")


def is_same(old: Decision, new: Decision) -> bool:
    """Does a decision equal an earlier one, of which more than half the time is left?"""
    fresh = (new.at - old.at) * 2 < old.expires - old.at
    parts = [(d.outcome, d.conditions, d.blocking, d.policy_sha256, d.tree, d.repository) for d in (old, new)]
    return fresh and parts[0] == parts[1] and _ends(old, old, new) == _ends(new, old, new)


def _ends(decision: Decision, old: Decision, new: Decision) -> set[int]:
    """When freezes of a decision end, of the time that both are for."""
    return {f.end for f in decision.freezes if f.end > new.at and f.start < old.expires}


def only_of(decisions: Decisions, release: str) -> dict[str, Decision]:
    """The decisions of one release."""
    return {path: decision for path, decision in decisions.items() if decision.release == release}


def statement(document: Document[Decision], server: str) -> dict[str, Any]:
    """The in-toto statement about a decision, as plain values; `server` is the address of GitHub."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": document.path, "digest": {"sha256": hashlib.sha256(document.data).hexdigest()}}],
        "predicateType": PREDICATE,
        "predicate": predicate(document.body, server),
    }


def deviation(found: object, document: Document[Decision], server: str) -> str:
    """How a statement differs from the one about a decision; empty where it does not.

    More subjects and more fields than ours are allowed, as in-toto's rules of parsing ask for.

    Args:
        found: a parsed statement of a stranger.
        document: the decision in the ledger.
        server: the address of GitHub.
    """
    wanted = statement(document, server)
    if not isinstance(found, dict):
        return "it is not a JSON object"
    if wanted["subject"][0]["digest"] not in _digests(found.get("subject")):
        return f"none of its subjects is the decision {document.path}"
    names = [name for name in ("_type", "predicateType") if found.get(name) != wanted[name]]
    names += [f"predicate.{name}" for name in _other(found.get("predicate"), wanted["predicate"])]
    return f"its `{names[0]}` is not that of the decision" if names else ""


def _digests(subjects: object) -> list[object]:
    return [s.get("digest") for s in subjects if isinstance(s, dict)] if isinstance(subjects, list) else []


def _other(found: object, wanted: dict[str, Any]) -> list[str]:
    """The fields whose values are not the wanted ones."""
    values = found if isinstance(found, dict) else {}
    return [name for name, value in wanted.items() if name not in values or values[name] != value]


def _repository_uri(decision: Decision, server: str) -> str:
    return f"git+{server}/{decision.repository}" if decision.repository else "urn:git"


def predicate(decision: Decision, server: str) -> dict[str, Any]:
    """The verification summary of a decision."""
    at = datetime.fromtimestamp(decision.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    inputs = [
        {"uri": e.uri or f"urn:sluicegate:{e.name.replace(' ', '-')}", "digest": {"sha256": e.sha256}}
        for e in decision.evidence
        if e.sha256
    ]
    passed = decision.outcome is not ReleaseOutcome.NO_GO
    return {
        "verifier": {"id": VERIFIER},
        "timeVerified": at,
        "resourceUri": _repository_uri(decision, server) + f"@{decision.commit}",
        "policy": {"uri": _repository_uri(decision, server), "digest": {"sha256": decision.policy_sha256}},
        "inputAttestations": inputs,
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [f"SLUICEGATE_{decision.outcome}" if passed else "FAILED"],
        "slsaVersion": "1.1",
    }
