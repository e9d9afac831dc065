# make serve and make test do all of their set-up; they need Python >= 3.11 and make, no root.
PYTHON  ?= python3
PORT    ?= 8000
WORKERS ?= 1
FUZZ_SECONDS ?= 60
BIN     := .venv/bin
PIP     := $(BIN)/python -m pip --quiet --disable-pip-version-check
# The locks are complete, so pip resolves nothing and chooses no version by itself: neither of what
# is installed nor of what builds it.
INSTALL := $(PIP) install --no-deps --no-build-isolation
# One version for all Pythons wherever one fits, so that each runs what the tests ran.
LOCK    := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header
PYTEST  := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal
INPUTS  := $(wildcard data/gazette/* data/network/*)

.DEFAULT_GOAL := help
.PHONY: help setup serve build wheel check test coverage soak bench lint lock clean

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 10

.venv/runtime: requirements-build.lock requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements-build.lock
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --editable .
	$(PIP) check
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(PIP) check
	@touch $@

# What the product is compared with; it stays out of the other locks.
.venv/bench: .venv/dev requirements-bench.lock
	$(INSTALL) --require-hashes -r requirements-bench.lock
	$(PIP) check
	@touch $@

setup: .venv/dev ## everything the other targets need, into .venv

data/parcels.geojson: $(INPUTS) | .venv/runtime
	$(BIN)/landprice build

build: .venv/runtime ## data/parcels.geojson, network.geojson and layouts.parquet, anew
	$(BIN)/landprice build

wheel: .venv/runtime ## dist/zhumadian_landprice-….whl, the program with its edition
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

serve: .venv/runtime data/parcels.geojson ## the service on http://127.0.0.1:$(PORT) with WORKERS processes
	$(BIN)/landprice serve --port $(PORT) --workers $(WORKERS)

check: lint      ## lint and the quick tests: no server, browser, QGIS or cluster
	$(PYTEST) -m "not (server or browser or qgis or cluster or slow or soak)"

test: .venv/dev  ## all tests
	$(PYTEST)

coverage: .venv/dev ## all tests, and which lines they do not reach; quicker with Python >= 3.12
	$(PYTEST) --cov --cov-report=term

soak: .venv/dev  ## the calibration over 200 synthetic cities, a minute of load, and fuzzing: FUZZ_SECONDS a reader
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -m soak

bench: .venv/bench data/parcels.geojson ## speed, as ratios against a named reference; writes BENCHMARKS.md
	$(BIN)/python -m pytest tests/benchmarks --override-ini addopts=--import-mode=importlib
	$(BIN)/python -m tests.benchmarks

lint: .venv/dev  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: .venv/dev  ## the lock files from pyproject.toml
	$(LOCK) --group build -o requirements-build.lock
	$(LOCK) -c requirements-build.lock pyproject.toml -o requirements.lock
	$(LOCK) -c requirements-build.lock -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock
	$(LOCK) -c requirements-build.lock -c requirements.lock -c requirements-dev.lock pyproject.toml --group bench -o requirements-bench.lock

clean:           ## removes .venv and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
