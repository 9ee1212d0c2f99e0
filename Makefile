# One verb per job. `make demo` and `make test` are all a newcomer needs.
SHELL := /bin/sh
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
DEMO := reports/demo
STAMP := $(VENV)/.ready

.PHONY: demo test test-long check fix setup lock sample clean

demo: setup
	$(BIN)/anomaly demo --out $(DEMO)

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadscope

# Many more broken exports, killed loads and drawn worlds than `make test` tries, new
# ones each time. A failure prints how to see it again.
test-long: setup
	ANOMALY_CASES=2000 ANOMALY_KILLS=50 ANOMALY_WORLDS=200 $(BIN)/python -m pytest \
	  -n 2 --dist load tests/generative/test_corrupted_exports.py \
	  tests/generative/test_steps_reference.py tests/spec/test_store.py

# Changes nothing: formatting, lint, import contracts.
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(STAMP)

# uv comes from the package index into our own environment; the lock holds the
# hash of every file, so what is installed is what was tested.
$(STAMP): requirements.lock pyproject.toml
	$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "anomaly needs Python 3.11 or newer: make PY=python3.12 demo")'
	test -x $(BIN)/python || $(PY) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $(STAMP)

# Takes the newest versions that are at least a week old.
lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --quiet --upgrade \
	  --exclude-newer $$(date -d '7 days ago' +%Y-%m-%d) -o requirements.lock

# Makes data/sample anew, byte for byte.
sample: setup
	$(BIN)/anomaly sample data/sample --seed 2024 --scale 1

clean:
	rm -rf $(VENV) reports/demo
