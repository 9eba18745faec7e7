# What one types here. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
# What CI keeps of the tests: a junit file for each part, and what the gates of their sites saw.
KEPT := evidence/test
# What `make prove` runs, each in a process of its own: each chapter of docs/performance.md, then what is no figure.
# One alone: make prove PROOFS=tests/prove/test_storm.py
PROOFS := $(sort $(wildcard tests/prove/test_*.py)) tests/contract tests/e2e tests/engine
# A machine may forbid compiled files. Then each worker rewrites all tests anew, and each program that a test starts
# compiles all that it imports: a third of the time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup promote check test prove clean-lab lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## install what is missing: system packages and the environment in .venv
	@setup/machine.sh
	@setup/environment.sh

promote: setup ## take the checked-out release through dev, staging and prod in the lab
	@$(BIN)/promote --stage dev
	@$(BIN)/promote --stage staging
	@$(BIN)/promote --stage prod

check: setup ## style, types, architecture, the quick tests: some five minutes on two cores
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q --numprocesses auto --dist worksteal --junit-xml $(KEPT)/check.xml -m "not processes and not lab and not prove"

test: check ## everything that CI runs, the tests on the real lab included: some 32 minutes on two cores
	$(BIN)/pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --durations 12 --junit-xml $(KEPT)/lab.xml -m "(lab or processes) and not prove"

prove: setup ## what is too long for CI: writes its figures into docs/performance.md; goes on where it was stopped
	test "$(origin PROOFS)" = "command line" || STAGEGATE_EXAMPLES=15 $(BIN)/pytest -q --numprocesses auto -m "hypothesis and not lab" # drawn cases, many more
	setup/prove.sh $(PROOFS) -- $(BIN)/pytest -m prove

clean-lab: ## leave no container, network, image layer or file of the site behind
	@setup/clean-lab.sh

lock: setup ## regenerate requirements/*.txt
	setup/lock.sh
