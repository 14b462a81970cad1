"""The Action's inputs, as the steps pass them by environment. Pure.

`action.yml` declares exactly the fields of `ActionInputs`, with `-` for `_`; a test holds them equal. The
check never gets `python`, the tokens, and those after `summary`, which say what is published. It gets
`override` and `ledger` as the files in `SLUICEGATE_APPROVALS` and `SLUICEGATE_LEDGER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.github.publish.settings import CommentMode, StatusName
from sluicegate.report.modes import AnnotationMode

_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})


@dataclass(frozen=True, slots=True)
class ActionInputs:
    """What the workflow wrote under `with:`; see `action.yml` for what each means.

    Empty text is an input that was left out. `gate`, `evidence`, `runs`, `merge`
    and `expect` hold one item a line.
    """

    policy: str = ""
    policy_from: str = "auto"
    gate: tuple[str, ...] = ()
    base: str = ""
    baseline: str = ""
    ledger: str = "auto"
    ledger_ref: str = "refs/sluicegate/ledger"
    evidence: tuple[str, ...] = ()
    evidence_directory: str = ""
    bundle: str = ""
    untrusted: str = "auto"
    runs: tuple[str, ...] = ()
    merge: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    needs: str = ""
    override: bool = False
    warn_only: bool = False
    working_directory: str = "."
    token: str = field(default="", repr=False)
    preset_token: str = field(default="", repr=False)
    python: str = ""
    annotations: str = "new"
    summary: bool = True
    comment: str = "always"
    status: bool = False
    status_name: str = "base"
    check_run: bool = False
    key: str = ""
    author: str = ""
    report: str = ""


def variable(name: str) -> str:
    """The environment variable of a field: `INPUT_WARN_ONLY` for `warn_only`."""
    return f"INPUT_{name.upper()}"


def read_inputs(environment: Mapping[str, str]) -> ActionInputs:
    """The inputs from the environment; what is not there, or empty, has its default.

    A list has one item a line; empty lines and lines that begin with `#` are left out.

    Raises:
        UsageError: a switch is neither `true` nor `false`, or an input is not one of its choices.
    """
    values: dict[str, Any] = {}
    for item in fields(ActionInputs):
        text = environment.get(variable(item.name), "").strip()
        if not text:
            continue
        if isinstance(item.default, bool):
            values[item.name] = _switch(item.name, text)
        elif isinstance(item.default, tuple):
            lines = (line.strip() for line in text.splitlines())
            values[item.name] = tuple(line for line in lines if line and not line.startswith("#"))
        else:
            values[item.name] = _one_of(item.name, text)
    return ActionInputs(**values)


_RUNS_ITS_OWN = frozenset(
    {"", "push", "pull_request", "merge_group", "schedule", "workflow_dispatch", "release"}
)
"""Events whose job may run the code that it judges. On any other, the workflow is the default branch's, with
its token, and what is checked out may be a stranger's."""


def is_untrusted(inputs: ActionInputs, event: str) -> bool:
    """Must nothing of the checkout run? `auto` decides by the name of the event."""
    if inputs.untrusted == "auto":
        return event not in _RUNS_ITS_OWN
    return inputs.untrusted == "true"


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "annotations": tuple(AnnotationMode),
    "comment": tuple(CommentMode),
    "status_name": tuple(StatusName),
    "ledger": ("auto", "record", "read", "off"),
    "untrusted": ("auto", "true", "false"),
}


def _one_of(name: str, text: str) -> str:
    """The text, which is one of the choices where the input has any."""
    choices = _CHOICES.get(name, (text,))
    if text not in choices:
        raise _wrong(name, text, f"Write one of {', '.join(choices)}.")
    return text


def _switch(name: str, text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise _wrong(name, text, "Write true or false.")
    return text in _TRUE


def _wrong(name: str, text: str, remedy: str) -> UsageError:
    what = f"the input '{name.replace('_', '-')}' is '{cut(one_line(text), 40)}'"
    return UsageError(what, remedy=remedy)
