"""Who signed a release off, who rejected it, and what does not count and why. Pure.

A sign-off belongs to a role and a commit. From strong to weak it is bound to the commit by

| form | bound by |
| --- | --- |
| a review that says `/sluicegate approve ROLE` | the commit that GitHub recorded with the review |
| a comment `/sluicegate approve ROLE SHA` | the full name of the commit |
| a comment `/sluicegate approve ROLE` on a pull request | the server's clock: the head was pushed before it |

A waiver is bound in the same ways: who accepts a check has seen it fail. A rejection counts in doubt, an
approval never. Of one person and role the last command counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.github.comments import PREFIX, Command, parse_command
from sluicegate.release.matrix import FREEZE, Acceptance
from sluicegate.release.settings import ReleaseSettings, Role
from sluicegate.release.statements import Statement, Thread, Way, in_role

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
    """A command that does not count: why, and what would.

    Attributes:
        unsure: it may count, and what decides that could not be read.
        rejects: is it a rejection?
    """

    who: str
    what: str
    why: str
    remedy: str = ""
    role: str = ""
    url: str = ""
    id: str = ""
    unsure: bool = False
    rejects: bool = False

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

    def unsure(self, role: str) -> tuple[Void, ...]:
        """The commands for a role of which it could not be read whether they count."""
        return tuple(void for void in self.voids if void.unsure and void.role == role)


@dataclass(frozen=True, slots=True)
class Known:
    """A sign-off that an earlier evaluation of this commit counted: what is gone since was deleted."""

    id: str
    role: str
    who: str


def count(
    thread: Thread, settings: ReleaseSettings, commit: str, today: date, before: Iterable[Known] = ()
) -> SignOffs:
    """The sign-offs and waivers of a thread that count. The order of its statements does not matter.

    Args:
        thread: as it is now.
        settings: of the policy.
        commit: that is decided on; full object name.
        today: on which waivers must not have expired.
        before: what counted before.
    """
    counter = _Counter(thread, settings, commit, today)
    last: dict[tuple[str, str], Signature] = {}
    waivers: dict[tuple[str, str], Acceptance] = {}
    voids: list[Void] = []
    for statement in sorted(thread.statements, key=lambda s: (s.at, s.id)):
        match counter.read(statement):
            case Signature() as signature:
                last[signature.role, signature.who.lower()] = signature
            case Acceptance() as waiver:
                waivers[waiver.check, waiver.owner.lower()] = waiver
            case Void() as void:
                voids.append(void)
    if not thread.unread:
        voids += _deleted(before, thread)
    return SignOffs(tuple(last.values()), tuple(waivers.values()), tuple(voids))


def _deleted(before: Iterable[Known], thread: Thread) -> Iterator[Void]:
    there = {statement.id for statement in thread.statements}
    gone = "it was deleted, or its text replaced"
    for known in sorted(set(before), key=lambda k: (k.role, k.who, k.id)):
        if known.id not in there:
            what, repeat = f"the sign-off of {known.role}", f"@{known.who} must repeat it"
            yield Void(known.who, what, gone, repeat, known.role, id=known.id)


@dataclass(frozen=True, slots=True)
class _Counter:
    thread: Thread
    settings: ReleaseSettings
    commit: str
    today: date

    def read(self, statement: Statement) -> Signature | Acceptance | Void | None:
        """The signature, waiver or void of a statement; None where it is no command of a release."""
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
        name = next(iter(command.words), "")
        role = self.settings.role(name)
        if role is None:
            return self._no_role(statement, command.name, name)
        by, is_unsure = in_role(role.people, statement.who, self.thread)
        what = f"the {'approval' if approves else 'rejection'} for {role.name}"
        void = _void(statement, what, role.name, rejects=not approves)
        why = _unfit(statement, rejects=not approves)
        if why := why or self._outside(role.people, by, is_unsure, statement.who):
            return replace(void, why=why, unsure=is_unsure or statement.edited is None)
        form, unbound = self._bound_by(statement, command, approves=approves)
        if unbound:
            repeat = f"@{statement.who} must repeat it: {PREFIX} {command.name} {role.name} {self.commit}"
            return replace(void, why=unbound, remedy=repeat)
        return Signature(
            role.name, statement.who, approves, statement.at, by, form, "" if approves else _reason(command),
            statement.id, statement.url, statement.sha256,
        )  # fmt: skip

    def _no_role(self, statement: Statement, name: str, word: str) -> Void:
        names = [role.name for role in self.settings.roles]
        shown = cut(one_line(word), 40)
        why = f"there is no role '{shown}'" if word else "it names no role"
        remedy = f"{did_you_mean(word, names)}roles: {', '.join(names) or 'none'}"
        return replace(_void(statement, f"the command '{name}'"), why=why, remedy=remedy)

    def _outside(self, people: tuple[str, ...], by: str, is_unsure: bool, who: str) -> str:
        """Why somebody may not sign off; empty where they may."""
        if not by and is_unsure:
            return "whether they may could not be read"
        if not by:
            return f"they are not among {people_text(people) or 'nobody'}"
        if self.settings.self_approval:
            return ""
        if self.thread.authors is None:
            return "the author of the change could not be read"
        return "they wrote the change themselves" if who.lower() in self.thread.authors else ""

    def _bound_by(self, statement: Statement, command: Command, *, approves: bool) -> tuple[str, str]:
        """How an approval or a rejection is bound to the commit, and why it is not."""
        named, wrong = _commit_in(command, approves=approves)
        return ("", wrong) if wrong else self._bound(statement, named, approves=approves)

    def _bound(self, statement: Statement, named: str, *, approves: bool = True) -> tuple[str, str]:
        """How a statement is bound to the commit, and why it is not; one of both is empty.

        Args:
            statement: a review or a comment.
            named: the commit in its command; empty for none.
            approves: is it one that lets the commit go?
        """
        if named and named.lower() != self.commit:
            return "", _other_commit(named.lower(), self.commit)
        if statement.way is Way.REVIEW:
            if statement.commit != self.commit:
                return "", f"it is of the commit {statement.commit[:12]}, and this is {self.commit[:12]}"
            return "a review of this commit", ""
        if named:
            return "a comment that names this commit", ""
        return self._by_time(statement, approves=approves)

    def _by_time(self, statement: Statement, *, approves: bool) -> tuple[str, str]:
        """A bare comment. A head that was pushed in the same second may have been pushed after it."""
        if not approves:
            is_older = (
                self.thread.is_pull and self.thread.head_seen != "" and statement.at < self.thread.head_seen
            )
            return ("", "it is older than this commit") if is_older else ("a comment", "")
        if not self.thread.is_pull:
            return "", "without a pull request a comment must name the commit in full"
        if not self.thread.head_seen:
            return "", "when this commit was pushed is not known"
        if statement.at <= self.thread.head_seen:
            return "", "it is not later than the push of this commit"
        return "a comment after the push of this commit", ""

    def _no_check(self, name: str) -> str:
        """What to do about the name of a check that there is not; empty where there is."""
        known = [*(c.id for c in self.settings.checks), *map(row_id, self.settings.roles)]
        known += [FREEZE] if self.settings.freeze.windows else []
        if name in known:
            return ""
        return did_you_mean(name, known) + "`sluicegate release status` lists the checks"

    def _waived(self, statement: Statement, command: Command) -> Acceptance | Void:
        check = next(iter(command.words), "")
        void = _void(statement, f"the waiver of '{cut(one_line(check), 40)}'")
        named, until = _waiver_words(command.words)
        if until is None or not command.reason:
            return replace(void, why="it lacks the check, the day or the reason", remedy=_WAIVE)
        if hint := self._no_check(check):
            return replace(void, why="there is no such check", remedy=hint)
        by, is_unsure = in_role(self.settings.waivers_by, statement.who, self.thread)
        why = _unfit(statement) or self._outside(self.settings.waivers_by, by, is_unsure, statement.who)
        if why := why or _expired(until, self.today):
            return replace(void, why=why, unsure=is_unsure)
        if unbound := self._bound(statement, named)[1]:
            line = f"{PREFIX} waive {check} {self.commit} until {until.isoformat()} because …"
            return replace(void, why=unbound, remedy=f"@{statement.who} must repeat it: {line}")
        return Acceptance(
            check, command.reason, f"@{statement.who}", until, statement.url, statement.id, statement.sha256
        )


def _void(statement: Statement, what: str, role: str = "", *, rejects: bool = False) -> Void:
    """A statement that does not count, without the reason."""
    return Void(statement.who, what, "", role=role, url=statement.url, id=statement.id, rejects=rejects)


def _expired(until: date, today: date) -> str:
    return f"it expired after {until.isoformat()}" if until < today else ""


def _unfit(statement: Statement, *, rejects: bool = False) -> str:
    """Why a statement counts for nobody; empty where it may count. An edited rejection still rejects."""
    if statement.bot:
        return "it is by a bot"
    if statement.dismissed:
        return "the review was dismissed"
    if rejects:
        return ""
    if statement.several:
        return "a comment with several commands does nothing; write one in each"
    if statement.edited is None:
        return "whether it was edited could not be read"
    return "it was edited; write a new one" if statement.edited else ""


def _commit_in(command: Command, *, approves: bool) -> tuple[str, str]:
    """The commit that an approval or a rejection names, empty for none; and what is wrong with the command.

    A rejection goes on with its reason, in which only a full name is one of a commit.
    """
    word = command.words[1] if len(command.words) > 1 else ""
    if not approves:
        return (word if _FULL.fullmatch(word.lower()) else ""), ""
    if len(command.words) > 2 or (word and not _SHA.fullmatch(word)):
        return "", f"it is not '{PREFIX} approve ROLE' or '{PREFIX} approve ROLE COMMIT'"
    return word, ""


def _waiver_words(words: Sequence[str]) -> tuple[str, date | None]:
    """The commit, empty for none, and the day of a waiver's words: `CHECK [COMMIT] until DAY`."""
    match words:
        case [_, "until", day]:
            return "", _day(day)
        case [_, commit, "until", day] if _SHA.fullmatch(commit):
            return commit, _day(day)
        case _:
            return "", None


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


def people_text(people: Sequence[str]) -> str:
    """Permissions, logins and teams for a sentence: `@alice, those who may maintain`."""
    return ", ".join(one if one.startswith("@") else f"those who may {_VERBS[one]}" for one in people)


_VERBS = {"write": "write", "maintain": "maintain", "admin": "administrate"}
