# What a newcomer types: `make` checks the handbook and builds its site; `make test` proves the software.
# Everything here only installs and calls `ems`, so that a handbook needs no Makefile (and runs on Windows).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMS := $(BIN)/ems
export NO_MKDOCS_2_WARNING := 1
# Thousands of commands are started: compiled once, as wherever it is installed.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := site
.PHONY: site check serve pictures bench test test-days test-day test-fast test-shared test-workflows test-forges test-kallithea test-plugins test-wheel test-measures dist mutants fuzz lint specification lock clean

site: check  ## check the handbook, build it into site/, say how to open it
	$(EMS) build

check: $(VENV)/.site  ## check the handbook
	$(EMS) check

serve: $(VENV)/.site  ## live editing: http://127.0.0.1:8000
	$(EMS) serve

$(VENV)/.site: requirements/site.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/site.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.site requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

# One more than the cores of the machine that CI has: a test that asks a process waits for it.
WORKERS ?= 3
# What has a target of its own, because it is heavy or rests on things outside of the repository.
TESTS ?= tests $(addprefix --ignore=tests/,shared workflows recorded kallithea plugins package browser/test_measures.py)

test: lint browser npm  ## everything: style, types, arrows, and all tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(TESTS)

# Days on which tests once failed, and two zones at hours when it is another day in UTC. The moment is told in seconds:
# a day in words would be another moment in each process that a test gives a zone of its own.
DAYS ?= 2027-02-28 2028-02-29 2029-12-31 2031-06-15
ZONES ?= Pacific/Kiritimati@08:00:00 America/Los_Angeles@20:00:00

test-days: $(VENV)/.dev browser npm  ## all tests, on other days and in other zones (DAYS, ZONES, TESTS choose)
	@command -v faketime >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends faketime; } || \
	  { echo "make test-days needs faketime. Install it (Debian: sudo apt-get install faketime), then try again." >&2; exit 1; }
	set -e; for day in $(DAYS); do for zone in $(ZONES); do \
	  echo "--- $$day in $${zone%@*}"; \
	  moment=$$(TZ=$${zone%@*} date -d "$$day $${zone#*@}" +%s); \
	  TZ=$${zone%@*} PYTHONPATH=$(CURDIR)/tests/days NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FMT=%s \
	    faketime -f "@$$moment" $(BIN)/pytest -n $(WORKERS) --dist worksteal $(TESTS); \
	done; done

test-day:  ## the heart of test-days, once: the commands without --as-of, the forges, what readers see change by the day
	$(MAKE) test-days DAYS=2028-02-29 ZONES=Pacific/Kiritimati@08:00:00 TESTS="tests/forges tests/attacks/test_refused.py \
	  $(addprefix tests/repositories/test_,asking.py authoring.py commands.py doctor.py matrix.py) \
	  $(addprefix tests/browser/test_,control.py newcomer.py readers.py)"

test-measures: $(VENV)/.dev browser npm  ## every kind of page in three sizes and two schemes: shift, weight, first words, accessibility
	$(BIN)/pytest -n 2 tests/browser/test_measures.py

mutants: $(VENV)/.dev  ## small faults put into a copy, each of which a test must notice (ONLY="J08 L" chooses, MINUTES=4 bounds)
	$(BIN)/python -m tests.mutants.run $(if $(MINUTES),--minutes $(MINUTES)) $(ONLY)

fuzz: $(VENV)/.dev  ## 2,000 broken inputs of every format to its reader, 80 broken repositories to every command, 60 lives
	EMS_HYPOTHESIS=explore $(BIN)/pytest -n 2 --dist worksteal tests/fuzz tests/attacks/test_lifecycle_machine.py

test-workflows: $(VENV)/.dev npm  ## the workflows of .github/, linted and run on this machine
	@{ command -v curl && command -v jq && command -v ssh-keygen; } >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends curl jq openssh-client; } || \
	  { echo "make test-workflows needs curl, jq and ssh-keygen. Install them, then try again." >&2; exit 1; }
	$(BIN)/pytest tests/workflows

test-forges: $(VENV)/.dev tests/recorded/material/.whole  ## GitHub's real answers, its own description, the types of GitLab's; fetched by hash (32 MB)
	$(BIN)/pytest -n 2 tests/recorded

