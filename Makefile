# `make demo` and `make test` do all the set-up they need. Override with e.g. `make test PYTHON=python3.12 JOBS=4`.
# `make demo TLS=1` serves https, as real clients want it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

# what the installation of a package does; an editable one leaves each start to compile everything anew where Python may
# not write beside the sources
COMPILE := $(BIN)/python -m compileall -q common cloud_sim selfhost wardenloop

export COVERAGE_FILE := $(abspath .coverage)
IN_PROCESS := tests/architecture tests/unit tests/app tests/contract
# a group of tests stays together and the long groups come first (tests/support/plugins/order.py)
PYTEST_OPTIONS := -n $(JOBS) --no-loadscope-reorder
# clients and browsers wait as long as they compute
PROCESS_OPTIONS := -n $(shell expr 2 \* $(JOBS)) --no-loadscope-reorder

# else each worker writes the asserts of all tests anew at every run
unexport PYTHONDONTWRITEBYTECODE

# several targets at once, on all cores; what each says stays together, where make knows how (3.81, of macOS, does not)
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
ATONCE := $(MAKE) --jobs $(shell expr $(JOBS) + 1) $(TOGETHER) --no-print-directory
# what only computes stands back for clients and browsers, which have deadlines, and takes what they leave over
STANDING_BACK := nice -n 5

.PHONY: demo check test bench lint fmt coverage-table screenshots in-process processes covered ruff types imports scripts

demo: $(VENV)/.installed
	.ci/web-packages $(VENV)
	$(BIN)/wardenloop demo --yes $(if $(BASE_PORT),--base-port $(BASE_PORT)) $(if $(TLS),--tls,--no-tls)

check: $(VENV)/.installed-dev
	$(ATONCE) in-process lint

in-process: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "not postgres and not processes and not sweep and not unmeasured" $(IN_PROCESS)

test: $(VENV)/.installed-dev
	.ci/test-packages
	.ci/web-packages $(VENV)
	$(ATONCE) processes covered lint

processes: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(PROCESS_OPTIONS) tests/process tests/kit tests/ui

covered: $(VENV)/.installed-dev
	rm -f .coverage .coverage.* .probes-*
	$(STANDING_BACK) $(BIN)/python -m pytest -p tests.support.plugins.measuring $(PYTEST_OPTIONS) $(IN_PROCESS)
	$(BIN)/python -m tests.support.probes
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --skip-empty

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench

RECORD := $(VENV)/operations.txt

coverage-table: $(VENV)/.installed-dev
	rm -f $(RECORD)
	-PYTHONPATH=$(abspath tests/recording) PYTHONWARDENLOOP_RECORD=$(abspath $(RECORD)) $(BIN)/python -m pytest $(PYTEST_OPTIONS)
	$(BIN)/python -m tests.support.operations $(RECORD)

screenshots: $(VENV)/.installed-dev
	.ci/test-packages
	.ci/web-packages $(VENV)
	$(BIN)/python -m tests.ui.screens

lint: ruff types imports scripts

ruff: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(STANDING_BACK) $(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

scripts: $(VENV)/.installed-dev
	.ci/check-javascript

fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.created:
	.ci/create-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	$(COMPILE)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(COMPILE)
	@touch $(VENV)/.installed $@

$(VENV)/.installed-bench: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	$(COMPILE)
	@touch $(VENV)/.installed $(VENV)/.installed-dev $@
