# Everything a person runs here; `make` alone prints this list.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
SLOW_JOBS ?= 3
ARGS ?=
unexport PYTHONDONTWRITEBYTECODE  # every process of the tests would compile the package again

.DEFAULT_GOAL := help
.PHONY: help demo rehearse rehearse-databricks test quick check test-slow test-all bench docs format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The AWS provider from this machine where it has it; set the variable to nothing to ask Terraform's registry.
TERRAFORM = LAKEWRIGHT_TERRAFORM_PLUGINS="$${LAKEWRIGHT_TERRAFORM_PLUGINS-$$(.ci/terraform-plugins)}"

demo: $(VENV)/.demo ## PostgreSQL → Bronze → Silver → Gold → SQL on this machine; ARGS="--orders 1000000 --json"
	$(BIN)/lakewright demo $(ARGS)

rehearse: $(VENV)/.serve ## the blueprints' Terraform, applied to a local AWS that runs it; ARGS="--json"
	$(TERRAFORM) $(BIN)/lakewright rehearse dev --blueprint lakehouse-cdc $(ARGS)
	$(TERRAFORM) $(BIN)/lakewright rehearse dev --blueprint zoned-promotion $(ARGS)
	$(TERRAFORM) $(BIN)/lakewright rehearse dev --blueprint data-services $(ARGS)

rehearse-databricks: $(VENV)/.databricks ## the Databricks blueprints, beside a stand-in for Databricks' provider
	$(TERRAFORM) $(BIN)/lakewright rehearse dev --blueprint databricks-single $(ARGS)
	$(TERRAFORM) $(BIN)/lakewright rehearse live --blueprint business-units $(ARGS)

test: $(VENV)/.test ## the tests (under 12 minutes on two cores)
	$(TERRAFORM) $(PYTEST) -n $(JOBS) -m "not slow" $(ARGS)

# Not what starts processes or an engine, draws hundreds of examples, or is asked by `make check`.
NOT_QUICK = agree blueprints cli contracts e2e governance ingest/sources leaks pipeline query rehearse storage \
            components/test_file_jobs.py infra/test_run_*.py test_architecture.py test_proofs.py

quick: $(VENV)/.test ## the tests of what is pure (under a minute)
	$(PYTEST) -q -n $(JOBS) -m "not slow and not pg and not server and not java and not terraform" \
	  $(NOT_QUICK:%=--ignore-glob 'tests/%') $(ARGS)

check: $(VENV)/.dev ## lint, format, types, import direction
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST) -q tests/test_architecture.py

CLIENTS = LAKEWRIGHT_CLIENTS_PYTHON=$(CURDIR)/$(VENV)/clients/bin/python \
          LAKEWRIGHT_DBT_PYTHON=$(CURDIR)/$(VENV)/clients-dbt/bin/python

test-slow: $(VENV)/.slow $(VENV)/.clients ## chaos, fuzz, leaks, Spark, AWS clients, Terraform, rehearsals
	$(TERRAFORM) $(CLIENTS) $(PYTEST) -n $(SLOW_JOBS) --dist loadgroup -m slow --timeout 1800 $(ARGS)

test-all: $(VENV)/.slow $(VENV)/.clients ## everything at full size (hours)
	$(TERRAFORM) $(CLIENTS) LAKEWRIGHT_FULL=1 LAKEWRIGHT_KILLS=500 LAKEWRIGHT_HISTORIES=2000 $(PYTEST) -n $(JOBS) --timeout 14400 $(ARGS)

bench: $(VENV)/.bench ## the speed table, peers measured in the same run
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.dev ## regenerate the reference pages
	$(BIN)/python -m lakewright.spec.reference docs/reference

format: $(VENV)/.dev ## rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what make and the demo made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lakewright needs Python 3.11 or newer; set PYTHON=python3.x" >&2; exit 3; }
	$(PYTHON) -m venv $(VENV)

INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "installing (once; about half a minute)"
	$(INSTALL) -e '.[demo]'
	@touch $@

$(VENV)/.serve: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[demo,serve]'
	@touch $@ $(VENV)/.demo

$(VENV)/.databricks: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[demo,databricks]'
	@touch $@ $(VENV)/.serve $(VENV)/.demo

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

$(VENV)/.slow: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[test,spark]'
	@touch $@ $(VENV)/.test $(VENV)/.demo

# Clients of the local Athena, as their users have them: environments of their own, since their pins contradict each other.
$(VENV)/.clients: examples/clients/requirements.txt examples/clients/requirements-dbt.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/clients
	$(VENV)/clients/bin/python -m pip install --quiet --disable-pip-version-check -r examples/clients/requirements.txt
	$(BIN)/python -m venv $(VENV)/clients-dbt
	$(VENV)/clients-dbt/bin/python -m pip install --quiet --disable-pip-version-check -r examples/clients/requirements-dbt.txt
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(INSTALL) -e '.[bench]'
	@touch $@ $(VENV)/.demo
