# make serve and make test do all of their set-up; they need Python >= 3.11 and make, no root.
PYTHON  ?= python3
PORT    ?= 8000
WORKERS ?= 1
BIN     := .venv/bin
INPUTS  := $(wildcard data/gazette/* data/network/*)

.DEFAULT_GOAL := help
.PHONY: help setup serve build test soak bench lint lock clean

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 10

.venv/runtime: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# What the product is compared with; it stays out of the other locks.
.venv/bench: .venv/dev requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

setup: .venv/dev ## everything the other targets need, into .venv

data/parcels.geojson: $(INPUTS) | .venv/runtime
	$(BIN)/landprice build

build: .venv/runtime ## data/parcels.geojson and data/network.geojson, anew
	$(BIN)/landprice build

serve: .venv/runtime data/parcels.geojson ## the service on http://127.0.0.1:$(PORT) with WORKERS processes
	$(BIN)/landprice serve --port $(PORT) --workers $(WORKERS)

test: .venv/dev  ## the tests with coverage
	$(BIN)/python -m pytest --cov --cov-report=term

soak: .venv/dev  ## the calibration over 200 synthetic cities
	$(BIN)/python -m pytest -m soak tests/geo/test_calibration.py

bench: .venv/bench data/parcels.geojson ## speed, as ratios against a named reference; writes BENCHMARKS.md
	$(BIN)/python -m pytest tests/benchmarks --override-ini addopts=--import-mode=importlib
	$(BIN)/python -m tests.benchmarks

lint: .venv/dev  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: .venv/dev  ## the lock files from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group bench pyproject.toml -c requirements.lock -c requirements-dev.lock -o requirements-bench.lock

clean:           ## removes .venv and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
