"""The text of the jobs that `init` writes. Pure."""

from __future__ import annotations

ACTION = "sluicegate/sluicegate@v0"
"""How a workflow names the Action: its moving major tag, until releases can be pinned by commit."""

PART_JOB = "component"
"""The id of the job that tests the parts of a monorepo."""

CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
SETUP_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
DOWNLOAD = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0"
UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"

HEAD = """\
name: {title}

on:
  pull_request:
  push:
    branches: [{branch}]

permissions: {{}}

concurrency: # a newer run of a pull request replaces the older; runs for pushes all complete
  group: quality{slug}-${{{{ github.event.pull_request.number || github.run_id }}}}
  cancel-in-progress: true

jobs:
"""

GATE = """\
  gate:
    name: {check}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check the code out, and to fetch the base and the ledger
    outputs:
      report: ${{{{ steps.gate.outputs.report-json }}}}
{folder}    steps:
      - uses: {checkout}
        with:
          fetch-depth: {depth}
          persist-credentials: false
"""

DEPTH = "2 # the test merge and its parents: the first is the base of the change"
WHOLE = "0 # all commits and tags: {version_by} makes the version from them"

NO_TEST = """
      # Build and test here, so that the checkout contains coverage and JUnit reports; for example:
      # - name: Test
      #   run: make test
"""

FOLDER = """\
    defaults:
      run:
        working-directory: {folder}
"""

JUDGE = """
      - name: Judge
        id: gate
        if: ${{{{ !cancelled() }}}} # report failing tests too
        uses: {action}
        with:
          comment: never # this token is read-only; the job 'publish' comments
          ledger: read # the job 'record' records
{folder}"""

KEEP = """
      - name: Keep the report
        if: ${{{{ !cancelled() && steps.gate.outputs.report-directory }}}}
        uses: {upload}
        with:
          name: quality-report{slug}
          overwrite: true # a second attempt replaces the first
          path: ${{{{ steps.gate.outputs.report-directory }}}}
"""

PUBLISH = """
  # Comments on the pull request. No code of it runs here: the job before tested and judged. A fork's token
  # can only read, so its report is in the log and the summary; docs/forks.md of Sluicegate shows more.
  publish:
    name: {name}
    needs: gate
    if: >-
      !cancelled() && github.event_name == 'pull_request' && needs.gate.outputs.report &&
      github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      pull-requests: write # to write the comment
    steps:
      - name: Fetch the report
        uses: {download}
        with:
          name: quality-report{slug}
          path: ${{{{ runner.temp }}}}/quality-report

      - name: Publish
        uses: {action}
        with:
          report: ${{{{ runner.temp }}}}/quality-report/report.json
"""

RECORD = """
  # Records the baseline of criteria such as 'total >= baseline', and the trends. No code of the project
  # runs here: the job before tested and judged, and this one records its report.
  record:
    name: {name}
    needs: gate
    if: ${{{{ !cancelled() && github.event_name == 'push' && needs.gate.outputs.report }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: write # to record the report in the ledger, the ref refs/sluicegate/ledger
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false

      - name: Fetch the report
        uses: {download}
        with:
          name: quality-report{slug}
          path: ${{{{ runner.temp }}}}/quality-report

      - name: Record
        uses: {action}
        with:
          comment: never # a push has no pull request
          report: ${{{{ runner.temp }}}}/quality-report/report.json
{folder}"""

PLAN = """\
  plan:
    name: Plan
    runs-on: ubuntu-latest
    timeout-minutes: 15
    permissions:
      contents: read # to check the code out
    outputs:
      plan: ${{{{ steps.plan.outputs.plan }}}}
    steps:
      - uses: {checkout}
        with:
          fetch-depth: 2 # the test merge and its parents: the change tells which parts have work
          persist-credentials: false

      - uses: {setup_python}
        with:
          python-version: "3.13"

      - name: Plan
        id: plan
        run: |
          python -I -m pip install sluicegate
          echo "plan=$(sluicegate plan --format json)" >> "$GITHUB_OUTPUT"

  component:
    name: ${{{{ matrix.shard }}}}
    needs: plan
    if: ${{{{ fromJSON(needs.plan.outputs.plan).has_work }}}}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check the code out, and to fetch the base
    strategy:
      fail-fast: false # every part leaves its evidence
      matrix: ${{{{ fromJSON(needs.plan.outputs.plan).matrix }}}}
    steps:
      - uses: {checkout}
        with:
          fetch-depth: {depth}
          persist-credentials: false
"""

LEAVE = """
      - name: Leave the evidence
        id: gate
        if: ${{{{ !cancelled() }}}} # of failing tests too
        uses: {action}
        with:
          bundle: bundles/${{{{ matrix.shard }}}}
          gate: ${{{{ matrix.gates }}}}
          warn-only: "true" # the job 'gate' judges
          annotations: "off"
          summary: "false"

      - name: Keep the bundle
        if: ${{{{ !cancelled() && steps.gate.outputs.bundle }}}}
        uses: {upload}
        with:
          name: bundle-${{{{ matrix.shard }}}}-${{{{ github.run_attempt }}}}
          path: ${{{{ steps.gate.outputs.bundle }}}}

"""

GATE_OF_PARTS = """\
  gate:
    name: {check}
    needs: [plan, component]
    if: ${{{{ !cancelled() }}}} # a required check reports also when no part has work
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read # to check the policy out, and to fetch the base and the ledger
    outputs:
      report: ${{{{ steps.gate.outputs.report-json }}}}
    steps:
      - uses: {checkout}
        with:
          fetch-depth: 2 # the test merge and its parents, for the places of annotations
          persist-credentials: false

      - name: Fetch the bundles
        if: ${{{{ fromJSON(needs.plan.outputs.plan).has_work }}}}
        uses: {download}
        with:
          pattern: bundle-*
          path: ${{{{ runner.temp }}}}/bundles

      - name: Judge
        id: gate
        if: ${{{{ !cancelled() }}}} # missing bundles are reported
        uses: {action}
        with:
          comment: never # this token is read-only; the job 'publish' comments
          ledger: read # the job 'record' records
          untrusted: "true"
          merge: >-
            ${{{{ fromJSON(needs.plan.outputs.plan).has_work
            && format('{{0}}/bundles', runner.temp) || '' }}}}
          expect: ${{{{ join(fromJSON(needs.plan.outputs.plan).expect, ' ') }}}}
          needs: ${{{{ toJSON(needs) }}}} # a job that was skipped counts as passed for GitHub, and not here
"""
