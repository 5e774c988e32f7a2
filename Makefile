# Everything a person or CI runs. `make demo` and `make test` set up what they need by themselves.
SHELL := /bin/sh
VENV ?= .venv
PY := $(VENV)/bin/python
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: digests gallery bench-render help setup demo test kill-test fast lint types fmt check docs goldens fuzz bench serve clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Make the virtual environment with everything in it

$(VENV)/.ready: pyproject.toml scripts/setup
	@sh scripts/setup "$(VENV)"
	@touch $@

demo: setup ## The main job, end to end, on SQLite: 50 orders from paid to fulfilled (ONCE=1 ends after the table)
	@$(PY) -m mockspark.entrypoints.cli demo $(if $(ONCE),--once) $(ARGS)

test: setup ## Style, types, import contracts, and all tests
	@sh scripts/test-tools
	@$(MAKE) --no-print-directory lint types
	@$(PY) -m pytest -n $(JOBS) -q tests

kill-test: setup ## Kill workers and servers over and over, on both databases (MOCKSPARK_KILLS=1000)
	@MOCKSPARK_KILLS=$${MOCKSPARK_KILLS:-1000} $(PY) -m pytest -q tests/processes/test_kills.py

fast: setup ## The tests that need no server, without the checks
	@$(PY) -m pytest -n $(JOBS) -q tests -m "not postgres and not slow"

lint: setup ## ruff and the import contracts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(VENV)/bin/lint-imports --no-cache

types: setup ## mypy, strict
	@$(PY) -m mypy

fmt: setup ## Format the code
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

check: lint types test ## What CI runs

docs: setup ## Write the generated pages again
	@$(PY) -m mockspark.entrypoints.cli reference docs/reference

goldens: setup ## Draw the golden scenes of the renderers' kit again, with an engine that is not ours (ARGS=name ...)
	@$(PY) -m pip install -q --disable-pip-version-check --group goldens
	@$(PY) -m scripts.goldens $(ARGS)

digests: setup ## Digests of drawings by one to eight threads, to compare machines and versions of Python
	@$(PY) -m scripts.digests

gallery: setup ## Draw the pictures of the documentation
	@$(PY) -m scripts.gallery

fuzz: setup ## Throw damaged files at everything that reads foreign bytes (MINUTES=20, ARGS="pictures fonts")
	@$(PY) -m pip install -q --disable-pip-version-check --group fuzz
	@$(PY) -m tests.hostile.fuzz --minutes $(if $(MINUTES),$(MINUTES),20) $(ARGS)

bench: setup ## Speed, as ratios to floors measured in the same run (ARGS="search --rows 100000")
	@sh scripts/test-tools
	@$(PY) -m benchmarks $(ARGS)

bench-render: setup ## Print files next to those of others: time, memory, edges (ARGS="--rounds 5")
	@$(PY) -m pip install -q --group bench
	@$(PY) -m benchmarks render batches $(ARGS)

serve: setup ## The server with its worker, on http://127.0.0.1:8000
	@$(PY) -m mockspark.entrypoints.cli serve

clean: ## Forget the environment and the demo's data
	@rm -rf $(VENV) demo-data build dist
