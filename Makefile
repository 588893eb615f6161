# Everything a checkout needs; Python 3.11 or newer, git and make are enough. The tools live in .venv.
PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
BANNERS := tests/browser/banners
MINIFY := $(BANNERS)/node_modules/.bin/terser ingestion/collector/static/consent.js \
	--ecma 2020 --compress passes=3,unsafe_arrows --mangle
# Extras stay in the lock files: without them pip takes `gql[requests]` for something that has no hash.
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help install install-oidc install-librdkafka install-compiled demo test lint format lock contract docs snippet banners screenshots clean messages

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## the product into .venv, every version and hash as locked

install-oidc: $(VENV)/.oidc ## sign-in with an OpenID Connect provider, for a dashboard that others reach

install-librdkafka: $(VENV)/.librdkafka ## the faster client of Kafka too, for CONSENT_KAFKA_CLIENT=librdkafka

install-compiled: $(VENV)/.compiled ## compiled reading of records too: ingest takes half the processor time

demo: $(VENV)/.runtime ## the whole way on made-up visitors, ending with the dashboard (ARGS="--events 100000 --no-serve")
	@$(BIN)/consent demo $(ARGS)

test: $(VENV)/.test ## import layers and all tests (ARGS="-k ingest")
	@$(BIN)/lint-imports
	@$(BIN)/pytest $(ARGS)

lint: $(VENV)/.test $(VENV)/.lint ## ruff, mypy, sqlfluff and the import layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar sql
	$(BIN)/lint-imports

format: $(VENV)/.lint ## rewrite Python as ruff would have it
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## make the lock files anew (needs uv; UPGRADE=--upgrade takes newer versions)
	$(LOCK) $(UPGRADE) pyproject.toml --group build --output-file requirements.lock
	grep -o 'confluent-kafka[^"]*' pyproject.toml | $(LOCK) $(UPGRADE) --constraint requirements.lock \
		--output-file requirements-librdkafka.lock -
	grep -oE '(numba|llvmlite|platformdirs)>[^"]*' pyproject.toml | $(LOCK) $(UPGRADE) --constraint requirements.lock \
		--output-file requirements-compiled.lock -
	grep -oE '(authlib|httpx)>[^"]*' pyproject.toml | sort -u | $(LOCK) $(UPGRADE) --constraint requirements.lock \
		--output-file requirements-oidc.lock -
	$(LOCK) $(UPGRADE) --group test --constraint requirements.lock --output-file requirements-test.lock
	$(LOCK) $(UPGRADE) --group lint --constraint requirements.lock --constraint requirements-test.lock \
		--output-file requirements-lint.lock

contract: $(VENV)/.runtime ## the files made from consent/contract.py
	@$(BIN)/python -m consent.contract_files

docs: $(VENV)/.runtime ## the pages made from settings, commands, rules and models
	@$(BIN)/python -m pipelines.documents

snippet: $(BANNERS)/.installed ## the script that pages load, made small from ingestion/collector/static/consent.js (needs npm)
	@$(MINIFY) --output ingestion/collector/static/consent.min.js

banners: $(BANNERS)/.installed ## the real banners that tests/browser drives (needs npm)

messages: $(VENV)/.runtime ## gather what is to be translated into dashboards/locale
	@$(BIN)/python -m dashboards.messages

screenshots: $(VENV)/.test ## the pictures in docs/images, from a demo (needs chromium)
	@$(BIN)/python docs/screenshots.py

clean: ## remove .venv and what tools keep; data in .consent stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)

# Hashes are checked for everything that is downloaded; the project itself is built without any download.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the product into $(VENV)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.librdkafka: requirements-librdkafka.lock | $(VENV)/.runtime
	@echo "installing librdkafka into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-librdkafka.lock
	@touch $@

# Compiling takes half a minute, once: better here than when ingest starts.
$(VENV)/.compiled: requirements-compiled.lock | $(VENV)/.runtime
	@echo "installing Numba into $(VENV), and compiling"
	@$(PIP) install --require-hashes -r requirements-compiled.lock
	@$(BIN)/python -c 'from ingestion.recognizer import recognizer; recognizer()'
	@touch $@

$(VENV)/.oidc: requirements-oidc.lock | $(VENV)/.runtime
	@echo "installing the OpenID Connect client into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-oidc.lock
	@touch $@

$(VENV)/.test: requirements-test.lock | $(VENV)/.runtime
	@echo "installing the test tools into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/.lint: requirements-lint.lock | $(VENV)/.runtime
	@echo "installing the lint tools into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-lint.lock
	@touch $@

$(BANNERS)/.installed: $(BANNERS)/package-lock.json
	@echo "installing banners into $(BANNERS)"
	@npm ci --prefix $(BANNERS) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
