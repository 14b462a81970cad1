# Everything that a person or a machine does here, from a fresh clone.
#
#   make install     a working .venv/bin/sluicegate
#   make quick       the checks and tests that a change touches, in seconds
#   make gate        the main job on this repository itself, by one row of each test that is fast
#   make test        the checks, the whole suite, and the main job on what it left; what .ci/run runs
#   make test-real   what takes minutes: projects of others, the whole standard library, soaks, long searches, true starts, Unleash
#   make test-real-rollout      of these: rollouts on Unleash and Prometheus, and kills; prints its figures
#   make rig-unleash an Unleash server for it (200 MB); PostgreSQL must be installed
#   make rig-vendors the SDKs of the vendors of flags, for it
#   make rig-oracles git-cliff, in-toto's messages and a parser of conventional commits, for it
#   make demo-rollout  two rollouts on this machine, one to everybody and one rolled back, in two minutes
#   make bench       speed and memory against the peers
#   make bench-steps            CPU time of the Action by step, and of imports
#   make bench-history REPOSITORIES="PATH ..."  what the default preset says of changes that were merged
#   make bench-ledger           a ledger of 5,000 reports: reading, recording, verifying, pruning
#   make bench-judge            false stops and faults found, of the judge of rollouts and of others
#   make bench-accuracy         false alarms and slowdowns found, of our rule and of others
#   make bench-accuracy-record  record the runs for it anew (25 minutes on a calm machine)
#   make lock        resolve the dependencies anew
#   make docs        write the generated documents anew

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
endif
JOBS ?= 3
# The modules of the tests and of the package are compiled once, also where the machine forbids it.
unexport PYTHONDONTWRITEBYTECODE
ON_UNLEASH = tests/rollout/unleash
LATER = (real or real_large or soak)
PYTEST = $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal
MEASURED = $(PYTEST) --cov --cov-report=xml:reports/coverage.xml --cov-report= --junitxml=reports/junit.xml
# Their temporary files are in memory where there is enough of it: they write a gigabyte of small ones.
IN_MEMORY = scratch=$$(PYTHONPATH=tests $(BIN)/python -m support.scratch); trap 'rm -rf "$$scratch"' EXIT; \
    export TMPDIR="$${scratch:-$${TMPDIR:-/tmp}}";
LINT = $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
RUFF_FOR_THE_GATE = $(BIN)/ruff check --output-format json --output-file reports/ruff.json --exit-zero .
JUDGE = $(BIN)/sluicegate check --output html=reports/sluicegate.html
UV_INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header

.PHONY: help install evidence gate quick lint test test-real test-real-projects test-real-rollout test-real-soak test-real-starts demo-rollout bench bench-steps bench-history bench-ledger bench-judge bench-accuracy bench-accuracy-record lock docs set-up rig rig-github rig-evaluators rig-prometheus rig-unleash rig-vendors rig-oracles chromium clean

help:
	@sed -n 's/^#   //p' Makefile

.venv/.installed: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; name it with PYTHON=..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	awk '/^[^ ]/ { on = /^uv==/ } on' requirements/dev.txt > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r .venv/uv.txt
	$(UV_INSTALL) --require-hashes --no-deps -r requirements/dev.txt
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/uv pip check --quiet --python $(BIN)/python
	@touch $@

install: .venv/.installed
	@$(BIN)/sluicegate --version

evidence: install
	mkdir -p reports
	$(IN_MEMORY) $(MEASURED) -m "not (slow or $(LATER))" --first-rows --hypothesis-profile=gate
	$(RUFF_FOR_THE_GATE)

gate: evidence
	$(JUDGE)

quick: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=tests $(BIN)/python -m support.touched | xargs -r $(BIN)/python -m pytest -q -m "not (slow or $(LATER))"

lint: install
	$(LINT)

rig: rig-github rig-evaluators rig-prometheus

rig-github: install
	PYTHONPATH=tests $(BIN)/python -m support.rig

rig-evaluators: install
	@PYTHONPATH=tests $(BIN)/python -m support.evaluators evaluators || echo "The evaluators of flagd and Unleash are missing; their tests say so."

rig-prometheus: install
	@PYTHONPATH=tests $(BIN)/python -m support.prometheus || echo "Prometheus is missing; its tests say so."

# An Unleash server: 200 MB of packages, which `make test` does not need. It also takes PostgreSQL.
rig-unleash: install
	PYTHONPATH=tests $(BIN)/python -m support.unleash

