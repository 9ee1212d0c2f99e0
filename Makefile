# One verb per job. `make demo` and `make test` are all a newcomer needs.
SHELL := /bin/sh
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
DEMO := reports/demo
STAMP := $(VENV)/.ready
SPARK := $(VENV)/.spark
DOCUMENTED := $(VENV)/.docs
BROWSER := $(VENV)/.browser
NOTEBOOKS := reports/notebooks

.PHONY: demo lab test test-long test-spark test-browser bench bench-large check fix setup
.PHONY: lock sample pages docs clean

demo: setup
	$(BIN)/anomaly demo --out $(DEMO)
	touch $(DEMO)/.made

# The tutorials in JupyterLab, copied to a folder that git ignores, on the demo's store.
lab: setup $(DEMO)/.made
	$(BIN)/anomaly lab --store $(DEMO)/store --notebooks $(NOTEBOOKS) $(LAB)

$(DEMO)/.made: | $(STAMP)
	$(BIN)/anomaly demo --out $(DEMO)
	touch $@

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadscope

# Many more broken exports, killed loads and drawn worlds than `make test` tries, new
# ones each time. A failure prints how to see it again.
test-long: setup
	ANOMALY_CASES=2000 ANOMALY_KILLS=50 ANOMALY_WORLDS=200 $(BIN)/python -m pytest \
	  -n 2 --dist load tests/generative/test_corrupted_exports.py \
	  tests/generative/test_steps_reference.py tests/spec/test_store.py

# Both engines side by side; needs a Java runtime. `make test` leaves these out.
# ANOMALY_WORLDS=20 tries as many random worlds.
test-spark: setup $(SPARK)
	$(BIN)/python -m pytest -m spark

# The tutorials as an analyst meets them: Chromium drives JupyterLab, each wait bounded.
# Pictures of what was seen go to reports/browser.
test-browser: setup $(BROWSER) $(DEMO)/.made
	$(BIN)/python -m pytest -m browser -rs -s tests/browser

# The builder against hand-written SQL, Polars and pandas on ten million fee lines:
# an hour, 10 GB of disk. `bench-large` builds a hundred million, in four hours.
BENCH ?= reports/bench
BENCHED := $(VENV)/.bench
bench: setup $(BENCHED) $(BENCH)/city
	$(BIN)/python benchmarks/features workload $(BENCH)
	$(BIN)/python benchmarks/features catalogue $(BENCH)

bench-large: setup $(BENCH)/city
	$(BIN)/python benchmarks/features large $(BENCH)

$(BENCH)/city:
	$(BIN)/python benchmarks/features data $(BENCH)

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

$(SPARK): requirements-spark.lock $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.lock
	touch $(SPARK)

$(DOCUMENTED): requirements-docs.lock $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-docs.lock
	touch $(DOCUMENTED)

$(BROWSER): requirements-browser.lock $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-browser.lock
	touch $(BROWSER)

$(BENCHED): requirements-bench.lock $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	touch $(BENCHED)

EXTRA := import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"]))
COMPILE := $(BIN)/uv pip compile --universal --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --quiet --upgrade \
  --exclude-newer $$(date -d '7 days ago' +%Y-%m-%d)

# Takes the newest versions that are at least a week old.
lock:
	$(COMPILE) pyproject.toml --group dev -o requirements.lock
	$(BIN)/python -c '$(EXTRA)' | $(COMPILE) - --python-version 3.11 -o requirements-spark.lock
	$(COMPILE) --group bench --python-version 3.11 -c requirements.lock -o requirements-bench.lock
	$(COMPILE) --group docs --python-version 3.11 -c requirements.lock -o requirements-docs.lock

# Makes data/sample anew, byte for byte.
sample: setup
	$(BIN)/anomaly sample data/sample --seed 2024 --scale 1

# Writes the reference anew from the records: docs/indicators, docs/rules.md,
# docs/reference and the list of docs/decisions.
pages: setup
	PYTHONPATH=tests $(BIN)/python -m pages

# The documentation as a site in reports/docs: any warning fails, nothing is fetched.
docs: setup $(DOCUMENTED)
	$(BIN)/python -m sphinx -W --keep-going --quiet -j 2 -b html docs reports/docs
	@echo "reports/docs/index.html"

clean:
	rm -rf $(VENV) reports/demo
