# The two commands of the README, and what CI runs. Each creates the environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench openapi schema clean

$(BIN)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Interline needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(BIN)/.ready      ## both sandboxes and the server on loopback, with curl lines to paste
	@exec $(BIN)/interline demo

test: $(BIN)/.ready      ## the whole suite, in three processes on two cores; each file stays in one
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(BIN)/.ready     ## lint, types, import directions, dependencies, mappings, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/interline mappings check
	$(BIN)/interline mappings coverage --check
	$(BIN)/interline openapi --check

bench: $(BIN)/.ready     ## ratios of one run; figures and commands in benchmarks/README.md
	$(BIN)/python benchmarks/run.py

openapi: $(BIN)/.ready   ## regenerate openapi/openapi.json
	$(BIN)/interline openapi

schema: $(BIN)/.ready    ## regenerate mappings/schema.json
	$(BIN)/interline mappings schema

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
