# Two commands do everything on a fresh machine that has Python 3.11+, make and pip's registry:
#   make run     install, migrate, load the content, serve on localhost
#   make test    everything: linters, types, import contracts, content, tests, browser tests
PYTHON ?= python3
PORT ?= 8000
WAYLINE_DATA ?= $(CURDIR)/.wayline
# One more than the two cores: tests in a browser and with a real server wait most of their time.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
export WAYLINE_DATA

.PHONY: run test check fix browser bench screenshots clean

run: $(VENV)/run.stamp
	@exec $(BIN)/wayline serve --port $(PORT)

test: $(VENV)/dev.stamp browser check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# Everything that must be clean before a commit; changes nothing. Editor, hook and CI mean the same by "clean".
check: $(VENV)/dev.stamp
	$(BIN)/ruff check src tests bench docs
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/wayline check

fix: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix src tests bench docs
	$(BIN)/ruff format src tests bench docs

# The browser tests drive Debian's own chromium. It is installed where that is allowed; elsewhere those tests are skipped by name.
browser:
	@if command -v chromium >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing Debian's chromium for the browser tests"; \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium fonts-noto-core; } >.browser-install.log 2>&1 \
	    || echo "chromium could not be installed (see .browser-install.log); the browser tests will be skipped"; \
	else echo "chromium is not installed and may not be installed from here; the browser tests will be skipped"; fi

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench.options
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.search
	$(BIN)/python -m bench.trials_search
	$(BIN)/python -m bench.trials_matching
	$(BIN)/python -m bench.criteria_quality
	$(BIN)/python -m bench.liver_measure
	$(BIN)/python -m bench.liver_reports
	$(BIN)/python -m bench.pasted
	$(BIN)/python -m bench.brief

screenshots: $(VENV)/dev.stamp browser
	$(BIN)/python -m tests.browser.screenshots screenshots

clean:
	rm -rf $(VENV) build dist screenshots .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Wayline needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is incomplete here; trying virtualenv"; rm -rf $(VENV); $(PYTHON) -m pip install --quiet --user virtualenv && $(PYTHON) -m virtualenv --quiet $(VENV); }

$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp
