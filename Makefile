# Mensageria PUSH. `make` lists the targets. Needs Python 3.11 to 3.13, git and make; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
INSTALLED_DASHBOARD := $(VENV)/.installed-dashboard
OLD_DUCKDB := $(VENV)/duckdb-1.3
BENCH := $(VENV)/bench
# Tests mostly wait: two workers for each core.
TEST_WORKERS ?= 4
PYTEST := $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadgroup
PIP := $(BIN)/python -m pip --disable-pip-version-check
# uv, where it is there, downloads side by side (with the system's certificates, under the names of older and newer
# versions: companies have proxies). pip says one line per package, which becomes a count.
UV := $(shell command -v uv 2>/dev/null)
WITH_UV := $(if $(UV),UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true $(UV) pip install --python $(BIN)/python,false)
define install
@rm -f $(VENV)/.failed; { $(WITH_UV) $(1) || $(PIP) install $(1) || touch $(VENV)/.failed; } | \
  awk '/^ *(Collecting|Processing) / { printf "\r  %d …", ++n; fflush() } END { if (n) print "" }'; \
  test ! -e $(VENV)/.failed
endef
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
  --no-emit-index-url --no-annotate --custom-compile-command "make lock"
PORT ?= 3000
DASHBOARD_PORT ?= 8501

.DEFAULT_GOAL := help
.PHONY: help demo demo-clean dev dashboard screenshots test test-all check format docs lock fuzz bench clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(INSTALLED) ## run a sample campaign through Dagster, simulated, and show what happened
	@$(BIN)/mensageria demo

demo-clean: $(INSTALLED) ## remove what the demo made
	@$(BIN)/mensageria demo --clean

dev: $(INSTALLED) ## start Dagster with its UI (PORT=3000) and the sensors on; Ctrl+C ends it
	@$(BIN)/mensageria dev --port $(PORT)

dashboard: $(INSTALLED_DASHBOARD) ## the operator's pages on http://127.0.0.1:8501 (DASHBOARD_PORT=8501); Ctrl+C ends them
	@$(BIN)/mensageria dashboard --port $(DASHBOARD_PORT)

test: $(INSTALLED_DEV) $(OLD_DUCKDB) ## run the tests, the long fault runs in their short forms
	@$(PYTEST) -m "not long"

test-all: $(INSTALLED_DEV) $(OLD_DUCKDB) ## run every test, the long fault runs at full length too
	@$(PYTEST)

check: $(INSTALLED_DEV) ## format, lint, types, generated documents and catalogues, nothing changed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.generated_docs --check

format: $(INSTALLED_DEV) ## format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(INSTALLED_DEV) ## write the generated documents and compile the catalogues
	@$(BIN)/python -m tools.generated_docs

fuzz: $(INSTALLED_DEV) ## tamper with lists and look for anything but our own errors (some minutes)
	@$(BIN)/python -m pytest mensageria_pipeline_tests/intake/test_fuzz.py mensageria_pipeline_tests/intake/test_polluted.py --hypothesis-profile=fuzz

screenshots: $(INSTALLED_DEV) ## take the pictures of docs/images anew (needs chromium)
	@$(BIN)/python -m mensageria_pipeline_tests.e2e.screenshots

bench: $(INSTALLED_DEV) $(BENCH) ## run every benchmark (a quarter of an hour; needs nginx-light and nghttp2-client)
	@$(BIN)/python -m benchmarks

lock: ## resolve the locked dependencies anew (needs uv)
	$(COMPILE) pyproject.toml -o requirements/lock.txt
	$(COMPILE) pyproject.toml --extra dashboard -c requirements/lock.txt -o requirements/dashboard.txt
	$(COMPILE) pyproject.toml --extra dev --extra dashboard -c requirements/dashboard.txt -o requirements/dev.txt
	printf 'hatchling\neditables\n' | $(COMPILE) - -o requirements/build.txt
	echo 'duckdb==1.3.2' | $(COMPILE) - -o requirements/duckdb-1.3.txt
	echo 'firebase-admin>=7' | $(COMPILE) - -o requirements/bench.txt

clean: ## remove the environment and caches; data/ stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); \
	  sys.exit(None if ok else f"Python 3.11 to 3.13 is needed, found {sys.version.split()[0]}. Say: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements/lock.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) (once, about a minute) …"
	$(call install,--require-hashes -r requirements/lock.txt -r requirements/build.txt)
	$(call install,--no-deps --no-build-isolation -e .)
	@touch $@

$(INSTALLED_DEV): requirements/dev.txt $(INSTALLED)
	$(call install,--require-hashes -r requirements/dev.txt)
	@touch $@

$(INSTALLED_DASHBOARD): requirements/dashboard.txt $(INSTALLED)
	$(call install,--require-hashes -r requirements/dashboard.txt)
	@touch $@

# What sending is measured beside; no dependency of the project.
$(BENCH): requirements/bench.txt | $(VENV)/bin/python
	$(call install,--require-hashes --target $@ -r $<)

# An older client, for the test that it opens what we publish.
$(OLD_DUCKDB): requirements/duckdb-1.3.txt | $(VENV)/bin/python
	$(call install,--require-hashes --target $@ -r $<)
