# `make demo` and `make test` do all the set-up they need. Override with e.g. `make test PYTHON=python3.12 JOBS=4`.
# `make demo TLS=1` serves https, as real clients want it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test bench lint fmt coverage-table screenshots

demo: $(VENV)/.installed
	.ci/web-packages $(VENV)
	$(BIN)/wardenloop up --fresh --detach $(if $(TLS),--tls,--no-tls)
	$(BIN)/wardenloop loop
	$(BIN)/wardenloop urls
	@echo "Everything is still running; stop it with: $(BIN)/wardenloop down"

test: $(VENV)/.installed-dev lint
	.ci/test-packages
	.ci/web-packages $(VENV)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench

RECORD := $(VENV)/operations.txt

coverage-table: $(VENV)/.installed-dev
	rm -f $(RECORD)
	-PYTHONPATH=$(abspath tests/recording) PYTHONWARDENLOOP_RECORD=$(abspath $(RECORD)) $(BIN)/python -m pytest -n $(JOBS) --dist loadscope
	$(BIN)/python -m tests.support.operations $(RECORD)

screenshots: $(VENV)/.installed-dev
	.ci/test-packages
	.ci/web-packages $(VENV)
	$(BIN)/python -m tests.ui.screens

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	.ci/check-javascript

fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.created:
	.ci/create-venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-bench: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $(VENV)/.installed $(VENV)/.installed-dev $@
