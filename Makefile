# `make demo` and `make test` do all the set-up they need. Override with e.g. `make test PYTHON=python3.12 JOBS=4`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test bench lint fmt

demo: $(VENV)/.installed
	$(BIN)/wardenloop up --fresh --detach
	$(BIN)/wardenloop loop
	$(BIN)/wardenloop urls
	@echo "Everything is still running; stop it with: $(BIN)/wardenloop down"

test: $(VENV)/.installed-dev lint
	.ci/test-packages
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

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
