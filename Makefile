.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast kills check bench soak mutants screenshots

# The first Python on the path that is new enough; another: make setup PYTHON=/path/to/python
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
# Without compiled files each of some hundred programs that the tests start compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
ARGS ?=

help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/app.stamp ## Install timegrain into .venv, as .venv/bin/timegrain

demo: .venv/app.stamp ## Serve a sample organisation; ARGS="--port 8700 --people 10"
	$(BIN)/timegrain demo $(ARGS)

test: .venv/dev.stamp .cache/browser.stamp .cache/system.stamp ## Run every test; ARGS="tests/unit -x"
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-fast: .venv/dev.stamp .cache/browser.stamp .cache/system.stamp ## Run the tests that take no more than a few seconds each, on SQLite alone
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" $(ARGS)

kills: .venv/dev.stamp ## Kill a server 100 times on each database while it writes; nothing acknowledged may be lost
	TIMEGRAIN_KILLS=100 $(BIN)/python -m pytest tests/crash/test_kill.py -k test_kills $(ARGS)

check: .venv/dev.stamp ## Lint, formatting, types and the doors between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/bench.stamp ## Measure beside the yardsticks; fails where a goal is missed; ARGS="--only questions --quick"
	$(BIN)/python -m benchmarks $(ARGS)

soak: .venv/dev.stamp ## Everything at once for 10 minutes; does anything grow? ARGS="--minutes 2 --database URL --workers 2"
	$(BIN)/python -m benchmarks.soak $(ARGS)

mutants: .venv/dev.stamp ## Break the counting rules on purpose; each break must be caught
	$(BIN)/python -m pytest tests/oracle/test_mutants.py $(ARGS)

screenshots: .venv/dev.stamp .cache/browser.stamp ## Picture each page of the sample organisation into docs/pictures
	$(BIN)/python -m tests.browser.pictures docs/pictures

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "timegrain needs Python 3.11 or newer; make setup PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# The stamps make the second run immediate: packages are installed again only where their pins changed.
.venv/app.stamp: requirements/app.txt pyproject.toml | .venv/bin/python
	$(PIP) --require-hashes -r requirements/app.txt
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/app.stamp
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/bench.stamp: requirements/bench.txt .venv/dev.stamp
	$(PIP) --require-hashes -r requirements/bench.txt
	@touch $@

# Pages are tested in a real Chromium: the one that is installed, Debian's, or the one that Playwright brings.
.cache/browser.stamp: | .venv/dev.stamp
	@mkdir -p .cache
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
		then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium; \
		else $(BIN)/playwright install --with-deps chromium; fi
	@touch $@

# The units of deploy/ are read by systemd itself, which need not run for that; a server is replaced behind real proxies.
# In runlevel 1 what is installed is not started.
.cache/system.stamp:
	@mkdir -p .cache
	@{ command -v systemd-analyze && command -v nginx && command -v haproxy; } || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
		then apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq -y --no-install-recommends systemd nginx haproxy; \
		else echo "the tests need systemd-analyze (of systemd), nginx and haproxy" >&2; exit 1; fi
	@touch $@
