# Everything a developer or CI runs. Needs Python 3.11 or newer, GNU make and a package index; the first run sets up a
# virtual environment in .venv, later ones find it there. ARGS="..." is passed on: make test ARGS="-k refund". Another
# interpreter gets an environment of its own: make test PYTHON=python3.13 VENV=.venv-3.13.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# An editable install compiles nothing, and where PYTHONDONTWRITEBYTECODE is set each start would do it again.
COMPILE := @$(BIN)/python -m compileall -q mockpsp webhooks scenarios
# What runs here may keep what it compiles: packages that only tests need are compiled when they are first used, which
# most of their files never are, and what pytest makes of its plugins serves all the processes that tests start.
unexport PYTHONDONTWRITEBYTECODE
#: Touched once everything was installed; older than pyproject.toml, it is installed anew.
USE := $(VENV)/.ready-to-use
DEVELOP := $(VENV)/.ready-to-develop
EVERYWHERE := $(VENV)/.ready-to-test-everywhere
MEASURE := $(VENV)/.ready-to-measure
BROWSE := $(VENV)/.ready-to-browse
TYPED := build/typed
#: A process for each core; the tests of a file share what they set up, so they stay together, in the order that
#: tests/conftest.py gives the files.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
#: A debug build of the official browser library, which no package carries; without one its judge judges nothing.
BROWSER_LIBRARY ?=
#: What pyenv installed is not on PATH, unless it is the version chosen there.
PYENV_ROOT ?= $(HOME)/.pyenv
PYENV_PYTHONS := $(wildcard $(PYENV_ROOT)/versions/3.1[1-9]*/bin/python3)

.PHONY: help serve replay test test-quick test-everywhere check format bench bench-million bench-settlement false-alarms fuzz soak prove docs pictures clean
.DEFAULT_GOAL := help

help:
	@echo "make serve          serve the API on http://127.0.0.1:8765; Ctrl-C ends it"
	@echo "make replay         replay every built-in scenario into a fresh ledger"
	@echo "make test           run the whole test suite, as CI does"
	@echo "make test-quick     run all but the slow tests, in less than half the time"
	@echo "make test-everywhere  run the whole test suite on each Python from 3.11 on that this machine has"
	@echo "make check          format, lint, types, tests (docs included) and scenarios"
	@echo "make format         rewrite the code as the formatter wants it"
	@echo "make bench          measure requests, starts, replays, memory and webhooks beside a peer (some seven minutes)"
	@echo "make bench-million  the same, and captures over a million stored payments"
	@echo "make bench-settlement  settle 100,000 captures into one payout, and write it as CSV and statement"
	@echo "make false-alarms   count how many long numbers that are no cards are taken for some (two minutes)"
	@echo "make fuzz           send 100,000 random commands to random PSPs (about ten minutes)"
	@echo "make soak           send 100,000 webhooks through failures and kills, and drain 100,000 (some ten minutes)"
	@echo "make prove          the slow proofs: 20,000 random commands, 20,000 webhooks, judges from npm, generated clients, a bank and a browser, test-everywhere, then every story in each Python, zone and locale"
	@echo "make pictures       draw the page's pictures of the documentation, by Chromium"
	@echo "make docs           rewrite what the README and the pages have from the code"
	@echo "make clean          remove the virtual environments and everything built"

serve: $(USE)
	$(BIN)/mockpsp serve $(ARGS)

replay: $(USE)
	$(BIN)/mockpsp replay $(ARGS)

test: $(DEVELOP)
	$(PYTEST) $(ARGS)

# Without the files marked slow: those that start servers of their own, replay every story or draw thousands of cases.
test-quick: $(DEVELOP)
	$(PYTEST) -m "not slow" $(ARGS)

# Of tox, which makes an environment for each Python; those that are not there are skipped.
test-everywhere: $(EVERYWHERE)
	$(BIN)/tox run $(if $(PYENV_PYTHONS),--discover $(PYENV_PYTHONS)) -- $(ARGS)

check: $(DEVELOP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	# webhooks/ and scenarios/ are subpackages only once installed: the type checker reads the tree as it is shipped.
	rm -rf $(TYPED)
	mkdir -p $(TYPED)
	cp -R mockpsp $(TYPED)/
	cp -R webhooks scenarios $(TYPED)/mockpsp/
	cd $(TYPED) && $(abspath $(BIN))/mypy --config-file ../../pyproject.toml -p mockpsp
	$(PYTEST)
	$(BIN)/mockpsp replay

format: $(DEVELOP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The peer it measures beside is installed into build/peer by npm; without npm it measures without one.
bench: $(MEASURE)
	$(BIN)/python -m tests.bench $(ARGS)

# Beside another checkout with an environment of its own: make bench-settlement ARGS="--beside DIR".
bench-settlement: $(MEASURE)
	$(BIN)/python -m tests.bench.settlement $(ARGS)

bench-million: $(MEASURE)
	$(BIN)/python -m tests.bench --stored 1000000 $(ARGS)

false-alarms: $(DEVELOP)
	$(BIN)/python -m tests.bench.false_alarms $(ARGS)

fuzz: $(DEVELOP)
	$(BIN)/python -m tests.fuzz $(ARGS)

soak: $(DEVELOP)
	$(BIN)/python -m tests.soak $(ARGS)

# The place of judges that take too long for every change; none of them is part of `make check`.
prove: $(DEVELOP) $(BROWSE)
	$(BIN)/python -m tests.fuzz --commands 20000
	$(BIN)/python -m tests.judges
	$(BIN)/python -m tests.judges.clients
	$(BIN)/python -m tests.judges.generators
	$(BIN)/python -m tests.judges.bank
	$(BIN)/python -m tests.judges.node
	$(BIN)/python -m tests.judges.page
	$(BIN)/python -m tests.judges.openers
	$(BIN)/python -m tests.judges.library $(BROWSER_LIBRARY)
	$(BIN)/python -m tests.soak --deliveries 20000
	$(MAKE) test-everywhere
	$(BIN)/python -m tests.sameness

# Chromium and its driver are the system's: apt install chromium chromium-driver.
pictures: $(BROWSE)
	$(BIN)/python -m tests.judges.pictures

docs: $(DEVELOP)
	$(BIN)/python -m tests.docs

clean:
	rm -rf .venv .venv-* .tox build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mockpsp needs Python 3.11 or newer; say which one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(USE): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable .
	$(COMPILE)
	@touch $@

$(DEVELOP): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-compile --editable '.[test,check]'
	$(COMPILE)
	@touch $@ $(USE)

$(EVERYWHERE): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable '.[everywhere]'
	@touch $@

$(BROWSE): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable '.[test,browser]'
	$(COMPILE)
	@touch $@

$(MEASURE): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable '.[test,bench]'
	$(COMPILE)
	@touch $@