tests/recorded/material/.whole: tests/recorded/pygithub.txt tests/recorded/packages.sha256 | npm
	mkdir -p $(@D)
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary PyGithub --require-hashes -r tests/recorded/pygithub.txt -d $(@D)
	cd $(@D) && npm pack --silent @octokit/openapi@23.0.2 @gitbeaker/core@43.8.0 >/dev/null && sha256sum --check --quiet ../packages.sha256
	@touch $@

test-kallithea: $(VENV)/.dev tests/kallithea/.venv/.whole  ## a real Kallithea 0.7 on loopback; it needs Python 3.9 (PYTHON39=...)
	$(BIN)/pytest tests/kallithea

PYTHON39 = $(lastword python3.9 $(wildcard $(HOME)/.pyenv/versions/3.9.*/bin/python3.9))

tests/kallithea/.venv/.whole: tests/kallithea/requirements.txt | $(VENV)/.dev
	@$(PYTHON39) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 9))' || \
	  { echo "make test-kallithea needs Python 3.9: Kallithea 0.7 runs on no newer one. Install it, or name it: make test-kallithea PYTHON39=/usr/local/bin/python3.9" >&2; exit 1; }
	$(BIN)/uv venv --quiet --clear --python "$$($(PYTHON39) -c 'import sys; print(sys.executable)')" $(@D)
	$(BIN)/uv pip sync --quiet --python $(@D)/bin/python --require-hashes --build-constraints $< $<
	@touch $@

dist: $(VENV)/.dev  ## wheel and sdist, as they would be released
	rm -rf dist
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python -o dist

test-wheel: $(VENV)/.dev  ## wheel and sdist, built, installed in a fresh environment, used outside (EMS_WHEEL_PYTHON=python3.13)
	$(BIN)/pytest tests/package

test-plugins: $(VENV)/.dev tests/plugins/.venv/.whole  ## other plugins beside ours, as they are published
	$(BIN)/pytest tests/plugins

tests/plugins/.venv/.whole: tests/plugins/requirements.txt requirements/site.lock pyproject.toml | $(VENV)/.dev
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	$(BIN)/uv pip sync --quiet --python $(@D)/bin/python --require-hashes $<
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

SIZES ?= 200 1000
RUNS ?= 3

bench: tests/bench/.venv/.whole  ## what it takes, side by side with others (SIZES="200 1000 5000", RUNS=3, NOTE="…")
	tests/bench/.venv/bin/python -m tests.bench.run --documents $(SIZES) --runs $(RUNS) $(if $(NOTE),--note "$(NOTE)")

tests/bench/.venv/.whole: tests/bench/requirements.txt pyproject.toml | $(VENV)/.dev
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	$(BIN)/uv pip sync --quiet --python $(@D)/bin/python --require-hashes $<
	$(BIN)/uv pip install --quiet --python $(@D)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

pictures: $(VENV)/.dev browser npm  ## a picture of every kind of page, in tests/artefacts/screenshots/
	$(BIN)/python -m tests.browser.pictures

test-fast: $(VENV)/.dev  ## the tests that need neither browser nor built sites
	$(BIN)/pytest -n 2 tests/unit tests/repositories

test-shared: $(VENV)/.dev  ## tests on material outside the repository: EMS_SHARED=folder (default ../shared)
	$(BIN)/pytest -n 2 tests/shared

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

.PHONY: browser
browser:  # Chromium from the system's packages, where it is missing
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || \
	  { echo "make test needs Chromium. Install it (Debian: sudo apt-get install chromium), then try again." >&2; exit 1; }

.PHONY: npm
npm: tests/tools/node_modules/.package-lock.json

tests/tools/node_modules/.package-lock.json: tests/tools/package-lock.json  # accessibility and valid HTML are tested by tools of Node.js
	@{ command -v node && command -v npm; } >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends nodejs npm; } || \
	  { echo "make test needs Node.js. Install it (Debian: sudo apt-get install nodejs npm), then try again." >&2; exit 1; }
	cd tests/tools && npm ci --silent --no-audit --no-fund
	@touch $@

specification: $(VENV)/.dev  ## the parts of the specification that the models know: keys and JSON Schemas
	$(BIN)/python -m tests.tools.make_specification

lock: $(VENV)/.dev  ## pin every dependency by version and hash
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --group build pyproject.toml -o requirements/site.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes -c requirements/site.lock pyproject.toml -o plugins/ems_control/exports/beginnings/dependencies.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --group dev pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes --group release -o requirements/release.lock

clean:
	rm -rf $(VENV) site build dist tests/tools/node_modules tests/recorded/material tests/kallithea/.venv
