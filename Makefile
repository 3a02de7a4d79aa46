# One command per verb; the same here, in .ci/run and in the workflows.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
AZURE_CLI := .rehearsal/azure-cli
FETCH := $(if $(NO_FETCH),--no-fetch)

.DEFAULT_GOAL := help
.PHONY: help demo test check kills pulumi cli prebuild python-is-new-enough bench-scale bench-replication bench-inventory rotation fuzz-answers fuzz-stack-files fuzz azure-cli lock clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

python-is-new-enough:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed; '$(PYTHON)' is not it. Say which: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }

# Where a Pulumi CLI has to be built, that begins beside the making of .venv.
prebuild: python-is-new-enough
	@$(PYTHON) -m rehearsal.pulumi_cli.prebuild --with $$PPID $(FETCH) $(ARGS)

$(VENV)/.installed: requirements.txt | python-is-new-enough
	@echo "Making $(VENV) with the packages of requirements.txt (about a minute, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || { \
	  echo "The packages could not be had from the package index that pip uses here (see 'pip config list'). Nothing else was changed; 'make' again when it can be reached." >&2; exit 1; }
	@touch $@

demo: prebuild $(VENV)/.installed  ## walk through all of it against a rehearsal tenant, narrated (ARGS=--keep leaves it up)
	@$(BIN)/python -m rehearsal demo $(FETCH) $(ARGS)

test: prebuild $(VENV)/.installed check cli  ## every check and every test (ARGS="-k words" narrows the tests)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

kills: cli  ## what is nightly: every request interrupted in every way, and variants; half an hour
	@$(BIN)/python -m pytest -n auto --dist loadgroup --kills tests/providers tests/lifecycle -k "interruptions or test_kills" $(ARGS)
	@$(BIN)/python -m pytest -n auto --dist loadgroup --kills -m nightly $(ARGS)

pulumi: prebuild $(VENV)/.installed  ## find or get the Pulumi CLI that demo and tests run on; how to put it on PATH
	@$(BIN)/python -m rehearsal pulumi $(FETCH) $(ARGS)

cli: prebuild $(VENV)/.installed
	@$(BIN)/python -m rehearsal pulumi --quiet $(FETCH)

check: $(VENV)/.installed  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

bench-scale: cli  ## 100 integrations in 2 environments with latency (ARGS=10 makes it 10; ARGS="10 --custody": in a vault)
	@$(BIN)/python -m tests.bench $(ARGS)

bench-replication: cli  ## how long is waited for what is new, with delays of 1, 10 and 60 s (ARGS="3" makes it 3 s)
	@$(BIN)/python -m tests.bench.replication $(ARGS)

bench-inventory: $(VENV)/.installed  ## what `adopt` costs: 200 applications among 10,000, 50 ms (ARGS="20 500")
	@$(BIN)/python -m tests.bench.inventory $(ARGS)

rotation: $(VENV)/.installed  ## rotation under 1,000 random schedules, with its figures (ARGS=50 makes it 50)
	@$(BIN)/python -m tests.bench.rotation $(ARGS)

fuzz-answers: $(VENV)/.installed  ## every request of ours answered in fifty odd ways (ARGS=proofs for one group)
	@$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-stack-files: $(VENV)/.installed  ## 5,000 stack files that are nearly valid (ARGS=500 makes it 500); some minutes
	@$(BIN)/python -m tests.fuzz.stack_files $(ARGS)

fuzz: fuzz-stack-files fuzz-answers  ## both

$(AZURE_CLI)/.installed: tests/azure_cli/requirements.txt | python-is-new-enough
	@echo "Making $(AZURE_CLI) with Microsoft's Azure CLI (some 700 MB, two minutes or more, once)"
	@$(PYTHON) -m venv $(AZURE_CLI)
	@$(AZURE_CLI)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/azure_cli/requirements.txt
	@touch $@

azure-cli: cli $(AZURE_CLI)/.installed  ## the real Azure CLI against the tenant: a page's commands, and sign-ins
	@$(BIN)/python -m pytest tests/azure_cli $(ARGS)

lock: requirements.in  ## write requirements.txt anew from requirements.in
	@$(PYTHON) -m venv .rehearsal/lock && .rehearsal/lock/bin/pip install --quiet pip-tools
	@.rehearsal/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-header \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.txt requirements.in

clean:  ## end what a demo left running, remove .venv, .rehearsal and caches
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m rehearsal demo --stop || { echo "Nothing was removed." >&2; exit 1; }; fi
	@rm -rf $(VENV) .rehearsal .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
