# The two commands: `make run` opens the demo, `make test` passes every check. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Many tests wait for a terminal or a server: one more of them than there are processors.
WORKERS = $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")

.PHONY: run test check suite coverage mutants bench lock bom clean snapshots platforms debian
run: $(VENV)/.run
	@$(BIN)/python -m console demo

# The checks need one core for as long as mypy does: the suite begins meanwhile on the others.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 check suite

suite: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m console verifier

# The types as Windows and macOS have them, and as later Pythons do.
platforms: $(VENV)/.dev
	for system in win32 darwin; do $(BIN)/mypy --platform $$system console screens || exit 1; done
	for python in 3.12 3.13 3.14; do $(BIN)/mypy --python-version $$python console screens || exit 1; done

# What the README gives to paste, pasted in a bare Debian that debootstrap makes and keeps there; as root.
DEBIAN ?= /var/tmp/hotliner-debian
debian: $(VENV)/.dev
	DEBIAN=$(DEBIAN) $(BIN)/python -m pytest -rs tests/scenarios/test_bare_debian.py

# Maintainers only: the floor of coverage, and a mutation run of the rules (half an hour; its survivors are told).
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist worksteal --cov

mutants: $(VENV)/.dev
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

snapshots: $(VENV)/.dev
	$(BIN)/python -m pytest tests/screens -k snapshot --snapshot-update

$(VENV)/.run: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Every system and Python from 3.11 on have the one lock: what only some need says so on its line.
LOCKING = --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

# Maintainers only: pins every package with its hashes, naming no package host.
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile $(LOCKING) -o requirements.lock pyproject.toml
	.venv-lock/bin/uv pip compile $(LOCKING) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	rm -rf .venv-lock

# What is installed, for who has to answer for it: bom.cdx.json (CycloneDX) and LICENCES.md.
bom: $(VENV)/.run
	$(BIN)/python .ci/bom.py

clean:
	rm -rf $(VENV) .venv-lock mutants .coverage .coverage.*
