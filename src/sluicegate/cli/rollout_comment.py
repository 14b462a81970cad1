"""`sluicegate rollout comment`: do what a comment on the issue of a rollout asks."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from sluicegate.cli import options
from sluicegate.cli.ledger_place import anywhere
from sluicegate.cli.pages import in_file
from sluicegate.cli.rollout_publish import pages_of
from sluicegate.cli.rollout_runner import give
from sluicegate.cli.rollout_sessions import (
    DEPLOYED,
    PUBLISH,
    Asked,
    echo,
    github_of,
    open_session,
    refuse_strangers,
    say,
    session_of_any,
)
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.text import one_line
from sluicegate.github.answers import answer_text
from sluicegate.github.payload import commented
from sluicegate.ledger.open import Choice
from sluicegate.rollout.actions import KILLS, Command
from sluicegate.rollout.asking import IN_COMMENT
from sluicegate.rollout.claims import began
from sluicegate.rollout.comments import Request
from sluicegate.rollout.hearing import Heard, answer, hear
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.proof import comment_refused, outdated
from sluicegate.rollout.sections import status_page
from sluicegate.rollout.session import Session
from sluicegate.rollout.status import event_text
from sluicegate.rollout.who import promotion_refused
from sluicegate.runtime import commands


@click.command(short_help="Do what a comment on a rollout's issue asks.")
@click.option("--ask", is_flag=True, help="Only find out what it asks, and whether its author may ask that.")
@DEPLOYED
@PUBLISH
@anywhere
@options.into(Asked)
def comment(asked: Asked, choice: Choice, ask: bool) -> int:
    """Do what the comment asks that started this workflow (`issue_comment`), and answer it.

    With --ask no provider is asked and nothing is done: the output `act` is `stop` or `expand` where the
    comment may be followed, and else empty. So that job needs no secret of a provider.

    Exit codes: 0 done, or nothing to do; 1 rolled back; 2 refused; 3 a provider, the ledger or GitHub failed.
    """
    refuse_strangers()
    heard = hear(github_of(), commented(os.environ))
    if heard.request is None:
        return _nothing(heard)
    if ask:
        return _asked(choice, heard, heard.request)
    return _done(asked, choice, heard, heard.request)


def _nothing(heard: Heard) -> ExitCode:
    echo(
        [f"nothing is done: {heard.why or 'the comment does not speak of a rollout, or no person wrote it'}"]
    )
    if heard.why:
        _answer(heard, f"Nothing was done: {heard.why}.", filter(None, [heard.remedy]))
    return ExitCode.OK


def _answer(heard: Heard, said: str, lines: Iterable[str] = (), verbatim: str = "") -> None:
    problem = answer(github_of(), heard, answer_text(heard.said, said, lines, verbatim))
    if problem:
        commands.warning(one_line(problem))


def _asked(choice: Choice, heard: Heard, request: Request) -> ExitCode:
    """Look into the ledger for who may; a kill needs none."""
    if not request.stops:
        with open_session(choice, actor=heard.actor) as session:
            why, remedy = _objection(session, heard, request)
        if why:
            _answer(heard, f"Nothing was done: {why}.", filter(None, [remedy]))
            echo([f"nothing is done: {why}"])
            return ExitCode.OK
    give("act", "stop" if request.stops else "expand")
    echo([f"{request.name}: '{request.verb}' is asked by @{heard.said.author}, who may"])
    return ExitCode.OK


def _objection(session: Session, heard: Heard, request: Request) -> tuple[str, str]:
    """Why a command that lets a rollout go on is not followed, and what to do; empty when it is."""
    found, said = session.find(request.name), heard.said
    if any((e.actor.source, e.actor.id) == (heard.actor.source, heard.actor.id) for e in found.entries):
        return "the comment was followed before", "Write a new one to ask for it again."
    issue = heard.issue
    other = comment_refused(said, issue, request, found.id, session.github) if issue is not None else ""
    why = other or outdated(said, began(found.entries))
    if why:
        return why, "Write a new comment on the issue of the newest rollout."
    plan = found.state.plan
    refused = promotion_refused(plan, heard.actor, session.github)
    return refused, f"Ask one of: {', '.join(plan.approvers)}." if refused else ""


def _done(asked: Asked, choice: Choice, heard: Heard, request: Request) -> ExitCode:
    """Do what is asked, and answer with what was done, or why it was not."""
    try:
        if request.command is None:
            return _status(asked, choice, heard, request.name)
        if request.command.kind in KILLS:
            return _killed(asked, choice, heard, request.name, request.command)
        return _commanded(asked, choice, heard, request, request.command)
    except SluicegateError as error:
        _answer(heard, f"This failed: {error.what}.", filter(None, [error.remedy]))
        raise


def _status(asked: Asked, choice: Choice, heard: Heard, name: str) -> ExitCode:
    with open_session(choice, asked.deployed, actor=heard.actor) as session:
        found = session.statuses(name)
    text = "\n".join(in_file(status_page(one, IN_COMMENT)).rstrip() for one in found)
    echo(text.splitlines())
    _answer(heard, "", verbatim=text)
    return ExitCode.OK


def _killed(asked: Asked, choice: Choice, heard: Heard, name: str, given: Command) -> ExitCode:
    with session_of_any(choice, actor=heard.actor) as session:
        done = session.kill(name, given.reason or f"{given.kind} was asked for")
        code = say(done)
        off = "All flags are off." if done.failed is None else "A flag is not off, or that is not recorded."
        _answer(heard, off, _lines(done))
        pages_of(session, asked).show([done])
    return ExitCode.OK if code == ExitCode.BLOCKED else code


def _commanded(asked: Asked, choice: Choice, heard: Heard, request: Request, given: Command) -> ExitCode:
    with open_session(choice, asked.deployed, actor=heard.actor) as session:
        why, remedy = ("", "") if request.stops else _objection(session, heard, request)
        if why:
            _answer(heard, f"Nothing was done: {why}.", [remedy])
            raise UsageError(f"{request.verb} is refused: {why}", where=request.name, remedy=remedy)
        done = session.command(request.name, given)
        code = say(done)
        _answer_done(heard, done)
        pages_of(session, asked).show([done])
    return code


def _answer_done(heard: Heard, done: Outcome) -> None:
    refused = done.refusal
    head = f"Nothing was done: {refused.reason}." if refused is not None else _head(done)
    _answer(heard, head, [*_lines(done), *filter(None, [getattr(refused and refused.action, "remedy", "")])])


def _head(done: Outcome) -> str:
    if done.failed is not None:
        return "This failed."
    return "Done." if done.recorded else "Nothing had to be done."


def _lines(done: Outcome) -> list[str]:
    failed = [f"error: {done.failed}"] if done.failed is not None else []
    return [*map(event_text, done.recorded), *done.alarms, *failed]
