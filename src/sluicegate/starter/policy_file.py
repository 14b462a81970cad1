"""The text of a first policy. Pure."""

from __future__ import annotations

from sluicegate.starter.detect import Project

_HEAD = """\
# The rules for changes to this repository. `sluicegate explain GATE` describes a gate, and
# `sluicegate validate` prints the resolved policy.
extends: {preset}
"""

_GATES = """
# A gate that is named here is required: without its reports it fails. The other gates of the preset
# are skipped without reports.
gates:
  tests: {}
  coverage: {}
"""

_NO_GATES = """
# Name a gate to require it: without its reports it then fails. Until then every gate of the preset
# is skipped without reports.
# gates:
#   tests: {}
#   coverage: {}
"""

_MORE = """
# More options:
#
#   gates:
#     coverage:
#       adjust: {example}
#     security: {{criteria: [critical == 0, high == 0]}}   # old findings too, not only new ones
#     docs: off
#     bundle-size:                                       # your own command
#       run: node tools/size.js
#       measures: {{total: KiB}}
#       criteria: [total <= 250KiB]
#
# waivers:
#   - gate: security
#     rule: B602
#     path: {path}/legacy/**
#     reason: runs in a sandbox
#     owner: "@alice"
#     expires: 2027-01-31
"""

_ADJUSTMENTS = {
    "standard": "{total: total >= 90%}",
    "strict": "{total: total >= 95%}",
    "legacy": "{patch: {any: [patch.total >= 70%, patch.uncovered <= 3], else: block}}",
}


def policy_file(project: Project, preset: str) -> str:
    """The policy that fits the project: it requires tests and coverage if their commands are known."""
    knows_tests = (project.python is not None and bool(project.python.tests or project.python.pytest)) or (
        project.jest and project.jest_junit
    )
    packages = project.python.packages if project.python else ()
    more = _MORE.format(example=_ADJUSTMENTS[preset], path=packages[0] if packages else "src")
    return _HEAD.format(preset=preset) + (_GATES if knows_tests else _NO_GATES) + more
