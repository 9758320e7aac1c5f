# Needs Python >= 3.11, git and make; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq
SOURCES := $(shell find vt_lsp -name '*.py' -o -name '*.json')

.PHONY: demo test lint bench soak accuracy check-self vsix test-editors screenshots clean
.DEFAULT_GOAL := demo

# What vt-lsp finds in a small project; its documents drift on purpose, so finding drift (1) is no failure.
demo: .venv/installed
	@$(BIN)/vt-lsp check examples/ordersvc || test $$? -eq 1

test: lint
	@$(BIN)/python -m pytest $(FLAGS)

lint: .venv/developed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/developed
	@$(BIN)/python -m tests.benchmarks $(FLAGS)

# A monitor at work for an hour, with faults; CI says FLAGS="--seconds 120".
soak: .venv/developed
	@$(BIN)/python -m tests.benchmarks.soak $(FLAGS)

# DATA, SNAPSHOTS and REPOSITORIES are the folders that scripts/accuracy.py names; the tests do not need them.
accuracy: .venv/developed
	@$(BIN)/python scripts/accuracy.py "$(DATA)" "$(SNAPSHOTS)" --repositories "$(REPOSITORIES)" --write

check-self: .venv/installed
	@$(BIN)/vt-lsp check --root .

# The extension for VS Code, as dist/vt-lsp-VERSION.vsix; needs Node 20 or newer and npm.
vsix:
	@cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@cd editors/vscode && npm run --silent check && npm run --silent test && npm run --silent bundle
	@mkdir -p dist && rm -f dist/vt-lsp-*.vsix
	@cd editors/vscode && npm run --silent package -- --out ../../dist/

# The clients in the real editors, which are installed outside the clone on the first run (1 GB; see tests/editors/setup.sh).
test-editors: export VT_EDITORS := $(or $(VT_EDITORS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vt-lsp-editors)
test-editors: .venv/developed
	@tests/editors/setup.sh
	@PATH="$(VT_EDITORS)/node/bin:$$PATH" $(MAKE) --no-print-directory vsix
	@$(BIN)/python -m pytest tests/editors $(FLAGS)

# The pictures in docs/images, anew from the real VS Code and Chromium; look at them before they are committed.
screenshots: export VT_SHOTS := $(CURDIR)/build/screenshots
screenshots: FLAGS := -k "newest-ui or test_browser"
screenshots: test-editors
	@$(PIP) pillow
	@$(BIN)/python tests/editors/vscode/publish.py $(VT_SHOTS)

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "vt-lsp needs Python 3.11 or newer")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# A copy of the package, as a user has it; tests use the sources.
.venv/installed: .venv/bin/python pyproject.toml $(SOURCES)
	@$(PIP) .
	@rm -f .venv/developed
	@touch $@

.venv/developed: .venv/bin/python pyproject.toml scripts/dev_requirements.py
	@$(BIN)/python scripts/dev_requirements.py > .venv/dev.txt
	@$(PIP) --editable . -r .venv/dev.txt
	@rm -f .venv/installed
	@touch $@
