"""What people ask of a rollout: promote, pause, resume, skip-bake, rollback, abort."""

from __future__ import annotations

import click

from sluicegate.cli import options
from sluicegate.cli.ledger_place import anywhere
from sluicegate.cli.rollout_publish import pages_of
from sluicegate.cli.rollout_sessions import (
    DEPLOYED,
    DRY,
    NAME,
    PUBLISH,
    REASON,
    Asked,
    echo,
    open_session,
    say,
    session_of_any,
)
from sluicegate.core.errors import ExitCode
from sluicegate.ledger.open import Choice
from sluicegate.rollout.actions import Command, CommandKind


def _given(asked: Asked, choice: Choice, name: str, given: Command) -> ExitCode:
    if given.kind is CommandKind.PAUSE:
        opened = session_of_any(choice)
    else:
        opened = open_session(choice, asked.deployed, proven=True)
    with opened as session:
        done = session.command(name, given, dry=asked.dry)
        code = say(done, dry=asked.dry)
        pages_of(session, asked).show([done])
    return code


@click.command(short_help="Promote to the next stage, or to everybody.")
@NAME
@options.text("--to", "STAGE", "Stage to promote to, the one behind the current one.")
@click.option("--full", is_flag=True, help="Promote to everybody at once; it needs --reason.")
@options.text("--override-freeze", "REASON", "Promote in a freeze; the reason is recorded.")
@DEPLOYED
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def promote(asked: Asked, choice: Choice, name: str, to: str, full: bool, override_freeze: str) -> int:
    """Promote the rollout NAME, whatever its readings say; they are recorded with it.

    Who finds another stage than the one before --to changes nothing. Approvers of the plan may do it.
    """
    given = Command(
        CommandKind.PROMOTE, reason=asked.reason, to=to, full=full, override_freeze=override_freeze
    )
    return _given(asked, choice, name, given)


@click.command(short_help="Stop promoting, and leave the flag as it is.")
@NAME
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def pause(asked: Asked, choice: Choice, name: str) -> int:
    """Pause the rollout NAME: nothing is promoted until `resume`; a proven fault still rolls back."""
    return _given(asked, choice, name, Command(CommandKind.PAUSE, reason=asked.reason))


@click.command(short_help="End a pause.")
@NAME
@DEPLOYED
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def resume(asked: Asked, choice: Choice, name: str) -> int:
    """Resume the rollout NAME: its stage begins anew, and what was counted before is forgotten."""
    return _given(asked, choice, name, Command(CommandKind.RESUME, reason=asked.reason))


@click.command("skip-bake", short_help="Let a stage end before its time.")
@NAME
@DEPLOYED
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def skip_bake(asked: Asked, choice: Choice, name: str) -> int:
    """Let the stage of NAME end before its time; samples and criteria count all the same."""
    return _given(asked, choice, name, Command(CommandKind.SKIP_BAKE, reason=asked.reason))


def _killed(asked: Asked, choice: Choice, name: str, kind: CommandKind) -> ExitCode:
    """Switch off; a rollback that somebody asked for and got is a success."""
    reason = asked.reason or f"{kind} was asked for"
    with session_of_any(choice) as session:
        if asked.dry:
            echo([f"{name}: all flags would be switched off: {reason}"])
            return ExitCode.OK
        done = session.kill(name, reason)
        code = say(done)
        if done.failed is None:
            echo([f"{done.id}: all flags are off"])
        pages_of(session, asked).show([done])
    return ExitCode.OK if code == ExitCode.BLOCKED else code


@click.command(short_help="Switch all flags off, whatever the state is.")
@NAME
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def rollback(asked: Asked, choice: Choice, name: str) -> int:
    """Switch all flags of the rollout NAME off and end it, whatever its state is.

    Where the ledger does not answer in five seconds, the flags are written first and the journal after. It
    asks for no metric, no permission and no flag that can be read.

    Exit codes: 0 off and recorded, 2 there is no such rollout, 3 a flag is not off, or that is not recorded.
    """
    return _killed(asked, choice, name, CommandKind.ROLLBACK)


@click.command(short_help="The same as rollback, for a rollout that is no longer wanted.")
@NAME
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def abort(asked: Asked, choice: Choice, name: str) -> int:
    """End the rollout NAME as 'rollback' does, for a reason that is no fault."""
    return _killed(asked, choice, name, CommandKind.ABORT)


COMMANDS = (promote, pause, resume, skip_bake, rollback, abort)
