"""What the commands do: rollouts found by name, started, ticked, watched and switched off."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from sluicegate.core.decision import Wanted
from sluicegate.core.errors import ExitCode, PolicyError, SluicegateError, UsageError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.flags.interface import FlagState
from sluicegate.ledger.decisions import verify_commit
from sluicegate.rollout.actions import LASTING, Command, CommandKind, Note
from sluicegate.rollout.connect import connect, connect_to_kill, read_flags
from sluicegate.rollout.contacts import Contacts
from sluicegate.rollout.controller import Controller
from sluicegate.rollout.deployments import is_deployed
from sluicegate.rollout.discover import Plans
from sluicegate.rollout.entries import Actor, Entry, EventKind, flag_record, rollout_id
from sluicegate.rollout.journal import Journals, Recorded, document_of, name_of
from sluicegate.rollout.kill import Killer, Why
from sluicegate.rollout.look import draw, look
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.proof import claim_refused
from sluicegate.rollout.remarks import remarks
from sluicegate.rollout.start import Go, decide_start, shares_flag
from sluicegate.rollout.state import ENDED, Phase, State
from sluicegate.rollout.status import Status, list_line
from sluicegate.rollout.who import GitHub, lasting_refused, promotion_refused, start_refused
from sluicegate.runtime.surroundings import Surroundings

AFTER = 86_400
"""Seconds for which the flags of a rollout that was rolled back are looked at: a write may come late."""


@dataclass(frozen=True, slots=True)
class Session:
    """One use of the command line.

    Attributes:
        journals: of the ledger.
        plans: reads those of the working tree.
        around: what providers are given.
        github: the repository.
        actor: who asks.
        in_folder: is the ledger a folder of this machine?
        deployed: the commit that the environment runs, where no Deployment says it; empty for none.
        holder: names this process, in the intents that it records.
    """

    journals: Journals
    plans: Callable[[], Plans]
    around: Surroundings
    github: GitHub
    actor: Actor
    in_folder: bool = False
    deployed: str = ""
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def contacts(self) -> Contacts:
        """What a journal's plan may name; read anew, and only where it names a server."""
        return Contacts(lambda: self.plans().providers, self.around.environment)

    # --- finding -------------------------------------------------------------------------------

    def find(self, name: str) -> Recorded:
        """The newest rollout of a name, or the one of an id.

        Raises:
            UsageError: the ledger has none.
            UnreachableError: the ledger cannot be read.
        """
        found = self._look(name)
        if not found.paths:
            names = sorted({other.name for other in self.journals.newest()})
            hint = did_you_mean(name, names) + "`sluicegate rollout list` has them all."
            raise UsageError(f"the ledger has no rollout '{cut(one_line(name), 80)}'", remedy=hint)
        return found

    def _look(self, name: str) -> Recorded:
        """The same; without documents where the ledger has none."""
        if name_of(name) != name:
            return self.journals.read(name)
        return next(iter(self.journals.newest(name)), Recorded(name))

    def live(self) -> Iterator[Recorded]:
        """The rollouts that a tick looks at: those that go on, and those that were rolled back just now."""
        newest = self.journals.newest()
        states = {found.id: state for found in newest if (state := _state_of(found)) is not None}
        going = [s for s in states.values() if s.phase not in ENDED]
        for found in newest:
            state = states.get(found.id)
            if state is None or state.phase not in ENDED or self._may_be_late(state, going):
                yield found

    def _may_be_late(self, state: State, going: Iterable[State]) -> bool:
        """May a write of a rollout that was rolled back still come? Not where another has its flag now."""
        taken = any(shares_flag(state.plan, other.plan) for other in going)
        young = self.around.clock.now() - state.at < AFTER
        return state.phase is Phase.ROLLED_BACK and young and not taken

    # --- acting --------------------------------------------------------------------------------

    def controller(self, id_: str) -> Controller:
        """The controller of a rollout."""
        return Controller(
            id_, self.journals, partial(connect, around=self.around, contacts=self.contacts),
            partial(connect_to_kill, around=self.around, contacts=self.contacts), self.around.clock,
            self.holder, self._is_deployed,
            partial(claim_refused, id_, github=self.github, in_folder=self.in_folder),
            self.actor,
        )  # fmt: skip

    def _is_deployed(self, plan: Plan, commit: str) -> bool:
        if self.deployed:
            return self.deployed == commit
        return is_deployed(self.github, plan.environment, commit)

    def tick(self, found: Recorded, *, dry: bool = False) -> Outcome:
        """One tick; a failure is part of the outcome, ours too: other rollouts must still be turned back."""
        try:
            return self.controller(found.id).tick(dry=dry)
        except SluicegateError as error:
            return Outcome(found.id, _state_of(found), failed=error)
        except Exception as error:  # whatever a journal or a provider of others made us do wrong
            what = f"the tick failed: {type(error).__name__}: {cut(one_line(str(error)), 300)}"
            remedy = (
                "It is a fault of Sluicegate or of a provider's package: report it. Other rollouts go on."
            )
            return Outcome(found.id, _state_of(found), failed=WorldError(what, where=found.id, remedy=remedy))

    def ticked(self, name: str, *, dry: bool = False) -> list[Outcome]:
        """One tick of a rollout, or of all that a tick looks at.

        Raises:
            UsageError: the ledger has no such rollout.
            UnreachableError: the ledger cannot be read.
        """
        return [self.tick(found, dry=dry) for found in ([self.find(name)] if name else self.live())]

    def statuses(self, name: str, *, drawn: bool = False) -> list[Status]:
        """How a rollout is now, or all that go on.

        Args:
            name: of the rollout; empty for all that go on.
            drawn: ask the metric providers again for the bins of all its stages, for a page.

        Raises:
            UsageError: the ledger has no such rollout.
            UnreachableError: the ledger cannot be read.
        """
        found = [self.find(name)] if name else [one for one in self.live() if not _has_ended(one)]
        made = [self._status(one, self.tick(one, dry=True)) for one in found]
        return [draw(one, self.around, self.contacts) if drawn else one for one in made]

    def shown(self, outcome: Outcome) -> Status:
        """A rollout as it is after what was done; without a journal where that cannot be read now."""
        if outcome.state is None:
            return Status(outcome, "", "", ())
        try:
            found = self._look(outcome.id)
        except SluicegateError:
            return Status(replace(outcome, state=None), "", "", ())
        return self._status(found, outcome)

    def _status(self, found: Recorded, outcome: Outcome) -> Status:
        state = _state_of(found, outcome.unproven)
        if state is None:
            return Status(outcome, found.commit, "", ())
        seen = look(found, replace(outcome, state=state), state, self.around, self.contacts)
        return replace(seen, changed=self._is_changed(state))

    def _is_changed(self, state: State) -> bool:
        """Is the plan of the working tree another one? False where it has no plan."""
        try:
            return self.plans().plan(state.plan.name).sha256 != state.plan_sha256
        except SluicegateError:
            return False

    def list_lines(self) -> list[str]:
        """A line for every rollout, the newest first.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        now = int(self.around.clock.now())
        return [list_line(found.id, _state_of(found), now) for found in self.journals.every()]

    def command(self, name: str, asked: Command, *, dry: bool = False) -> Outcome:
        """Give a command other than a kill.

        Args:
            name: of the rollout, or its id.
            asked: the command, without who gives it.
            dry: write nothing.

        Raises:
            UsageError: the ledger has no such rollout, or who asks may not.
            SluicegateError: as of `Controller.tick`.
        """
        found = self.find(name)
        plan = found.state.plan
        may = asked.kind is CommandKind.PAUSE
        why = "" if may else promotion_refused(plan, self.actor, self.github)
        remedy = f"Ask one of: {', '.join(plan.approvers)}."
        if not why and asked.kind in LASTING:
            why, remedy = (
                lasting_refused(self.actor),
                "Dispatch the workflow, or comment on the rollout's issue.",
            )
        if why:
            raise UsageError(f"{asked.kind} is refused: {why}", where=found.id, remedy=remedy)
        command = replace(asked, actor=self.actor, may_promote=not may)
        return self.controller(found.id).tick(command, dry=dry)

    def kill(self, name: str, reason: str) -> Outcome:
        """Switch all flags of a rollout off.

        Raises:
            UsageError: the ledger has no such rollout.
            WorldError: neither ledger nor working tree says which flags it has.
        """
        killer = Killer(
            name, self.journals, lambda: self._look(name),
            partial(connect_to_kill, around=self.around, contacts=self.contacts), self.around.clock,
            self.holder, lambda: self.plans().for_kill(name_of(name)),
        )  # fmt: skip
        return killer.run(Why(reason, self.actor))

    def decided(self, commit: str, tree: str) -> Go:
        """What the decisions of the ledger say of a commit.

        Args:
            commit: full object name.
            tree: of it; empty where it is not known.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        now = int(self.around.clock.now())
        found = verify_commit(self.journals.store.view(), Wanted(commit, tree, now, self.github.repository))
        if found.refused:
            return Go(commit, refused=found.refused, remedy=found.remedy)
        return Go(commit, found.text)

    def start(self, name: str, go: Go, reason: str, *, dry: bool = False) -> Outcome:
        """Start a rollout, and tick it once.

        Raises:
            UsageError: it may not start, or there is no such plan.
            PolicyError: the plan is wrong.
            WorldError: the ledger or a provider failed.
        """
        plan = self.plans().plan(name)
        self._check_startable(plan)
        now = datetime.fromtimestamp(int(self.around.clock.now()), UTC)
        flags = read_flags(connect(plan, self.around).flags)

        def may(others: Iterable[Recorded]) -> None:
            states = [state for found in others if (state := _state_of(found)) is not None]
            decision = decide_start(plan, flags, states, go)
            if not isinstance(decision.action, Note):
                raise UsageError(decision.reason, where=name, remedy=getattr(decision.action, "remedy", ""))

        may(self.journals.newest())
        entry = Entry(
            0, "", int(now.timestamp()), EventKind.STARTED, self.actor, reason=reason[:2000],
            plan_sha256=plan.sha256, plan=plan.data.decode(), commit=go.commit,
            go=(go.decision or f"without a decision: {go.reason}")[:1000],
            flag_before=tuple(flag_record(flag) for flag in flags if isinstance(flag, FlagState)),
        )  # fmt: skip
        id_ = rollout_id(name, now)
        if dry:
            made = Recorded(id_).with_document(document_of(id_, entry))
            return Outcome(id_, made.state, recorded=(entry,), flags=flags, undone="the rollout would start")
        return self.tick(self.journals.begin(id_, entry, may))

    def _check_startable(self, plan: Plan) -> None:
        why = start_refused(plan, self.actor, self.github)
        if why:
            approvers = ", ".join(plan.approvers)
            raise UsageError(f"start is refused: {why}", where=plan.name, remedy=f"Ask one of: {approvers}.")
        flags = connect(plan, self.around).flags
        wrong = [r for r in remarks(plan, [flag.capabilities for flag in flags]) if r.is_error]
        if wrong:
            raise PolicyError(wrong[0].what, where=plan.name, remedy=wrong[0].remedy)


def _has_ended(found: Recorded) -> bool:
    state = _state_of(found)
    return state is not None and state.phase in ENDED


def _state_of(found: Recorded, without: Collection[int] = ()) -> State | None:
    """The state of a rollout, without some events; None where its journal has no valid start."""
    try:
        return found.without(without)
    except SluicegateError:
        return None


def worst(outcomes: Iterable[Outcome], *, named: bool) -> ExitCode:
    """The exit code of several rollouts.

    Args:
        outcomes: of each.
        named: did somebody name the rollout? Else one that was rolled back before counts no more.
    """
    codes = [o.exit_code for o in outcomes if named or o.recorded or o.failed is not None or not o.is_over]
    return max(codes, default=ExitCode.OK)
