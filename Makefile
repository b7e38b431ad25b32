# Thin on purpose: every target is one command that you could type yourself.
# A fresh machine needs python3 (3.11 or later) with pip, git, and cargo for the Rust side.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test lint types format fixtures catalogue guards safety faults clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# pip looks for packages where it always does; the hashes say which bytes it may accept.
$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later, please: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Find and bound two growing caches in a small Rust workspace, and prove it
	demo/run

test: $(STAMP) ## Run all tests
	$(BIN)/python -m pytest -n auto

lint: $(STAMP) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## Check types, strictly
	$(BIN)/mypy

format: $(STAMP) ## Put style and formatting right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fixtures: $(STAMP) ## Rewrite each fixture's after/ from what the codemods do now; read the diff
	$(BIN)/python -m pytest tests/test_codemods.py --update-snapshots

catalogue: $(STAMP) ## Renew codemods/README.md, the schema, and what the README shows of the output
	$(BIN)/python tests/catalogue.py
	$(BIN)/python -m pytest --quiet tests/test_readme.py --update-snapshots

guards: $(STAMP) ## Take out the guards of the judgement one by one: does a fixture notice?
	$(BIN)/python tests/guards.py

safety: $(STAMP) ## Try all that docs/safety.md says, and write it: about 15 minutes
	cd tests && ../$(BIN)/python -m safety.page

faults: $(STAMP) ## Only the slow half of it: every fault at every call, races, bad input
	cd tests && ../$(BIN)/python -m safety.page faults races inputs

clean: ## Remove what the other targets made
	rm -rf .venv .demo dist build target .mypy_cache .ruff_cache .pytest_cache .hypothesis
	git clean -fdXq -- benchmarks codemods demo fixtures src tests # only what git ignores
