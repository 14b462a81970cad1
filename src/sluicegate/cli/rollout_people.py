"""What people ask of a rollout: promote, pause, resume, skip-bake, rollback, abort."""

from __future__ import annotations

from collections.abc import Callable

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
from sluicegate.rollout.actions import KILLS, Command, CommandKind

_WITHOUT_READINGS = KILLS | {CommandKind.PAUSE}
"""What is done whatever is deployed, and whoever asks."""


def _asks(kind: CommandKind, *own: options.Command) -> Callable[[options.Command], options.Command]:
    """Add the argument and the options of a command of people, its `own` ones behind the name."""
    reads = () if kind in _WITHOUT_READINGS else (DEPLOYED,)

    def decorate(command: options.Command) -> options.Command:
        command = anywhere(options.into(Asked)(command))
        for option in reversed((NAME, *own, *reads, REASON, DRY, PUBLISH)):
            command = option(command)
        return command

    return decorate


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
@_asks(
    CommandKind.PROMOTE,
    options.text("--to", "STAGE", "Stage to promote to, the one behind the current one."),
    click.option("--full", is_flag=True, help="Promote to everybody at once; it needs --reason."),
    options.text("--override-freeze", "REASON", "Promote in a freeze; the reason is recorded."),
)
def promote(asked: Asked, choice: Choice, name: str, to: str, full: bool, override_freeze: str) -> int:
    """Promote the rollout NAME, whatever its readings say; they are recorded with it.

    Who finds another stage than the one before --to changes nothing. Approvers of the plan may do it.
    """
    given = Command(
        CommandKind.PROMOTE, reason=asked.reason, to=to, full=full, override_freeze=override_freeze
    )
    return _given(asked, choice, name, given)


def _killed(asked: Asked, choice: Choice, name: str, kind: CommandKind) -> ExitCode:
    """Switch off; a rollback that somebody asked for and got is a success."""
    reason = asked.reason or f"{kind} was asked for"
    with session_of_any(choice) as session:
        if asked.dry:
            echo([f"{session.find(name).id}: all flags would be switched off: {reason}"])
            return ExitCode.OK
        done = session.kill(name, reason)
        code = say(done)
        if done.failed is None:
            echo([f"{done.id}: all flags are off"])
        pages_of(session, asked).show([done])
    return ExitCode.OK if code == ExitCode.BLOCKED else code


_TEXTS = {
    CommandKind.PAUSE: (
        "Stop promoting, and leave the flag as it is.",
        "Pause the rollout NAME: nothing is promoted until `resume`; a proven fault still rolls back.",
    ),
    CommandKind.RESUME: (
        "End a pause.",
        "Resume the rollout NAME: its stage begins anew, and what was counted before is forgotten.",
    ),
    CommandKind.SKIP_BAKE: (
        "Let a stage end before its time.",
        "Let the stage of NAME end before its time; samples and criteria count all the same.",
    ),
    CommandKind.ROLLBACK: (
        "Switch all flags off, whatever the state is.",
        """Switch all flags of the rollout NAME off and end it, whatever its state is.

        Where the ledger does not answer in five seconds, the flags are written first and the journal after.
        It asks for no metric, no permission and no flag that can be read.

        Exit codes: 0 off and recorded, 2 there is no such rollout, 3 a flag is not off, or that is not
        recorded.
        """,
    ),
    CommandKind.ABORT: (
        "The same as rollback, for a rollout that is no longer wanted.",
        "End the rollout NAME as 'rollback' does, for a reason that is no fault.",
    ),
}
"""The commands that only name a rollout: in a list of commands, and their help."""


def _plain(kind: CommandKind) -> click.Command:
    short, about = _TEXTS[kind]

    @click.command(str(kind), short_help=short, help=about)
    @_asks(kind)
    def command(asked: Asked, choice: Choice, name: str) -> int:
        if kind in KILLS:
            return _killed(asked, choice, name, kind)
        return _given(asked, choice, name, Command(kind, reason=asked.reason))

    return command


COMMANDS = (promote, *map(_plain, _TEXTS))
