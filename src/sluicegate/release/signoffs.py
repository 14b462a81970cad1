"""Who signed a release off, who rejected it, and what does not count and why. Pure.

A sign-off belongs to a role and a commit. From strong to weak it is bound to the commit by

| form | bound by |
| --- | --- |
| a review that says `/sluicegate approve ROLE` | the commit that GitHub recorded with the review |
| a comment `/sluicegate approve ROLE SHA` | the full name of the commit |
| a comment `/sluicegate approve ROLE` on a pull request | the server's clock: the head was pushed before it |

A rejection counts in doubt, an approval never. What one person said last for a role is what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sluicegate.core.text import cut, one_line, some
from sluicegate.criteria import did_you_mean
from sluicegate.github.comments import PREFIX, Command, parse_command
from sluicegate.release.matrix import PEOPLE, Acceptance, CheckStatus, Row
from sluicegate.release.said import Said, Statement, Way, in_role
from sluicegate.release.settings import ReleaseSettings, Role

COMMANDS = ("approve", "reject", "recheck", "waive")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)
_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WAIVE = f"write `{PREFIX} waive CHECK until 2026-12-31 because REASON`"


@dataclass(frozen=True, slots=True)
class Signature:
    """An approval or a rejection that counts.

    Attributes:
        by: the entry of the role that its author is in.
        form: how it is bound to the commit, for people.
        reason: of a rejection.
    """

    role: str
    who: str
    approves: bool
    at: str
    by: str = ""
    form: str = ""
    reason: str = ""
    id: str = ""
    url: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Void:
    """Something that was said and does not count: why, and what would.

    Attributes:
        unsure: it may count, and what decides that could not be read.
    """

    who: str
    what: str
    why: str
    remedy: str = ""
    role: str = ""
    url: str = ""
    id: str = ""
    unsure: bool = False

    @property
    def line(self) -> str:
        """One sentence for people."""
        return f"{self.what} of @{self.who} does not count: {self.why}" + (
            f"; {self.remedy}" if self.remedy else ""
        )


@dataclass(frozen=True, slots=True)
class SignOffs:
    """What counts on a commit, and what does not."""

    signatures: tuple[Signature, ...] = ()
    waivers: tuple[Acceptance, ...] = ()
    voids: tuple[Void, ...] = ()

    def of(self, role: str, *, approves: bool) -> tuple[Signature, ...]:
        """The approvals, or rejections, of a role."""
        return tuple(s for s in self.signatures if s.role == role and s.approves is approves)


@dataclass(frozen=True, slots=True)
class Known:
    """A sign-off that an earlier evaluation of this commit counted: what is gone since was deleted."""

    id: str
    role: str
    who: str


def count(
    said: Said, settings: ReleaseSettings, commit: str, today: date, before: Iterable[Known] = ()
) -> SignOffs:
    """What counts of all that was said. The order in which it was read does not matter.

    Args:
        said: as it was read now.
        settings: of the policy.
        commit: that is decided on; full object name.
        today: on which waivers must not have expired.
        before: what counted before.
    """
    counter = _Counter(said, settings, commit, today)
    last: dict[tuple[str, str], Signature] = {}
    waivers: dict[tuple[str, str], Acceptance] = {}
    voids: list[Void] = []
    for statement in sorted(said.statements, key=lambda s: (s.at, s.id)):
        match counter.read(statement):
            case Signature() as signature:
                last[signature.role, signature.who.lower()] = signature
            case Acceptance() as waiver:
                waivers[waiver.check, waiver.owner.lower()] = waiver
            case Void() as void:
                voids.append(void)
    if not said.unread:
        voids += _deleted(before, said)
    return SignOffs(tuple(last.values()), tuple(waivers.values()), tuple(voids))


def _deleted(before: Iterable[Known], said: Said) -> Iterator[Void]:
    there = {statement.id for statement in said.statements}
    gone = "it was deleted, or its text replaced"
    for known in sorted(set(before), key=lambda k: (k.role, k.who, k.id)):
        if known.id not in there:
            what, repeat = f"the sign-off of {known.role}", f"@{known.who} must repeat it"
            yield Void(known.who, what, gone, repeat, known.role, id=known.id)


@dataclass(frozen=True, slots=True)
class _Counter:
    said: Said
    settings: ReleaseSettings
    commit: str
    today: date

    def read(self, statement: Statement) -> Signature | Acceptance | Void | None:
        """What a statement amounts to; None where it is no command of a release."""
        command = parse_command(statement.line)
        if command is None or command.name not in COMMANDS:
            return None
        if command.name == "recheck":
            return None
        if command.name == "waive":
            return self._waived(statement, command)
        return self._signed(statement, command)

    def _signed(self, statement: Statement, command: Command) -> Signature | Void:
        approves = command.name == "approve"
        name = command.words[0] if command.words else ""
        role = self.settings.role(name)
        if role is None:
            return self._no_role(statement, command.name, name)
        by, is_unsure = in_role(role.people, statement.who, self.said)
        what = f"the {'approval' if approves else 'rejection'} for {role.name}"
        why = _unfit(statement, rejects=not approves)
        why = why or self._outside(role.people, by, is_unsure, statement.who)
        if why:
            is_unsure = is_unsure or statement.edited is None
            return self._void(statement, what, why, "", role.name, is_unsure=is_unsure)
        form, unbound = self._bound(statement, command, approves=approves)
        if unbound:
            repeat = f"@{statement.who} must repeat it: {PREFIX} {command.name} {role.name} {self.commit}"
            return self._void(statement, what, unbound, repeat, role.name)
        reason = "" if approves else _reason(command)
        return Signature(
            role.name, statement.who, approves, statement.at, by, form, reason,
            statement.id, statement.url, statement.sha256,
        )  # fmt: skip

    def _no_role(self, statement: Statement, name: str, word: str) -> Void:
        names = [role.name for role in self.settings.roles]
        shown = cut(one_line(word), 40)
        why = f"there is no role '{shown}'" if word else "it names no role"
        remedy = f"{did_you_mean(word, names)}roles: {', '.join(names) or 'none'}"
        return self._void(statement, f"the command '{name}'", why, remedy)

    def _outside(self, people: tuple[str, ...], by: str, is_unsure: bool, who: str) -> str:
        """Why somebody may not speak; empty where they may."""
        if not by and is_unsure:
            return "whether they may could not be read"
        if not by:
            return f"they are none of {', '.join(people) or 'nobody'}"
        if self.settings.self_approval:
            return ""
        if self.said.authors is None:
            return "the author of the change could not be read"
        return "they wrote the change themselves" if who.lower() in self.said.authors else ""

    def _bound(self, statement: Statement, command: Command, *, approves: bool) -> tuple[str, str]:
        """How a statement is bound to the commit, and why it is not; one of both is empty."""
        named = command.words[1] if len(command.words) > 1 else ""
        is_sha = bool(_SHA.fullmatch(named)) and (approves or bool(_FULL.fullmatch(named.lower())))
        if approves and (len(command.words) > 2 or (named and not is_sha)):
            return "", f"it is not '{PREFIX} approve ROLE' or '{PREFIX} approve ROLE COMMIT'"
        if is_sha and named.lower() != self.commit:
            return "", _other_commit(named.lower(), self.commit)
        if statement.way is Way.REVIEW:
            if statement.commit != self.commit:
                return "", f"it is of the commit {statement.commit[:12]}, and this is {self.commit[:12]}"
            return "a review of this commit", ""
        if is_sha:
            return "a comment that names this commit", ""
        return self._by_time(statement, approves=approves)

    def _by_time(self, statement: Statement, *, approves: bool) -> tuple[str, str]:
        """A bare comment. A head that was pushed in the same second may have been pushed after it."""
        if not approves:
            is_older = self.said.is_pull and self.said.head_seen != "" and statement.at < self.said.head_seen
            return ("", "it is older than this commit") if is_older else ("a comment", "")
        if not self.said.is_pull:
            return "", "without a pull request a comment must name the commit in full"
        if not self.said.head_seen:
            return "", "when this commit was pushed is not known"
        if statement.at <= self.said.head_seen:
            return "", "it is not later than the push of this commit"
        return "a comment behind the push of this commit", ""

    def _waived(self, statement: Statement, command: Command) -> Acceptance | Void:
        check = command.words[0] if command.words else ""
        what = f"the waiver of '{cut(one_line(check), 40)}'"
        until = _day(command.words[2]) if len(command.words) == 3 and command.words[1] == "until" else None
        if until is None or not command.reason:
            return self._void(statement, what, "it lacks the check, the day or the reason", _WAIVE)
        known = [*(c.id for c in self.settings.checks), *map(row_id, self.settings.roles)]
        if check not in known:
            hint = did_you_mean(check, known) + "`sluicegate release status` lists the checks"
            return self._void(statement, what, "there is no such check", hint)
        by, is_unsure = in_role(self.settings.waivers_by, statement.who, self.said)
        why = _unfit(statement) or self._outside(self.settings.waivers_by, by, is_unsure, statement.who)
        if not why and until < self.today:
            why = f"it expired after {until.isoformat()}"
        if why:
            return self._void(statement, what, why, is_unsure=is_unsure)
        return Acceptance(
            check, command.reason, f"@{statement.who}", until, statement.url, statement.id, statement.sha256
        )

    def _void(
        self,
        statement: Statement,
        what: str,
        why: str,
        remedy: str = "",
        role: str = "",
        *,
        is_unsure: bool = False,
    ) -> Void:
        return Void(statement.who, what, why, remedy, role, statement.url, statement.id, is_unsure)


def _unfit(statement: Statement, *, rejects: bool = False) -> str:
    """Why a statement counts for nobody; empty where it may count. An edited rejection still rejects."""
    if statement.bot:
        return "it is by a bot"
    if statement.dismissed:
        return "the review was dismissed"
    if rejects:
        return ""
    if statement.edited is None:
        return "whether it was edited could not be read"
    return "it was edited; write a new one" if statement.edited else ""


def _other_commit(named: str, commit: str) -> str:
    if commit.startswith(named):
        return "the commit must be named in full"
    return f"it is for the commit {named[:12]}, and this is {commit[:12]}"


def _reason(command: Command) -> str:
    words = [word for word in command.words[1:] if not _FULL.fullmatch(word.lower())]
    return cut(one_line(command.reason or " ".join(words)), 300) or "no reason was given"


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def row_id(role: Role) -> str:
    """The name of the check that a role is."""
    return f"signoff.{role.name}"


def role_rows(settings: ReleaseSettings, found: SignOffs, said: Said) -> tuple[Row, ...]:
    """Every role as a check: does it approve, and does nobody in it reject?"""
    return tuple(_role_row(role, found, said) for role in settings.roles)


def _role_row(role: Role, found: SignOffs, said: Said) -> Row:
    approvals, rejections = (found.of(role.name, approves=approves) for approves in (True, False))
    actual = f"{len(approvals)} of {role.quorum}"
    expect = f"{role.quorum} of {', '.join(role.people)}"
    row = Row(PEOPLE.name, row_id(role), expect, CheckStatus.PASS, actual, url=said.url)
    if rejections:
        first = rejections[0]
        return Row(
            PEOPLE.name, row_id(role), expect, CheckStatus.FAIL, actual,
            f"@{first.who} rejects it: {first.reason}", first.url,
            f"Mend it. Then @{first.who} withdraws it: {PREFIX} approve {role.name} …",
            waivable=False,
        )  # fmt: skip
    if len(approvals) >= role.quorum:
        return row
    is_unsure = said.unread or any(void.unsure and void.role == role.name for void in found.voids)
    status = CheckStatus.UNKNOWN if is_unsure else CheckStatus.FAIL
    why = said.problems[0] if said.unread and said.problems else _missing(role, approvals)
    remedy = f"One of {', '.join(role.people)} comments the line that `sluicegate release signoffs` prints."
    return Row(PEOPLE.name, row_id(role), expect, status, actual, why, said.url, remedy)


def _missing(role: Role, approvals: Sequence[Signature]) -> str:
    left = role.quorum - len(approvals)
    by = f", beside {some([f'@{s.who}' for s in approvals], len(approvals))}" if approvals else ""
    return f"{left} of {', '.join(role.people)} must approve{by}"


def line_to_copy(role: str, commit: str) -> str:
    """The comment that signs a commit off."""
    return f"{PREFIX} approve {role} {commit}"