# The vendors' own SDKs, which evaluate what we write: 70 MB of packages, which `make test` does not need.
rig-vendors: install
	PYTHONPATH=tests $(BIN)/python -m support.evaluators vendors
	PYTHONPATH=tests $(BIN)/python -m support.evaluators aws

# What others read in messages of commits and in statements: 15 MB of packages, which `make test` does not need.
rig-oracles: install
	PYTHONPATH=tests $(BIN)/python -m support.oracles

# The pages are tested in a real browser. Where this user may install one, it is installed.
chromium:
	@if command -v chromium chromium-browser google-chrome >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "Chromium is missing: install it (Debian: apt-get install chromium) to test the HTML page."; fi

# All that `make test` needs, side by side.
set-up:
	$(MAKE) --no-print-directory --jobs=3 rig chromium

# Every test that takes no minutes runs once: under coverage, but for the slow ones and the searches (tests/conftest.py).
# What `make lint` says is shown where it fails: it runs beside the tests, which wait now and then.
test: set-up
	mkdir -p reports
	$(IN_MEMORY) { $(LINT); } >reports/lint.log 2>&1 & lint=$$!; failed=; \
	$(MEASURED) -m "not $(LATER)" || failed=tests; \
	wait $$lint || { cat reports/lint.log; failed="$$failed lint"; }; \
	[ -z "$$failed" ] || { echo "failed: $$failed"; exit 1; }
	$(RUFF_FOR_THE_GATE)
	$(JUDGE)

test-real: test-real-projects test-real-rollout test-real-soak test-real-starts

test-real-projects: install rig rig-unleash rig-vendors rig-oracles
	$(PYTEST) -m "real or real_large" --ignore=$(ON_UNLEASH) --junitxml=reports/junit.xml

# By the true clock: one test after the other, so that none waits for another's work. It prints what it measures.
test-real-rollout: install rig rig-unleash
	$(BIN)/python -m pytest -q -rP $(ON_UNLEASH) --junitxml=reports/junit.xml

test-real-soak: install
	$(PYTEST) -m "soak or hypothesis" --hypothesis-profile=search --junitxml=reports/junit.xml

# The programs that `make test` forks, each in an interpreter of its own.
test-real-starts: install rig
	SLUICEGATE_TESTS_TRUE_STARTS=1 $(PYTEST) tests/cli tests/action -m "not $(LATER)" --junitxml=reports/junit.xml

demo-rollout: install
	PYTHONPATH=tests $(BIN)/python -m demo.rollout

bench: install
	$(BIN)/python tests/bench/run.py

bench-steps: install
	PYTHONPATH=tests $(BIN)/python -m bench.steps

bench-history: install
	@test -n "$(REPOSITORIES)" || { echo 'Name clones: make bench-history REPOSITORIES="PATH ..."'; exit 2; }
	PYTHONPATH=tests $(BIN)/python -m bench.history --list $(REPOSITORIES)

bench-ledger: install
	PYTHONPATH=tests $(BIN)/python -m bench.ledger

bench-judge: install
	PYTHONPATH=tests $(BIN)/python -m bench.rollout_judge --write docs/rollout-plan.md

bench-accuracy: install
	PYTHONPATH=tests $(BIN)/python -m bench.accuracy.evaluate --write docs/performance.md

bench-accuracy-record: install
	PYTHONPATH=tests $(BIN)/python -m bench.accuracy.record

lock: install
	$(COMPILE) pyproject.toml -o requirements/action.txt
	$(COMPILE) --extra aws pyproject.toml -o requirements/aws.txt
	$(COMPILE) --extra aws pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --no-annotate requirements/bench.in -o requirements/bench.txt
	$(COMPILE) requirements/pip.in -o requirements/pip.txt
	for name in aws evaluators vendors oracles; do $(COMPILE) --no-annotate tests/rig/$$name.in -o tests/rig/$$name.txt; done
	for folder in tests/real/*/; do $(COMPILE) --no-annotate "$${folder}extras.in" -o "$${folder}extras.txt"; done

docs: install
	PYTHONPATH=tests $(BIN)/python tests/support/write_docs.py

clean:
	rm -rf .venv .cache reports .coverage tests/rig/node_modules tests/rig/unleash/node_modules tests/rig/oracles/node_modules
